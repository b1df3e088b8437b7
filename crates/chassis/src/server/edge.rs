//! Each request, before and after its method: is it gRPC, how long may it take, what did it become.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;
use tracing::Instrument;

use super::answer::{Answer, Outcome};
use super::guard::Guard;
use crate::caller;
use crate::deadline::{DEADLINE, Deadlines};
use crate::failure::Failure;

/// What all connections of a server share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Edge(Arc<Shared>);

struct Shared {
    routes: Routes,
    guard: Guard,
    deadlines: Deadlines,
    address: SocketAddr,
}

impl Edge {
    pub fn new(routes: Routes, guard: Guard, deadlines: Deadlines, address: SocketAddr) -> Self {
        Self(Arc::new(Shared { routes, guard, deadlines, address }))
    }

    /// Answers one request; a panic and a passed deadline are answers too.
    pub async fn answer(self, request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
        if !is_grpc(&request) {
            return Ok(self.not_grpc(&request));
        }
        let path = request.uri().path();
        let is_stream = self.0.guard.methods.find(path).is_some_and(|method| method.is_stream);
        let outcome = Outcome::new(tracing::info_span!("request", method = path));
        let allowed = match self.0.deadlines.allowed(request.headers(), is_stream) {
            Ok(allowed) => allowed,
            Err(malformed) => return Ok(Answer::from_status(malformed.into(), outcome)),
        };
        let deadline = Instant::now() + allowed;
        let work = AssertUnwindSafe(self.work(request)).catch_unwind();
        let work = tokio::time::timeout_at(deadline, DEADLINE.scope(deadline, work));
        let response = match work.instrument(outcome.span().clone()).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => return Ok(Answer::from_status(panicked(), outcome)),
            Err(_elapsed) => {
                let late = Failure::deadline_exceeded(allowed);
                return Ok(Answer::from_status(late.into(), outcome));
            }
        };
        Ok(Answer::new(response, outcome, is_stream.then_some((deadline, allowed))))
    }

    /// Lets the request in, or not, and runs its method for whoever asks.
    async fn work(&self, request: Request<Incoming>) -> Response<Body> {
        let asking = match self.0.guard.admit(request.uri().path(), request.headers()).await {
            Ok(asking) => asking,
            Err(failure) => return Status::from(failure).into_http(),
        };
        let Ok(response) = caller::scope(asking, self.0.routes.clone().call(request)).await;
        response
    }

    fn not_grpc(&self, request: &Request<Incoming>) -> Response<Answer> {
        let address = self.0.address;
        let text =
            format!("This port speaks gRPC over HTTP/2. Try: grpcurl -plaintext {address} list\n");
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
        Answer::new(response, Outcome::new(tracing::Span::none()), None)
    }
}

/// The answer to a request whose handler panicked. The panic itself is logged by the panic hook.
pub(super) fn panicked() -> Status {
    Failure::internal("the method panicked").into()
}

fn is_grpc(request: &Request<Incoming>) -> bool {
    let is_typed = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    is_typed && request.version() == Version::HTTP_2
}
