//! Requests that can be sent again: the frames that left are kept until the answer begins.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage};
use tonic::Status;
use tonic::body::Body;

/// The most bytes of a request that are kept to be sent again.
const MOST: usize = 64 * 1024;
/// The prefix of a message in a gRPC body: a flag and a length.
const PREFIX: usize = 5;
/// The field of a write by which a repetition is known (AIP-155).
const REQUEST_ID: &str = "request_id";

/// A method, and whether the contract lets its requests be sent twice.
#[derive(Debug)]
pub(super) struct Method {
    path: String,
    /// Its place among all of them.
    pub number: usize,
    /// It changes nothing.
    is_safe: bool,
    /// It answers with one message.
    pub is_unary: bool,
    /// Its request, where that can say by a request id that it is the same.
    request: Option<MessageDescriptor>,
}

static ALL: LazyLock<HashMap<String, Method>> = LazyLock::new(|| {
    let services = api::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let methods = methods.filter(|method| !method.is_client_streaming()).enumerate();
    let methods = methods.map(|(number, method)| Method::of(&method, number));
    methods.map(|method| (method.path.clone(), method)).collect()
});

/// Returns the method with one request message at a path; `None` of a stream, and of other
/// contracts.
pub(super) fn method(path: &str) -> Option<&'static Method> {
    ALL.get(path)
}

/// Returns how many such methods there are.
pub(super) fn count() -> usize {
    ALL.len()
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

impl Method {
    fn of(method: &MethodDescriptor, number: usize) -> Self {
        let options = method.method_descriptor_proto().options.as_ref();
        let is_safe =
            options.is_some_and(|it| it.idempotency_level() == IdempotencyLevel::NoSideEffects);
        let request = method.input();
        let has_id = !is_safe && request.get_field_by_name(REQUEST_ID).is_some();
        Self {
            path: path_of(method),
            number,
            is_safe,
            is_unary: !method.is_server_streaming(),
            request: has_id.then_some(request),
        }
    }

    /// Its full name, without a slash before it.
    pub fn name(&self) -> &str {
        self.path.trim_start_matches('/')
    }

    /// Returns whether a request that may have arrived may be sent once more.
    pub async fn may_repeat(&self, sent: &Sent) -> bool {
        if self.is_safe {
            return true;
        }
        let Some(request) = &self.request else { return false };
        sent.finish().await;
        sent.has_id(request)
    }
}

/// The body of a request, which can be sent several times.
#[derive(Clone)]
pub(super) struct Sent(Arc<Mutex<Kept>>);

struct Kept {
    rest: Body,
    frames: Vec<Bytes>,
    bytes: usize,
    /// The rest was read to its end.
    is_whole: bool,
    /// Too much was sent to be kept.
    is_gone: bool,
}

impl Sent {
    pub fn new(rest: Body) -> Self {
        let kept = Kept { rest, frames: Vec::new(), bytes: 0, is_whole: false, is_gone: false };
        Self(Arc::new(Mutex::new(kept)))
    }

    /// The body from its beginning; `None` if that was not kept.
    pub fn body(&self) -> Option<Body> {
        (!self.is_gone()).then(|| Body::new(Reading { sent: self.clone(), next: 0 }))
    }

    /// Reads what the connection that broke did not take, as far as it is kept.
    async fn finish(&self) {
        let mut rest = Reading { sent: self.clone(), next: 0 };
        while !self.is_gone()
            && let Some(Ok(_)) = rest.frame().await
        {}
    }

    fn is_gone(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_gone
    }

    fn has_id(&self, request: &MessageDescriptor) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_gone || !kept.is_whole {
            return false;
        }
        let mut bytes = BytesMut::with_capacity(kept.bytes);
        kept.frames.iter().for_each(|frame| bytes.extend_from_slice(frame));
        let Some((prefix, message)) = bytes.split_at_checked(PREFIX) else { return false };
        let message = DynamicMessage::decode(request.clone(), message);
        // A compressed message is not read.
        prefix[0] == 0 && message.is_ok_and(|message| names_itself(&message))
    }
}

fn names_itself(message: &DynamicMessage) -> bool {
    let id = message.get_field_by_name(REQUEST_ID);
    debug_assert!(message.descriptor().get_field_by_name(REQUEST_ID).is_some());
    id.is_some_and(|id| id.as_str().is_some_and(|id| !id.is_empty()))
}

/// One sending of the body.
struct Reading {
    sent: Sent,
    next: usize,
}

impl http_body::Body for Reading {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let sent = self.sent.clone();
        let mut kept = sent.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = kept.frames.get(self.next) {
            self.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(frame.clone()))));
        }
        if kept.is_whole {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut kept.rest).poll_frame(context));
        match &frame {
            None => kept.is_whole = true,
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.next += 1;
                    kept.keep(data);
                }
            }
            Some(Err(_)) => kept.is_gone = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let kept = self.sent.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.next >= kept.frames.len() && (kept.is_whole || kept.rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Kept {
    fn keep(&mut self, data: &Bytes) {
        self.bytes += data.len();
        self.is_whole = self.rest.is_end_stream();
        if self.bytes > MOST {
            self.is_gone = true;
            self.frames.clear();
        } else {
            self.frames.push(data.clone());
        }
    }
}

/// How many requests may be sent once more: a tenth of those that were answered, and some at once
/// when a node is lost. A service that is overloaded is not asked twice as much.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    /// In tenths of a request.
    const FULL: u32 = 2_560;

    pub fn earn(&self) {
        let more = |now: u32| (now < Self::FULL).then_some(now + 1);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes one; false if there is none.
    pub fn take(&self) -> bool {
        let less = |now: u32| now.checked_sub(10);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }
}
