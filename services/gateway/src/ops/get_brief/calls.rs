//! Documents of Parliament about the party of which no call is recorded: where none is listed,
//! none need have been made, or nobody has read the document for it.

use std::collections::BTreeSet;

use api::registan::agreements::v1::{ListSourcesRequest, Source};
use api::registan::partnership::v1::part_status::GapKind;
use chassis::Failure;
use chassis::failure::ErrorReason;

use super::Question;
use super::day::{By, date};
use super::gaps::Gaps;
use super::subject::Subject;
use crate::App;
use crate::ops::share::two_thirds;

/// The most that are named.
const MOST_NAMED: i32 = 100;

/// The names of those that had been published by the day, the newest first, with what is not known
/// of them. `read` are the documents of which calls are recorded.
pub async fn not_recorded(
    app: &App,
    question: &Question,
    read: &BTreeSet<String>,
    gaps: &mut Gaps,
) -> Vec<String> {
    let sources = match two_thirds("agreements", documents(app, question)).await {
        Ok(sources) => sources,
        // Each service has its own instants: nothing of this one was recorded then.
        Err(failure)
            if matches!(
                failure.reason,
                ErrorReason::ReadTimeInvalid | ErrorReason::ReadTimeBeforeRecord
            ) =>
        {
            return Vec::new();
        }
        Err(failure) => {
            let description = format!(
                "of which documents of Parliament no call is recorded is not known: {}",
                failure.message
            );
            gaps.add(GapKind::ServiceUnavailable, description);
            return Vec::new();
        }
    };
    let by = |source: &Source| By::of(date(source.published.clone()).as_ref(), question.days.as_of);
    let unread = sources.into_iter().filter(|it| by(it) == By::Then && !read.contains(&it.name));
    let names: Vec<String> = unread.map(|source| source.name).collect();
    gaps.add_some(GapKind::NotRecorded, names.len(), || {
        let number = names.len();
        format!(
            "of {number} documents of Parliament about the party no call is recorded \
             (calls_not_recorded)"
        )
    });
    names
}

/// The documents of Parliament about the party, the newest first.
async fn documents(app: &App, question: &Question) -> Result<Vec<Source>, Failure> {
    let about = Subject::any("parties", ":", &question.subject.concerned());
    let request = ListSourcesRequest {
        filter: format!("kind = PARLIAMENT_DOCUMENT AND {about}"),
        order_by: "published desc".to_owned(),
        page_size: MOST_NAMED,
        read_time: question.read_time,
        known_by: question.known_by,
        ..ListSourcesRequest::default()
    };
    let mut client = app.services.source_service();
    let page = client.list_sources(request).await;
    match page.map_err(|status| Failure::downstream("agreements", status)) {
        Ok(page) => Ok(page.into_inner().sources),
        Err(failure) if failure.reason == ErrorReason::FilterNamesNothing => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}
