//! The errors of a list.

use std::fmt::Debug;

use chronicle::{Chronicle, Error, ListRequest, Resource};
use facts::ErrorReason;

use super::common::public;

/// Returns the reason and the message for which a list of `T` is refused.
pub async fn refusal<T: Resource + Debug>(
    record: &Chronicle,
    request: ListRequest,
) -> (ErrorReason, String) {
    match record.list::<T>(&request, &public()).await {
        Err(Error::Invalid { reason, message, .. }) => (reason, message),
        other => panic!("{request:?} gives {other:?}"),
    }
}
