//! Requests that cannot be decoded: tonic refuses them with a status of its own, without a reason.

use chassis::Failure;
use chassis::failure::{Code, ErrorReason};
use http::{HeaderMap, Response};
use tonic::Status;
use tonic::body::Body;

/// The details of an error; every error of a method has them.
const DETAILS: &str = "grpc-status-details-bin";

/// Puts a refusal with a reason in the place of one of tonic.
pub(crate) fn explained(answer: Response<Body>) -> Response<Body> {
    match refused(answer.headers()) {
        Some(failure) => Status::from(failure).into_http(),
        None => answer,
    }
}

fn refused(headers: &HeaderMap) -> Option<Failure> {
    if !headers.contains_key("grpc-status") || headers.contains_key(DETAILS) {
        return None;
    }
    let status = Status::from_header_map(headers)?;
    let because = |what: &str| format!("{what}: {}", status.message());
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Some(Failure::resource_exhausted(
            ErrorReason::RequestTooLarge,
            because("the request is larger than a message may be"),
        )),
        Code::Internal => Some(Failure::new(
            Code::InvalidArgument,
            ErrorReason::InvalidArgument,
            because("the request is malformed"),
        )),
        _ => None,
    }
}
