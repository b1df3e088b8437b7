//! The error of a call, for people: the message, the reason, every violation, and when to try
//! again.

use std::fmt;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// How much of a text tells where it begins in another.
const COMPARED: usize = 40;
/// The reason of a write of what somebody else changed meanwhile.
const ETAG_MISMATCH: &str = "ETAG_MISMATCH";

/// A call that a service refused.
#[derive(Debug)]
pub struct Refused {
    /// The code of its status.
    pub code: Code,
    /// The reason of it, where the service gave one.
    pub reason: Option<String>,
    line: String,
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// One line: `NotFound (RESOURCE_NOT_FOUND): there is no …; …`.
pub fn refused(status: &Status, gateway: &str) -> anyhow::Error {
    let (code, details) = (status.code(), status.get_error_details());
    let more = more(&details, status.message());
    let message = whole(status.message(), &more);
    let mut line = match details.error_info() {
        Some(info) => format!("{code:?} ({}): {message}", info.reason),
        None if code == Code::Unavailable => {
            format!("{} ({message})", unreached(gateway, &message))
        }
        None => format!("{code:?}: {message}"),
    };
    for text in more {
        if !line.contains(&text) {
            line.push_str("; ");
            line.push_str(&text);
        }
    }
    if code == Code::Unauthenticated {
        line.push_str(
            "; a command takes it as --token, --token-file or REGISTAN_TOKEN, and one that writes \
             signs its own with the key in --data-dir",
        );
    }
    let reason = details.error_info().map(|info| info.reason.clone());
    Refused { code, reason, line }.into()
}

/// Says why a gateway is not reached, by what the connection broke at: perhaps somebody is there
/// who speaks otherwise.
fn unreached(gateway: &str, message: &str) -> String {
    let is_tls = gateway.starts_with("https://");
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["UnknownIssuer"]) {
        return format!(
            "the certificate of {gateway} is of no known authority: name it, --ca FILE"
        );
    }
    if has(&["invalid peer certificate"]) {
        return format!(
            "the certificate of {gateway} is not good for it: is the address right, is the \
             certificate over?"
        );
    }
    if is_tls && has(&["InvalidContentType", "corrupt message"]) {
        return format!("{gateway} speaks plain text: ask http://");
    }
    if !is_tls && has(&["connection error", "operation was canceled", "http2 error"]) {
        return format!(
            "the connection to {gateway} broke: where it speaks TLS, ask https://, with --ca FILE \
             where its authority is not known to the system; a write may have been done"
        );
    }
    format!("no suite answers at {gateway}: start one with `registan serve`")
}

/// Returns a message; one that was cut at its end with what it goes on with in a text of the
/// details, which are cut later.
fn whole(message: &str, texts: &[String]) -> String {
    let Some(cut) = message.strip_suffix('…') else { return message.to_owned() };
    let goes_on = |text: &String| {
        let begins: String = text.chars().take(COMPARED).collect();
        let (before, begun) = cut.split_at(cut.find(&begins)?);
        text.starts_with(begun).then(|| format!("{before}{text}"))
    };
    texts.iter().find_map(goes_on).unwrap_or_else(|| message.to_owned())
}

/// Returns the lines of the details beyond the message.
fn more(details: &ErrorDetails, message: &str) -> Vec<String> {
    let mut all = Vec::new();
    let bad_request = details.bad_request().into_iter().flat_map(|it| &it.field_violations);
    all.extend(bad_request.map(|it| said_of(&it.field, &it.description)));
    let preconditions = details.precondition_failure().into_iter().flat_map(|it| &it.violations);
    all.extend(preconditions.map(|it| said_of(&it.subject, &it.description)));
    let quotas = details.quota_failure().into_iter().flat_map(|it| &it.violations);
    all.extend(quotas.map(|it| said_of(&it.subject, &it.description)));
    let mut metadata: Vec<String> = details
        .error_info()
        .into_iter()
        .flat_map(|it| &it.metadata)
        .filter(|(_, value)| !message.contains(value.as_str()))
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    metadata.sort();
    all.extend(metadata);
    // The same write would be refused again: it is read first, and then written.
    let is_repeatable = details.error_info().is_none_or(|it| it.reason != ETAG_MISMATCH);
    let delay = details.retry_info().and_then(|it| it.retry_delay);
    if let Some(delay) = delay.filter(|_| is_repeatable) {
        all.push(format!("try again in {:.1} s", delay.as_secs_f64()));
    }
    all
}

