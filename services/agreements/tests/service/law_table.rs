//! The table of `docs/law-on-a-day.md`, read from that file and compared with what the service
//! answers of the reference record.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Running, database, on_both, serve};
use api::registan::agreements::v1::agreement::State;
use api::registan::agreements::v1::{
    Agreement, AgreementStatus, CreateAgreementRequest, CreateCodebookRequest, CreatePartyRequest,
    CreateProvisionRequest, CreateSourceRequest, GetAgreementRequest, GetLegalBasisRequest,
    LegalBasis, LegalBasisEntry, ListAgreementsRequest,
};
use api::registan::r#type::v1::{Date, PartialDate, partial_date::Qualifier};
use reference::COLLECTIONS;

const TABLE: &str = include_str!("../../../../docs/law-on-a-day.md");

/// The rows of a table of the file, without what marks code.
pub fn rows(title: &str) -> Vec<Vec<String>> {
    let section = TABLE.split(&format!("\n## {title}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cell = |cell: &str| cell.replace('`', "").trim().to_owned();
    lines.map(|line| line.trim_matches('|').split('|').map(cell).collect()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "messages hold it so")]
pub fn day(text: &str) -> Option<Date> {
    let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
    let part = |place: usize| parts.get(place).copied().unwrap_or(0);
    Some(Date { year: part(0), month: part(1), day: part(2) })
}

/// The service with the part of the reference record that it keeps: what is law, and what that
/// names.
pub async fn recorded(url: &str) -> Running {
    let mut running = serve(url).await;
    for collection in &COLLECTIONS[..8] {
        for record in collection.records().unwrap() {
            let id = record.id;
            let resource = record.resource;
            match collection.name {
                "sources" => {
                    let source = Some(resource.transcode_to().unwrap());
                    let request =
                        CreateSourceRequest { source, source_id: id, ..Default::default() };
                    running.sources.create_source(request).await.unwrap();
                }
                "parties" => {
                    let party = Some(resource.transcode_to().unwrap());
                    let request = CreatePartyRequest { party, party_id: id, ..Default::default() };
                    running.parties.create_party(request).await.unwrap();
                }
                "codebooks" => {
                    let codebook = Some(resource.transcode_to().unwrap());
                    let request =
                        CreateCodebookRequest { codebook, codebook_id: id, ..Default::default() };
                    running.codebooks.create_codebook(request).await.unwrap();
                }
                "provisions" => {
                    let request = CreateProvisionRequest {
                        parent: record.parent,
                        provision: Some(resource.transcode_to().unwrap()),
                        provision_id: id,
                        ..Default::default()
                    };
                    running.provisions.create_provision(request).await.unwrap();
                }
                // Who belongs to a union does not say what binds it.
                "memberships" => {}
                _ => {
                    let (agreement, agreement_id) = (Some(resource.transcode_to().unwrap()), id);
                    let request =
                        CreateAgreementRequest { agreement, agreement_id, ..Default::default() };
                    running.agreements.create_agreement(request).await.unwrap();
                }
            }
        }
    }
    running
}

/// A date as the table writes it.
fn written(date: &PartialDate) -> String {
    let one = |date: &Date| match (date.month, date.day) {
        (0, _) => format!("{}", date.year),
        (month, 0) => format!("{}-{month:02}", date.year),
        (month, day) => format!("{}-{month:02}-{day:02}", date.year),
    };
    let by = if date.qualifier() == Qualifier::Until { "by " } else { "" };
    let end = date.end.as_ref().map(|end| format!("/{}", one(end))).unwrap_or_default();
    format!("{by}{}{end}", one(date.date.as_ref().unwrap()))
}

/// A status as the table writes it.
fn said(status: &AgreementStatus) -> (String, String) {
    let word = |state: State| state.as_str_name().trim_start_matches("STATE_").to_owned();
    let undetermined = status.state() == State::Undetermined;
    let mut said = if undetermined {
        format!("{} … {}", word(status.at_least()), word(status.at_most()))
    } else {
        word(status.state())
    };
    if !status.suspended.is_empty() {
        said.push_str(", part suspended");
    }
    if status.applied.starts_with("Not known") {
        said.push_str(", provisions not known");
    }
    if status.uncertain && !undetermined {
        said.push_str(", uncertain");
    }
    assert_eq!(status.uncertain, !status.reason.is_empty(), "what is uncertain says why");
    (said, status.since.as_ref().map_or_else(|| "–".to_owned(), written))
}

pub const fn lists(basis: &LegalBasis) -> [(&'static str, &Vec<LegalBasisEntry>); 10] {
    [
        ("in_force", &basis.in_force),
        ("suspended", &basis.suspended),
        ("provisionally_applied", &basis.provisionally_applied),
        ("signed_not_in_force", &basis.signed_not_in_force),
        ("negotiated", &basis.negotiated),
        ("political", &basis.political),
        ("ended", &basis.ended),
        ("undetermined", &basis.undetermined),
        ("not_started", &basis.not_started),
        ("without_union", &basis.without_union),
    ]
}

fn names(entries: &[LegalBasisEntry]) -> BTreeSet<String> {
    entries.iter().map(|entry| entry.agreement.replace("agreements/", "")).collect()
}

async fn legal_basis(running: &mut Running, party: &str, as_of: &str) -> LegalBasis {
    let (party, as_of) = (format!("parties/{party}"), day(as_of));
    let request = GetLegalBasisRequest { party, as_of, ..Default::default() };
    running.agreements.get_legal_basis(request).await.unwrap().into_inner()
}

/// Compares each agreement of the table on each day.
async fn compare_agreements(running: &mut Running) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut pairs = BTreeSet::new();
    for row in rows("Agreements").into_iter().chain(rows("Conventions")) {
        let [agreement, on, state, since, source] = row.as_slice() else { panic!("{row:?}") };
        let (name, as_of) = (format!("agreements/{agreement}"), day(on));
        let request = GetAgreementRequest { name, as_of, read_time: None, known_by: None };
        let answer = running.agreements.get_agreement(request).await.unwrap().into_inner();
        let found = said(&answer.status.unwrap());
        if found != (state.clone(), since.clone()) {
            wrong.push(format!("{agreement} on {on}: {state} since {since}, not {found:?}"));
        }
        assert!(!source.is_empty());
        assert!(pairs.insert((agreement.clone(), on.clone())), "{agreement} on {on} stands twice");
    }
    let told = TABLE.lines().nth(2).unwrap();
    assert!(told.starts_with(&format!("{} pairs", pairs.len())), "{} pairs", pairs.len());
    let agreements: BTreeSet<_> = pairs.into_iter().map(|(agreement, _)| agreement).collect();
    let all = COLLECTIONS[4..6].iter().map(|it| it.records().unwrap().len()).sum::<usize>();
    assert_eq!(agreements.len(), all, "every agreement and convention stands in the table");
    wrong
}

/// Compares whom a filter finds by each state on each day of the table.
async fn compare_found(running: &mut Running) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut days: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for row in rows("Agreements").into_iter().chain(rows("Conventions")) {
        let [agreement, on, state, ..] = row.as_slice() else { panic!("{row:?}") };
        let is_open = state.contains(" … ");
        let state = state.split(',').next().unwrap();
        let state = if is_open { "UNDETERMINED" } else { state };
        let states = days.entry(on.clone()).or_default();
        states.entry(state.to_owned()).or_default().insert(agreement.clone());
    }
    for (on, states) in days {
        for (state, expected) in &states {
            let filter = format!("status_on(\"{on}\") = {state}");
            let request = ListAgreementsRequest { filter, page_size: 1000, ..Default::default() };
            let page = running.agreements.list_agreements(request).await.unwrap().into_inner();
            let name = |it: Agreement| it.name.replace("agreements/", "");
            let found: BTreeSet<String> = page.agreements.into_iter().map(name).collect();
            for (other, those) in &states {
                if those.iter().any(|one| found.contains(one) != (other == state)) {
                    wrong.push(format!("{state} on {on} finds {found:?}, not {expected:?}"));
                }
            }
        }
    }
    wrong
}

/// Compares every list of each party on each day, and that every agreement of it is in exactly one
/// of them.
async fn compare_parties(running: &mut Running) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = rows("Parties");
    let asked: BTreeSet<_> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    for (party, on) in asked {
        let basis = legal_basis(running, &party, &on).await;
        let mut told = Vec::new();
        for (list, entries) in lists(&basis) {
            let row = rows.iter().find(|row| (&row[0], &row[1], &*row[2]) == (&party, &on, list));
            let expected: BTreeSet<String> =
                row.map(|row| row[3].split(", ").map(str::to_owned).collect()).unwrap_or_default();
            if names(entries) != expected {
                wrong.push(format!("{party} on {on}, {list}: {:?}", names(entries)));
            }
            told.extend(entries.iter().map(|entry| entry.agreement.clone()));
        }
        let filter = format!("parties:\"parties/{party}\" OR parties:\"parties/su\"");
        let request = ListAgreementsRequest { filter, page_size: 1000, ..Default::default() };
        let page = running.agreements.list_agreements(request).await.unwrap().into_inner();
        let mut all: Vec<String> = page.agreements.into_iter().map(|it| it.name).collect();
        all.sort();
        told.sort();
        assert_eq!(told, all, "{party} on {on}: each agreement is in one list");
    }
    wrong
}

