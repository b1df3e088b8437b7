//! The reporters of activities: each is kept in the citation of what is recorded.

use api::registan::r#type::v1::SourceRef;
use facts::Scheme;
use iati::Activity;
use ingest::{Notes, Refusal};

use crate::domain::Project;

/// The words before the name of who reports an activity, in the citation of what is recorded of it;
/// and before them, where they have it from another.
const REPORTER: &str = "reporting organisation ";
const SECONDARY: &str = ", secondary ";

/// The beginning of a former identifier of a reporter, as a project keeps it.
const FORMER: &str = "iati-B1:";

/// The rule of a finding about who reports.
const CHANGED: &str = "reporter-changed";

const REPORTING: &str = "iati-activity/reporting-org";
const REPORTING_NAME: &str = "iati-activity/reporting-org/narrative";

/// Where the facts come from: without a date, so that the same file again says the same.
pub fn source(activity: &Activity, file_name: &str, notes: &mut Notes) -> SourceRef {
    let mut citation = format!("IATI file {file_name}");
    if let Some(org) = &activity.reporting_org {
        let named = org.names.first().map(|name| &name.text);
        let publisher = org.ref_.as_ref().or(named).filter(|publisher| publisher.len() <= 256);
        if let Some(publisher) = publisher {
            citation.push_str(if activity.is_secondary { SECONDARY } else { ", " });
            citation.push_str(REPORTER);
            citation.push_str(publisher);
        }
        let is_by_name = org.ref_.is_none() && publisher.is_some();
        notes.lose(REPORTING, usize::from(publisher.is_none()));
        notes.lose(REPORTING_NAME, org.names.len() - usize::from(is_by_name));
    }
    SourceRef { citation, ..SourceRef::default() }
}

/// Returns why a recorded project stays as it is: the file has it from somebody else than who
/// reported what is recorded, at second hand (`secondary-reporter` of the IATI Standard), or though
/// the identifier is one of theirs.
pub fn stays(recorded: &Project, file: &Project) -> Option<Refusal> {
    let (was_secondary, before) = reported(recorded)?;
    let (is_secondary, now) = reported(file).unwrap_or_default();
    if now == before {
        return None;
    }
    if is_secondary {
        let message = format!(
            "it is recorded as {before} has it, and this file has it from another, at second \
             hand; the activity was skipped"
        );
        return Some(("secondary-reporter", message));
    }
    let is_theirs = !was_secondary && begins_with(file, before) && !begins_with(file, now);
    let message = || {
        let now = shown(now);
        format!(
            "{before} reported it, with whose identifier it begins, and this file has it from \
             {now}; the activity was skipped; if {now} was {before} before, an other-identifier \
             of type B1 says so"
        )
    };
    (is_theirs && !was(file, before)).then(|| (CHANGED, message()))
}

/// Returns the warning that somebody else reports now what is recorded.
pub fn passed_on(recorded: &Project, file: &Project) -> Option<Refusal> {
    let (now, before) = change(recorded, file)?;
    let now = shown(now);
    let message = format!(
        "{before} reported it before, and {now} does now; what {now} states replaced what {before} \
         stated"
    );
    Some((CHANGED, message))
}

/// Returns who reports a project now and who did before, where these are two, each at first hand.
/// Nobody is one, too.
fn change<'a>(recorded: &'a Project, file: &'a Project) -> Option<(&'a str, &'a str)> {
    let (was_secondary, before) = reported(recorded)?;
    let (is_secondary, now) = reported(file).unwrap_or_default();
    (now != before && !was_secondary && !is_secondary).then_some((now, before))
}

/// The reporter in a message.
fn shown(reporter: &str) -> &str {
    if reporter.is_empty() { "a reporter whom it does not name" } else { reporter }
}

/// Returns whether an identifier is one that a reporter gave, who has this identifier.
fn begins_with(project: &Project, reporter: &str) -> bool {
    let identifier = &project.iati_identifier;
    let rest = identifier.get(reporter.len()..).filter(|_| {
        let beginning = identifier.get(..reporter.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(reporter))
    });
    rest.is_some_and(|rest| !reporter.is_empty() && !rest.starts_with(char::is_alphanumeric))
}

/// Returns whether the file says that its reporter had this identifier before.
fn was(file: &Project, before: &str) -> bool {
    let former = facts::ExternalId::new(Scheme::Other, &format!("{FORMER}{before}"));
    file.external_ids.iter().any(|id| id.value == former.value)
}

/// Returns whether somebody else reports now what was reported before, or the same at second hand.
pub fn is_of_another(recorded: &Project, file: &Project) -> bool {
    let before = reported(recorded);
    before.is_some() && before != reported(file)
}

/// Returns whether it is reported at second hand, and by whom, as far as the source tells.
fn reported(project: &Project) -> Option<(bool, &str)> {
    let citation = project.source.as_ref()?.citation.as_str();
    let (before, reporter) = citation.rsplit_once(REPORTER)?;
    Some((before.ends_with(SECONDARY), reporter))
}
