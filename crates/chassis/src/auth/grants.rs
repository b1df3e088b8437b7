//! Where what somebody was given is kept: asked while a caller is authenticated, before anything
//! else is known of the call.

use std::fmt;

use futures::future::BoxFuture;
use http::HeaderValue;
use policy::Grant;

use crate::Failure;

/// Knows what subjects were given.
pub trait GrantSource: Send + Sync {
    /// Returns the grants that `subject` holds. `token` is the header `authorization` as the caller
    /// sent it, by which the subject was proven: a source in another process passes it on, and so
    /// can ask for nobody else's. An error where the source cannot be asked; a subject that was
    /// given nothing is none.
    fn grants<'a>(
        &'a self,
        subject: &'a str,
        token: &'a HeaderValue,
    ) -> BoxFuture<'a, Result<Vec<Grant>, Failure>>;
}

impl fmt::Debug for dyn GrantSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GrantSource")
    }
}
