//! A fact names the source that states it: not an older one, one that can be found, and one of its
//! own for each account.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use reference::{COLLECTIONS, Record};
use serde_json::Value;

type Day = (i64, i64, i64);

/// The kinds that occur again and again: several of a kind are no contradiction.
const REPEATED: [&str; 6] = [
    "KIND_NEGOTIATIONS_PAUSED",
    "KIND_NEGOTIATIONS_RESUMED",
    "KIND_SUSPENDED",
    "KIND_SUSPENSION_LIFTED",
    "KIND_AMENDED",
    "KIND_RENEWED",
];

/// Every record, under its name.
fn all() -> Vec<(String, Record)> {
    let records = COLLECTIONS.iter().flat_map(|collection| {
        let records = collection.records().unwrap().into_iter();
        records.map(|record| (collection.name_of(&record), record))
    });
    records.collect()
}

fn sources() -> BTreeMap<String, Value> {
    let sources = all().into_iter().filter(|(name, _)| name.starts_with("sources/"));
    sources.map(|(name, record)| (name, record.written)).collect()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// A date; what is not known of it is filled in.
fn day(date: &Value, month: i64, day: i64) -> Option<Day> {
    let part = |part: &str| date["date"][part].as_i64();
    Some((part("year")?, part("month").unwrap_or(month), part("day").unwrap_or(day)))
}

fn earliest(date: &Value) -> Option<Day> {
    day(date, 1, 1)
}

/// The last day of a date, or of its other end.
fn latest(date: &Value) -> Option<Day> {
    let end = serde_json::json!({"date": date["end"]});
    day(&end, 12, 31).or_else(|| day(date, 12, 31))
}

/// The newest day written as `3.10.2005` in a citation.
fn newest_cited(citation: &str) -> Option<Day> {
    let words = citation.split(|character: char| !character.is_ascii_digit() && character != '.');
    let days = words.filter_map(|word| {
        let parts: Vec<i64> = word.split('.').filter_map(|part| part.parse().ok()).collect();
        match parts[..] {
            [day, month, year] if year > 1900 => Some((year, month, day)),
            _ => None,
        }
    });
    days.max()
}

/// The events of a record: what they are, when at the earliest, and their source.
fn events(record: &Value) -> Vec<(String, Day, Value)> {
    let mut events = Vec::new();
    let mut add = |what: &str, date: &Value, source: &Value| {
        events.extend(earliest(date).map(|day| (what.to_owned(), day, source.clone())));
    };
    for milestone in items(record, "milestones") {
        add(text(milestone, "kind"), &milestone["date"], &milestone["source"]);
    }
    for participation in items(record, "participations") {
        add("participation", &participation["date"], &participation["source"]);
        add("participation, as stated", &participation["stated"], &participation["source"]);
    }
    for date in items(record, "dates").filter(|date| !text(date, "kind").contains("PLANNED")) {
        add(text(date, "kind"), &date["date"], &record["source"]);
    }
    if text(record, "state") == "STATE_HELD" {
        add("held", &record["date"], &record["source"]);
    }
    for fulfilment in items(record, "fulfilments") {
        add("done", &fulfilment["done"], &fulfilment["source"]);
    }
    for evidence in items(record, "evidence") {
        add("observed", &evidence["observed"], &evidence["source"]);
    }
    add("joined", &record["joined"], &record["source"]);
    add("left", &record["left"], &record["leftSource"]);
    let source = if record["document"].is_object() { "document" } else { "source" };
    add("adopted", &record["adopted"], &record[source]);
    events
}

#[test]
fn no_source_is_older_than_its_event_unless_that_was_planned() {
    let sources = sources();
    let mut older = Vec::new();
    for (name, record) in all() {
        for (what, event, source) in events(&record.written) {
            let basis = text(&source, "basis");
            let made = match sources.get(text(&source, "source")) {
                Some(recorded) => latest(&recorded["published"]),
                None => newest_cited(text(&source, "citation")),
            };
            let foreseen = basis == "BASIS_PLANNED" || basis == "BASIS_EDITORIAL";
            if made.is_some_and(|made| made < event) && !foreseen {
                older.push(format!("{name}: {what} on {event:?} from {source}"));
            }
        }
    }
    assert!(older.is_empty(), "{older:#?}");
}

#[test]
fn every_milestone_and_participation_names_a_recorded_source() {
    let sources = sources();
    for (name, record) in all() {
        for part in ["milestones", "participations"] {
            for fact in items(&record.written, part) {
                let source = text(&fact["source"], "source");
                assert!(sources.contains_key(source), "{name}: {fact}");
            }
        }
    }
}

/// The address that the contract documents for an identifier.
fn address(origin: &str, id: &str) -> Option<String> {
    let numbers: Vec<&str> = id
        .split(|character: char| !character.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .collect();
    let lex = "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri";
    let doceo = "https://www.europarl.europa.eu/doceo/document";
    Some(match (origin, &numbers[..]) {
        ("CELEX", _) => format!("{lex}=CELEX:{id}"),
        ("ELI", _) => format!("http://data.europa.eu/{id}"),
        ("OJ", [number, _, _, year, ..]) => {
            format!("{lex}=OJ:{}:{year}:{number}:TOC", id.split(' ').nth(1)?)
        }
        ("PROCEDURE", _) => {
            format!("https://oeil.europarl.europa.eu/oeil/en/procedure-file?reference={id}")
        }
        ("EP_DOCUMENT", [term, year, number]) if id.starts_with('P') => {
            format!("{doceo}/TA-{term}-{year}-{number}_EN.html")
        }
        ("EP_DOCUMENT", [term, number, year]) => {
            let kind = if id.starts_with("RC-") { "RC" } else { &id[..1] };
            format!("{doceo}/{kind}-{term}-{year}-{number}_EN.html")
        }
        ("EU_DOCUMENT", [year, number]) if id.contains('(') => {
            format!("{lex}={}:{year}:{number}:FIN", id.split('(').next()?)
        }
        ("EU_DOCUMENT", [year, number]) if id.starts_with(char::is_alphabetic) => {
            let kind = id.split('/').next()?.to_lowercase();
            format!("https://ec.europa.eu/commission/presscorner/detail/en/{kind}_{year}_{number}")
        }
        ("EU_DOCUMENT", [number, year]) => format!(
            "https://data.consilium.europa.eu/doc/document/ST-{number}-20{year}-INIT/en/pdf"
        ),
        ("UN_SYMBOL", _) => format!("https://undocs.org/{id}"),
        _ => return None,
    })
}

#[test]
fn every_source_can_be_found_or_says_why_not() {
    for (name, source) in sources() {
        let (uri, origin) = (text(&source, "uri"), text(&source, "uriOrigin"));
        if uri.is_empty() {
            assert!(origin.is_empty() && !text(&source, "uriNote").is_empty(), "{name}");
        } else if origin != "URI_ORIGIN_GIVEN" {
            let scheme = origin.trim_start_matches("URI_ORIGIN_");
            let derived = items(&source, "externalIds")
                .filter(|id| text(id, "scheme") == format!("SCHEME_{scheme}"))
                .filter_map(|id| address(scheme, text(id, "value")));
            let derived: Vec<String> = derived.collect();
            assert!(derived.iter().any(|address| address == uri), "{name}: {uri}, not {derived:?}");
        }
        assert!(source["confidence"].is_string(), "{name} has no confidence");
        let of_the_union = uri.contains(".europa.eu/");
        assert!(!of_the_union || source["licence"].is_string(), "{name} has no licence");
    }
}

/// The pairs that say different things of the same: their kind, and the source of each.
fn contradictions(record: &Value) -> Vec<(String, &Value, &Value)> {
    let mut pairs = Vec::new();
    let milestones: Vec<&Value> = items(record, "milestones").collect();
    for (place, one) in milestones.iter().enumerate() {
        let kind = text(one, "kind");
        let member_state = kind == "KIND_RATIFIED" && one["party"].is_null();
        for other in &milestones[place + 1..] {
            let same = text(other, "kind") == kind && other["party"] == one["party"];
            let differ = same && other["date"] != one["date"];
            if differ && !member_state && !REPEATED.contains(&kind) {
                pairs.push((kind.to_owned(), &one["source"], &other["source"]));
            }
        }
    }
    for total in items(record, "amounts").filter(|one| text(one, "kind") == "KIND_TOTAL") {
        let other = |one: &&Value| text(one, "kind") == "KIND_ALTERNATIVE";
        for alternative in items(record, "amounts").filter(other) {
            pairs.push(("amount".to_owned(), &total["source"], &alternative["source"]));
        }
    }
    pairs
}

#[test]
fn no_contradiction_without_two_sources() {
    let mut found = 0;
    for (name, record) in all() {
        for (what, one, other) in contradictions(&record.written) {
            found += 1;
            assert_ne!(one, other, "{name}: {what}");
            let recorded = (&one["source"], &other["source"]);
            assert!(
                recorded.0.is_null() || recorded.0 != recorded.1,
                "{name}: {what} twice from {}",
                recorded.0
            );
        }
    }
    assert!(found >= 4, "the mandate of the Kyrgyz agreement, BOMCA twice, SECCA: {found}");
}

#[test]
fn what_whoever_keeps_the_record_says_is_marked_as_theirs() {
    let look_up = "sources/record-look-up-2026-03";
    for (name, record) in all() {
        let binding = record.written["binding"].as_bool().unwrap_or_default();
        for milestone in items(&record.written, "milestones") {
            let source = &milestone["source"];
            let ours = text(source, "source") == look_up
                || (!binding && text(milestone, "kind") == "KIND_IN_FORCE");
            let marked = text(source, "basis") == "BASIS_EDITORIAL";
            assert!(!ours || marked, "{name}: {milestone}");
        }
    }
}

/// Every object within a value that names a source and a confidence.
fn facts<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| facts(item, found)),
        Value::Object(fields) => {
            if value["source"].is_object() && value["confidence"].is_string() {
                found.push(value);
            }
            fields.values().for_each(|field| facts(field, found));
        }
        _ => {}
    }
}

