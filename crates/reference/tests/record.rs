//! The record is whole: every file follows the contract, every name exists before it is used, every
//! fact has a source.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;

use reference::COLLECTIONS;
use serde_json::Value;

/// Every text in a value, with the key it stands under.
fn texts(value: &Value, key: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((key.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, key, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| texts(value, key, found)),
        _ => {}
    }
}

#[test]
fn every_name_exists_before_it_is_used() {
    let mut known = BTreeSet::new();
    for collection in &COLLECTIONS {
        for record in collection.records().unwrap() {
            let name = collection.name_of(&record);
            assert!(record.parent.is_empty() || known.contains(&record.parent), "{name}");
            let mut found = Vec::new();
            texts(&record.written, "", &mut found);
            for (key, text) in found {
                let is_name = [
                    "sources/",
                    "parties/",
                    "agreements/",
                    "codebooks/",
                    "frameworks/",
                    "bodies/",
                    "acts/",
                    "meetings/",
                    "organizations/",
                    "projects/",
                ]
                .iter()
                .any(|start| text.starts_with(start));
                assert!(
                    !is_name || known.contains(&text),
                    "{name}: {key} names {text}, which is not there before it"
                );
            }
            for (parts, id) in [("priorities", "priorityId"), ("codes", "codeId")] {
                let parts_of = record.written[parts].as_array().into_iter().flatten();
                for part in parts_of.filter(|part| part.is_object()) {
                    known.insert(format!("{name}/{parts}/{}", part[id].as_str().unwrap()));
                }
            }
            assert!(known.insert(name.clone()), "{name} is there twice");
        }
    }
}

#[test]
fn every_fact_has_a_source_and_a_confidence() {
    for collection in COLLECTIONS.iter().filter(|collection| collection.name != "sources") {
        for record in collection.records().unwrap() {
            let source = record.written.get("source").or(record.written.get("document"));
            assert!(
                source.is_some_and(|source| source["citation"].is_string()),
                "{}/{}",
                collection.name,
                record.id
            );
            assert!(record.written["confidence"].is_string(), "{}/{}", collection.name, record.id);
            for parts in ["milestones", "participations", "relations", "amounts", "tallies"] {
                // Of relations only those of the law: that of a project has no source of its own.
                let of_project = |part: &&Value| part["project"].is_null();
                let parts = record.written[parts].as_array().into_iter().flatten();
                for part in parts.filter(of_project) {
                    let sourced = part["source"]["citation"].is_string();
                    assert!(sourced && part["confidence"].is_string(), "{}: {part}", record.id);
                }
            }
        }
    }
}

/// Reads the records of a file of the facts; nothing, and says so, where the facts are absent.
fn facts() -> Option<impl Fn(&str) -> Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/facts");
    if !folder.is_dir() {
        eprintln!("skipped: ../shared/facts is absent");
        return None;
    }
    Some(move |file: &str| {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        file["records"].as_array().unwrap().clone()
    })
}

#[test]
fn every_fact_with_a_home_is_taken_over() {
    let counts: Vec<usize> =
        COLLECTIONS.iter().map(|collection| collection.records().unwrap().len()).collect();
    assert_eq!(
        counts,
        [123, 49, 24, 28, 44, 39, 1, 27, 13, 30, 23, 23, 62, 13, 2, 4, 21, 50, 18, 3]
    );
    let Some(facts) = facts() else { return };
    let facts = |file: &str| facts(file).len();

    // The eight parties, twelve that agreements name, the 28 states that were members of the Union,
    // and these as a group.
    assert_eq!(facts("parties.json") + 12 + 28 + 1, counts[1]);
    // EU-GI-CA is the absence of an agreement.
    assert_eq!(facts("agreements.json") - 1, counts[4]);
    assert_eq!(facts("policy_frameworks.json"), counts[8]);
    // The meeting with Kazakhstan of 2022 was found later.
    assert_eq!(facts("meetings.json") + 1, counts[10]);
    assert_eq!(facts("projects.json"), counts[17]);
    let conventions = COLLECTIONS[5].records().unwrap();
    let participations = conventions
        .iter()
        .map(|record| record.written["participations"].as_array().map_or(0, Vec::len));
    let statements = COLLECTIONS[19].records().unwrap();
    let announced = statements[0].written["statements"].as_array().map_or(0, Vec::len);
    assert_eq!(facts("announcement.json"), announced);
    // One record of the obligations is a remark on the file.
    assert_eq!(facts("rights_obligations.json") - 1, participations.sum::<usize>());
}

