//! The due days from one day to another.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use api::registan::agreements::v1 as wire;
use chassis::failure::{ErrorReason, Failure, Violation};
use chronicle::{ListRequest, Reader};
use facts::wire::checked_date;
use facts::{Day, PartialDate};
use standard::{Served, refused};

use super::duties::{Ground, OfDuty};
use crate::app::App;
use crate::domain::Obligation;
use crate::domain::due::{DueDay, first_number};
use crate::domain::duty_status::{Standing, State};
use crate::{ops, store};

/// The most duties that one call looks at.
const MAX_DUTIES: usize = 10_000;
/// The longest interval that can be asked for.
const MAX_YEARS: i32 = 30;

/// A due day of a duty that is not certainly done.
pub struct Due {
    /// The duty.
    pub duty: Arc<wire::Obligation>,
    /// The due day.
    pub day: DueDay,
    /// Where it stands on the first day that was asked for.
    pub state: State,
    /// Why it is not certain that it is due then; empty where it is.
    pub reason: String,
}

/// A duty, from its next due day in the interval on.
struct Pending {
    duty: Arc<wire::Obligation>,
    ground: OfDuty,
    next: Standing,
}

impl Pending {
    /// The days, the duty, and its due days.
    fn order(&self) -> (Day, Day, &str, i32) {
        let due = &self.next.due;
        (due.date.earliest(), due.date.latest(), &self.duty.name, due.number)
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Pending {}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

/// The due days, in the order of the days: each is found when it is taken. In memory are the duties
/// that have one, each with its next.
pub struct AllDue {
    pending: BinaryHeap<Reverse<Pending>>,
    window: (Day, Day),
    /// The record time.
    pub read_time: i64,
}

impl Iterator for AllDue {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        let Reverse(Pending { duty, ground, next }) = self.pending.pop()?;
        let later = following(&duty, &ground, next.due.number + 1, self.window);
        let (state, reason) = (next.state(), next.reason());
        let due = Due { duty: Arc::clone(&duty), day: next.due, state, reason };
        self.pending.extend(later.map(|next| Reverse(Pending { duty, ground, next })));
        Some(due)
    }
}

/// The first due day of a duty, from a number on, that can lie within a window, is not certainly
/// done, and not certainly without legal ground.
fn following(
    duty: &wire::Obligation,
    ground: &OfDuty,
    number: i32,
    window: (Day, Day),
) -> Option<Standing> {
    let (from, to) = window;
    let of = ground.of(duty);
    let all = (number..).map_while(|number| of.standing(number, from, window));
    let mut begun = all.take_while(|one| one.due.date.earliest() <= to);
    begun.find(|one| from <= one.due.date.latest() && one.is_open())
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
    window: (Day, Day),
    read_time: Option<i64>,
) -> Result<AllDue, Failure> {
    let mut request = ListRequest { filter, page_size: 1000, read_time, ..ListRequest::default() };
    let (mut pending, mut looked_at, mut ground) = (BinaryHeap::new(), 0, None);
    loop {
        let page = store::duties(&app.records.chronicle, &request, &reader).await;
        let page = page.map_err(refused::<Obligation>)?;
        looked_at += page.items.len();
        if page.items.is_empty() {
            app.records.explain_nothing::<Obligation>(&request).await?;
        }
        if looked_at > MAX_DUTIES {
            return Err(too_many());
        }
        let new = || Ground::at(&app, reader.clone(), page.read_time);
        let ground = ground.get_or_insert_with(new);
        let duties: Vec<_> = page.items.into_iter().map(Obligation::write).collect();
        ground.read(&duties).await?;
        for mut duty in duties {
            keep_answers(&mut duty, window);
            let of = ground.of(&duty);
            let number = first_number(&duty, window.0);
            let next = following(&duty, &of, number, window);
            let duty = Arc::new(duty);
            pending.extend(next.map(|next| Reverse(Pending { duty, ground: of, next })));
        }
        if ground.is_too_much() {
            return Err(too_much());
        }
        if page.next_page_token.is_empty() {
            return Ok(AllDue { pending, window, read_time: page.read_time });
        }
        request.page_token = page.next_page_token;
    }
}

/// Leaves out the fulfilments that answer no due day of a window.
fn keep_answers(duty: &mut wire::Obligation, window: (Day, Day)) {
    let (from, to) = reach(duty, window);
    let can_be = |date: PartialDate| date.earliest() <= to && from <= date.latest();
    let mut kept = std::mem::take(&mut duty.fulfilments);
    kept.retain(|one| checked_date(one.due.as_ref()).is_none_or(can_be));
    duty.fulfilments = kept;
}

/// The days that the due days of a window can be: one that is not exact may begin before it, and
/// end after it.
fn reach(duty: &wire::Obligation, (from, to): (Day, Day)) -> (Day, Day) {
    let Some(due) = checked_date(duty.due.as_ref()) else { return (Day::FIRST, Day::LAST) };
    let (first, last) = (due.earliest(), due.latest());
    let months = (last.year() - first.year()) * 12 + last.month() - first.month() + 1;
    let from = from.after_months(-months).unwrap_or(Day::FIRST);
    (from, to.after_months(months).unwrap_or(Day::LAST))
}

fn too_much() -> Failure {
    let message = "the law that these duties rest on is too much for one call: ask for fewer";
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}

fn too_many() -> Failure {
    let message = format!("more than {MAX_DUTIES} duties match: ask for fewer");
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_a_due_day_that_is_not_exact_is_kept_wherever_it_lies() {
        let window = (Day(20_240_701), Day(20_250_630));
        let date = |year, month, day| PartialDate::new(year, month, day);
        let kept = |due: Option<PartialDate>| {
            let done = |(year, month, day)| wire::Fulfilment {
                due: date(year, month, day).map(Into::into),
                done: date(year, month, day).map(Into::into),
                ..wire::Fulfilment::default()
            };
            let days = [(2021, 3, 1), (2024, 3, 1), (2024, 9, 1), (2025, 9, 1), (2028, 9, 1)];
            let mut duty = wire::Obligation {
                due: due.map(Into::into),
                every_months: 12,
                fulfilments: days.map(done).to_vec(),
                ..wire::Obligation::default()
            };
            keep_answers(&mut duty, window);
            let kept = duty.fulfilments.iter().filter_map(|one| checked_date(one.due.as_ref()));
            kept.map(|date| date.to_string()).collect::<Vec<_>>()
        };

        // 2024 and 2025 reach beyond both ends of the window.
        assert_eq!(kept(date(2020, 0, 0)), ["2024-03-01", "2024-09-01", "2025-09-01"]);
        assert_eq!(kept(date(2020, 9, 1)), ["2024-09-01"]);
        assert_eq!(kept(None).len(), 5, "meetings are as exact as they are");
    }
}
