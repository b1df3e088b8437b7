//! The provisions of the reference record: where each stands on a day, and under which articles
//! measures can be taken. Both are compared with what was written by hand: the table of
//! `docs/law-on-a-day.md`, and the facts.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::legal_basis_provision::State;
use api::registan::agreements::v1::{
    DeleteProvisionRequest, GetLegalBasisRequest, LegalBasis, LegalBasisProvision,
    ListProvisionsRequest, UpdateAgreementRequest, milestone,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::agreements::{agreement, day as on, milestone, provision};
use crate::law_table::{day, lists, rows};
use crate::support::{Running, on_both, party, reason, serve};

const MEASURES: &str = "codebooks/registan-1/codes/non-execution";

async fn basis(running: &mut Running, party: &str, as_of: &str, codes: &[&str]) -> LegalBasis {
    let request = GetLegalBasisRequest {
        party: format!("parties/{party}"),
        as_of: day(as_of),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..GetLegalBasisRequest::default()
    };
    running.agreements.get_legal_basis(request).await.unwrap().into_inner()
}

/// The provisions of an agreement in a legal basis.
fn of<'a>(basis: &'a LegalBasis, agreement: &str) -> Option<&'a [LegalBasisProvision]> {
    let name = format!("agreements/{agreement}");
    let mut all = lists(basis).into_iter().flat_map(|(_, entries)| entries);
    all.find(|entry| entry.agreement == name).map(|entry| &entry.provisions[..])
}

/// The state of a provision of an agreement that stands as the table says, for a part that was
/// suspended is cooperation.
fn expected(said: &str) -> State {
    let one = |state: &str| match state {
        // Which provisions were applied provisionally the facts do not say.
        "UNKNOWN" | "PROVISIONALLY_APPLIED" => State::NotKnown,
        "IN_FORCE" => State::Binding,
        "SUSPENDED" => State::Suspended,
        "TERMINATED" | "EXPIRED" | "REPLACED" | "WITHDRAWN" => State::Ended,
        _ => State::NotYetBinding,
    };
    let state = said.split(',').next().unwrap();
    match state.split_once(" … ") {
        Some((first, last)) if one(first) != one(last) => State::NotKnown,
        _ => one(state.split(" … ").next().unwrap()),
    }
}

/// Compares each provision of the five countries on the turning days of its agreement.
pub async fn compare(running: &mut Running) -> Vec<String> {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for row in rows("Agreements") {
        let (agreement, as_of, said) = (&row[0], &row[1], &row[2]);
        let country = agreement.split('-').nth(1).unwrap();
        if !["kz", "kg", "tj", "tm", "uz"].contains(&country) {
            continue;
        }
        let basis = basis(running, country, as_of, &[]).await;
        let wanted = expected(said);
        for found in of(&basis, agreement).unwrap() {
            compared += 1;
            let is_silent = wanted == State::NotKnown && found.reason.is_empty();
            if found.state() != wanted || is_silent {
                wrong.push(format!("{agreement} on {as_of}, {said}: {found:?}"));
            }
        }
    }
    assert!(compared > 200, "{compared}");
    wrong
}

/// Country, day, agreement, article, state, and the days of consultations; by hand from the facts,
/// whose article numbers of the older agreements are unsure, and whose days are those of the Kazakh
/// agreement alone.
const BY_HAND: [(&str, &str, &str, &str, State, i32); 15] = [
    ("kz", "2006-01-01", "eu-kz-pca-1995", "Article 93", State::Binding, 0),
    ("kz", "2017-01-01", "eu-kz-pca-1995", "Article 93", State::Binding, 0),
    ("kz", "2017-01-01", "eu-kz-epca-2015", "Article 279", State::NotKnown, 20),
    ("kz", "2024-01-17", "eu-kz-pca-1995", "Article 93", State::Ended, 0),
    ("kz", "2024-01-17", "eu-kz-epca-2015", "Article 279", State::Binding, 20),
    ("kg", "2024-01-17", "eu-kg-pca-1995", "Article 92", State::Binding, 0),
    ("kg", "2024-01-17", "eu-kg-epca-2024", "Article 316", State::NotYetBinding, 0),
    ("kg", "2025-09-11", "eu-kg-epca-2024", "Article 316", State::NotYetBinding, 0),
    ("uz", "1999-06-30", "eu-uz-pca-1996", "Article 95", State::NotYetBinding, 0),
    ("uz", "2006-01-01", "eu-uz-pca-1996", "Article 95", State::Binding, 0),
    ("uz", "2024-01-17", "eu-uz-pca-1996", "Article 95", State::Binding, 0),
    ("tj", "2009-12-31", "eu-tj-pca-2004", "Article 94 or 95", State::NotYetBinding, 0),
    ("tj", "2024-01-17", "eu-tj-pca-2004", "Article 94 or 95", State::Binding, 0),
    ("tm", "2024-01-17", "eu-tm-pca-1998", "Article 94", State::NotYetBinding, 0),
    ("tm", "1998-01-01", "eu-tm-pca-1998", "Article 94", State::NotYetBinding, 0),
];

