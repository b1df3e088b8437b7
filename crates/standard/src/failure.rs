//! Refusals of the record → failures of a caller.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chassis::failure::{Code, ErrorReason, Failure, Violation};
use chronicle::{DatabaseFailure, Error};
use facts::check::matches_pattern;
use prost::Name;
use prost_reflect::{MessageDescriptor, Value};
use sea_orm::DbErr;

use crate::Served;
use crate::time::timestamp;

/// How many missing resources an answer names: its details are a header, which has a bound.
const MOST_MISSING: usize = 20;

/// `registan/Agreement`, for `ResourceInfo`.
pub(crate) fn kind<T: Served>() -> String {
    format!("registan/{}", T::Message::NAME)
}

/// Returns what a caller is told when the record refuses, about a resource of a kind.
pub fn refused<T: Served>(error: Error) -> Failure {
    from_record(&kind::<T>(), error)
}

/// The answer to an error of the record, about a resource of the type `kind`: `registan/Agreement`.
pub fn from_record(kind: &str, error: Error) -> Failure {
    match error {
        Error::NotFound(name) => Failure::not_found(kind, &name),
        Error::AlreadyExists(name) => Failure::already_exists(kind, &name),
        Error::Deleted(name) => {
            let message = format!("{name} is deleted and cannot be changed: undelete it first");
            Failure::failed_precondition(ErrorReason::Deleted, &name, message).about(kind, &name)
        }
        Error::EtagMismatch(name) => {
            let message = format!(
                "{name} was changed by somebody else since it was read: read it again, then write"
            );
            // The same request fails again: nothing says when to send it.
            Failure::new(Code::Aborted, ErrorReason::EtagMismatch, message).about(kind, &name)
        }
        Error::RequestIdReused(id) => {
            let description =
                format!("{id} was used for another request within 24 hours; take a new one");
            Failure::invalid(vec![Violation::new("request_id", ErrorReason::RequestIdReused, description)])
        }
        Error::TokenExpired => Failure::out_of_range(
            ErrorReason::ResumeTokenExpired,
            "the resume token is older than seven days: watch without it, with a snapshot",
        ),
        Error::BeforeRecord(begins) => {
            let begins = timestamp(begins).to_string();
            let message = format!(
                "read_time lies before the record, which exists since {begins}: it holds what was known later. For a day in the world ask with `as_of`, where a method has it, and leave read_time out"
            );
            Failure::out_of_range(ErrorReason::ReadTimeBeforeRecord, message).with("begins", begins)
        }
        Error::WentBack => Failure::out_of_range(
            ErrorReason::RecordWentBack,
            "the token stands on a change that is not in the record: an older copy was put in its place; start again without it",
        ),
        Error::VisibilityChanged => Failure::out_of_range(
            ErrorReason::VisibilityChanged,
            "what you may see changed while you did not watch: watch without the token, with a snapshot",
        ),
        Error::Invalid { argument, reason, message } => {
            Failure::invalid(vec![Violation::new(argument, reason, message)])
        }
        Error::Busy => {
            Failure::aborted(ErrorReason::Busy, "others wrote the same at once, again and again; try again")
        }
        error @ Error::ClockWrong(_) => Failure::unavailable(
            ErrorReason::ClockWrong,
            "the clock of the server is wrong, and nothing is recorded until it is right; try again later",
        )
        .retry_after(Duration::from_secs(10))
        .because(error),
        Error::Database(source) => from_database(source),
        error @ Error::Corrupt(_) => Failure::internal(error),
    }
}

/// The answer where the database failed: where trying again can help, it is asked for. What became
/// of a write is not known then; the same request id writes it once.
fn from_database(source: Arc<DbErr>) -> Failure {
    let message = match DatabaseFailure::of(&source) {
        DatabaseFailure::Unreachable => "the database does not answer",
        DatabaseFailure::Full => "the database has no room left",
        DatabaseFailure::Locked => "the database is locked by another process",
        DatabaseFailure::Aborted => "the database aborted the transaction",
        DatabaseFailure::Damaged | DatabaseFailure::Other => return Failure::internal(source),
    };
    tracing::warn!(error = %source, "database unavailable: {message}");
    Failure::unavailable(ErrorReason::DatabaseUnavailable, format!("{message}; try again"))
        .retry_after(Duration::from_secs(1))
        .because(source)
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

/// The answer where things referred to do not exist: each in a field, by its name.
pub fn missing(all: &[(String, &str)]) -> Failure {
    let mut failures = all.iter().map(|(field, name)| {
        let message = format!("{field}: {name} does not exist, or is deleted; record it first");
        Failure::failed_precondition(ErrorReason::ReferenceMissing, name, message)
            .about(&type_of(name), name)
            .with("field", field.clone())
    });
    let Some(mut first) = failures.next() else { return Failure::internal("nothing is missing") };
    let rest = failures.take(MOST_MISSING - 1);
    let rest: Vec<_> = rest.flat_map(|mut one| std::mem::take(&mut one.preconditions)).collect();
    if !rest.is_empty() {
        first.message = format!("{} (and {} more)", first.message, all.len() - 1);
    }
    first.preconditions.extend(rest);
    first
}

/// `registan/Agreement` of `agreements/eu-kz-epca-2015`; of a part of a resource, the type of the
/// resource.
pub fn type_of(name: &str) -> String {
    static TYPES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let option = api::descriptors().get_extension_by_name("google.api.resource");
        let of = |message: &MessageDescriptor| {
            let options = message.options();
            let resource = options.get_extension(option.as_ref()?).as_message()?.clone();
            let kind = resource.get_field_by_name("type")?.as_str()?.to_owned();
            let patterns = resource.get_field_by_name("pattern")?;
            let patterns = patterns.as_list()?.iter().filter_map(Value::as_str);
            Some(patterns.map(|one| (one.to_owned(), kind.clone())).collect::<Vec<_>>())
        };
        api::descriptors().all_messages().filter_map(|message| of(&message)).flatten().collect()
    });
    let mut name = name;
    loop {
        if let Some((_, kind)) = TYPES.iter().find(|(pattern, _)| matches_pattern(name, pattern)) {
            return kind.clone();
        }
        let Some((shorter, _)) = name.rsplit_once('/') else { return String::new() };
        name = shorter;
    }
}
