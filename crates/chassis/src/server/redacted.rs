//! Every answer, without what its caller may not read.
//!
//! It stands around the methods, so that none can forget it. Where nothing that an answer can hold
//! is above its caller the answer is passed on as it is; else each message is cut out of the
//! frames, redacted and framed again.

use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::arrival::Arrival;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame};
use policy::Redaction;
use policy::redact::Plan;
use prost_reflect::DescriptorPool;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::pb::health_server;
use tonic_reflection::pb::{v1, v1alpha};
use tower::Service;

use crate::caller::{self, RequestContext};
use crate::failure::Failure;

/// The bytes before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Their answers hold nothing of the record, and their contracts are not ours.
const OPEN: [&str; 3] = [
    health_server::SERVICE_NAME,
    v1::server_reflection_server::SERVICE_NAME,
    v1alpha::server_reflection_server::SERVICE_NAME,
];

/// The methods of a server. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Redacted {
    routes: Routes,
    redaction: Redaction,
    /// The proto services whose answers go out as they are.
    untouched: Arc<HashSet<String>>,
}

impl Redacted {
    /// Redacts the answers of `routes`. What the proto services `passed_on` answer was redacted by
    /// whoever answered it.
    pub fn new(routes: Routes, contract: &DescriptorPool, passed_on: &[String]) -> Self {
        let redaction = Redaction::of(contract);
        let open = OPEN.iter().map(|name| (*name).to_owned());
        let untouched = Arc::new(passed_on.iter().cloned().chain(open).collect());
        Self { routes, redaction, untouched }
    }

    /// Runs the method that is asked for. The [caller](caller::current) of now decides what is
    /// redacted.
    pub async fn call(mut self, request: Request<Arrival>) -> Result<Response<Body>, Infallible> {
        let path = request.uri().path();
        let service = path.split('/').nth(1).unwrap_or_default();
        let plan = (!self.untouched.contains(service)).then(|| self.redaction.plan(path));
        let response = self.routes.call(request).await?;
        let context = caller::current();
        Ok(match plan.filter(|plan| !plan.is_clean(&context.clearance)) {
            Some(plan) => response
                .map(|body| Body::new(Messages { body, plan, context, begun: BytesMut::new() })),
            None => response,
        })
    }
}

/// The messages of one answer.
struct Messages {
    body: Body,
    plan: Plan,
    context: Arc<RequestContext>,
    /// A message that is not all there yet.
    begun: BytesMut,
}

impl Messages {
    /// The messages that are whole by now, without what may not be read.
    fn whole(&mut self, data: Bytes) -> Result<Bytes, Failure> {
        if self.begun.is_empty() {
            return self.cut(data);
        }
        self.begun.extend_from_slice(&data);
        let whole = length(&self.begun)?.is_some_and(|length| length <= self.begun.len());
        if whole {
            let all = self.begun.split().freeze();
            self.cut(all)
        } else {
            Ok(Bytes::new())
        }
    }

    /// Redacts each whole message and keeps the rest.
    fn cut(&mut self, mut data: Bytes) -> Result<Bytes, Failure> {
        let mut left: Option<BytesMut> = None;
        let (mut at, mut copied) = (0, 0);
        while let Some(length) = length(&data[at..])?.filter(|length| *length <= data.len() - at) {
            let message = &data[at + PREFIX..at + length];
            let redacted = self.plan.redact(message, &self.context.clearance);
            if let Some(message) = redacted.map_err(Failure::internal)? {
                let left = left.get_or_insert_with(|| BytesMut::with_capacity(data.len()));
                left.extend_from_slice(&data[copied..at]);
                left.put_u8(0);
                left.put_u32(u32::try_from(message.len()).map_err(Failure::internal)?);
                left.extend_from_slice(&message);
                copied = at + length;
            }
            at += length;
        }
        self.begun.extend_from_slice(&data[at..]);
        Ok(match left {
            Some(mut left) => {
                left.extend_from_slice(&data[copied..at]);
                left.freeze()
            }
            None => data.split_to(at),
        })
    }

    /// An answer must not end within a message.
    fn ended(&self) -> Result<(), Failure> {
        if self.begun.is_empty() {
            Ok(())
        } else {
            Err(Failure::internal("an answer was cut short"))
        }
    }
}

/// The length of the message at the beginning of `data`, with its prefix, once that is there.
fn length(mut data: &[u8]) -> Result<Option<usize>, Failure> {
    if data.len() < PREFIX {
        return Ok(None);
    }
    if data.get_u8() != 0 {
        return Err(Failure::internal("a compressed answer cannot be redacted"));
    }
    Ok(usize::try_from(data.get_u32()).ok().and_then(|length| length.checked_add(PREFIX)))
}

impl HttpBody for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)?) else {
                return Poll::Ready(self.ended().err().map(|failure| Err(failure.into())));
            };
            match frame.into_data() {
                Ok(data) => {
                    let whole = self.whole(data)?;
                    if !whole.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(whole))));
                    }
                }
                Err(trailers) => {
                    self.ended()?;
                    return Poll::Ready(Some(Ok(trailers)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.begun.is_empty()
    }
}
