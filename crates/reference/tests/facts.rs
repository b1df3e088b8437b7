//! The agreements of the facts, value by value: each date is that of a milestone, each body and
//! each amendment is recorded.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::path::Path;

use reference::COLLECTIONS;
use serde_json::Value;

/// The kinds of milestones that a field of the facts can be.
const DATES: [(&str, &[&str]); 23] = [
    ("mandate", &["MANDATED"]),
    ("negotiation_authorised", &["MANDATED"]),
    ("negotiation_start", &["NEGOTIATIONS_OPENED"]),
    ("negotiation_launch", &["NEGOTIATIONS_OPENED"]),
    ("negotiation_end", &["NEGOTIATIONS_CONCLUDED"]),
    ("concluded", &["NEGOTIATIONS_CONCLUDED"]),
    ("initialled", &["INITIALLED"]),
    ("council_decision_signature", &["SIGNATURE_DECIDED"]),
    ("signed", &["SIGNED"]),
    ("consent_requested", &["CONSENT_REQUESTED"]),
    ("ep_interim_report", &["CONSENT_WITHHELD"]),
    ("ep_consent", &["CONSENT_GIVEN"]),
    ("ep_assent", &["CONSENT_GIVEN"]),
    ("council_concluded", &["CONCLUDED_BY_COUNCIL"]),
    ("kz_ratified", &["RATIFIED"]),
    ("tm_ratified", &["RATIFIED"]),
    ("tm_notified", &["NOTIFIED"]),
    ("provisional_application", &["PROVISIONALLY_APPLIED"]),
    ("in_force", &["IN_FORCE"]),
    ("renewed", &["RENEWED"]),
    ("ended", &["TERMINATED", "EXPIRED", "REPLACED"]),
    ("mandate_alt", &["MANDATED"]),
    ("partner_ratification", &["RATIFIED"]),
];