#[test]
fn what_no_source_states_itself_is_not_certain() {
    let all = all();
    let mut found = Vec::new();
    for (_, record) in &all {
        facts(&record.written, &mut found);
    }
    let ours = ["BASIS_INFERRED", "BASIS_EDITORIAL"];
    found.retain(|fact| ours.contains(&text(&fact["source"], "basis")));
    assert!(found.len() > 150, "those of the conventions among them: {}", found.len());
    found.retain(|fact| text(fact, "confidence") == "CONFIDENCE_CERTAIN");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn doubt_is_a_confidence_not_a_word() {
    for (name, record) in all() {
        let mut texts: Vec<&str> =
            ["title", "note", "citation"].map(|field| text(&record.written, field)).into();
        let participants = items(&record.written, "participants");
        texts.extend(participants.map(|participant| text(participant, "function")));
        texts.push(text(&record.written["source"], "citation"));
        for part in ["milestones", "participations", "amounts"] {
            texts.extend(items(&record.written, part).map(|one| text(&one["source"], "citation")));
        }
        for said in texts {
            let doubt = ["likely", "unsure", "not verified", "probably", "certain)"];
            assert!(!doubt.iter().any(|word| said.contains(word)), "{name}: {said}");
        }
    }
}

#[test]
fn an_identifier_that_is_only_likely_says_so() {
    let wanted = [
        ("agreements/eu-kz-epca-2015", "2016/0166(NLE)", "CONFIDENCE_LIKELY"),
        ("agreements/eu-kz-pca-1995", "21999A0728(02)", "CONFIDENCE_UNSURE"),
        ("agreements/eu-tj-pca-2004", "22009A1229(01)", "CONFIDENCE_LIKELY"),
        ("agreements/eu-su-tca-1989", "21990A0315(01)", "CONFIDENCE_LIKELY"),
        ("agreements/icerd", "gsp-plus-convention:2", ""),
        ("agreements/crc", "gsp-plus-convention:7", ""),
        ("sources/p9-ta-2021-0056", "P9_TA(2021)0056", "CONFIDENCE_LIKELY"),
    ];
    let all: BTreeMap<String, Record> = all().into_iter().collect();
    for (name, id, confidence) in wanted {
        let mut ids = items(&all[name].written, "externalIds");
        let found = ids.find(|one| text(one, "value") == id);
        assert_eq!(found.map(|one| text(one, "confidence")), Some(confidence), "{name} {id}");
    }
}

#[test]
fn what_a_report_says_is_reported_and_about_something() {
    let reports = COLLECTIONS.last().unwrap().records().unwrap();
    let announcement = &reports[0].written;
    let statements: Vec<&Value> = items(announcement, "statements").collect();
    assert_eq!(statements.len(), 11);
    for statement in &statements {
        assert_eq!(text(statement, "basis"), "BASIS_REPORTED", "{statement}");
        assert!(items(statement, "concerns").count() > 0, "{statement}");
        assert!(statement["confidence"].is_null(), "nobody has verified it: {statement}");
    }
    let hedged = statements.iter().filter(|one| text(one, "hedge") == "reportedly");
    assert_eq!(hedged.count(), 1);
}
