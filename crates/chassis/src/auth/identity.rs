//! The caller whom a token names.

use policy::Grant;

/// The identity that a valid token proves.
#[derive(Debug)]
pub(super) struct Identity {
    /// The subject, as the log records it.
    pub subject: String,
    /// True if it was proved by more than one factor.
    pub strong: bool,
    /// The grants of the token itself; empty but for development.
    pub grants: Vec<Grant>,
    /// Seconds since 1970 UTC from which it is no longer taken.
    pub expires: i64,
}
