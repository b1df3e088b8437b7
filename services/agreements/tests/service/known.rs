//! The law as it was known on a day: what rests on sources that had surely been published by then,
//! and, marked, the agreements and milestones of which that is not certain.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod later;
mod publications;

use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::milestone::Kind::{InForce, Initialled, Signed};
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::relation::Kind as Rel;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreateMembershipRequest, CreateSourceRequest,
    ExportAgreementsRequest, GetAgreementRequest, GetLegalBasisRequest, GetLineageRequest,
    GetMembershipRequest, GetSourceRequest, ListAgreementsRequest, ListSourcesRequest, Membership,
    Milestone, Relation, Source, Statement, source,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
use tonic::{Code, Status};

use crate::agreements::{agreement, day, milestone, provision};
use crate::support::{Running, fields, on_both, party, reason, serve};

fn from(id: &str) -> SourceRef {
    SourceRef { source: format!("sources/{id}"), ..SourceRef::default() }
}

fn published(id: &str, date: Option<Date>) -> CreateSourceRequest {
    let source = Source {
        kind: source::Kind::Press.into(),
        title: format!("Source {id}"),
        published: date.map(|date| PartialDate { date: Some(date), ..PartialDate::default() }),
        ..Source::default()
    };
    CreateSourceRequest { source: Some(source), source_id: id.to_owned(), ..Default::default() }
}

fn by(source: &str, milestone: Milestone) -> Milestone {
    Milestone { source: Some(from(source)), ..milestone }
}

fn resting_on(
    id: &str,
    source: Option<SourceRef>,
    milestones: Vec<Milestone>,
) -> CreateAgreementRequest {
    let mut request = agreement(id, Kind::Protocol, milestones);
    request.agreement.as_mut().unwrap().source = source;
    request
}

/// A draft of 6 December 2023, a report of some day in January 2024, a vote on the 17th and a
/// source without a date; and agreements that rest on them, or on a citation.
async fn recorded(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State)] {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    let report = Statement {
        statement_id: "vote".to_owned(),
        text: "There is to be a vote".to_owned(),
        concerns: vec!["sources/vote".to_owned(), "parties/kz".to_owned()],
        ..Statement::default()
    };
    let mut draft = published("draft", day(2023, 12, 6));
    running.sources.create_source(published("vote", day(2024, 1, 17))).await.unwrap();
    draft.source.as_mut().unwrap().statements = vec![report];
    for source in [draft, published("report", day(2024, 1, 0)), published("undated", None)] {
        running.sources.create_source(source).await.unwrap();
    }
    let old = resting_on(
        "old",
        Some(from("draft")),
        vec![
            by("draft", milestone(Initialled, day(2023, 11, 1))),
            milestone(Signed, day(2023, 12, 1)),
            by("vote", milestone(InForce, day(2024, 1, 2))),
        ],
    );
    running.agreements.create_agreement(old).await.unwrap();
    for (id, source) in [("voted", "vote"), ("reported", "report"), ("undated", "undated")] {
        let mut request =
            resting_on(id, Some(from(source)), vec![milestone(Signed, day(2023, 1, 1))]);
        request.agreement.as_mut().unwrap().relations = vec![Relation {
            kind: Rel::Replaces.into(),
            agreement: "agreements/old".to_owned(),
            ..Relation::default()
        }];
        running.agreements.create_agreement(request).await.unwrap();
    }
    let cited = agreement("cited", Kind::Protocol, vec![]);
    running.agreements.create_agreement(cited).await.unwrap();
    running
}

fn get(name: &str, known_by: Option<Date>) -> GetAgreementRequest {
    GetAgreementRequest {
        name: format!("agreements/{name}"),
        as_of: day(2024, 2, 1),
        known_by,
        ..GetAgreementRequest::default()
    }
}

fn list(known_by: Option<Date>) -> ListAgreementsRequest {
    ListAgreementsRequest { known_by, ..ListAgreementsRequest::default() }
}

