//! The frames of an answer, as they come from a connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::meters::Call;
use super::node::Open;

/// The body of an answer. It counts as open on its connection until it is dropped.
pub(super) struct Answer {
    /// The one that was waited for.
    pub first: Option<Frame<Bytes>>,
    pub body: Incoming,
    /// The call, where it is measured.
    pub call: Option<Call>,
    pub _open: Open,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => Pin::new(&mut self.body).poll_frame(context),
        };
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(trailers) = frame.trailers_ref()
            && let Some(call) = &mut self.call
        {
            call.note(trailers);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let waiting = self.first.as_ref().and_then(|frame| frame.data_ref()).map_or(0, Bytes::len);
        let waiting = u64::try_from(waiting).unwrap_or(0);
        // The upper one first: it is never below the other.
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + waiting);
        }
        hint.set_lower(hint.lower() + waiting);
        hint
    }
}