/// Compares under which articles measures can be taken, by which procedure, and whether that binds.
pub async fn compare_measures(running: &mut Running) -> Vec<String> {
    let mut wrong = Vec::new();
    for (country, as_of, agreement, article, state, days) in BY_HAND {
        let basis = basis(running, country, as_of, &[MEASURES]).await;
        let found = of(&basis, agreement).unwrap_or_default();
        let [found] = found else { panic!("{agreement}: {found:?}") };
        let provision = found.provision.as_ref().unwrap();
        let procedure = provision.procedure.as_ref();
        let told = procedure.map_or(0, |it| it.consultation_days);
        // Of the Kyrgyz agreement of 2024 the facts have the article alone.
        let is_known = procedure.is_some_and(|it| !it.first.is_empty());
        let said = (&*provision.article, found.state(), told, is_known);
        if said != (article, state, days, agreement != "eu-kg-epca-2024") {
            wrong.push(format!("{agreement} on {as_of}: {said:?}"));
        }
    }
    let all = basis(running, "kg", "2024-01-17", &[MEASURES]).await;
    let named = lists(&all).into_iter().flat_map(|(_, entries)| entries).count();
    assert_eq!(named, 2, "agreements without such a provision are left out: {all:?}");
    // Once, an agreement whose articles nobody has looked up was left out as if it had none.
    for (country, agreement) in [("uz", "eu-uz-epca-2025"), ("tj", "eu-tj-epca")] {
        let all = basis(running, country, "2025-12-31", &[MEASURES]).await;
        assert!(of(&all, agreement).is_none());
        let named = format!("agreements/{agreement}");
        assert!(all.provisions_not_recorded.contains(&named), "{:?}", all.provisions_not_recorded);
        assert_eq!(all.codes, [MEASURES]);
    }
    let all = basis(running, "uz", "2025-12-31", &[]).await;
    assert!(all.provisions_not_recorded.is_empty() && of(&all, "eu-uz-epca-2025").is_some());
    wrong
}

#[tokio::test]
async fn an_article_is_suspended_by_itself_and_asked_by_itself() {
    use milestone::Kind::{InForce, Suspended};
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, kind) in [
            ("eu", api::registan::agreements::v1::party::Kind::Union),
            ("kz", api::registan::agreements::v1::party::Kind::State),
        ] {
            running.parties.create_party(party(id, kind)).await.unwrap();
        }
        let kind = api::registan::agreements::v1::agreement::Kind::Protocol;
        let life = vec![milestone(InForce, on(2000, 1, 1))];
        running.agreements.create_agreement(agreement("a", kind, life.clone())).await.unwrap();
        for (id, article) in [("art-11", "Article 11"), ("art-2", "Article 2")] {
            running.provisions.create_provision(provision("a", id, article)).await.unwrap();
        }
        let mut suspended = milestone(Suspended, on(2020, 1, 1));
        suspended.articles = vec!["article 11".to_owned()];
        let mut changed = agreement("a", kind, [life, vec![suspended]].concat()).agreement.unwrap();
        "agreements/a".clone_into(&mut changed.name);
        let request = UpdateAgreementRequest {
            agreement: Some(changed),
            update_mask: Some(FieldMask { paths: vec!["milestones".to_owned()] }),
            ..UpdateAgreementRequest::default()
        };
        let before = basis(&mut running, "kz", "2021-01-01", &[]).await.read_time;
        running.agreements.update_agreement(request).await.unwrap();

        for (read_time, eleven) in [(before, State::Binding), (None, State::Suspended)] {
            let party = "parties/kz".to_owned();
            let as_of = on(2021, 1, 1);
            let request =
                GetLegalBasisRequest { party, as_of, read_time, ..GetLegalBasisRequest::default() };
            let found = running.agreements.get_legal_basis(request).await.unwrap().into_inner();
            let states = of(&found, "a").unwrap().iter().map(LegalBasisProvision::state);
            assert_eq!(states.collect::<Vec<_>>(), [State::Binding, eleven], "by article");
        }

        let request = ListProvisionsRequest {
            parent: "agreements/-".to_owned(),
            filter: "article_number > 2".to_owned(),
            ..ListProvisionsRequest::default()
        };
        let page = running.provisions.list_provisions(request).await.unwrap().into_inner();
        assert_eq!(page.provisions[0].name, "agreements/a/provisions/art-11");
        let request = GetLegalBasisRequest {
            party: "parties/kz".to_owned(),
            codes: vec![MEASURES.to_owned()],
            ..GetLegalBasisRequest::default()
        };
        let refusal = running.agreements.get_legal_basis(request).await.unwrap_err();
        assert_eq!((refusal.code(), &*reason(&refusal)), (Code::NotFound, "NOT_FOUND"));
        let name = "agreements/a/provisions/art-2".to_owned();
        let request = DeleteProvisionRequest { name, ..DeleteProvisionRequest::default() };
        running.provisions.delete_provision(request).await.unwrap();
        let left = basis(&mut running, "kz", "2021-01-01", &[]).await;
        assert_eq!(of(&left, "a").unwrap().len(), 1);
    })
    .await;
}
