//! Files others published, beside the workspace, against what an independent reader counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use iati::{Event, Reader, Rule, Severity, Totals};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::Outcome;

/// The findings by which a transaction is not taken.
const LOST: [Rule; 7] = [
    Rule::TypeMissing,
    Rule::DateMissing,
    Rule::DateInvalid,
    Rule::AmountMissing,
    Rule::AmountInvalid,
    Rule::CurrencyMissing,
    Rule::CurrencyInvalid,
];

/// The folder of published files, when it is there.
fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/data is absent");
    None
}

fn read(path: &Path) -> Outcome {
    crate::read(fs::read(path).expect("the file can be read"))
}

/// The findings that say a record was skipped.
fn skipped(outcome: &Outcome) -> Vec<Option<&str>> {
    [Rule::VersionOne, Rule::IdentifierMissing, Rule::IdentifierDuplicate]
        .into_iter()
        .flat_map(|rule| outcome.of(rule))
        .map(|finding| finding.identifier.as_deref())
        .collect()
}

/// Compares records: each is delivered, or a finding of it says why not.
fn compare_records(name: &str, expected: &Value, outcome: &Outcome) {
    let skipped = skipped(outcome);
    let records = outcome.activities.len() + skipped.len();
    assert_eq!(expected["activities"], records, "{name}");
    assert_eq!(expected["activities"], outcome.totals.records, "{name}");
    assert_eq!(expected["transactions"], outcome.totals.children, "{name}");
    let nameless = skipped.iter().filter(|identifier| identifier.is_none()).count();
    assert_eq!(expected["empty_ids"], nameless, "{name}");
    let delivered = outcome.identifiers().into_iter();
    let distinct: BTreeSet<&str> = delivered.chain(skipped.into_iter().flatten()).collect();
    assert_eq!(expected["distinct_ids"], distinct.len(), "{name}");
}

/// Compares what is inside the records of a file of which none was skipped.
fn compare_contents(name: &str, expected: &Value, outcome: &Outcome) {
    let found = &outcome.activities;
    let lost: usize = LOST.iter().map(|rule| outcome.of(*rule).len()).sum();
    let transactions: usize = found.iter().map(|it| it.transactions.len()).sum();
    let budgets: usize = found.iter().map(|it| it.budgets.len()).sum();
    if expected["transactions"] == transactions && expected["budgets"] == budgets {
        assert_eq!(sums(expected), delivered_sums(outcome), "{name}");
    } else {
        let wanted = expected["transactions"].as_u64().zip(expected["budgets"].as_u64());
        let wanted = wanted.map(|(transactions, budgets)| transactions + budgets);
        let taken = (transactions + budgets + lost) as u64;
        assert!(wanted.is_some_and(|wanted| wanted <= taken), "{name}: {:#?}", outcome.findings);
    }
    let results: u32 = found.iter().map(|it| it.results).sum();
    let indicators: u32 = found.iter().map(|it| it.indicators).sum();
    assert_eq!(expected["results"], results, "{name}");
    assert_eq!(expected["indicators"], indicators, "{name}");
    let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
    for activity in found {
        *statuses.entry(activity.status.as_deref().unwrap_or("")).or_default() += 1;
    }
    assert_eq!(expected["status"], serde_json::json!(statuses), "{name}");
}

fn sums(expected: &Value) -> BTreeMap<String, Decimal> {
    let sums = expected["sum_by_type_currency"].as_object().expect("sums are an object");
    let decimal = |value: &Value| Decimal::from_str(value.as_str().expect("a sum is a string"));
    sums.iter().map(|(key, value)| (key.clone(), decimal(value).expect("a decimal"))).collect()
}

fn delivered_sums(outcome: &Outcome) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for transaction in outcome.activities.iter().flat_map(|it| &it.transactions) {
        let key = format!("{}|{}", transaction.type_, transaction.value.currency);
        *sums.entry(key).or_default() += transaction.value.amount;
    }
    sums
}

#[test]
fn every_file_gives_what_an_independent_reader_counted() {
    let Some(data) = data() else { return };
    let text = fs::read_to_string(data.join("EXPECTED.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut compared_whole = 0;
    for (name, expected) in all["iati"].as_object().unwrap() {
        let outcome = read(&data.join(name));
        match expected["root"].as_str() {
            Some("iati-activities") => {
                compare_records(name, expected, &outcome);
                if skipped(&outcome).is_empty() {
                    compare_contents(name, expected, &outcome);
                    compared_whole += 1;
                }
            }
            Some("iati-organisations") => {
                outcome.one(Rule::OrganisationFile);
                assert_eq!(outcome.findings.len(), 1, "{name}");
            }
            _ => {
                outcome.one(Rule::NotIati);
            }
        }
    }
    assert!(compared_whole >= 8, "{compared_whole} files were compared whole");
}

#[test]
fn no_published_file_breaks_the_reader() {
    let Some(data) = data() else { return };
    let folders = [
        "iati-ancient",
        "iati-codelists",
        "iati-guidance-example",
        "iati-real-activities",
        "iati-registry-fixture",
        "iati-rulesets",
        "iati-schema-tests",
        "iati-validator-cases",
    ];
    let mut files = 0;
    for folder in folders {
        let mut open = vec![data.join(folder)];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|it| it == "xml") {
                check_any(&path);
                files += 1;
            }
        }
    }
    assert!(files > 400, "{files} files were read");
}

/// A file gives its activities or says why not.
fn check_any(path: &Path) {
    let outcome = read(path);

    let critical = outcome.findings.iter().any(|it| it.severity == Severity::Critical);
    let records = outcome.activities.len() + skipped(&outcome).len();
    let name = path.display();
    assert!(critical || records as u64 == outcome.totals.records, "{name}: {outcome:#?}");
    assert!(records > 0 || !outcome.findings.is_empty(), "{name}");
    assert!(outcome.findings.iter().all(|finding| finding.line > 0), "{name}");
}

#[test]
fn a_large_real_file_is_read_from_disk_with_its_cyrillic_text() {
    let Some(data) = data() else { return };
    let path = data.join("iati-unhcr-2023/UNHCR-Activities-2023.xml");
    let mut reader = Reader::new(File::open(&path).unwrap());

    let cyrillic = (&mut reader)
        .filter_map(|event| match event {
            Event::Record(activity, _) => Some(activity),
            Event::Finding(_) | Event::Part(_) => None,
        })
        .flat_map(|activity| [activity.titles, activity.descriptions].concat())
        .filter(|narrative| narrative.text.contains(|c| ('а'..='я').contains(&c)))
        .count();

    assert!(cyrillic > 0);
    let bytes = fs::metadata(&path).unwrap().len();
    assert_eq!(reader.totals(), Totals { records: 134, children: 2678, elements: 59379, bytes });
}
