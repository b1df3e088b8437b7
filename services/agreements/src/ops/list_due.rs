//! The due days from one day to another.

use std::sync::Arc;

use chassis::failure::{ErrorReason, Failure, Violation};
use chronicle::{ListRequest, Reader};
use facts::{Day, PartialDate};
use standard::refused;

use super::duties::Ground;
use crate::app::App;
use crate::domain::Obligation;
use crate::domain::binding::Binding;
use crate::domain::due::DueDay;
use crate::domain::duty_status::{State, standings};
use crate::{ops, store};

/// The most duties that one call looks at, and the most due days that it answers with.
const MAX_DUE: usize = 10_000;
/// The longest interval that can be asked for.
const MAX_YEARS: i32 = 30;

/// A due day of a duty that is not certainly done.
pub struct Due {
    /// The duty, without what was done about it.
    pub duty: Arc<Obligation>,
    /// The due day.
    pub day: DueDay,
    /// Where it stands on the first day that was asked for.
    pub state: State,
    /// Why it is not certain that it is due then; empty where it is.
    pub reason: String,
}

/// The due days, and the instant of the record it holds for.
pub struct AllDue {
    /// In the order of the days.
    pub due: Vec<Due>,
    /// The record time.
    pub read_time: i64,
}

/// The first and the last day that are asked for: a year from today, where nothing is said.
pub fn interval(app: &App, from: Option<Day>, to: Option<Day>) -> Result<(Day, Day), Failure> {
    let from = ops::day_or_today(app, from);
    let to = to.or_else(|| from.after_months(12)).unwrap_or(from);
    let longest = from.after_months(12 * MAX_YEARS).unwrap_or(Day::LAST);
    if to < from || longest < to {
        let description = format!("must lie after `from`, and at most {MAX_YEARS} years after it");
        let violation = Violation::new("to", ErrorReason::IntervalInvalid, description);
        return Err(Failure::invalid(vec![violation]));
    }
    Ok((from, to))
}

/// Returns what is due from one day to another of the duties that match a filter.
pub async fn list_due(
    app: App,
    reader: Reader,
    filter: String,
    (from, to): (Day, Day),
    read_time: Option<i64>,
) -> Result<AllDue, Failure> {
    let mut request = ListRequest { filter, page_size: 1000, read_time, ..ListRequest::default() };
    let (mut due, mut looked_at, mut ground) = (Vec::new(), 0, None);
    loop {
        let page = store::duties(&app.records.chronicle, &request, &reader).await;
        let page = page.map_err(refused::<Obligation>)?;
        looked_at += page.items.len();
        let new = || Ground::at(&app, reader.clone(), page.read_time);
        let ground = ground.get_or_insert_with(new);
        for shown in page.items {
            let mut duty = shown.into_stored().value;
            ground.read(&duty).await?;
            let days: Vec<_> = of_duty(ground, &duty, from, to).take(MAX_DUE + 1).collect();
            duty.fulfilments = Vec::new();
            let duty = Arc::new(duty);
            due.extend(days.into_iter().map(|(day, state, reason)| {
                let duty = Arc::clone(&duty);
                Due { duty, day, state, reason }
            }));
            if looked_at > MAX_DUE || due.len() > MAX_DUE {
                return Err(too_many());
            }
        }
        if page.next_page_token.is_empty() {
            due.sort_by(|one, other| order(one).cmp(&order(other)));
            return Ok(AllDue { due, read_time: page.read_time });
        }
        request.page_token = page.next_page_token;
    }
}

/// The days, the duty, and its due days.
fn order(due: &Due) -> (Day, Day, &str, i32) {
    let (first, last) = (due.day.date.earliest(), due.day.date.latest());
    (first, last, &due.duty.name, due.day.number)
}

fn too_many() -> Failure {
    let message = format!(
        "more than {MAX_DUE} duties match, or fall due: ask for fewer, or for a shorter time"
    );
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}

/// The due days of a duty that can lie between two days, are not certainly done, and not certainly
/// without legal ground: each with where it stands, and why it is not certain that it is due.
fn of_duty<'a>(
    ground: &'a Ground,
    duty: &'a Obligation,
    from: Day,
    to: Day,
) -> impl Iterator<Item = (DueDay, State, String)> + 'a {
    let can_be = move |date: &PartialDate| date.earliest() <= to && from <= date.latest();
    let standings = standings(duty, ground.meetings(duty), from);
    let open = standings.filter(move |one| can_be(&one.due.date) && !one.is_closed());
    open.filter_map(move |one| {
        let mut reasons = vec![one.reason()];
        if !one.due.certain {
            reasons.push("it may lie beyond the end of the duty".to_owned());
        }
        // The law may begin or end within an inexact date.
        let first = one.due.date.earliest().max(from);
        let last = one.due.date.latest().min(to);
        match (ground.binding(duty, first), ground.binding(duty, last)) {
            (Binding::No(_), Binding::No(_)) => return None,
            (Binding::Unknown(reason), _) | (_, Binding::Unknown(reason)) => reasons.push(reason),
            (Binding::Yes, Binding::Yes) => {}
            _ => reasons.push("the law binds on some of these days, and not on all".to_owned()),
        }
        reasons.retain(|reason| !reason.is_empty());
        Some((one.due.clone(), one.state(), reasons.join("; ")))
    })
}
