//! Documents of Parliament about the party of which no call is recorded: where none is listed,
//! none need have been made, or nobody has read the document for it.

use std::collections::BTreeSet;

use api::registan::agreements::v1::{ListSourcesRequest, Source};
use api::registan::partnership::v1::part_status::GapKind;
use chassis::Failure;
use chassis::failure::ErrorReason;
use facts::Day;
use prost_types::Timestamp;

use super::Question;
use super::day::{By, date};
use super::gaps::Gaps;
use super::room::Room;
use super::subject::Subject;
use crate::App;
use crate::ops::share::two_thirds;

/// The most that are named.
const MOST_NAMED: usize = 100;

/// The documents that were found.
#[derive(Default)]
struct Found {
    /// The names of those that had been published by the day, the newest first.
    names: Vec<String>,
    /// How many had been perhaps.
    undated: usize,
    /// True if there may be more.
    is_cut: bool,
}

/// The names of those that had been published by the day, the newest first, with what is not known
/// of them. `read` are the documents of which calls are recorded.
pub async fn not_recorded(
    app: &App,
    question: &Question,
    read: &BTreeSet<String>,
    gaps: &mut Gaps,
) -> Vec<String> {
    let ask = |read_time| two_thirds("agreements", unread(app, question, read, read_time));
    let mut found = ask(question.read_time).await;
    // The instant may be one of another service: see `if_later`.
    if found.as_ref().is_err_and(|failure| failure.reason == ErrorReason::ReadTimeInvalid) {
        found = ask(None).await;
    }
    let Found { names, undated, is_cut } = match found {
        Ok(found) => found,
        // Nothing was recorded of any document by then.
        Err(failure) if failure.reason == ErrorReason::ReadTimeBeforeRecord => Found::default(),
        Err(failure) => {
            let why = &failure.message;
            let description =
                format!("of which documents of Parliament no call is recorded is not known: {why}");
            gaps.add(GapKind::ServiceUnavailable, description);
            return Vec::new();
        }
    };
    let number = names.len();
    gaps.add_some(GapKind::NotRecorded, number, || {
        format!(
            "of {number} documents of Parliament about the party no call is recorded \
             (calls_not_recorded)"
        )
    });
    gaps.add_some(GapKind::DayNotKnown, undated, || {
        format!(
            "whether {undated} other documents of Parliament, of which no call is recorded, had \
             been published by that day is not known: their dates are not exact"
        )
    });
    gaps.add_some(GapKind::NoRoom, usize::from(is_cut), || {
        "only the newest documents of Parliament are looked at".to_owned()
    });
    names
}

/// Reads the documents of Parliament about the party, page by page.
async fn unread(
    app: &App,
    question: &Question,
    read: &BTreeSet<String>,
    read_time: Option<Timestamp>,
) -> Result<Found, Failure> {
    let about = Subject::any("parties", ":", &question.subject.concerned());
    let mut request = ListSourcesRequest {
        filter: format!("kind = PARLIAMENT_DOCUMENT AND {about}"),
        order_by: "published desc".to_owned(),
        page_size: 1000,
        read_time,
        known_by: question.known_by,
        ..ListSourcesRequest::default()
    };
    let mut client = app.services.source_service();
    let (room, mut found) = (Room::of(0), Found::default());
    loop {
        let page = client.list_sources(request.clone()).await;
        let page = match page.map_err(|status| Failure::downstream("agreements", status)) {
            Ok(page) => page.into_inner(),
            // Of a party that is deleted by now.
            Err(failure) if failure.reason == ErrorReason::FilterNamesNothing => return Ok(found),
            Err(failure) => return Err(failure),
        };
        for source in page.sources.into_iter().filter(|source| !read.contains(&source.name)) {
            found.add(source, question.days.as_of);
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || found.is_cut || !room.is_left() {
            found.is_cut |= !request.page_token.is_empty();
            return Ok(found);
        }
    }
}

impl Found {
    fn add(&mut self, source: Source, as_of: Day) {
        match By::of(date(source.published).as_ref(), as_of) {
            By::Later => {}
            By::Unknown => self.undated += 1,
            By::Then if self.names.len() == MOST_NAMED => self.is_cut = true,
            By::Then => self.names.push(source.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use facts::PartialDate;

    use super::*;

    #[test]
    fn of_more_than_are_named_the_newest_are_and_that_is_told() {
        let source = |year: i32| Source {
            name: format!("sources/of-{year}"),
            published: PartialDate::new(year, 0, 0).map(Into::into),
            ..Source::default()
        };
        let of = |years: &mut dyn Iterator<Item = i32>| {
            let mut found = Found::default();
            years.for_each(|year| found.add(source(year), Day(20_240_101)));
            found
        };

        let all = of(&mut (1924..=2025).rev());
        assert_eq!((all.names.len(), all.undated, all.is_cut), (MOST_NAMED, 1, false));
        assert_eq!(all.names[0], "sources/of-2023", "not that of a day to come");
        assert!(of(&mut (1923..=2025).rev()).is_cut);
    }
}
