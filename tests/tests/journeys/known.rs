//! The reference record as it was known on 12 January 2024, five days before the vote on Central
//! Asia: nothing that rests on a later source, and all that rests on an earlier one.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use e2e::Suite;
use serde_json::{Value, json};
use testkit::Engine;

const KNOWN_BY: (u64, u64, u64) = (2024, 1, 12);
/// The names of the vote, where it is known.
const VOTE: [&str; 3] = ["p9-ta-2024-0027", "P9_TA(2024)0027", "1768828"];

/// The Lists that may be asked for what was known, each with what it needs besides.
fn lists() -> Vec<(String, Value)> {
    let methods = api::descriptors().services().flat_map(|it| it.methods().collect::<Vec<_>>());
    let mut lists = Vec::new();
    for method in methods.filter(|it| it.name().starts_with("List")) {
        let input = method.input();
        if input.get_field_by_name("known_by").is_none() {
            continue;
        }
        let service =
            method.parent_service().full_name().trim_start_matches("registan.").to_owned();
        let mut request = json!({"page_size": 1000});
        if input.get_field_by_name("parent").is_some() {
            let above = if service.starts_with("projects") { "projects/-" } else { "agreements/-" };
            request["parent"] = json!(above);
        }
        lists.push((format!("{service}/{}", method.name()), request));
    }
    lists
}

/// All pages of a List.
fn all(suite: &Suite, method: &str, mut request: Value) -> Vec<Value> {
    let mut pages = Vec::new();
    loop {
        let page = suite.ask(method, &request.to_string()).unwrap();
        request["page_token"] = page["nextPageToken"].clone();
        pages.push(page);
        if request["page_token"].as_str().unwrap_or_default().is_empty() {
            return pages;
        }
    }
}

/// Adds the names of sources in a value.
fn sources(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| sources(value, found)),
        Value::Array(items) => items.iter().for_each(|item| sources(item, found)),
        Value::String(text) if text.starts_with("sources/") => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

/// The last day that a date can be; nothing where it has none.
fn last(date: &Value) -> Option<(u64, u64, u64)> {
    let written = if date["end"].is_object() { &date["end"] } else { &date["date"] };
    let part = |part: &str, last: u64| written[part].as_u64().unwrap_or(last);
    let is_open = date["qualifier"] == "QUALIFIER_FROM";
    let year = written["year"].as_u64().filter(|_| !is_open)?;
    Some((year, part("month", 12), part("day", 31)))
}

/// The first day that a date can be.
fn first(date: &Value) -> (u64, u64, u64) {
    let part = |part: &str| date["date"][part].as_u64();
    if date["qualifier"] == "QUALIFIER_UNTIL" {
        return (0, 0, 0);
    }
    (part("year").unwrap_or(0), part("month").unwrap_or(1), part("day").unwrap_or(1))
}

/// The date of a source; one that has none was published by the day on which it was looked at.
fn published_on(source: &Value) -> Value {
    match &source["published"] {
        Value::Null => json!({"date": source["retrieved"], "qualifier": "QUALIFIER_UNTIL"}),
        date => date.clone(),
    }
}

/// Leaves out of a value what says of itself that it may not have been known.
fn leave_out_perhaps(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(leave_out_perhaps),
        Value::Array(items) => {
            items.retain(|item| item["perhapsKnown"] != true);
            items.iter_mut().for_each(leave_out_perhaps);
        }
        _ => {}
    }
}

/// The sources that had been published, and those that had not; of others it is not known.
fn dated(suite: &Suite) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut published, mut later, mut surely_later) = (BTreeSet::new(), 0, BTreeSet::new());
    for page in all(suite, "agreements.v1.SourceService/ListSources", json!({})) {
        for source in page["sources"].as_array().unwrap() {
            let name = source["name"].as_str().unwrap().to_owned();
            let date = published_on(source);
            if last(&date).is_some_and(|last| last <= KNOWN_BY) {
                published.insert(name);
                continue;
            }
            later += 1;
            if first(&date) > KNOWN_BY {
                surely_later.insert(name);
            }
        }
    }
    assert!(published.len() > 50 && later > 10, "{} and {later}", published.len());
    (published, surely_later)
}

