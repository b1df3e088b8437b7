//! The rights part: recommendations for the party, and the activities of delegations there.

use std::collections::BTreeSet;

use api::registan::partnership::v1::RightsPart;
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::rights::v1::activity::Outcome;
use api::registan::rights::v1::{ListActivitiesRequest, ListRecommendationsRequest};
use api::registan::r#type::v1::Date;
use chassis::Failure;
use chassis::failure::ErrorReason;
use prost_types::Timestamp;
use tonic::Response;

use super::Question;
use super::calls;
use super::counts::{self, Counts};
use super::day::{By, date};
use super::gaps::Gaps;
use super::room::Room;
use super::standing::Days;
use super::subject::Subject;
use crate::App;

/// The bytes of the recommendations that are listed.
const MOST_BYTES: usize = 5 << 18;

fn down(status: tonic::Status) -> Failure {
    Failure::downstream("rights-reporting", status)
}

/// A page; an empty one where there is no such party for that service: it is deleted by now.
fn or_none<P: Default>(page: Result<P, Failure>) -> Result<P, Failure> {
    match page {
        Err(failure) if failure.reason == ErrorReason::FilterNamesNothing => Ok(P::default()),
        page => page,
    }
}

/// Two kinds of call, all at the instant of the first. What is later than the day is passed over
/// here, not by a filter: a filter knows only the first day that an inexact date can be.
pub async fn part(app: &App, question: &Question) -> Result<RightsPart, Failure> {
    let mut gaps = Gaps::default();
    let (mut part, read) = recommendations(app, question, &mut gaps).await?;
    let read_time = part.status.take().and_then(|status| status.read_time);
    let is_anonymous = chassis::caller::current().caller.is_anonymous();
    let counts = count(app, question, read_time, is_anonymous, &mut gaps).await?;
    part.activities = if is_anonymous {
        let description = "callers without a token are told counts of what could lead to a person up to the end of the year before, as multiples of five, and nothing below five; with a token of its readers they are exact";
        gaps.add(GapKind::CountNotTold, description);
        if question.known_by.is_some() {
            let description = "for anonymous callers the activities are those that were known by the end of the year before the day of known_by";
            gaps.add(GapKind::CountNotTold, description);
        }
        counts.for_anonymous()
    } else {
        counts.exact()
    };
    if let Some(read) = read {
        part.calls_not_recorded = calls::not_recorded(app, question, &read, &mut gaps).await;
    }
    part.status = Some(gaps.there(read_time));
    Ok(part)
}

/// The recommendations, newest first, with the instant they hold for as status; and the documents
/// in which they stand, if all were read.
async fn recommendations(
    app: &App,
    question: &Question,
    gaps: &mut Gaps,
) -> Result<(RightsPart, Option<BTreeSet<String>>), Failure> {
    let mut request = ListRecommendationsRequest {
        filter: Subject::any("parties", ":", &question.subject.concerned()),
        order_by: "adopted desc".to_owned(),
        page_size: 1000,
        read_time: question.read_time,
        known_by: question.known_by,
        ..ListRecommendationsRequest::default()
    };
    let mut client = app.services.recommendation_service();
    let (mut room, mut part) = (Room::of(MOST_BYTES), RightsPart::default());
    let mut read = BTreeSet::new();
    loop {
        let page = client.list_recommendations(request.clone()).await.map(Response::into_inner);
        let page = or_none(page.map_err(down))?;
        for one in page.recommendations {
            read.extend(one.document.as_ref().map(|document| document.source.clone()));
            match By::of(date(one.adopted.clone()).as_ref(), question.days.as_of) {
                By::Later => {}
                By::Then if !room.take(&one) => break,
                By::Then => part.recommendations.push(one),
                By::Unknown if !room.take(&one.name) => break,
                By::Unknown => part.undetermined.push(one.name),
            }
        }
        request.page_token = page.next_page_token;
        request.read_time = page.read_time.or(request.read_time);
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    let is_whole = request.page_token.is_empty() && !room.is_full();
    if !is_whole {
        let description = format!("only the newest {} recommendations are listed", room.items());
        gaps.add(GapKind::NoRoom, description);
    }
    let undetermined = part.undetermined.len();
    gaps.add_some(GapKind::DayNotKnown, undetermined, || {
        format!("whether {undetermined} recommendations (undetermined) were adopted by that day is not known: their date is not exact")
    });
    part.status = Some(Gaps::default().there(request.read_time));
    Ok((part, is_whole.then_some(read)))
}

/// The day on which activities were known. For anonymous callers it is the end of a year: numbers
/// for each day would reveal on which something was published of one.
fn known_by(question: &Question, is_anonymous: bool) -> Option<Date> {
    let day = super::day::day(question.known_by?)?;
    let day = if is_anonymous { counts::end_of_year_before(day) } else { day };
    Some(day.into())
}

/// Counts the activities of delegations by that day, without what is only planned; for anonymous
/// callers, what could lead to a person only up to the end of the year before that day or today,
/// whichever is earlier, and not a word of what is not counted of it.
async fn count(
    app: &App,
    question: &Question,
    read_time: Option<Timestamp>,
    is_anonymous: bool,
    gaps: &mut Gaps,
) -> Result<Counts, Failure> {
    let mut client = app.services.activity_service();
    let room = Room::of(0);
    let mut request = ListActivitiesRequest {
        filter: Subject::any("party", " = ", &question.subject.places()),
        page_size: 1000,
        read_time,
        known_by: known_by(question, is_anonymous),
        ..ListActivitiesRequest::default()
    };
    let (mut counts, mut uncounted, mut planned) = (Counts::default(), 0, 0);
    let Days { as_of, today } = question.days;
    // Of a day to come no more is revealed than of today: the year is not over.
    let veiled_until = counts::end_of_year_before(as_of.min(today));
    loop {
        let page = client.list_activities(request.clone()).await.map(Response::into_inner);
        let page = or_none(page.map_err(down))?;
        for activity in page.activities {
            let is_veiled = is_anonymous && counts::is_sensitive(activity.kind);
            let day = if is_veiled { veiled_until } else { as_of };
            let date = date(activity.date);
            if activity.outcome == i32::from(Outcome::Planned) {
                let is_past = date.is_some_and(|date| date.latest() < as_of);
                planned += usize::from(is_past && !is_veiled);
                continue;
            }
            match By::of(date.as_ref(), day) {
                By::Then => counts.add(activity.kind, activity.outcome),
                By::Unknown if !is_veiled => uncounted += 1,
                By::Unknown | By::Later => {}
            }
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    if !request.page_token.is_empty() {
        gaps.add(GapKind::NoRoom, "only some of the activities are counted");
    }
    gaps.add_some(GapKind::DayNotKnown, uncounted, || {
        "some activities are not counted: whether they took place by that day is not known, their dates are not exact".to_owned()
    });
    gaps.add_some(GapKind::NotRecorded, planned, || {
        format!("{planned} activities are not counted: they were planned for a day before, and no outcome of them is recorded")
    });
    Ok(counts)
}
