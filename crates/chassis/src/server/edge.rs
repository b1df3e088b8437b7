//! Each request, before and after its method: is it gRPC, how long may it take, what did it become.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use instruments::trace;
use policy::Caller;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tracing::Instrument;

use super::activity::Busy;
use super::answer::{Answer, Outcome, panicked};
use super::arrival::{Arrival, late};
use super::guard::Guard;
use super::lease::{ended, lease};
use super::limits::Limits;
use super::measured::{Measure, Meters};
use super::methods::Method;
use super::pages::{is_large, page, too_many};
use super::rates::{Permit, Rates};
use super::redacted::Redacted;
use crate::caller::{self, RequestContext};
use crate::deadline::{DEADLINE, Deadlines};
use crate::failure::{Code, Failure};
use crate::tls::{Peer, Port};
use crate::trace::{Sampling, Traced, of};

/// The health check, which has no limit: an orchestrator must not find a process dead because of
/// its load.
const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";
/// The large pages that may be on their way at a time.
const LARGE_PAGES: usize = 8;

/// The answer to who speaks no gRPC.
pub(super) struct Advice(String);

impl Advice {
    /// Says how the port at `address` is called.
    pub fn new(address: SocketAddr, port: &Port) -> Self {
        let how = if port.is_encrypted() { "" } else { " -plaintext" };
        Self(format!("This port speaks gRPC over HTTP/2. Try: grpcurl{how} {address} list\n"))
    }
}

/// The purpose of a port.
pub(super) enum Purpose {
    /// The calls of a service, which are measured.
    Calls { service: &'static str, sampling: Sampling },
    /// For those who look after the process.
    Admin,
}

/// The state that all connections of a server share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Edge(Arc<Shared>);

struct Shared {
    routes: Redacted,
    guard: Guard,
    rates: Rates,
    deadlines: Deadlines,
    pause: Duration,
    lease: Duration,
    advice: Advice,
    purpose: Purpose,
    /// Of the calls of what is no method.
    others: Meters,
    /// The turns of large pages.
    pages: Arc<Semaphore>,
    /// Tells streams to end when the server drains.
    stopping: CancellationToken,
}

impl Edge {
    pub fn new(
        routes: Redacted,
        guard: Guard,
        rates: Rates,
        limits: &Limits,
        advice: Advice,
        stopping: CancellationToken,
        purpose: Purpose,
    ) -> Self {
        let (deadlines, pause, lease) = (limits.deadlines, limits.pause, limits.lease);
        let others = Meters::default();
        Self(Arc::new(Shared {
            routes,
            guard,
            rates,
            deadlines,
            pause,
            lease,
            advice,
            purpose,
            others,
            pages: Arc::new(Semaphore::new(LARGE_PAGES)),
            stopping,
        }))
    }

    /// The name of the service whose calls come here.
    pub fn service(&self) -> Option<&'static str> {
        match self.0.purpose {
            Purpose::Calls { service, .. } => Some(service),
            Purpose::Admin => None,
        }
    }

    fn measure(&self, method: Option<&Method>, path: &str, of: Traced) -> Measure {
        match method {
            Some(method) => method.meters.begin(of, path, method.is_stream),
            None => self.0.others.begin_other(of),
        }
    }

    /// Returns whether a request is long: a stream in either direction.
    pub fn is_long<B>(&self, request: &Request<B>) -> bool {
        let method = self.0.guard.methods.find(request.uri().path());
        method.is_some_and(|method| method.is_stream)
    }

    /// Answers one request of `peer`; a panic and a passed deadline are answers too. `calls` are
    /// the unary calls that its connection may have at a time.
    pub async fn answer(
        self,
        request: Request<Incoming>,
        peer: IpAddr,
        calls: Arc<Semaphore>,
        busy: Busy,
    ) -> Result<Response<Answer>, Infallible> {
        if !is_grpc(&request) {
            return Ok(self.not_grpc(&request, busy));
        }
        let traced = match &self.0.purpose {
            Purpose::Admin => None,
            Purpose::Calls { service, sampling } => {
                let decides = sampling.is_decided_by(peer, request.extensions().get::<Peer>());
                Some(of(request.headers(), service, sampling.percent, decides))
            }
        };
        let trace = traced.map(|traced| traced.trace);
        trace::scope(trace, self.answer_traced(request, peer, calls, busy, traced)).await
    }

    async fn answer_traced(
        self,
        request: Request<Incoming>,
        peer: IpAddr,
        calls: Arc<Semaphore>,
        busy: Busy,
        traced: Option<Traced>,
    ) -> Result<Response<Answer>, Infallible> {
        let path = request.uri().path();
        let method = self.0.guard.methods.find(path);
        let is_stream = method.is_some_and(|method| method.is_stream);
        let cost = method.map_or(1, |method| method.cost);
        let span = if let Some(of) = &traced {
            tracing::info_span!("request", method = path, trace_id = %of.trace)
        } else {
            tracing::info_span!("request", method = path)
        };
        let measure = traced.map(|of| self.measure(method, path, of));
        let mut outcome = Outcome::new(span, Some(busy), measure);
        let allowed = match self.0.deadlines.allowed(request.headers(), is_stream) {
            Ok(allowed) => allowed,
            Err(malformed) => return Ok(Answer::from_status(malformed.into(), outcome)),
        };
        outcome.allow(allowed);
        let deadline = Instant::now() + allowed;
        let admitted =
            self.admit(&request, peer, is_stream, cost).instrument(outcome.span().clone());
        let context = match tokio::time::timeout_at(deadline, admitted).await {
            Ok(Ok((context, permit))) => {
                outcome.keep(permit);
                context
            }
            Ok(Err(refused)) => {
                if refused.code == Code::ResourceExhausted {
                    outcome.refused();
                }
                return Ok(Answer::from_status(refused.into(), outcome));
            }
            Err(_elapsed) => {
                let late = Failure::deadline_exceeded(allowed);
                return Ok(Answer::from_status(late.into(), outcome));
            }
        };
        if !is_stream && !outcome.wait(calls, deadline).await {
            let late = Failure::deadline_exceeded(allowed);
            return Ok(Answer::from_status(late.into(), outcome));
        }
        Ok(self.run(request, context, outcome, (deadline, allowed), is_stream).await)
    }

