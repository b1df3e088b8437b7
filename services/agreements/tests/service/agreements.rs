//! Agreements, frameworks and the legal basis, as a client sees them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::support::{Running, citation, fields, on_both, party, reason, serve};
use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, CreateFrameworkRequest,
    CreateProvisionRequest, Framework, GetAgreementRequest, GetLegalBasisRequest, LegalBasis,
    ListAgreementRevisionsRequest, ListAgreementsRequest, Milestone, Priority, Provision,
    UpdateAgreementRequest, framework, milestone,
};
use api::registan::r#type::v1::{Date, PartialDate};
use tonic::Code;
use tonic_types::StatusExt;

#[expect(clippy::unnecessary_wraps, reason = "messages hold it so")]
pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn milestone(kind: milestone::Kind, date: Option<Date>) -> Milestone {
    Milestone {
        kind: kind.into(),
        date: Some(PartialDate { date, ..PartialDate::default() }),
        ..Milestone::default()
    }
}

pub fn between(parties: &[&str]) -> Vec<AgreementParty> {
    parties
        .iter()
        .map(|party| AgreementParty { party: format!("parties/{party}"), role: 1 })
        .collect()
}

pub fn agreement(id: &str, kind: Kind, milestones: Vec<Milestone>) -> CreateAgreementRequest {
    let agreement = Agreement {
        kind: kind.into(),
        title: format!("Agreement {id}"),
        binding: kind != Kind::MemorandumOfUnderstanding,
        parties: between(&["eu", "kz"]),
        milestones,
        source: Some(citation("a list of agreements")),
        ..Agreement::default()
    };
    CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: id.to_owned(),
        ..CreateAgreementRequest::default()
    }
}

/// A provision of an agreement.
pub fn provision(agreement: &str, id: &str, article: &str) -> CreateProvisionRequest {
    let provision = Provision {
        article: article.to_owned(),
        source: Some(citation("the text")),
        ..Provision::default()
    };
    CreateProvisionRequest {
        parent: format!("agreements/{agreement}"),
        provision: Some(provision),
        provision_id: id.to_owned(),
        ..CreateProvisionRequest::default()
    }
}

/// The Union, Kazakhstan and three agreements between them: an old one, its successor, and a
/// memorandum.
async fn recorded(url: &str) -> Running {
    use milestone::Kind::{InForce, Initialled, ProvisionallyApplied, Replaced, Signed};
    let mut running = serve(url).await;
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State), ("tm", PartyKind::State)]
    {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    let epca = agreement(
        "epca",
        Kind::EnhancedPartnershipAndCooperation,
        vec![
            milestone(Initialled, day(2015, 1, 20)),
            milestone(Signed, day(2015, 12, 21)),
            milestone(ProvisionallyApplied, day(2016, 5, 1)),
            milestone(InForce, day(2020, 3, 1)),
        ],
    );
    let pca = agreement(
        "pca",
        Kind::PartnershipAndCooperation,
        vec![
            milestone(Signed, day(1995, 1, 23)),
            milestone(InForce, day(1999, 7, 1)),
            milestone(Replaced, day(2020, 3, 1)),
        ],
    );
    let mou = agreement(
        "mou",
        Kind::MemorandumOfUnderstanding,
        vec![milestone(Signed, day(2022, 11, 0))],
    );
    for request in [epca, pca, mou] {
        running.agreements.create_agreement(request).await.unwrap();
    }
    let article = provision("epca", "art-279", "Article 279");
    running.provisions.create_provision(article).await.unwrap();
    running
}