/// Compares what is answered with what the dates of the sources say.
fn check(suite: &Suite) {
    let (year, month, day) = KNOWN_BY;
    let known_by = json!({"year": year, "month": month, "day": day});
    let (published, surely_later) = dated(suite);
    let (mut answers, mut told) = (0, 0);
    for (method, mut request) in lists() {
        let everything = format!("{:?}", all(suite, &method, request.clone()));
        told += usize::from(VOTE.iter().any(|word| everything.contains(word)));
        request["known_by"] = known_by.clone();
        let mut pages = all(suite, &method, request);
        let mut named = BTreeSet::new();
        for page in &pages {
            sources(page, &mut named);
        }
        let unknown: Vec<_> = named.intersection(&surely_later).collect();
        assert!(unknown.is_empty(), "{method}: {unknown:?}");
        pages.iter_mut().for_each(leave_out_perhaps);
        named.clear();
        for page in &pages {
            sources(page, &mut named);
        }
        let unknown: Vec<_> = named.difference(&published).collect();
        assert!(unknown.is_empty(), "{method}: {unknown:?}");
        let answer = format!("{pages:?}");
        assert!(VOTE.iter().all(|word| !answer.contains(word)), "{method}");
        answers += usize::from(!named.is_empty());
        if method.ends_with("/ListSources") {
            assert_eq!(named, published);
            assert!(named.contains("sources/vote-announcement-2024-01"), "the report is known");
            assert!(named.contains("sources/a9-0407-2023"), "the draft is known");
        }
    }
    assert!(answers >= 10, "{answers} lists know something");
    assert!(told >= 2, "{told} lists know the vote today");

    // In force since 2010 by a page that was looked at in 2026.
    let law = json!({"party": "parties/tj", "as_of": known_by, "known_by": known_by});
    let law = suite.ask("agreements.v1.AgreementService/GetLegalBasis", &law.to_string()).unwrap();
    let perhaps = law["undetermined"].as_array().unwrap();
    let pca = perhaps.iter().find(|one| one["agreement"] == "agreements/eu-tj-pca-2004").unwrap();
    assert_eq!(pca["status"]["atMost"], "STATE_IN_FORCE", "{pca}");
    assert_eq!(pca["status"]["reason"], "it is not certain that IN_FORCE was known by then");

    // Signed in 2007 and in force by our own look-up of 2026: perhaps it was by then.
    let law = json!({"party": "parties/kg", "as_of": known_by, "known_by": known_by});
    let law = suite.ask("agreements.v1.AgreementService/GetLegalBasis", &law.to_string()).unwrap();
    let perhaps = law["undetermined"].as_array().unwrap();
    let air = perhaps.iter().find(|one| one["agreement"] == "agreements/eu-kg-air-2007").unwrap();
    assert_eq!(air["status"]["atLeast"], "STATE_SIGNED", "{air}");
    assert_eq!(air["status"]["atMost"], "STATE_IN_FORCE", "{air}");

    let vote = json!({"name": "sources/p9-ta-2024-0027", "known_by": known_by});
    let refusal = suite.ask("agreements.v1.SourceService/GetSource", &vote.to_string());
    assert_eq!(refusal.unwrap_err().code, "NotFound");
    let brief = json!({"party": "parties/tm", "as_of": known_by, "known_by": known_by});
    let brief = suite.ask("partnership.v1.PartnershipService/GetBrief", &brief.to_string());
    let brief = format!("{}", brief.unwrap());
    assert!(VOTE.iter().all(|word| !brief.contains(word)), "{brief}");
    assert!(brief.contains("agreements/eu-tm-pca-1998"), "{brief}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_vote_the_report_that_announces_it_is_known_and_nothing_of_the_vote() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some(suite) = Suite::embedded() else { return };

    check(&suite);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_known_in_four_processes_on_postgres() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some((suite, _databases)) = Suite::distributed(Engine::Postgres).await else { return };

    check(&suite);
}
