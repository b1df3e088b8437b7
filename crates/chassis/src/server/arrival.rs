//! The body of a request: ends it when its next part is late, so that who stalls holds nothing
//! until the deadline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};
use tonic::{Code, Status};

use super::rates::Bill;
use crate::failure::{ErrorReason, Failure};

/// The frames of a request as they arrive. Only the time in which somebody waits for them counts.
pub(super) struct Arrival {
    body: Incoming,
    within: Duration,
    /// Runs while the next frame is awaited.
    timer: Option<Pin<Box<Sleep>>>,
    stalled: Arc<Notify>,
    /// Counts the bytes read.
    bill: Option<Arc<Bill>>,
}

impl Arrival {
    /// Tells `stalled` when a frame is not there `within` this time.
    pub fn new(
        body: Incoming,
        within: Duration,
        stalled: Arc<Notify>,
        bill: Option<Arc<Bill>>,
    ) -> Self {
        Self { body, within, timer: None, stalled, bill }
    }
}

/// Returns the error of a request that stalled.
pub(super) fn late(within: Duration) -> Failure {
    let within = within.as_millis();
    let message = format!("the next part of the request did not come within {within} ms");
    Failure::new(Code::DeadlineExceeded, ErrorReason::RequestStalled, message)
        .with("within_ms", within.to_string())
}

impl Body for Arrival {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.timer = None;
            if let (Some(bill), Some(Ok(frame))) = (&this.bill, &frame) {
                bill.asked(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| Status::from_error(error.into()))),
            );
        }
        let within = this.within;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(timer.as_mut().poll(context));
        this.stalled.notify_one();
        Poll::Ready(Some(Err(late(within).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