async fn legal_basis(running: &mut Running, as_of: Option<Date>) -> LegalBasis {
    let party = "parties/kz".to_owned();
    let request = GetLegalBasisRequest { party, as_of, ..GetLegalBasisRequest::default() };
    running.agreements.get_legal_basis(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_legal_basis_differs_from_day_to_day() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let names = |entries: &[api::registan::agreements::v1::LegalBasisEntry]| {
            entries.iter().map(|entry| entry.agreement.clone()).collect::<Vec<_>>().join(" ")
        };

        let then = legal_basis(&mut running, day(2016, 6, 1)).await;
        let now = legal_basis(&mut running, day(2024, 1, 17)).await;

        assert_eq!(
            (names(&then.provisionally_applied), names(&then.in_force)),
            ("agreements/epca".into(), "agreements/pca".into())
        );
        assert_eq!(
            (names(&now.in_force), names(&now.ended)),
            ("agreements/epca".into(), "agreements/pca".into())
        );
        assert_eq!(names(&now.political), "agreements/mou");
        assert_eq!(
            now.in_force[0].provisions[0].provision.as_ref().unwrap().article,
            "Article 279"
        );
        assert_eq!(legal_basis(&mut running, day(1990, 1, 1)).await.in_force, vec![]);
    })
    .await;
}

#[tokio::test]
async fn the_status_is_that_of_the_day_asked_for() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let on = |as_of| GetAgreementRequest {
            name: "agreements/mou".to_owned(),
            as_of,
            ..GetAgreementRequest::default()
        };

        let inside = running
            .agreements
            .get_agreement(on(day(2022, 11, 15)))
            .await
            .unwrap()
            .into_inner()
            .status
            .unwrap();
        let after = running
            .agreements
            .get_agreement(on(day(2022, 12, 1)))
            .await
            .unwrap()
            .into_inner()
            .status
            .unwrap();

        assert_eq!((inside.state(), inside.uncertain), (State::Undetermined, true));
        assert_eq!((inside.at_least(), inside.at_most()), (State::NotStarted, State::Signed));
        assert_eq!(inside.reason, "SIGNED between 2022-11-01 and 2022-11-30");
        assert_eq!((after.state(), after.uncertain), (State::Signed, false));
        let refusal = running.agreements.get_agreement(on(day(2022, 2, 30))).await.unwrap_err();
        assert_eq!(
            (reason(&refusal).as_str(), fields(&refusal)),
            ("DATE_INVALID", vec!["as_of".to_owned()])
        );
    })
    .await;
}

/// Once, the pages of a list could be of different days, also where none was asked for and midnight
/// came between two of them.
#[tokio::test]
async fn all_pages_are_of_the_day_of_the_first() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let order_by = "title desc".to_owned();
        let mut request = ListAgreementsRequest {
            page_size: 1,
            order_by,
            as_of: day(1998, 1, 1),
            ..ListAgreementsRequest::default()
        };
        let mut states = Vec::new();
        loop {
            let page = running.agreements.list_agreements(request.clone()).await.unwrap();
            let page = page.into_inner();
            states.extend(page.agreements.iter().map(|it| it.status.as_ref().unwrap().state()));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
            let other = ListAgreementsRequest { as_of: day(2024, 1, 17), ..request.clone() };
            let refusal = running.agreements.list_agreements(other).await.unwrap_err();
            assert_eq!(reason(&refusal), "PAGE_TOKEN_MISMATCH");
            assert!(refusal.message().contains("`as_of`"), "{refusal:?}");
            request.as_of = None;
        }
        assert_eq!(states, [State::Signed, State::NotStarted, State::NotStarted]);
    })
    .await;
}

#[tokio::test]
async fn which_of_several_accounts_is_followed_is_recorded_and_can_be_taken_back() {
    use milestone::Kind::InForce;
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let accounts = |preferred: usize| {
            let mut all = [day(1999, 7, 1), day(2001, 1, 1)].map(|date| milestone(InForce, date));
            all[preferred].preferred = true;
            all.to_vec()
        };
        let request = agreement("two", Kind::PartnershipAndCooperation, accounts(0));
        let first = running.agreements.create_agreement(request).await.unwrap().into_inner();
        let mut times = vec![first.update_time];
        for preferred in [1, 0] {
            let changed = Agreement { milestones: accounts(preferred), ..first.clone() };
            let request = UpdateAgreementRequest {
                agreement: Some(Agreement { etag: "*".to_owned(), ..changed }),
                ..UpdateAgreementRequest::default()
            };
            let updated = running.agreements.update_agreement(request).await.unwrap().into_inner();
            times.push(updated.update_time);
        }

        let mut states = Vec::new();
        for read_time in times {
            let name = first.name.clone();
            let request =
                GetAgreementRequest { name, as_of: day(2000, 1, 1), read_time, known_by: None };
            let then = running.agreements.get_agreement(request).await.unwrap().into_inner();
            assert_eq!(then.milestones.len(), 2, "both accounts stand");
            states.push(then.status.unwrap().state());
        }
        assert_eq!(states, [State::InForce, State::NotStarted, State::InForce]);
        let request = ListAgreementRevisionsRequest {
            name: first.name.clone(),
            ..ListAgreementRevisionsRequest::default()
        };
        let revisions = running.agreements.list_agreement_revisions(request).await.unwrap();
        let changes = revisions.into_inner().revisions;
        assert!(
            changes
                .iter()
                .filter(|it| it.revision > 1)
                .all(|it| { it.changed.as_ref().unwrap().paths == ["milestones"] })
        );
    })
    .await;
}

