//! What another service answered us, as we tell it to our own caller.

use std::error::Error;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

use super::{DOMAIN, Failure, Precondition, Quota, Resource, Violation};

impl Failure {
    /// Takes over what `service` answered: a refusal with all its details, an absence as `UNAVAILABLE`, and a fault of
    /// that service as a fault of ours, for our caller asked us.
    pub fn downstream(service: &'static str, status: Status) -> Self {
        if timed_out(&status) {
            let message = format!("{service} did not answer in time");
            return Self::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)
                .with("service", service);
        }
        match status.code() {
            Code::Unavailable => Self::service_unavailable(service).because(status),
            // A connection that breaks in the middle of an answer has no status of its own.
            Code::Unknown | Code::Cancelled if status.source().is_some() => {
                Self::service_unavailable(service).because(status)
            }
            Code::Internal | Code::Unknown | Code::DataLoss | Code::Unimplemented | Code::Ok => {
                Self::internal(status)
            }
            _ => refusal(&status),
        }
    }
}

/// Whether the deadline passed, there or, as tonic's client tells it, here.
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

fn refusal(status: &Status) -> Failure {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == DOMAIN);
    let reason = info.map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone());
    let mut failure = Failure::new(status.code(), reason, status.message());
    failure.metadata = info
        .into_iter()
        .flat_map(|info| &info.metadata)
        .map(|(k, v)| (k.clone().into(), v.clone()))
        .collect();
    failure.violations = details
        .bad_request()
        .into_iter()
        .flat_map(|bad| &bad.field_violations)
        .map(|it| Violation {
            field: it.field.clone(),
            description: it.description.clone(),
            reason: it.reason.clone().into(),
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
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_reason_and_details() {
        let theirs = Failure::not_found("registan.agreements.v1.Agreement", "agreements/none")
            .with("day", "2025-01-01");

        let ours = Failure::downstream("agreements", theirs.into());

        assert_eq!((ours.code, &*ours.reason), (Code::NotFound, "NOT_FOUND"));
        assert_eq!(ours.resource.as_ref().unwrap().name, "agreements/none");
        assert_eq!(ours.metadata, [("day".into(), "2025-01-01".to_owned())]);
    }

    #[test]
    fn an_absent_service_is_named() {
        let ours = Failure::downstream("agreements", Status::unavailable("connection refused"));

        assert_eq!(ours.code, Code::Unavailable);
        assert_eq!(ours.metadata, [("service".into(), "agreements".to_owned())]);
        assert!(ours.retry.is_some());
    }

    #[test]
    fn a_fault_of_another_service_is_our_fault() {
        let ours = Failure::downstream("agreements", Status::internal("row 7 is broken"));

        assert_eq!((ours.code, ours.message.as_str()), (Code::Internal, "internal error"));
    }
}