/// The ids of agreements; of those that were perhaps known with a question mark.
fn ids(agreements: &[Agreement]) -> String {
    let id = |one: &Agreement| {
        let mark = if one.perhaps_known { "?" } else { "" };
        format!("{}{mark}", one.name.trim_start_matches("agreements/"))
    };
    agreements.iter().map(id).collect::<Vec<_>>().join(" ")
}

/// All that a caller can notice of a refusal.
fn seen(status: &Status, name: &str) -> (Code, String, String) {
    let details = String::from_utf8_lossy(status.details()).replace(name, "NAME");
    (status.code(), status.message().replace(name, "NAME"), details)
}

#[tokio::test]
async fn what_rests_on_a_later_source_is_left_out() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;

        for (known_by, milestones, state) in [
            (None, 3, State::InForce),
            (day(2024, 1, 17), 3, State::InForce),
            (day(2024, 1, 16), 2, State::Signed),
            (day(2023, 12, 6), 2, State::Signed),
        ] {
            let known = running.agreements.get_agreement(get("old", known_by)).await.unwrap();
            let read_time = known.metadata().get("registan-read-time").cloned();
            let known = known.into_inner();
            assert_eq!(known.milestones.len(), milestones, "{known_by:?}");
            assert_eq!(known.status.unwrap().state(), state, "{known_by:?}");
            assert_eq!(known.title, "Agreement old");
            assert!(!known.uid.is_empty() && !known.etag.is_empty());
            assert!(read_time.is_some());
        }
        for (known_by, wanted) in [
            (None, "cited old reported undated voted"),
            (day(2023, 12, 5), "cited? undated?"),
            (day(2023, 12, 6), "cited? old undated?"),
            (day(2024, 1, 17), "cited? old reported? undated? voted"),
            (day(2024, 1, 30), "cited? old reported? undated? voted"),
            (day(2024, 1, 31), "cited? old reported undated? voted"),
            (day(2030, 1, 1), "cited? old reported undated? voted"),
        ] {
            let page = running.agreements.list_agreements(list(known_by)).await.unwrap();
            let page = page.into_inner();
            assert_eq!(ids(&page.agreements), wanted, "{known_by:?}");
            assert_eq!(page.next_page_token, "");
            let request = ExportAgreementsRequest {
                known_by,
                order_by: "title".to_owned(),
                ..ExportAgreementsRequest::default()
            };
            let stream = running.agreements.export_agreements(request).await.unwrap();
            let mut stream = stream.into_inner();
            let mut all = Vec::new();
            while let Some(one) = stream.message().await.unwrap() {
                all.push(one);
            }
            assert_eq!(ids(&all), wanted, "{known_by:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_not_known_is_not_there() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let mut refusal = async |name: &str| {
            let request = get(name, day(2024, 1, 16));
            seen(&running.agreements.get_agreement(request).await.unwrap_err(), name)
        };
        // As long, for lengths are in the bytes of the details.
        assert_eq!(refusal("voted").await, refusal("mmmmm").await);
        let undated = running.agreements.get_agreement(get("undated", day(2024, 1, 16))).await;
        let undated = undated.unwrap().into_inner();
        let status = undated.status.unwrap();
        assert!(undated.perhaps_known && undated.milestones[0].perhaps_known);
        assert_eq!(status.state(), State::Undetermined);
        assert_eq!((status.at_least(), status.at_most()), (State::NotStarted, State::Signed));
        assert_eq!(status.reason, "it is not certain that SIGNED was known by then");
        let request = |known_by| GetSourceRequest {
            name: "sources/draft".to_owned(),
            known_by,
            ..GetSourceRequest::default()
        };
        let before = running.sources.get_source(request(day(2023, 12, 5))).await.unwrap_err();
        assert_eq!(before.code(), Code::NotFound);
        let draft = running.sources.get_source(request(day(2024, 1, 16))).await.unwrap();
        assert_eq!(draft.into_inner().statements[0].concerns, ["parties/kz"], "no later source");
        let draft = running.sources.get_source(request(None)).await.unwrap().into_inner();
        assert_eq!(draft.statements[0].concerns.len(), 2);
        let sources = ListSourcesRequest { known_by: day(2024, 1, 16), ..Default::default() };
        let sources = running.sources.list_sources(sources).await.unwrap().into_inner().sources;
        assert_eq!(sources.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_one_field_says_by_a_source_of_its_own_goes_without_the_rest() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let on = |date| Some(PartialDate { date, ..PartialDate::default() });
        let membership = Membership {
            party: "parties/kz".to_owned(),
            group: "parties/eu".to_owned(),
            joined: on(day(2000, 1, 1)),
            left: on(day(2024, 1, 1)),
            source: Some(from("draft")),
            left_source: Some(from("vote")),
            ..Membership::default()
        };
        let request = CreateMembershipRequest {
            membership: Some(membership),
            ..CreateMembershipRequest::default()
        };
        let created = running.memberships.create_membership(request).await.unwrap().into_inner();
        for (known_by, has_left) in [(day(2024, 1, 16), false), (day(2024, 1, 17), true)] {
            let name = created.name.clone();
            let request = GetMembershipRequest { name, known_by, ..Default::default() };
            let found = running.memberships.get_membership(request).await.unwrap().into_inner();
            assert_eq!((found.left.is_some(), found.left_source.is_some()), (has_left, has_left));
            assert_eq!(found.joined, created.joined);
        }
    })
    .await;
}