#[tokio::test]
async fn agreements_are_found_by_what_is_known_of_them() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for (filter, count) in [
            ("parties:\"parties/kz\"", 3),
            ("parties:\"parties/tm\"", 0),
            ("kind = MEMORANDUM_OF_UNDERSTANDING OR signed_on < \"2000-01-01\"", 2),
            ("binding = true AND NOT kind = PARTNERSHIP_AND_COOPERATION", 1),
        ] {
            let request = ListAgreementsRequest {
                filter: filter.to_owned(),
                ..ListAgreementsRequest::default()
            };
            let page = running.agreements.list_agreements(request).await.unwrap().into_inner();
            assert_eq!(page.agreements.len(), count, "{filter}");
            assert!(page.agreements.iter().all(|agreement| agreement.status.is_some()));
        }
    })
    .await;
}

#[tokio::test]
async fn what_refers_to_nothing_is_refused() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let mut request = agreement("x", Kind::Aviation, vec![]);
        request.agreement.as_mut().unwrap().parties = between(&["eu", "nowhere", "neverland"]);

        let refusal = running.agreements.create_agreement(request).await.unwrap_err();

        assert_eq!(
            (refusal.code(), reason(&refusal).as_str()),
            (Code::FailedPrecondition, "REFERENCE_MISSING")
        );
        assert!(refusal.message().contains("agreement.parties[1].party"), "{}", refusal.message());
        let resource = refusal.get_details_resource_info().unwrap();
        assert_eq!(
            (&*resource.resource_type, &*resource.resource_name),
            ("registan/Party", "parties/nowhere")
        );
        let named = refusal.get_details_precondition_failure().unwrap().violations;
        let named: Vec<_> = named.into_iter().map(|one| one.subject).collect();
        assert_eq!(named, ["parties/nowhere", "parties/neverland"]);
        let get = GetAgreementRequest {
            name: "agreements/x".to_owned(),
            ..GetAgreementRequest::default()
        };
        assert_eq!(running.agreements.get_agreement(get).await.unwrap_err().code(), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn the_priorities_of_a_framework_form_a_tree() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let priority = |id: &str, parent: &str| Priority {
            priority_id: id.to_owned(),
            title: "Resilience".to_owned(),
            parent_id: parent.to_owned(),
            ..Priority::default()
        };
        let strategy = |priorities| CreateFrameworkRequest {
            framework: Some(Framework {
                kind: framework::Kind::Strategy.into(),
                title: "A strategy".to_owned(),
                priorities,
                source: Some(citation("JOIN(2019) 9")),
                ..Framework::default()
            }),
            framework_id: "strategy".to_owned(),
            ..CreateFrameworkRequest::default()
        };

        let wrong = strategy(vec![priority("r1", "r"), priority("r", ""), priority("r", "")]);
        let refusal = running.frameworks.create_framework(wrong).await.unwrap_err();
        let right = strategy(vec![priority("r", ""), priority("r1", "r")]);
        let created = running.frameworks.create_framework(right).await.unwrap().into_inner();

        assert_eq!(
            fields(&refusal),
            ["framework.priorities[2].priority_id", "framework.priorities[0].parent_id"]
        );
        assert_eq!(created.priorities.len(), 2);
    })
    .await;
}
