//! First reports to treaty bodies: none is due before the treaty bound the state for as long as it
//! gives it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use reference::{COLLECTIONS, Record};
use serde_json::Value;

/// The records that are named so: those of conventions are agreements, too.
fn records(name: &str) -> Vec<Record> {
    let collections = COLLECTIONS.iter().filter(|one| one.name == name);
    collections.flat_map(|one| one.records().unwrap()).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

/// The first day that a date can be, as a number: `yyyymmdd`.
fn earliest(date: &Value) -> Option<i64> {
    let part = |part: &str| date["date"][part].as_i64();
    Some(part("year")? * 10_000 + part("month").unwrap_or(1) * 100 + part("day").unwrap_or(1))
}

/// The years within which a first report is due.
fn years(duty: &str) -> Option<i64> {
    let (_, within) = duty.split_once("the first within ")?;
    [("one year", 1), ("two years", 2)]
        .into_iter()
        .find_map(|(given, years)| within.starts_with(given).then_some(years))
}

#[test]
fn no_first_report_is_due_before_the_treaty_bound_the_state() {
    let agreements = records("agreements");
    let mut seen = 0;
    for duty in records("obligations") {
        let Some(years) = years(text(&duty.written, "duty")) else { continue };
        let under = text(&duty.written, "under").trim_start_matches("agreements/");
        let treaty = &agreements.iter().find(|one| one.id == under).unwrap().written;
        let in_force =
            items(treaty, "milestones").find(|one| text(one, "kind") == "KIND_IN_FORCE").unwrap();
        let bearer = &duty.written["bearers"][0];
        let joined = items(treaty, "participations").find(|one| one["party"] == *bearer).unwrap();
        let bound = earliest(&in_force["date"]).max(earliest(&joined["date"])).unwrap();
        let due = earliest(&duty.written["due"]).unwrap();
        assert!(bound + years * 10_000 <= due, "{}: bound {bound}, due {due}", duty.id);
        seen += 1;
    }
    assert!(seen > 40, "{seen} first reports");
}