#[tokio::test]
async fn pages_go_on_and_are_bound_to_their_day() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let known_by = day(2024, 1, 17);
        let mut request = ListAgreementsRequest { page_size: 1, ..list(known_by) };
        let (mut pages, mut found) = (0, Vec::new());
        loop {
            let page = running.agreements.list_agreements(request.clone()).await.unwrap();
            let page = page.into_inner();
            assert!(page.agreements.len() <= 1);
            found.extend(page.agreements);
            pages += 1;
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
            for other in [None, day(2024, 1, 18)] {
                let other = ListAgreementsRequest { known_by: other, ..request.clone() };
                let refusal = running.agreements.list_agreements(other).await.unwrap_err();
                assert_eq!(reason(&refusal), "PAGE_TOKEN_MISMATCH");
                assert!(refusal.message().contains("known_by"), "{refusal}");
            }
        }
        let all = "cited? old reported? undated? voted";
        assert_eq!((pages, ids(&found)), (5, all.to_owned()));
        let first = ListAgreementsRequest { page_size: 1, ..list(None) };
        let first = running.agreements.list_agreements(first).await.unwrap().into_inner();
        let other = ListAgreementsRequest {
            page_size: 1,
            page_token: first.next_page_token,
            ..list(known_by)
        };
        let refusal = running.agreements.list_agreements(other).await.unwrap_err();
        assert_eq!(reason(&refusal), "PAGE_TOKEN_MISMATCH");
    })
    .await;
}

