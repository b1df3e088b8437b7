//! What the record refuses → what a caller is told.

use std::time::Duration;

use chassis::failure::{Code, Failure, Violation};
use chronicle::Error;

/// The answer to an error of the record, about a resource of the type `kind`: `registan/Agreement`.
pub fn from_record(kind: &str, error: Error) -> Failure {
    match error {
        Error::NotFound(name) => Failure::not_found(kind, &name),
        Error::AlreadyExists(name) => Failure::already_exists(kind, &name),
        Error::Deleted(name) => {
            let message = format!("{name} is deleted and cannot be changed");
            Failure::failed_precondition("DELETED", &name, message).about(kind, &name)
        }
        Error::EtagMismatch(name) => {
            let message = format!(
                "{name} was changed by somebody else since it was read: read it again, then write"
            );
            Failure::aborted("ETAG_MISMATCH", message).about(kind, &name)
        }
        Error::RequestIdReused(id) => {
            let description =
                format!("{id} was used for another request within 24 hours; take a new one");
            Failure::invalid(vec![Violation::new("request_id", "REQUEST_ID_REUSED", description)])
        }
        Error::TokenExpired => Failure::out_of_range(
            "RESUME_TOKEN_EXPIRED",
            "the resume token is older than seven days: watch without it, with a snapshot",
        ),
        Error::Invalid { argument, reason, message } => {
            Failure::invalid(vec![Violation::new(argument, reason, message)])
        }
        Error::Busy => {
            Failure::aborted("BUSY", "others wrote the same at once, again and again; try again")
        }
        Error::Database(source) if unreachable(&source) => {
            Failure::unavailable("DATABASE_UNAVAILABLE", "the database does not answer")
                .retry_after(Duration::from_secs(1))
                .because(source)
        }
        error @ (Error::Database(_) | Error::Corrupt(_)) => Failure::internal(error),
    }
}

/// Whether trying again can help: the database is away, starting or out of connections.
fn unreachable(error: &sea_orm::DbErr) -> bool {
    use sea_orm::{DbErr, RuntimeErr};
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => {
            matches!(
                &**source,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            )
        }
        _ => false,
    }
}

/// The answer to violations found while reading a message; `None` if there are none.
pub fn from_violations(violations: Vec<facts::Violation>) -> Option<Failure> {
    if violations.is_empty() {
        return None;
    }
    let all =
        violations.into_iter().map(|one| Violation::new(one.field, one.reason, one.description));
    Some(Failure::invalid(all.collect()))
}

/// The answer where something referred to does not exist.
pub fn missing(kind: &str, field: &str, name: &str) -> Failure {
    let message = format!("{field}: {name} does not exist, or is deleted; record it first");
    let mut failure = Failure::failed_precondition("REFERENCE_MISSING", name, message);
    failure.code = Code::FailedPrecondition;
    failure.about(kind, name).with("field", field.to_owned())
}
