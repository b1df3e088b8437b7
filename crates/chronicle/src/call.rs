//! The caller who writes.

use std::borrow::Cow;

use uuid::Uuid;

/// The caller, and the id under which the same request may be sent again, with the fingerprint of
/// its body.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The caller, as the log records it.
    pub caller: String,
    /// The method: `CreateAgreementRequest`.
    pub method: Cow<'static, str>,
    /// The request id and a hash of the whole request.
    pub request: Option<(Uuid, i64)>,
}
