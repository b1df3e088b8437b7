//! The soft law of the record: preferences with their ends, the list of conventions, promises by
//! area, crosswalks.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use reference::{COLLECTIONS, Record};
use serde_json::Value;

fn records(name: &str) -> Vec<Record> {
    COLLECTIONS.iter().find(|collection| collection.name == name).unwrap().records().unwrap()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// A date as a number, with these for what is not known of it.
fn day(date: &Value, month: i64, day: i64) -> Option<i64> {
    let part = |part: &str| date["date"][part].as_i64();
    Some(part("year")? * 10_000 + part("month").unwrap_or(month) * 100 + part("day").unwrap_or(day))
}

/// The parties that benefit on a day, each with its arrangement; a benefit without a first day has
/// always been.
fn beneficiaries(on: i64) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for framework in records("frameworks") {
        for one in items(&framework.written, "beneficiaries") {
            // "By" a day, it may have always been.
            let is_by = text(&one["since"], "qualifier") == "QUALIFIER_UNTIL";
            let begun = is_by || day(&one["since"], 1, 1).is_none_or(|since| since <= on);
            let ended = day(&one["until"], 12, 31).is_some_and(|until| until < on);
            if begun && !ended {
                let arrangement = text(one, "arrangement").trim_start_matches("ARRANGEMENT_");
                found.insert(format!("{} {arrangement}", text(one, "party")));
            }
        }
    }
    found
}

#[test]
fn an_ended_preference_is_an_end_and_no_preference() {
    let (kg, uz) = ("parties/kg PLUS", "parties/uz PLUS");
    let (kz, tj, tm) = ("parties/kz STANDARD", "parties/tj STANDARD", "parties/tm STANDARD");
    for (on, wanted) in [
        (20_130_630, vec![kz, tj, tm]),
        (20_140_101, vec![tj, tm]),
        (20_160_127, vec![kg, tj]),
        (20_210_409, vec![kg, tj]),
        (20_240_630, vec![kg, tj, uz]),
    ] {
        let wanted: BTreeSet<String> = wanted.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(beneficiaries(on), wanted, "on {on}");
    }
}

#[test]
fn the_list_of_conventions_has_27_and_says_which_version_it_is() {
    let frameworks = records("frameworks");
    let list = frameworks.iter().find(|one| one.id == "gsp-27").unwrap();
    let conventions: BTreeSet<_> =
        items(&list.written, "agreements").map(|name| name.as_str().unwrap()).collect();
    assert_eq!(conventions.len(), 27);
    assert!(text(&list.written, "version").contains("Annex VIII"));
    assert_eq!(day(&list.written["effective"], 1, 1), Some(20_140_101));
}

#[test]
fn every_area_of_the_roadmap_has_a_promise() {
    let promised: BTreeSet<String> = records("commitments")
        .iter()
        .flat_map(|one| items(&one.written, "areas").cloned().collect::<Vec<_>>())
        .map(|area| area.as_str().unwrap().to_owned())
        .collect();
    for area in 1..=5 {
        let area = format!("frameworks/ca-roadmap-2023/priorities/area-{area}");
        assert!(promised.contains(&area), "{area}");
    }
}

#[test]
fn every_code_of_a_crosswalk_is_a_priority_of_its_framework() {
    let frameworks = records("frameworks");
    let codes = |name: &Value| -> BTreeSet<String> {
        let id = name.as_str().unwrap().trim_start_matches("frameworks/");
        let framework = frameworks.iter().find(|one| one.id == id).unwrap();
        let both = |one: &Value| [text(one, "code").to_owned(), text(one, "priorityId").to_owned()];
        items(&framework.written, "priorities").flat_map(both).collect()
    };
    for crosswalk in records("crosswalks") {
        let written = &crosswalk.written;
        let (from, to) = (codes(&written["fromFramework"]), codes(&written["toFramework"]));
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for mapping in items(written, "mappings") {
            let (one, other) = (text(mapping, "fromCode"), text(mapping, "toCode"));
            assert!(from.contains(one) && to.contains(other), "{}: {mapping}", crosswalk.id);
            *sums.entry(one).or_default() += text(mapping, "weight").parse::<i64>().unwrap();
        }
        assert!(sums.values().all(|sum| *sum == 100), "{}: {sums:?}", crosswalk.id);
    }
}
