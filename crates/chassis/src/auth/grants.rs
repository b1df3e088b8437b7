//! What the record grants to the subject of a token.

use futures::future::BoxFuture;
use policy::Grant;

use crate::Failure;

/// Knows what was granted to whom. It is asked in every call of somebody with a token of an OIDC issuer, so that what is
/// taken back is gone at once; what it needs for a quick answer it keeps itself.
pub trait GrantSource: Send + Sync {
    /// The grants of a subject, written `ISSUER#SUB`; none for one that the record does not know. They may have expired:
    /// who uses them looks at the time. A failure refuses the call.
    fn grants<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Vec<Grant>, Failure>>;
}