    /// Runs the method of a request that was let in, until the deadline, and for a stream until its
    /// lease is over.
    async fn run(
        &self,
        request: Request<Incoming>,
        context: Arc<RequestContext>,
        outcome: Outcome,
        (deadline, allowed): (Instant, Duration),
        is_stream: bool,
    ) -> Response<Answer> {
        let lease = is_stream.then(|| lease(&self.0.guard, &context, self.0.lease));
        let mut lease = lease.flatten();
        let (pause, stalled) = (self.0.pause, Arc::new(Notify::new()));
        let request = request
            .map(|body| Arrival::new(body, pause, Arc::clone(&stalled), outcome.bill().cloned()));
        let work = caller::scope(context, self.0.routes.clone().call(request));
        let work = AssertUnwindSafe(work).catch_unwind();
        let work = tokio::time::timeout_at(deadline, DEADLINE.scope(deadline, work));
        let work = crate::stopping::scope(self.0.stopping.clone(), work);
        let ended = tokio::select! {
            biased;
            () = stalled.notified() => return Answer::from_status(late(pause).into(), outcome),
            over = ended(&mut lease) => return Answer::from_status(over.into(), outcome),
            ended = work.instrument(outcome.span().clone()) => ended,
        };
        let response = match ended {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(_panic)) => return Answer::from_status(panicked(), outcome),
            Err(_elapsed) => {
                let late = Failure::deadline_exceeded(allowed);
                return Answer::from_status(late.into(), outcome);
            }
        };
        let answer = Answer::new(response, outcome, is_stream.then_some((deadline, allowed)));
        answer.map(|answer| answer.within(lease))
    }

    /// Authenticates the caller, and checks whether it may call the method and has not called too
    /// often. A caller that cannot prove who they are is counted by their address.
    async fn admit(
        &self,
        request: &Request<Incoming>,
        peer: IpAddr,
        is_stream: bool,
        cost: u32,
    ) -> Result<(Arc<RequestContext>, Option<Permit>), Failure> {
        let path = request.uri().path();
        if let Some(peer) = request.extensions().get::<Peer>() {
            peer.check(path)?;
        }
        let admitted = self.0.guard.admit(path, request.headers()).await;
        if path == HEALTH_CHECK {
            expect_plain(request.headers())?;
            return admitted.map(|context| (context, None));
        }
        let (rates, headers) = (&self.0.rates, request.headers());
        let key = match &admitted {
            Ok(context) => rates.key(&context.caller, peer, headers),
            Err(_) => rates.key(&Caller::anonymous(), peer, headers),
        };
        let permit = rates.check(key, is_stream, cost)?;
        expect_plain(headers)?;
        Ok((admitted?, Some(permit)))
    }

    /// Answers with a page of the admin port. It keeps the connection not busy: while it is sent to
    /// a slow reader, others can have the place.
    fn page(&self, request: &Request<Incoming>) -> Response<Answer> {
        let mut outcome = Outcome::new(tracing::Span::none(), None, None);
        let turn = is_large(request).then(|| Arc::clone(&self.0.pages).try_acquire_owned());
        let page = match turn.transpose() {
            Ok(turn) => {
                outcome.turn = turn.map(Arc::new);
                page(request)
            }
            Err(_none) => too_many(),
        };
        let length = http_body::Body::size_hint(page.body()).exact();
        let mut answer = Answer::new(page, outcome, None);
        // An answer to a call has none, for it may be cut short.
        answer.headers_mut().extend(length.map(|length| (CONTENT_LENGTH, length.into())));
        answer
    }

    fn not_grpc(&self, request: &Request<Incoming>, busy: Busy) -> Response<Answer> {
        if matches!(self.0.purpose, Purpose::Admin) {
            return self.page(request);
        }
        let outcome = Outcome::new(tracing::Span::none(), Some(busy), None);
        let text = self.0.advice.0.clone();
        let found = request.method() == http::Method::POST;
        let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
        *response.status_mut() =
            if found { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::NOT_FOUND };
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
            .headers_mut()
            .insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        Answer::new(response, outcome, None)
    }
}

/// Refuses messages that are compressed: nothing here reads them.
fn expect_plain(headers: &HeaderMap) -> Result<(), Failure> {
    let encoding = headers.get("grpc-encoding").map(HeaderValue::as_bytes);
    match encoding.filter(|encoding| *encoding != b"identity") {
        Some(encoding) => Err(Failure::compressed(&String::from_utf8_lossy(encoding))),
        None => Ok(()),
    }
}

fn is_grpc(request: &Request<Incoming>) -> bool {
    let is_typed = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    is_typed && request.version() == Version::HTTP_2
}