/// The facts; nothing, and says so, where they are absent.
fn facts() -> Option<Vec<Value>> {
    let file = "../../../shared/facts/agreements.json";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let Ok(text) = std::fs::read_to_string(file) else {
        eprintln!("skipped: ../shared/facts is absent");
        return None;
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    Some(file["records"].as_array().unwrap().clone())
}

fn recorded(collection: &str) -> BTreeMap<String, Value> {
    let collection = COLLECTIONS.iter().find(|one| one.name == collection).unwrap();
    let records = collection.records().unwrap().into_iter();
    records.map(|record| (record.id, record.written)).collect()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The numbers in a text: of `2022-06/07` 2022, 6 and 7.
fn numbers(text: &str) -> Vec<i64> {
    text.split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The numbers of a date, and of its other end those that differ.
fn parts(date: &Value) -> Vec<i64> {
    let of = |date: &Value| {
        let parts = ["year", "month", "day"].map(|part| date[part].as_i64());
        parts.into_iter().flatten().collect::<Vec<_>>()
    };
    let (first, end) = (of(&date["date"]), of(&date["end"]));
    let same = first.iter().zip(&end).take_while(|(one, other)| one == other).count();
    first.iter().copied().chain(end.into_iter().skip(same)).collect()
}

/// Returns whether an agreement has a milestone of one of these kinds at a date of the facts.
fn has(agreement: &Value, kinds: &[&str], date: &str) -> bool {
    items(agreement, "milestones").any(|one| {
        let kind = text(one, "kind").trim_start_matches("KIND_");
        kinds.contains(&kind) && parts(&one["date"]) == numbers(date)
    })
}

/// The agreements of the facts, each with what is recorded of it.
fn pairs(facts: &[Value]) -> Vec<(&Value, Value)> {
    let recorded = recorded("agreements");
    let of = |fact: &Value| recorded.get(&text(fact, "id").to_lowercase()).cloned();
    // EU-GI-CA is the absence of an agreement.
    facts.iter().filter_map(|fact| Some((fact, of(fact)?))).collect()
}

#[test]
fn every_date_of_the_facts_is_that_of_a_milestone() {
    let Some(facts) = facts() else { return };
    let pairs = pairs(&facts);
    assert_eq!(pairs.len() + 1, facts.len());
    let (mut missing, mut found) = (Vec::new(), 0);
    for (fact, agreement) in &pairs {
        let id = text(fact, "id");
        for (field, kinds) in DATES {
            let date = fact[field].as_str().or_else(|| fact[field]["date"].as_str());
            let Some(date) = date else { continue };
            found += 1;
            if !has(agreement, kinds, date) {
                missing.push(format!("{id}: {field} {date}"));
            }
        }
        let paused = items(fact, "negotiation_paused").zip(["PAUSED", "RESUMED"]);
        for (date, kind) in paused {
            found += 1;
            let kind = format!("NEGOTIATIONS_{kind}");
            if !has(agreement, &[&kind], date.as_str().unwrap()) {
                missing.push(format!("{id}: {kind} {date}"));
            }
        }
        let suspended = text(&fact["partial_suspension"], "from_");
        if !suspended.is_empty() && !has(agreement, &["SUSPENDED"], suspended) {
            missing.push(format!("{id}: suspended {suspended}"));
        }
        for (field, kind) in [("signed_at", "KIND_SIGNED"), ("initialled_at", "KIND_INITIALLED")] {
            let mut of_kind =
                items(agreement, "milestones").filter(|one| text(one, "kind") == kind);
            let place = text(fact, field);
            if !place.is_empty() && !of_kind.any(|one| text(one, "place") == place) {
                missing.push(format!("{id}: {field} {place}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(found, 89);
}

/// The names of the bodies of an agreement in the facts, and the kind of each.
const BODIES: [(&str, &str, usize); 4] = [
    ("Cooperation Council", "COOPERATION_COUNCIL", 1),
    ("Cooperation Committee", "COOPERATION_COMMITTEE", 1),
    ("Subcommittees (customs; justice and home affairs; ...)", "SUBCOMMITTEE", 2),
    ("Parliamentary Cooperation Committee", "PARLIAMENTARY_COOPERATION_COMMITTEE", 1),
];

#[test]
fn every_body_of_the_facts_is_recorded() {
    let Some(facts) = facts() else { return };
    let bodies = recorded("bodies");
    let mut found = 0;
    for fact in &facts {
        let agreement = format!("agreements/{}", text(fact, "id").to_lowercase());
        for body in items(fact, "bodies") {
            let (_, kind, count) =
                BODIES.iter().find(|(name, ..)| *name == text(body, "name")).unwrap();
            let of_kind = bodies.values().filter(|one| {
                text(one, "agreement") == agreement && text(one, "kind") == format!("KIND_{kind}")
            });
            assert_eq!(of_kind.count(), *count, "{agreement}: {body}");
            found += 1;
        }
    }
    assert_eq!(found, 7);
}

#[test]
fn every_amendment_and_protocol_of_the_facts_is_a_relation() {
    let Some(facts) = facts() else { return };
    let agreements = recorded("agreements");
    let relates = |one: &Value, kind: &str, to: &str| {
        items(one, "relations").any(|it| text(it, "kind") == kind && text(it, "agreement") == to)
    };
    let (mut amendments, mut protocols) = (0, 0);
    for fact in &facts {
        let name = format!("agreements/{}", text(fact, "id").to_lowercase());
        for amended_by in items(fact, "amended_by") {
            let by = agreements.values().find(|one| {
                relates(one, "KIND_AMENDS", &name)
                    && items(one, "externalIds").any(|id| &id["value"] == amended_by)
            });
            assert!(by.is_some(), "{name} is amended by {amended_by}");
            amendments += 1;
        }
        let parent = text(fact, "parent").to_lowercase();
        if !parent.is_empty() {
            let own = &agreements[name.trim_start_matches("agreements/")];
            let parent = format!("agreements/{parent}");
            assert!(relates(own, "KIND_PROTOCOL_TO", &parent), "{name} is a protocol to {parent}");
            protocols += 1;
        }
    }
    assert_eq!((amendments, protocols), (7, 9));
}

/// Where an act concludes an agreement, the agreement has the event.
#[test]
fn what_an_act_concludes_has_been_concluded_by_the_council() {
    let agreements = recorded("agreements");
    let mut found = 0;
    for act in recorded("acts").values().filter(|act| act["adopted"].is_object()) {
        for relation in items(act, "relations").filter(|it| text(it, "kind") == "KIND_CONCLUDES") {
            let agreement =
                &agreements[text(relation, "resource").trim_start_matches("agreements/")];
            let is_it = |one: &&Value| {
                text(one, "kind") == "KIND_CONCLUDED_BY_COUNCIL" && one["date"] == act["adopted"]
            };
            assert!(items(agreement, "milestones").any(|one| is_it(&one)), "{relation}");
            found += 1;
        }
    }
    assert_eq!(found, 5);
}
