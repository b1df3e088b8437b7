//! `Failure` to `Status`: the google.rpc details, kept small enough for the headers they travel in.

use instruments::trace::current;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, QuotaViolation, StatusExt};

use super::logged::log;
use super::{DOMAIN, ErrorReason, Failure, Violation};

/// Details travel as one header, and clients take 8 KiB of headers in all; base64 adds a third.
const MAX_VIOLATION_BYTES: usize = 4096;
/// A message is percent-encoded: a Cyrillic letter takes six bytes of the header.
const MAX_MESSAGE_CHARS: usize = 256;

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        debug_assert_eq!(breach(&failure), None, "{failure}");
        log(&failure);
        let message = shortened(&failure.message);
        Self::with_error_details(failure.code, message, details(&failure))
    }
}

/// Returns how a failure differs from what the contract says of its reason.
fn breach(failure: &Failure) -> Option<String> {
    let reason = failure.reason;
    if reason == ErrorReason::Unspecified {
        return None;
    }
    let word = reason.as_str_name();
    if reason.code() != Some(failure.code) {
        return Some(format!(
            "{word} is answered with {:?}, not as the contract says",
            failure.code
        ));
    }
    let keys = reason.metadata();
    let other = failure.metadata.iter().find(|(key, _)| !keys.iter().any(|known| known == key));
    other.map(|(key, _)| format!("the contract lists no metadata `{key}` of {word}"))
}

fn details(failure: &Failure) -> ErrorDetails {
    let metadata = failure.metadata.iter().map(|(key, value)| (key.to_string(), shortened(value)));
    let metadata: std::collections::HashMap<_, _> = metadata.collect();
    let mut details = ErrorDetails::with_error_info(failure.reason.as_str_name(), DOMAIN, metadata);
    if !failure.violations.is_empty() {
        details.set_bad_request(violations(&failure.violations));
    }
    if !failure.preconditions.is_empty() {
        let all = failure.preconditions.iter();
        let all = all.map(|it| {
            PreconditionViolation::new(&it.kind, &it.subject, shortened(&it.description))
        });
        details.set_precondition_failure(all.collect::<Vec<_>>());
    }
    if !failure.quotas.is_empty() {
        let all = failure.quotas.iter();
        let all = all.map(|it| QuotaViolation::new(&it.subject, shortened(&it.description)));
        details.set_quota_failure(all.collect::<Vec<_>>());
    }
    if let Some(resource) = &failure.resource {
        details.set_resource_info(&resource.kind, &resource.name, "", "");
    }
    if let Some(trace) = current().filter(|_| is_fault(failure.code)) {
        details.set_request_info(trace.to_string(), "");
    }
    if failure.retry.is_some() {
        details.set_retry_info(failure.retry);
    }
    details
}

/// Returns whether an error is worth to be asked about, and so names its trace. What the request
/// alone decides is answered with the same bytes each time: what is hidden like what is missing.
const fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// As many as fit; the last one says how many were left out.
fn violations(all: &[Violation]) -> Vec<FieldViolation> {
    let mut room = MAX_VIOLATION_BYTES;
    let mut kept = Vec::new();
    for (index, violation) in all.iter().enumerate() {
        let description = shortened(&violation.description);
        let field = shortened(&violation.field);
        let size = field.len() + description.len() + violation.reason.as_str_name().len() + 16;
        let Some(rest) = room.checked_sub(size) else {
            let left = format!("{} more violations are not listed", all.len() - index);
            kept.push(field_violation(String::new(), left, ErrorReason::MoreViolations));
            break;
        };
        room = rest;
        kept.push(field_violation(field, description, violation.reason));
    }
    kept
}

fn field_violation(field: String, description: String, reason: ErrorReason) -> FieldViolation {
    let reason = reason.as_str_name().to_owned();
    FieldViolation { field, description, reason, localized_message: None }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_violation_is_told_at_once() {
        let failure = Failure::invalid(vec![
            Violation::new("agreement.title", ErrorReason::Required, "must not be empty"),
            Violation::new("agreement.kind", ErrorReason::UnknownValue, "99 is not a kind"),
        ]);

        let status = Status::from(failure);

        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "agreement.title: must not be empty (and 1 more)");
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("REQUIRED", "registan"));
        let told = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(told.len(), 2);
        assert_eq!(
            (told[1].field.as_str(), told[1].reason.as_str()),
            ("agreement.kind", "UNKNOWN_VALUE")
        );
    }

    #[test]
    fn the_code_and_the_metadata_are_those_that_the_contract_lists() {
        let stalled = |code| Failure::new(code, ErrorReason::RequestStalled, "too slow");

        assert_eq!(breach(&stalled(Code::DeadlineExceeded).with("within_ms", "5")), None);
        assert!(breach(&stalled(Code::Aborted)).unwrap().contains("Aborted"));
        let other_key = stalled(Code::DeadlineExceeded).with("within", "5");
        assert!(breach(&other_key).unwrap().contains("`within`"));
    }

    #[test]
    fn details_always_fit_into_the_headers_a_client_takes() {
        let long = "é".repeat(10_000);
        let violation =
            |i| Violation::new(format!("names[{i}]{long}"), ErrorReason::NameInvalid, long.clone());

        let status = Status::from(Failure::invalid((0..10_000).map(violation).collect()));

        let encoded = status.details().len() * 4 / 3 + status.message().len() * 3;
        assert!(encoded < 8 * 1024, "{encoded}");
        let told = status.get_details_bad_request().unwrap().field_violations;
        assert!(told.last().unwrap().description.contains("more violations are not listed"));
    }

    #[test]
    fn an_internal_failure_keeps_its_cause_from_the_caller() {
        let cause = std::io::Error::other("password=hunter2");

        let status = Status::from(Failure::internal(cause));

        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
        assert!(!String::from_utf8_lossy(status.details()).contains("hunter2"));
    }

    #[test]
    fn a_condition_that_passes_says_when_to_retry() {
        let status = Status::from(Failure::aborted(ErrorReason::Busy, "others were first"));

        assert_eq!(
            status.get_details_retry_info().unwrap().retry_delay,
            Some(Duration::from_millis(100))
        );
    }
}