/// How many states were members of the Union on the day before and the day of each accession, and
/// around the exit.
#[test]
fn the_union_had_as_many_members_as_its_treaties_say() {
    let records = COLLECTIONS[3].records().unwrap();
    let number = |date: &Value| {
        let part = |part: &str| date["date"][part].as_i64().unwrap();
        date["date"].is_object().then(|| part("year") * 10_000 + part("month") * 100 + part("day"))
    };
    let periods: Vec<_> = records
        .iter()
        .map(|record| (number(&record.written["joined"]).unwrap(), number(&record.written["left"])))
        .collect();
    for (day, members) in [
        (19_571_231, 0),
        (19_580_101, 6),
        (19_721_231, 6),
        (19_730_101, 9),
        (19_810_101, 10),
        (19_860_101, 12),
        (19_950_101, 15),
        (20_040_430, 15),
        (20_040_501, 25),
        (20_070_101, 27),
        (20_130_630, 27),
        (20_130_701, 28),
        (20_200_131, 28),
        (20_200_201, 27),
    ] {
        let is_in = |(joined, left): &&(i64, Option<i64>)| {
            *joined <= day && left.is_none_or(|left| day <= left)
        };
        assert_eq!(periods.iter().filter(is_in).count(), members, "on {day}");
    }
}

/// The numbers in a date of the facts: `2024-01-29/30`, `2024-06 (planned)`.
fn numbers(date: &str) -> Vec<i64> {
    date.split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[test]
fn every_meeting_is_as_the_facts_say() {
    let Some(facts) = facts() else { return };
    let meetings = COLLECTIONS.iter().find(|collection| collection.name == "meetings").unwrap();
    let meetings = meetings.records().unwrap();
    for (fact, meeting) in facts("meetings.json").iter().zip(&meetings) {
        let written = &meeting.written;
        let date = &written["date"];
        let parts = ["year", "month", "day"].map(|part| &date["date"][part]);
        let days = parts.into_iter().chain([&date["end"]["day"]]).filter_map(Value::as_i64);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let said = text(&fact["date"]);
        let state = if said.contains("planned") { "STATE_PLANNED" } else { "STATE_HELD" };
        let confidence = format!("CONFIDENCE_{}", text(&fact["confidence"]).to_uppercase());

        assert_eq!(days.collect::<Vec<_>>(), numbers(&said), "{}: date", meeting.id);
        assert_eq!(written["number"], fact["no"], "{}: number", meeting.id);
        assert_eq!(text(&written["place"]), text(&fact["place"]), "{}: place", meeting.id);
        assert_eq!(text(&written["state"]), state, "{}", meeting.id);
        assert_eq!(text(&written["confidence"]), confidence, "{}", meeting.id);
    }
}

/// The identifiers of a record.
fn identifiers(record: &Value) -> Vec<&str> {
    let all = record["externalIds"].as_array().into_iter().flatten();
    all.filter_map(|it| it["value"].as_str()).collect()
}

#[test]
fn every_procedure_of_the_parliament_is_a_source_and_every_consent_a_milestone() {
    let Some(facts) = facts() else { return };
    let records = |name: &str| {
        let collections = COLLECTIONS.iter().filter(|collection| collection.name == name);
        collections.flat_map(|collection| collection.records().unwrap()).collect::<Vec<_>>()
    };
    let (sources, agreements) = (records("sources"), records("agreements"));
    for fact in facts("ep_procedures.json") {
        let text = |field: &str| fact[field].as_str().unwrap_or_default();
        let procedure = text("procedure");
        let found: Vec<_> =
            sources.iter().filter(|it| identifiers(&it.written).contains(&procedure)).collect();
        let [source] = found[..] else { panic!("{procedure} is of {} sources", found.len()) };
        let said = source.written.to_string();
        for vote in ["vote", "committee_vote"].map(|vote| &fact[vote]) {
            for (count, word) in
                [("for_", "for"), ("against", "against"), ("abstain", "abstentions")]
            {
                let counted = vote[count].as_i64().map(|count| format!("{count} {word}"));
                assert!(counted.is_none_or(|it| said.contains(&it)), "{procedure}: {vote}, {said}");
            }
        }
        for field in ["ta", "celex", "oj", "motion", "committee"] {
            assert!(said.contains(text(field)), "{procedure}: {field}, {said}");
        }
        let report = |it: &&reference::Record| identifiers(&it.written).contains(&text("report"));
        assert!(text("report").is_empty() || sources.iter().any(|it| report(&it)), "{procedure}");
        if !text("title").contains("consent") || text("date").is_empty() {
            continue;
        }
        let consent = |it: &&Value| it["kind"].as_str().is_some_and(|it| it.contains("CONSENT_"));
        let of_it = agreements.iter().filter(|it| identifiers(&it.written).contains(&procedure));
        let days: Vec<Vec<i64>> = of_it
            .flat_map(|it| it.written["milestones"].as_array().into_iter().flatten())
            .filter(consent)
            .map(|it| ["year", "month", "day"].map(|part| &it["date"]["date"][part]))
            .map(|parts| parts.into_iter().filter_map(Value::as_i64).collect())
            .collect();
        assert!(days.contains(&numbers(text("date"))), "{procedure}: {days:?}");
    }
}
