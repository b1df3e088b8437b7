//! `ObligationService`: where duties stand on a day, what is overdue, and what is due.

use api::registan::agreements::v1::{
    DueCalendar, DueItem, GetDueCalendarRequest, GetObligationStatusRequest, ListDueRequest,
    ListOverdueRequest, ListOverdueResponse, ObligationStatus, OverdueObligation,
};
use api::registan::r#type::v1::Date;
use chassis::bulk;
use chassis::failure::{ErrorReason, Failure};
use chronicle::ListRequest;
use futures::stream;
use standard::time::{micros, timestamp};
use standard::{Answers, at, page_size, reader};
use tonic::{Request, Response, Status};

use super::agreements::read_day;
use crate::app::App;
use crate::domain::Obligation;
use crate::domain::duty_status::{self, DutyStatus};
use crate::ops::{self, Due};

/// Returns where a duty stands on a day.
pub async fn get_obligation_status(
    app: App,
    request: Request<GetObligationStatusRequest>,
) -> Result<Response<ObligationStatus>, Status> {
    let request = request.into_inner();
    let as_of = ops::day_or_today(&app, read_day(request.as_of)?);
    let read_time = micros(request.read_time)?;
    let (shown, read_time) =
        app.records.find_by::<Obligation>("name", request.name, read_time).await?;
    let duty = shown.into_stored().value;
    let duties = [duty.into_message()];
    let mut ground = ops::Ground::at(&app, reader(), read_time);
    ground.read(&duties).await?;
    let [duty] = &duties;
    let status = duty_status::on(&ground.of(duty).of(duty), as_of);
    Ok(at(read_time, status_message(status)))
}

/// Returns a page of the duties that are overdue on a day.
pub async fn list_overdue(
    app: App,
    request: Request<ListOverdueRequest>,
) -> Result<Response<ListOverdueResponse>, Status> {
    let request = request.into_inner();
    let as_of = read_day(request.as_of)?;
    let asked = ListRequest {
        filter: request.filter,
        page_size: size(request.page_size)?,
        page_token: request.page_token,
        read_time: micros(request.read_time)?,
        ..ListRequest::default()
    };
    let page = bulk::run(ops::list_overdue(app, reader(), asked, as_of)).await??;
    let entry = |(obligation, status)| OverdueObligation {
        obligation: Some(obligation),
        status: Some(status_message(status)),
    };
    let message = ListOverdueResponse {
        obligations: page.duties.into_iter().map(entry).collect(),
        next_page_token: page.next_page_token,
        as_of: Some(page.as_of.into()),
        read_time: Some(timestamp(page.read_time)),
        perhaps_overdue: page.perhaps.overdue,
        not_looked_up: page.perhaps.not_looked_up,
    };
    Ok(at(page.read_time, message))
}

/// Sends what is due.
pub async fn list_due(
    app: App,
    request: Request<ListDueRequest>,
) -> Result<Response<Answers<DueItem>>, Status> {
    let ListDueRequest { filter, from, to, read_time } = request.into_inner();
    let all = all_due(app, filter, from, to, micros(read_time)?).await?;
    let read_time = all.read_time;
    let items: Answers<DueItem> = Box::pin(stream::iter(all.map(|due| Ok(item(due)))));
    Ok(at(read_time, items))
}

/// Returns what is due, as a calendar.
pub async fn get_due_calendar(
    app: App,
    request: Request<GetDueCalendarRequest>,
) -> Result<Response<DueCalendar>, Status> {
    let GetDueCalendarRequest { filter, from, to, read_time } = request.into_inner();
    let all = all_due(app, filter, from, to, micros(read_time)?).await?;
    let read_time = all.read_time;
    let Some((content, events)) = ops::calendar(all, &timestamp(read_time)) else {
        let message = "the calendar is larger than an answer may be: ask for a shorter time";
        return Err(Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message).into());
    };
    let message = DueCalendar {
        media_type: "text/calendar; charset=utf-8".to_owned(),
        content,
        events,
        read_time: Some(timestamp(read_time)),
    };
    Ok(at(read_time, message))
}

async fn all_due(
    app: App,
    filter: String,
    from: Option<Date>,
    to: Option<Date>,
    read_time: Option<i64>,
) -> Result<ops::AllDue, Failure> {
    let (from, to) = (read_named("from", from)?, read_named("to", to)?);
    let days = ops::interval(&app, from, to)?;
    bulk::run(ops::list_due(app, reader(), filter, days, read_time)).await?
}

fn read_named(field: &str, asked: Option<Date>) -> Result<Option<facts::Day>, Failure> {
    let mut check = facts::Check::default();
    let day = asked.and_then(|day| facts::wire::read_day(&mut check, field, day));
    standard::failure::from_violations(check.finish()).map_or(Ok(day), Err)
}

/// Items a page: 50 where nothing is said, at most 1000.
fn size(asked: i32) -> Result<u64, Failure> {
    Ok(match page_size(asked)? {
        0 => 50,
        asked => asked.min(1000),
    })
}

fn item(due: Due) -> DueItem {
    DueItem {
        obligation: due.duty.name.clone(),
        title: due.duty.title.clone(),
        due: Some(due.day.date.into()),
        number: due.day.number,
        bearers: due.duty.bearers.clone(),
        under: due.duty.under.clone(),
        state: due.state.into(),
        meeting: due.day.meeting,
        reason: due.reason,
    }
}

fn status_message(status: DutyStatus) -> ObligationStatus {
    ObligationStatus {
        state: status.state.into(),
        as_of: Some(status.as_of.into()),
        at_least: status.range.map_or(0, |(least, _)| least.into()),
        at_most: status.range.map_or(0, |(_, most)| most.into()),
        reason: status.reason,
        overdue_since: status.overdue_since.map(Into::into),
        overdue: status.overdue,
        next_due: status.next_due.map(Into::into),
    }
}
