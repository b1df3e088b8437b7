//! The answer of a passed-on stream. When the gateway is about to stop, it ends after a whole
//! message: a watch in good order, to go on elsewhere by its token; another stream, if it has not
//! ended in time, with the advice to begin again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use chassis::Failure;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use crate::upstream::Upstream;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The flag and the length before a message.
const PREFIX: usize = 5;

/// The frames of a stream that a service answers.
pub struct Passed {
    body: Body,
    upstream: Arc<Upstream>,
    messages: Messages,
    /// When it is to end.
    stop: Option<BoxFuture<'static, ()>>,
    /// It is a watch.
    is_watch: bool,
    is_over: bool,
}

impl Passed {
    /// Passes on `body`; of another stream than a watch what is left when the gateway stops has
    /// `grace`.
    pub fn new(body: Body, upstream: Arc<Upstream>, is_watch: bool, grace: Duration) -> Self {
        let stop = Some(is_over(if is_watch { Duration::ZERO } else { grace }));
        Self { body, upstream, messages: Messages::default(), stop, is_watch, is_over: false }
    }

    fn is_to_stop(&mut self, context: &mut Context<'_>) -> bool {
        let Some(stop) = &mut self.stop else { return true };
        let is_due = stop.poll_unpin(context).is_ready();
        if is_due {
            self.stop = None;
        }
        is_due
    }

    fn end(&mut self) -> Result<Frame<Bytes>, Status> {
        self.is_over = true;
        if self.is_watch {
            return Ok(Frame::trailers(HeaderMap::from_iter([(GRPC_STATUS, 0.into())])));
        }
        Err(about_to_stop().into())
    }
}

impl http_body::Body for Passed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let stops = self.is_to_stop(context);
        if stops && self.messages.is_whole() {
            return Poll::Ready(Some(self.end()));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                self.is_over = true;
                return Poll::Ready(Some(Err(self.upstream.unavailable(error).into())));
            }
            None => return Poll::Ready(None),
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
        };
        let end = self.messages.pass(&data);
        if stops && let Some(end) = end {
            self.messages = Messages::default();
            return Poll::Ready(Some(Ok(Frame::data(data.slice(..end)))));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Waits until the gateway stops, and for `grace` more.
pub fn is_over(grace: Duration) -> BoxFuture<'static, ()> {
    let stopping = chassis::stopping::current();
    let over = async move {
        stopping.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    over.boxed()
}

/// The end of a stream that the gateway cannot wait for: with the advice to begin again.
pub fn about_to_stop() -> Failure {
    Failure::service_unavailable("gateway").because("it is about to stop")
}

/// The messages of a gRPC body, as they go by.
#[derive(Debug, Default)]
struct Messages {
    /// The bytes of the prefix that have come.
    prefix: [u8; PREFIX],
    known: usize,
    /// The bytes of the message that have not.
    left: usize,
}

impl Messages {
    /// Returns whether the last message has come to its end, and the next has not begun.
    fn is_whole(&self) -> bool {
        self.known == 0 && self.left == 0
    }

    /// Passes over some bytes; gives where in them the last whole message ends.
    fn pass(&mut self, data: &[u8]) -> Option<usize> {
        let (mut rest, mut end) = (data, None);
        while !rest.is_empty() {
            if self.left == 0 {
                let taken = rest.len().min(PREFIX - self.known);
                self.prefix[self.known..self.known + taken].copy_from_slice(&rest[..taken]);
                self.known += taken;
                rest = &rest[taken..];
                if self.known < PREFIX {
                    break;
                }
                let length = (&self.prefix[1..]).get_u32();
                self.left = usize::try_from(length).unwrap_or(usize::MAX);
            }
            let taken = rest.len().min(self.left);
            self.left -= taken;
            rest = &rest[taken..];
            if self.left == 0 {
                self.known = 0;
                end = Some(data.len() - rest.len());
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three messages, of three bytes, none, and one.
    const BODY: [u8; 19] = [0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9];

    #[test]
    fn messages_end_where_they_end_however_they_are_cut() {
        for first in 0..BODY.len() {
            for second in first..BODY.len() {
                let mut messages = Messages::default();
                let mut ends = Vec::new();
                for (at, end) in [(0, first), (first, second), (second, BODY.len())] {
                    ends.extend(messages.pass(&BODY[at..end]).map(|within| at + within));
                    let is_end = [0, 8, 13, 19].contains(&end);
                    assert_eq!(messages.is_whole(), is_end, "{first} {second} {end}");
                }
                assert_eq!(ends.last(), Some(&19), "{first} {second}");
                assert!(ends.iter().all(|end| [8, 13, 19].contains(end)), "{ends:?}");
            }
        }
    }
}
