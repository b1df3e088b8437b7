//! Dates that cannot be, between records: nobody takes part in an agreement before it was made, and
//! nothing is done in the future.

use std::collections::HashMap;

use api::registan::agreements::v1::milestone::Kind;
use api::registan::agreements::v1::{Agreement, Ratification};
use api::registan::r#type::v1::PartialDate as Message;
use facts::wire::checked_date;
use facts::{Day, PartialDate};
use reference::{Loaded, Problem, Record};

/// Returns the dates of acts of parties that cannot be.
pub fn impossible(loaded: &Loaded, today: Day) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut all_made: HashMap<String, PartialDate> = HashMap::new();
    for (collection, record) in loaded.all() {
        let name = collection.name_of(record);
        let mut check = |made: Option<&PartialDate>, dates: Vec<(String, Option<&Message>)>| {
            for (field, date) in dates {
                problems.extend(problem(record, (&name, &field), date, (made, today)));
            }
        };
        match collection.message {
            "registan.agreements.v1.Agreement" => {
                let Ok(agreement) = record.resource.transcode_to::<Agreement>() else { continue };
                all_made.extend(made(&agreement).map(|date| (name.clone(), date)));
                let each = agreement.participations.iter().enumerate();
                let dates = each.map(|(index, one)| {
                    (format!("participations[{index}].date"), one.date.as_ref())
                });
                check(all_made.get(&name), dates.collect());
            }
            "registan.agreements.v1.Ratification" => {
                let Ok(it) = record.resource.transcode_to::<Ratification>() else { continue };
                let fields = ["acted", "notified", "deposited"].map(str::to_owned);
                let dates = [&it.acted, &it.notified, &it.deposited].map(Option::as_ref);
                check(all_made.get(&record.parent), fields.into_iter().zip(dates).collect());
            }
            _ => {}
        }
    }
    problems
}

/// Returns when an agreement was made: its signature, adoption or opening, whichever came first;
/// nothing where none of them is dated.
fn made(agreement: &Agreement) -> Option<PartialDate> {
    let begins = |kind| matches!(kind, Kind::Signed | Kind::Adopted | Kind::OpenedForSignature);
    let begun = agreement.milestones.iter().filter(|one| begins(one.kind()));
    let dates = begun.filter_map(|one| checked_date(one.date.as_ref()));
    dates.min_by_key(PartialDate::earliest)
}

/// Returns why a date of an act cannot be.
fn problem(
    record: &Record,
    (name, field): (&str, &str),
    date: Option<&Message>,
    (made, today): (Option<&PartialDate>, Day),
) -> Option<Problem> {
    let date = checked_date(date)?;
    let message = match made {
        _ if date.earliest() > today => format!("{date} is in the future"),
        Some(made) if date.latest() < made.earliest() => {
            format!("{date} is before the agreement was made: {made}")
        }
        _ => return None,
    };
    Some(record.problem(name, field, message))
}