/// Compares in which list of the successors the law of the Soviet Union is.
async fn compare_succession(running: &mut Running) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows("The law of the Soviet Union") {
        let [party, on, expected] = row.as_slice() else { panic!("{row:?}") };
        let basis = legal_basis(running, party, on).await;
        let has = |entry: &&LegalBasisEntry| entry.agreement == "agreements/eu-su-tca-1989";
        let found = lists(&basis)
            .into_iter()
            .find_map(|(list, entries)| Some((list, entries.iter().find(has)?)));
        let (list, entry) = found.unwrap();
        let through = if party == "su" { "" } else { "parties/su" };
        if list != expected || entry.predecessor != through {
            wrong.push(format!("{party} on {on}: {expected}, not {list}"));
        }
    }
    wrong
}

#[tokio::test]
async fn the_law_on_a_day_is_that_of_the_table() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;

        let mut wrong = compare_agreements(&mut running).await;
        wrong.extend(compare_parties(&mut running).await);
        wrong.extend(compare_succession(&mut running).await);
        wrong.extend(compare_found(&mut running).await);
        wrong.extend(crate::provisions::compare(&mut running).await);
        wrong.extend(crate::provisions::compare_measures(&mut running).await);

        assert!(wrong.is_empty(), "{} expectations:\n{}", wrong.len(), wrong.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn the_kyrgyz_protocols_whose_entry_into_force_is_not_known_are_undetermined_with_the_reason()
{
    let database = database(testkit::Engine::Sqlite).await.unwrap();
    let mut running = recorded(&database.url).await;

    let basis = legal_basis(&mut running, "kg", "2024-01-17").await;

    let reason = |id: &str| {
        let name = format!("agreements/eu-kg-pca-prot-{id}");
        let entry = basis.undetermined.iter().find(|entry| entry.agreement == name).unwrap();
        entry.status.as_ref().unwrap().reason.clone()
    };
    assert_eq!(reason("2004"), "IN_FORCE between 2004-05-01 and 2026-03-31");
    assert_eq!(reason("2007"), "IN_FORCE between 2006-10-24 and 2026-03-31");
    assert_eq!(reason("hr"), "IN_FORCE between 2013-07-02 and 2026-03-31");
}

/// The law on a day as a desk officer asks for it: of each country the agreement that bears the
/// partnership, the list in which it stands, and since when. There is never one date for all.
const BEARING: [(&str, &str, &str, &str, &str); 13] = [
    ("kz", "2024-01-17", "eu-kz-epca-2015", "in_force", "2020-03-01"),
    ("kg", "2024-01-17", "eu-kg-pca-1995", "in_force", "1999-07-01"),
    ("kg", "2024-01-17", "eu-kg-epca-2024", "negotiated", "2019-07-06"),
    ("uz", "2024-01-17", "eu-uz-pca-1996", "in_force", "1999-07-01"),
    ("uz", "2024-01-17", "eu-uz-epca-2025", "negotiated", "2022-07-06"),
    ("tj", "2024-01-17", "eu-tj-pca-2004", "in_force", "2010-01-01"),
    ("tm", "2024-01-17", "eu-tm-pca-1998", "signed_not_in_force", "1998-05-25"),
    ("tm", "2024-01-17", "eu-tm-ita", "in_force", "2010-08-01"),
    ("kg", "2025-12-31", "eu-kg-epca-2024", "signed_not_in_force", "2024-06-25"),
    ("uz", "2025-12-31", "eu-uz-epca-2025", "signed_not_in_force", "2025-10-24"),
    ("tm", "2025-12-31", "eu-tm-pca-prot-2024", "signed_not_in_force", "2024-03-18"),
    ("kg", "2025-12-31", "eu-kg-pca-1995", "in_force", "1999-07-01"),
    ("uz", "2025-12-31", "eu-uz-pca-1996", "in_force", "1999-07-01"),
];

#[tokio::test]
async fn the_agreements_that_bear_the_partnership_stand_each_since_its_own_day() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for (party, on, agreement, list, since) in BEARING {
            let basis = legal_basis(&mut running, party, on).await;
            let (_, entries) = lists(&basis).into_iter().find(|(name, _)| *name == list).unwrap();
            let name = format!("agreements/{agreement}");
            let entry = entries.iter().find(|entry| entry.agreement == name);
            let status = entry.and_then(|entry| entry.status.as_ref());
            let found = status.and_then(|status| status.since.as_ref()).map(written);
            assert_eq!(found.as_deref(), Some(since), "{agreement} on {on}");
        }
    })
    .await;
}
