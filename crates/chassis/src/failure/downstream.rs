//! Errors of other services, as they are passed on to the caller.

use std::error::Error;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

use super::{DOMAIN, ErrorReason, Failure, Precondition, Quota, Resource, Violation};

impl Failure {
    /// Takes over what `service` answered: a refusal with all its details, also that it is not
    /// available for a reason of its own; an absence as `UNAVAILABLE`, and a fault of that service
    /// as a fault of ours, for our caller asked us.
    pub fn downstream(service: &'static str, status: Status) -> Self {
        if timed_out(&status) {
            let message = format!("{service} did not answer in time");
            return Self::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
                .with("service", service);
        }
        match status.code() {
            Code::Unavailable => match refusal(&status) {
                told if told.reason == ErrorReason::Unspecified && told.metadata.is_empty() => {
                    Self::service_unavailable(service).because(status)
                }
                told if told.metadata.iter().any(|(key, _)| key == "service") => {
                    told.because(status)
                }
                told => told.with("service", service).because(status),
            },
            // A connection that breaks in the middle of an answer has no status of its own.
            Code::Unknown | Code::Cancelled if status.source().is_some() => {
                Self::service_unavailable(service).because(status)
            }
            // Another service at its address, or one of another version: for the operator.
            Code::Unimplemented => {
                let message = format!(
                    "{service} does not know this method: another service, or one of another \
                     version, answers at its address"
                );
                Self::unavailable(ErrorReason::ServiceUnavailable, message)
                    .with("service", service)
                    .because(status)
            }
            Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => Self::internal(status),
            _ => refusal(&status),
        }
    }
}

/// Returns whether the deadline passed, in the other service or in tonic's client.
fn timed_out(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(inner) = cause {
        if inner.is::<TimeoutExpired>() {
            return true;
        }
        cause = inner.source();
    }
    status.code() == Code::DeadlineExceeded
        || (status.code() == Code::Cancelled && status.message() == "Timeout expired")
}

/// Returns the reason of this word; a newer service may have others.
fn known(word: &str) -> ErrorReason {
    ErrorReason::from_str_name(word).unwrap_or_default()
}

fn refusal(status: &Status) -> Failure {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == DOMAIN);
    let reason = info.map_or("", |info| &info.reason);
    let mut failure = Failure::new(status.code(), known(reason), status.message());
    failure.metadata = info
        .into_iter()
        .flat_map(|info| &info.metadata)
        .map(|(k, v)| (k.clone().into(), v.clone()))
        .collect();
    if failure.reason == ErrorReason::Unspecified && !reason.is_empty() {
        failure.metadata.push(("reason".into(), reason.to_owned()));
    }
    failure.violations = details
        .bad_request()
        .into_iter()
        .flat_map(|bad| &bad.field_violations)
        .map(|it| Violation {
            field: it.field.clone(),
            description: it.description.clone(),
            reason: known(&it.reason),
        })
        .collect();
    failure.preconditions = details
        .precondition_failure()
        .into_iter()
        .flat_map(|it| &it.violations)
        .map(|it| Precondition {
            kind: it.r#type.clone(),
            subject: it.subject.clone(),
            description: it.description.clone(),
        })
        .collect();
    failure.quotas = details
        .quota_failure()
        .into_iter()
        .flat_map(|it| &it.violations)
        .map(|it| Quota { subject: it.subject.clone(), description: it.description.clone() })
        .collect();
    failure.resource = details
        .resource_info()
        .map(|it| Resource { kind: it.resource_type.clone(), name: it.resource_name.clone() });
    failure.retry = details.retry_info().and_then(|it| it.retry_delay);
    failure
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_reason_and_details() {
        let theirs = Failure::out_of_range(ErrorReason::ReadTimeBeforeRecord, "too early")
            .with("begins", "2025-01-01T00:00:00Z")
            .about("registan/Agreement", "agreements/none");

        let ours = Failure::downstream("agreements", theirs.into());

        assert_eq!((ours.code, ours.reason), (Code::OutOfRange, ErrorReason::ReadTimeBeforeRecord));
        assert_eq!(ours.resource.as_ref().unwrap().name, "agreements/none");
        assert_eq!(ours.metadata, [("begins".into(), "2025-01-01T00:00:00Z".to_owned())]);
    }

    #[test]
    fn an_unknown_reason_is_passed_on_as_metadata() {
        let metadata = [("limit".to_owned(), "5".to_owned())];
        let details = ErrorDetails::with_error_info("OF_TOMORROW", DOMAIN, metadata);
        let theirs = Status::with_error_details(Code::ResourceExhausted, "full", details);

        let ours = Status::from(Failure::downstream("agreements", theirs));

        let info = ours.get_details_error_info().unwrap();
        assert_eq!(
            (ours.code(), &*info.reason),
            (Code::ResourceExhausted, "ERROR_REASON_UNSPECIFIED")
        );
        assert_eq!((&*info.metadata["reason"], &*info.metadata["limit"]), ("OF_TOMORROW", "5"));
    }

    #[test]
    fn an_absent_service_is_named() {
        let ours = Failure::downstream("agreements", Status::unavailable("connection refused"));

        assert_eq!(ours.code, Code::Unavailable);
        assert_eq!(ours.metadata, [("service".into(), "agreements".to_owned())]);
        assert!(ours.retry.is_some());
    }

    /// Once a service that answered without its database, or without agreements, was told as one
    /// that does not answer.
    #[test]
    fn a_service_that_says_why_it_is_not_available_is_believed() {
        let database = Failure::unavailable(ErrorReason::DatabaseUnavailable, "it is full")
            .retry_after(Duration::from_secs(7));
        let grants = Failure::service_unavailable("agreements");

        let ours = [database, grants].map(|it| Failure::downstream("projects", it.into()));

        let [database, grants] = ours;
        assert_eq!(database.reason, ErrorReason::DatabaseUnavailable);
        assert_eq!(
            (&*database.message, database.retry),
            ("it is full", Some(Duration::from_secs(7)))
        );
        assert_eq!(database.metadata, [("service".into(), "projects".to_owned())]);
        assert_eq!(grants.message, "agreements does not answer");
        assert_eq!(grants.metadata, [("service".into(), "agreements".to_owned())]);
    }

    /// Once swapped addresses of services were told as an internal error.
    #[test]
    fn a_service_that_is_another_is_named() {
        let ours = Failure::downstream("agreements", Status::unimplemented("no such method"));

        assert_eq!(ours.code, Code::Unavailable);
        assert!(ours.message.contains("another service"), "{}", ours.message);
        assert_eq!(ours.metadata, [("service".into(), "agreements".to_owned())]);
    }

    #[test]
    fn a_fault_of_another_service_is_our_fault() {
        let ours = Failure::downstream("agreements", Status::internal("row 7 is broken"));

        assert_eq!((ours.code, ours.message.as_str()), (Code::Internal, "internal error"));
    }
}