fn said_of(what: &str, text: &str) -> String {
    if what.is_empty() || text.contains(what) { text.to_owned() } else { format!("{what}: {text}") }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_speaks_otherwise_is_told_from_who_is_not_there() {
        for (gateway, message, wanted) in [
            ("http://127.0.0.1:1", "Connection refused (os error 111)", "no suite answers"),
            ("http://127.0.0.1:2", "no connection: operation was canceled", "ask https://"),
            ("http://127.0.0.1:2", "no connection: connection error", "ask https://"),
            ("https://127.0.0.1:2", "invalid peer certificate: UnknownIssuer", "--ca FILE"),
            ("https://127.0.0.1:2", "invalid peer certificate: NotValidForName", "is the address"),
            ("https://127.0.0.1:3", "corrupt message of type InvalidContentType", "ask http://"),
        ] {
            let said = unreached(gateway, message);
            assert!(said.contains(wanted), "{said}");
        }
    }

    #[test]
    fn a_refusal_says_its_reason_every_violation_and_when_to_try_again() {
        let metadata = HashMap::from([("service".to_owned(), "projects".to_owned())]);
        let mut details = ErrorDetails::with_error_info("SOME_REASON", "registan", metadata);
        details.add_bad_request_violation("page_size", "must not be negative");
        details.add_bad_request_violation("filter", "there is no field `colour`");
        details.set_retry_info(Some(Duration::from_millis(1500)));
        let status = Status::with_error_details(Code::InvalidArgument, "wrong", details);

        let line = refused(&status, "http://127.0.0.1:1").to_string();

        assert_eq!(
            line,
            "InvalidArgument (SOME_REASON): wrong; page_size: must not be negative; filter: there is no field `colour`; \
             service: projects; try again in 1.5 s"
        );
    }

    #[test]
    fn a_write_that_must_be_read_first_is_not_to_be_tried_again() {
        let mut details = ErrorDetails::with_error_info(ETAG_MISMATCH, "registan", HashMap::new());
        details.set_retry_info(Some(Duration::from_millis(100)));
        let status = Status::with_error_details(Code::Aborted, "read it again", details);

        let line = refused(&status, "http://127.0.0.1:1").to_string();

        assert_eq!(line, "Aborted (ETAG_MISMATCH): read it again");
    }

    #[test]
    fn a_message_that_was_cut_is_not_printed_twice() {
        let known = "known are A_WORD, ".repeat(10);
        for (field, description) in [("filter", known.clone()), ("a", format!("a: {known}"))] {
            let mut details =
                ErrorDetails::with_error_info("SOME_REASON", "registan", HashMap::new());
            details.add_bad_request_violation(field, format!("{description}ANOTHER…"));
            let message = format!("{field}: {description}AN…");
            let status = Status::with_error_details(Code::InvalidArgument, message, details);

            let line = refused(&status, "http://127.0.0.1:1").to_string();

            let whole = format!("InvalidArgument (SOME_REASON): {field}: {description}ANOTHER…");
            assert_eq!(line, whole);
        }
    }

    #[test]
    fn a_suite_that_is_not_there_is_named() {
        let line = refused(&Status::unavailable("refused"), "http://127.0.0.1:1").to_string();

        assert!(line.contains("http://127.0.0.1:1") && line.contains("registan serve"), "{line}");
    }
}
