//! Errors as callers receive them: a gRPC status with google.rpc details.
//!
//! Each service turns its own errors into a [`Failure`]; the way from there to the wire is the same
//! for all: `ErrorInfo` always, `BadRequest` with every violation at once, the other details where
//! they fit. What is our own fault is logged once, with its causes, and the caller reads only
//! "internal error".

mod details;
mod downstream;
mod logged;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

pub use facts::ErrorReason;
pub use tonic::Code;

/// Names us in every `ErrorInfo`.
pub const DOMAIN: &str = "registan";

type Text = Cow<'static, str>;
type Source = Box<dyn Error + Send + Sync>;

/// A refusal or a fault. Boxed, so that a `Result` that carries it stays small.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

/// How much of the name of an encoding is told again.
const MOST_OF_ENCODING: usize = 32;

/// The parts of a [`Failure`].
#[derive(Debug)]
pub struct Parts {
    pub code: Code,
    /// The reason, for programs.
    pub reason: ErrorReason,
    /// For people; may change at any time.
    pub message: String,
    /// Facts for programs, by the keys that the contract lists for the reason: `service`, `limit`.
    pub metadata: Vec<(Text, String)>,
    /// All that is wrong with the request.
    pub violations: Vec<Violation>,
    /// All that must change before the request can succeed.
    pub preconditions: Vec<Precondition>,
    /// The quotas that are used up.
    pub quotas: Vec<Quota>,
    pub resource: Option<Resource>,
    /// After which time it is worth to try again.
    pub retry: Option<Duration>,
    /// For our log alone.
    pub source: Option<Source>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field, for example `project.sectors[2].percentage`.
    pub field: String,
    pub description: String,
    /// The rule, for programs.
    pub reason: ErrorReason,
}

impl Violation {
    /// Says that `field` breaks the rule `reason`, and how.
    pub fn new(
        field: impl Into<String>,
        reason: ErrorReason,
        description: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), description: description.into(), reason }
    }
}

/// One thing that must change before the request can succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// The word of an [`ErrorReason`].
    pub kind: String,
    /// The subject, for example a resource name.
    pub subject: String,
    pub description: String,
}

/// Something that a caller has used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The caller it belongs to, for example `clientip:192.0.2.7`.
    pub subject: String,
    pub description: String,
}

/// The resource that a failure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// For example `registan.agreements.v1.Agreement`.
    pub kind: String,
    /// For example `agreements/eu-kz-epca-2015`.
    pub name: String,
}

impl Failure {
    /// A failure with nothing but these; the methods below and the public fields add to it.
    pub fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            reason,
            message: message.into(),
            metadata: Vec::new(),
            violations: Vec::new(),
            preconditions: Vec::new(),
            quotas: Vec::new(),
            resource: None,
            retry: None,
            source: None,
        }))
    }

    /// `INVALID_ARGUMENT`: everything that is wrong with the request, at once. The first violation
    /// gives the reason.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let (reason, message) = match violations.as_slice() {
            [] => (ErrorReason::InvalidArgument, "the request is not valid".to_owned()),
            [one] => (one.reason, format!("{}: {}", one.field, one.description)),
            [first, rest @ ..] => (
                first.reason,
                format!("{}: {} (and {} more)", first.field, first.description, rest.len()),
            ),
        };
        let mut failure = Self::new(Code::InvalidArgument, reason, message);
        failure.violations = violations;
        failure
    }

    /// `NOT_FOUND`: `name` of the type `kind` does not exist, or may not be seen.
    pub fn not_found(kind: &str, name: &str) -> Self {
        Self::new(Code::NotFound, ErrorReason::NotFound, format!("{name} does not exist"))
            .about(kind, name)
    }

    /// `ALREADY_EXISTS`: `name` of the type `kind` is taken.
    pub fn already_exists(kind: &str, name: &str) -> Self {
        Self::new(Code::AlreadyExists, ErrorReason::AlreadyExists, format!("{name} exists already"))
            .about(kind, name)
    }

    /// `ABORTED`: another writer was faster; read again and retry.
    pub fn aborted(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(Code::Aborted, reason, message).retry_after(Duration::from_millis(100))
    }

    /// `FAILED_PRECONDITION`: it cannot be done in the present state; `subject` must change first.
    pub fn failed_precondition(
        reason: ErrorReason,
        subject: &str,
        message: impl Into<String>,
    ) -> Self {
        let mut failure = Self::new(Code::FailedPrecondition, reason, message);
        let description = failure.message.clone();
        failure.preconditions.push(Precondition {
            kind: reason.as_str_name().to_owned(),
            subject: subject.to_owned(),
            description,
        });
        failure
    }

    /// `UNAVAILABLE`: the same request may succeed in a second.
    pub fn unavailable(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, reason, message).retry_after(Duration::from_secs(1))
    }

    /// `UNAVAILABLE`: a service that we need does not answer.
    pub fn service_unavailable(service: &str) -> Self {
        Self::unavailable(ErrorReason::ServiceUnavailable, format!("{service} does not answer"))
            .with("service", service)
    }

    /// `OUT_OF_RANGE`: past what there is, for example a read time before the record began.
    pub fn out_of_range(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(Code::OutOfRange, reason, message)
    }

    /// `RESOURCE_EXHAUSTED`: more than a limit allows.
    pub fn resource_exhausted(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(Code::ResourceExhausted, reason, message)
    }

    /// `DEADLINE_EXCEEDED`: `allowed` ran out before the answer was ready.
    pub fn deadline_exceeded(allowed: Duration) -> Self {
        let message = format!("not done within {} ms", allowed.as_millis());
        Self::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
            .with("deadline_ms", allowed.as_millis().to_string())
    }

    /// `UNIMPLEMENTED`: nobody here answers the service that `path` asks for.
    pub fn unknown_service(path: &str) -> Self {
        let service = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let message =
            format!("no service `{service}` here; ask the reflection service what there is");
        Self::new(Code::Unimplemented, ErrorReason::ServiceUnknown, message)
            .with("service", service)
    }

    /// `UNIMPLEMENTED`: the service that `path` asks for has no such method; a newer one may.
    pub fn unknown_method(path: &str) -> Self {
        let message = format!("no method `{path}` here; ask the reflection service what there is");
        Self::new(Code::Unimplemented, ErrorReason::MethodUnknown, message).with("method", path)
    }

    /// `UNIMPLEMENTED`: the messages of a request are compressed.
    pub fn compressed(encoding: &str) -> Self {
        let encoding: String = encoding.chars().take(MOST_OF_ENCODING).collect();
        let message = format!(
            "the request is compressed with {encoding}, and read as it is: send it without \
             grpc-encoding"
        );
        Self::new(Code::Unimplemented, ErrorReason::RequestCompressed, message)
            .with("encoding", encoding)
    }

    /// `INTERNAL`: our own fault. `source` goes to the log, never to the caller.
    pub fn internal(source: impl Into<Source>) -> Self {
        let mut failure = Self::new(Code::Internal, ErrorReason::Internal, "internal error");
        failure.source = Some(source.into());
        failure
    }

    /// Adds a fact for programs.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// Says which resource it is about.
    #[must_use]
    pub fn about(mut self, kind: &str, name: &str) -> Self {
        self.resource = Some(Resource { kind: kind.to_owned(), name: name.to_owned() });
        self
    }

    /// Says after which time it is worth to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry = Some(delay);
        self
    }

    /// Keeps the cause, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl Deref for Failure {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// `error` and all its causes in one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Many errors print their cause themselves.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = inner.source();
    }
    line
}
