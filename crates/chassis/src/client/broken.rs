//! Attempts to have a request answered that failed.

use std::error::Error;

use http::Response;
use tonic::Code;

use super::Cause;
use super::answer::Answer;

/// An attempt that failed.
pub(super) struct Broken {
    pub cause: Cause,
    /// Nothing was done for it: it never left, or was refused unread.
    pub is_unseen: bool,
    /// The other side closed the connection in good order.
    pub is_farewell: bool,
    /// The refusal that came: it says more than the cause.
    pub answer: Option<Response<Answer>>,
}

impl Broken {
    /// An address that answers UNAVAILABLE: another may have what it has lost, its database or its
    /// way to another service.
    pub fn away(response: Response<Answer>) -> Self {
        let cause = "it is not available".into();
        Self { cause, is_unseen: false, is_farewell: false, answer: Some(response) }
    }

    /// The outcome for the caller.
    pub fn end(self) -> Result<Response<Answer>, Cause> {
        self.answer.ok_or(self.cause)
    }
}

/// Returns whether an answer is nothing but UNAVAILABLE.
pub(super) fn is_away(response: &Response<Answer>) -> bool {
    let code = response.headers().get("grpc-status");
    code.is_some_and(|code| Code::from_bytes(code.as_bytes()) == Code::Unavailable)
}

/// The reason that the other side gave (RFC 9113, 7). `REFUSED_STREAM` says that the request was
/// not read. `NO_ERROR`, of a connection that closes in good order, does not: h2 says it also of a
/// request that was read and whose answer was lost with the connection.
pub(super) fn reason(error: &hyper::Error) -> Option<h2::Reason> {
    let inner = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    inner.filter(|error| error.is_remote()).and_then(h2::Error::reason)
}
