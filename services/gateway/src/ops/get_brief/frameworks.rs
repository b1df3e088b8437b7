//! Which of the frameworks that projects serve were adopted by a day.

use std::collections::HashMap;

use api::registan::agreements::v1::ListFrameworksRequest;
use api::registan::partnership::v1::ProjectSummary;
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::r#type::v1::Date;
use chassis::Failure;
use chassis::failure::ErrorReason;
use facts::PartialDate;
use prost_types::Timestamp;

use super::Question;
use super::day::{By, date};
use super::gaps::Gaps;
use super::room::Room;
use super::standing::Days;
use crate::App;
use crate::ops::share::two_thirds;

/// When each framework was adopted, by name; nothing where that is not recorded.
type Adoptions = HashMap<String, Option<PartialDate>>;

/// How many projects serve frameworks of which it is not known whether they were adopted by that
/// day.
#[derive(Debug, Default, PartialEq, Eq)]
struct Doubts {
    /// Because of their date.
    undated: usize,
    /// Because they were not read.
    unread: usize,
}

/// Keeps, of the frameworks that projects serve, those that were adopted by that day, and apart
/// those of which that is not known.
pub async fn served_by(
    app: &App,
    question: &Question,
    projects: &mut [ProjectSummary],
    gaps: &mut Gaps,
) {
    if projects.iter().all(|project| project.frameworks.is_empty()) {
        return;
    }
    let mut adoptions = Adoptions::new();
    let known_by = question.known_by;
    let first = read(app, (question.read_time, known_by), &mut adoptions);
    let mut is_whole = two_thirds("agreements", first).await;
    // The instant may be one of another service: see `if_later`.
    if is_whole.as_ref().is_err_and(|failure| failure.reason == ErrorReason::ReadTimeInvalid) {
        let last = read(app, (None, known_by), &mut adoptions);
        is_whole = two_thirds("agreements", last).await;
    }
    let Doubts { undated, unread } = keep(&adoptions, question.days, projects);
    gaps.add_some(GapKind::DayNotKnown, undated, || {
        format!("whether frameworks that {undated} projects serve (undeterminedFrameworks) had been adopted by that day is not known: the date is not recorded, or not exactly enough")
    });
    let (kind, why) = match is_whole {
        Ok(true) if known_by.is_some() => {
            let why = "they rest on no source that was known by then, or are not in the record, or not for you";
            (GapKind::DayNotKnown, why.to_owned())
        }
        Ok(true) => (GapKind::DayNotKnown, "they are not in the record, or not for you".to_owned()),
        Ok(false) => (GapKind::NoRoom, "there was no time to read all frameworks".to_owned()),
        Err(failure) => (GapKind::ServiceUnavailable, failure.message.clone()),
    };
    gaps.add_some(kind, unread, || {
        format!("when frameworks that {unread} projects serve (undeterminedFrameworks) were adopted could not be read: {why}")
    });
}

fn keep(adoptions: &Adoptions, days: Days, projects: &mut [ProjectSummary]) -> Doubts {
    let mut doubts = Doubts::default();
    for project in projects {
        let (mut is_undated, mut is_unread) = (false, false);
        for name in std::mem::take(&mut project.frameworks) {
            let framework = name.split_once("/priorities/").map_or(name.as_str(), |(it, _)| it);
            let adopted = adoptions.get(framework);
            match adopted.map_or(By::Unknown, |adopted| by(adopted.as_ref(), days)) {
                By::Then => project.frameworks.push(name),
                By::Later => {}
                By::Unknown => {
                    is_undated |= adopted.is_some();
                    is_unread |= adopted.is_none();
                    project.undetermined_frameworks.push(name);
                }
            }
        }
        doubts.undated += usize::from(is_undated);
        doubts.unread += usize::from(is_unread);
    }
    doubts
}

/// Returns whether a framework was adopted by that day. What is recorded exists today, unless its
/// own date lies in the future.
fn by(adopted: Option<&PartialDate>, days: Days) -> By {
    let may_exist = adopted.is_none_or(|date| date.earliest() <= days.today);
    match By::of(adopted, days.as_of) {
        By::Unknown if days.as_of >= days.today && may_exist => By::Then,
        by => by,
    }
}

/// Reads when frameworks were adopted, page by page; false where time ended before all were read.
async fn read(
    app: &App,
    (read_time, known_by): (Option<Timestamp>, Option<Date>),
    adoptions: &mut Adoptions,
) -> Result<bool, Failure> {
    let mut client = app.services.framework_service();
    let room = Room::of(0);
    let mut request = ListFrameworksRequest {
        page_size: 1000,
        read_time,
        known_by,
        ..ListFrameworksRequest::default()
    };
    loop {
        let page = client.list_frameworks(request.clone()).await;
        let page = page.map_err(|status| Failure::downstream("agreements", status))?.into_inner();
        adoptions.extend(page.frameworks.into_iter().map(|it| (it.name, date(it.adopted))));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || !room.is_left() {
            return Ok(request.page_token.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use facts::Day;

    use super::*;

    #[test]
    fn what_is_recorded_exists_today_unless_it_begins_later() {
        let (year, day) =
            (|year| PartialDate::new(year, 0, 0), |month| PartialDate::new(2027, month, 1));
        for (adopted, as_of, wanted) in [
            (None, 20_260_101, By::Unknown),
            (None, 20_261_128, By::Then),
            (year(2026), 20_261_127, By::Unknown),
            (year(2026), 20_261_128, By::Then),
            (year(2027), 20_261_128, By::Later),
            (year(2027), 20_270_201, By::Unknown),
            (year(2027), 20_271_231, By::Then),
            (day(3), 20_261_128, By::Later),
            (day(3), 20_270_301, By::Then),
        ] {
            let days = Days { as_of: Day(as_of), today: Day(20_261_128) };
            assert_eq!(by(adopted.as_ref(), days), wanted, "{adopted:?} {as_of}");
        }
    }

    #[test]
    fn what_was_not_read_is_told_apart_from_what_has_no_date() {
        let adoptions = Adoptions::from([("frameworks/f0".to_owned(), None)]);
        let serving = |names: &[&str]| ProjectSummary {
            frameworks: names.iter().map(|&it| it.to_owned()).collect(),
            ..ProjectSummary::default()
        };
        let mut projects = [
            serving(&["frameworks/f0"]),
            serving(&["frameworks/f0", "frameworks/f1/priorities/a", "frameworks/f2"]),
        ];
        let days = Days { as_of: Day(20_260_101), today: Day(20_261_128) };

        let doubts = keep(&adoptions, days, &mut projects);

        assert_eq!(doubts, Doubts { undated: 2, unread: 1 });
        assert!(projects.iter().all(|project| project.frameworks.is_empty()));
        assert_eq!(projects[1].undetermined_frameworks.len(), 3);
    }
}