#[tokio::test]
async fn a_day_that_is_none_is_refused() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for known_by in [day(2024, 1, 0), day(2024, 0, 0), day(2023, 2, 29), day(0, 1, 1)] {
            let refusal = running.agreements.get_agreement(get("old", known_by)).await.unwrap_err();
            assert_eq!(fields(&refusal), ["known_by"], "{known_by:?}");
            let refusal = running.agreements.list_agreements(list(known_by)).await.unwrap_err();
            assert_eq!(fields(&refusal), ["known_by"], "{known_by:?}");
            let request = ExportAgreementsRequest { known_by, ..Default::default() };
            let refusal = running.agreements.export_agreements(request).await.unwrap_err();
            assert_eq!(fields(&refusal), ["known_by"], "{known_by:?}");
            let party = "parties/kz".to_owned();
            let request = GetLegalBasisRequest { party, known_by, ..Default::default() };
            let refusal = running.agreements.get_legal_basis(request).await.unwrap_err();
            assert_eq!(fields(&refusal), ["known_by"], "{known_by:?}");
            let name = "agreements/old".to_owned();
            let request = GetLineageRequest { name, known_by, ..Default::default() };
            let refusal = running.agreements.get_lineage(request).await.unwrap_err();
            assert_eq!(fields(&refusal), ["known_by"], "{known_by:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hidden_source_is_as_if_it_were_missing() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let mut hidden = published("hidden", day(2020, 1, 1));
        hidden.source.as_mut().unwrap().tier = Tier::Restricted.into();
        hidden.source_id.clear();
        let hidden = running.sources.create_source(hidden).await.unwrap().into_inner().name;
        let hidden = hidden.trim_start_matches("sources/");
        let request = resting_on(
            "half",
            Some(from("draft")),
            vec![by(hidden, milestone(Signed, day(2020, 1, 1)))],
        );
        running.agreements.create_agreement(request).await.unwrap();
        let known_by = day(2024, 1, 12);

        let ours = running.agreements.get_agreement(get("half", known_by)).await.unwrap();
        let theirs = running.anonymous.get_agreement(get("half", known_by)).await.unwrap();

        let is_certain = |it: Agreement| it.milestones.iter().all(|one| !one.perhaps_known);
        assert!(is_certain(ours.into_inner()));
        assert!(!is_certain(theirs.into_inner()), "as one without a date");
    })
    .await;
}

#[tokio::test]
async fn the_law_is_that_of_what_was_known() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for (id, source) in [("art-1", "draft"), ("art-2", "vote")] {
            let mut request = provision("old", id, "Article 1");
            request.provision.as_mut().unwrap().source = Some(from(source));
            running.provisions.create_provision(request).await.unwrap();
        }
        let mut basis = async |known_by| {
            let request = GetLegalBasisRequest {
                party: "parties/kz".to_owned(),
                as_of: day(2024, 2, 1),
                known_by,
                ..GetLegalBasisRequest::default()
            };
            running.agreements.get_legal_basis(request).await.unwrap().into_inner()
        };

        let then = basis(day(2024, 1, 12)).await;
        let now = basis(None).await;

        assert_eq!(then.known_by, day(2024, 1, 12));
        assert_eq!(then.signed_not_in_force.len(), 1);
        assert_eq!(then.signed_not_in_force[0].agreement, "agreements/old");
        assert_eq!(then.signed_not_in_force[0].provisions.len(), 1);
        assert!(then.in_force.is_empty());
        let undetermined = then.undetermined.iter().map(|one| one.agreement.as_str());
        let mut undetermined: Vec<_> = undetermined.collect();
        undetermined.sort_unstable();
        assert_eq!(undetermined, ["agreements/cited", "agreements/reported", "agreements/undated"]);
        assert_eq!((now.in_force.len(), now.in_force[0].provisions.len()), (1, 2));
        assert_eq!(now.signed_not_in_force.len(), 3);
        assert_eq!(now.known_by, None);
    })
    .await;
}

#[tokio::test]
async fn a_lineage_goes_where_it_was_known_to_lead() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let mut nodes = async |name: &str, known_by| {
            let name = format!("agreements/{name}");
            let request = GetLineageRequest { name, known_by, ..GetLineageRequest::default() };
            let lineage = running.agreements.get_lineage(request).await;
            lineage.map(|it| it.into_inner().nodes.len()).map_err(|status| status.code())
        };

        assert_eq!(nodes("old", None).await, Ok(4));
        assert_eq!(nodes("old", day(2023, 12, 31)).await, Ok(2));
        assert_eq!(nodes("old", day(2024, 1, 16)).await, Ok(3));
        assert_eq!(nodes("old", day(2024, 1, 17)).await, Ok(4));
        assert_eq!(nodes("voted", day(2024, 1, 17)).await, Ok(2));
        assert_eq!(nodes("voted", day(2024, 1, 16)).await, Err(Code::NotFound));
    })
    .await;
}
