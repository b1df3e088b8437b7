//! A participant is found by any name of its organisation.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    CreateOrganizationRequest, ListProjectsRequest, ListTransactionsRequest, Organization,
    Participant, Project, SumTransactionsRequest, Transaction, TransactionParty,
    UpdateOrganizationRequest,
};
use api::registan::r#type::v1::{ExternalId, external_id};

use crate::support::{Running, citation, disbursement, on_both, project, serve, violations};

fn organization(tier: WireTier, iati_ref: &str, former: &str) -> Organization {
    let scheme = external_id::Scheme::Iati.into();
    let former = ExternalId { scheme, value: former.to_owned(), ..ExternalId::default() };
    Organization {
        display_name: "An office".to_owned(),
        tier: tier.into(),
        iati_ref: iati_ref.to_owned(),
        external_ids: vec![former],
        source: Some(citation("a list of organizations")),
        ..Organization::default()
    }
}

/// A project in which somebody takes part, by name or by reference.
async fn with(running: &mut Running, id: &str, organization: &str, reference: &str) {
    let participant = Participant {
        organization: organization.to_owned(),
        r#ref: reference.to_owned(),
        ..Participant::default()
    };
    let project = Project { participants: vec![participant], ..project(id) };
    running.create_project(id, project).await;
}

/// Records somebody.
pub async fn known(running: &mut Running, id: &str, organization: Organization) {
    let request = CreateOrganizationRequest {
        organization_id: id.to_owned(),
        organization: Some(organization),
        ..CreateOrganizationRequest::default()
    };
    running.organizations.create_organization(request).await.unwrap();
}

/// Records an organization that everybody knows, and one that few do.
async fn two(running: &mut Running) {
    let office = organization(WireTier::Public, "XI-IATI-NEW", "XI-IATI-OLD");
    known(running, "office", office).await;
    let secret = organization(WireTier::Restricted, "QQ-OFFICE", "ZZ-7654321");
    known(running, "", secret).await;
}

async fn found(running: &mut Running, filter: &str) -> Vec<String> {
    let request = ListProjectsRequest {
        filter: filter.to_owned(),
        order_by: "title".to_owned(),
        ..ListProjectsRequest::default()
    };
    let found = running.projects.list_projects(request).await.unwrap().into_inner().projects;
    found.into_iter().map(|it| it.title).collect()
}

#[tokio::test]
async fn a_participant_is_found_by_any_name_of_the_organization() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        two(&mut running).await;
        with(&mut running, "a-by-name", "organizations/office", "").await;
        with(&mut running, "b-by-new", "", "XI-IATI-NEW").await;
        with(&mut running, "c-by-old", "", "XI-IATI-OLD").await;
        with(&mut running, "d-other", "", "XI-IATI-ELSE").await;
        with(&mut running, "e-hidden", "", "QQ-OFFICE").await;

        for name in ["organizations/office", "XI-IATI-NEW", "XI-IATI-OLD"] {
            let filter = format!("participants:\"{name}\"");
            let all = ["a-by-name", "b-by-new", "c-by-old"];
            assert_eq!(found(&mut running, &filter).await, all, "{name}");
            let others = found(&mut running, &format!("NOT {filter}")).await;
            assert_eq!(others, ["d-other", "e-hidden"], "{name}");
        }
        assert_eq!(found(&mut running, "participants:\"XI-IATI-ELSE\"").await, ["d-other"]);
        // That a hidden participant is known by both is not revealed.
        assert_eq!(found(&mut running, "participants:\"QQ-OFFICE\"").await, ["e-hidden"]);
        assert!(found(&mut running, "participants:\"ZZ-7654321\"").await.is_empty());
    })
    .await;
}

/// The sums of what a participant has a part in, or why there are none.
async fn summed(running: &mut Running, participant: &str) -> Result<Vec<String>, String> {
    let request = SumTransactionsRequest {
        participant: participant.to_owned(),
        ..SumTransactionsRequest::default()
    };
    match running.transactions.sum_transactions(request).await {
        Ok(answer) => Ok(answer.into_inner().sums.into_iter().map(|sum| sum.amount).collect()),
        Err(refusal) => {
            let (field, reason) = violations(&refusal).remove(0);
            Err(format!("{field} {reason}"))
        }
    }
}

#[tokio::test]
async fn sums_of_a_participant_are_found_by_any_name_and_in_any_spelling() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let office = organization(WireTier::Public, "XI-IATI-NEW", "XI-IATI-OLD");
        known(&mut running, "office", office).await;
        let idle = organization(WireTier::Public, "XI-IATI-IDLE", "XI-IATI-IDLER");
        known(&mut running, "idle", idle).await;
        let secret = organization(WireTier::Restricted, "QQ-OFFICE", "ZZ-7654321");
        known(&mut running, "", secret).await;
        for (id, name, reference, amount) in [
            ("by-name", "organizations/office", "", "1"),
            ("by-new", "", "XI-IATI-NEW", "20"),
            ("by-old", "", "XI-IATI-OLD", "300"),
            ("other", "", "XI-IATI-ELSE", "4000"),
            ("hidden", "", "QQ-OFFICE", "50000"),
        ] {
            with(&mut running, id, name, reference).await;
            running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
        }

        for name in ["organizations/office", "XI-IATI-NEW", "XI-IATI-OLD", "xi iati old"] {
            assert_eq!(summed(&mut running, name).await, Ok(vec!["321".to_owned()]), "{name}");
        }
        assert_eq!(summed(&mut running, "xi-iati-else").await, Ok(vec!["4000".to_owned()]));
        assert_eq!(summed(&mut running, "QQ-OFFICE").await, Ok(vec!["50000".to_owned()]));
        for nothing in ["organizations/idle", "XI-IATI-IDLER", "ZZ-7654321"] {
            assert_eq!(summed(&mut running, nothing).await, Ok(vec![]), "{nothing}");
        }
        for (wrong, reason) in [
            ("organizations/offices", "FILTER_NAMES_NOTHING"),
            ("XI-IATI-ELS", "FILTER_NAMES_NOTHING"),
            ("organizations/a/b", "PARTICIPANT_INVALID"),
            ("()", "PARTICIPANT_INVALID"),
        ] {
            let refused = Err(format!("participant {reason}"));
            assert_eq!(summed(&mut running, wrong).await, refused, "{wrong}");
        }
        let participant = "XI-IATI-ELS".to_owned();
        let request = SumTransactionsRequest { participant, ..SumTransactionsRequest::default() };
        let refused = running.transactions.sum_transactions(request).await.unwrap_err();
        let said = refused.message();
        assert!(said.starts_with("participant: `XI-IATI-ELS`: "), "as it was given: {said}");
    })
    .await;
}

#[tokio::test]
async fn a_part_of_an_identifier_is_found_in_any_case_of_its_letters() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, identifier) in [("one", "GB-ÖRG-Ж1"), ("two", "GB-örg-ж2"), ("three", "GB-ORG-3")]
        {
            let iati_identifier = identifier.to_owned();
            running.create_project(id, Project { iati_identifier, ..project(id) }).await;
        }

        for (part, all) in [
            ("ÖRG", &["one", "two"][..]),
            ("örg-Ж", &["one", "two"]),
            ("Ж2", &["two"]),
            ("org", &["three"]),
            ("gb-", &["one", "three", "two"]),
        ] {
            let filter = format!("iati_identifier:\"{part}\"");
            assert_eq!(found(&mut running, &filter).await, all, "{part}");
        }
    })
    .await;
}

/// An identifier that was corrected under a raised tier went on finding its organization at an
/// instant before.
#[tokio::test]
async fn a_name_that_was_corrected_finds_nothing_at_an_instant_before() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        known(&mut running, "office", organization(WireTier::Public, "XI-WRONG", "XI-OLD")).await;
        with(&mut running, "a-by-name", "organizations/office", "").await;
        let request = ListProjectsRequest::default();
        let read_time =
            running.projects.list_projects(request).await.unwrap().into_inner().read_time;
        let then = |reference: &str| ListProjectsRequest {
            filter: format!("participants:\"{reference}\""),
            read_time,
            ..ListProjectsRequest::default()
        };
        let found = running.projects.list_projects(then("XI-WRONG")).await.unwrap();
        assert_eq!(found.into_inner().projects.len(), 1);

        for (tier, reference) in
            [(WireTier::Restricted, "XI-WRONG"), (WireTier::Public, "XI-RIGHT")]
        {
            let next = organization(tier, reference, "XI-OLD");
            let name = "organizations/office".to_owned();
            let request = UpdateOrganizationRequest {
                organization: Some(Organization { name, ..next }),
                ..UpdateOrganizationRequest::default()
            };
            running.organizations.update_organization(request).await.unwrap();
        }

        for reference in ["XI-WRONG", "XI-OLD", "XI-RIGHT"] {
            let found = running.projects.list_projects(then(reference)).await.unwrap();
            assert!(found.into_inner().projects.is_empty(), "{reference}");
        }
        let found = running.projects.list_projects(then("organizations/office")).await.unwrap();
        assert_eq!(found.into_inner().projects.len(), 1);
    })
    .await;
}

/// The amounts of the transactions that a filter finds.
async fn moved(running: &mut Running, filter: &str) -> Vec<String> {
    let request = ListTransactionsRequest {
        parent: "projects/-".to_owned(),
        filter: filter.to_owned(),
        ..ListTransactionsRequest::default()
    };
    let found = running.transactions.list_transactions(request).await.unwrap().into_inner();
    let amount = |it: Transaction| it.value.unwrap_or_default().amount;
    let mut amounts: Vec<String> = found.transactions.into_iter().map(amount).collect();
    amounts.sort();
    amounts
}

#[tokio::test]
async fn a_provider_is_found_by_any_name_of_the_organization() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        two(&mut running).await;
        running.create_project("water", project("Water")).await;
        for (amount, organization, reference) in [
            ("1", "organizations/office", ""),
            ("2", "", "XI-IATI-NEW"),
            ("3", "", "xi-iati-old"),
            ("4", "organizations/office", "XI-IATI-NEW"),
            ("5", "", "XI-IATI-ELSE"),
            ("6", "", "QQ-OFFICE"),
        ] {
            let party = TransactionParty {
                organization: organization.to_owned(),
                r#ref: reference.to_owned(),
                ..TransactionParty::default()
            };
            let moved = Transaction {
                provider: Some(party.clone()),
                receiver: Some(party),
                ..disbursement(amount, 1)
            };
            running.create_transaction("projects/water", moved).await;
        }
        running.create_transaction("projects/water", disbursement("7", 1)).await;

        for side in ["provider", "receiver"] {
            for name in ["organizations/office", "XI-IATI-NEW", "XI-IATI-OLD"] {
                let filter = format!("{side}:\"{name}\"");
                assert_eq!(moved(&mut running, &filter).await, ["1", "2", "3", "4"], "{filter}");
                let others = moved(&mut running, &format!("NOT {filter}")).await;
                assert_eq!(others, ["5", "6", "7"], "{filter}");
            }
            let all = moved(&mut running, &format!("{side}:*")).await;
            assert_eq!(all, ["1", "2", "3", "4", "5", "6"]);
            // That a hidden organization is known by both is not revealed.
            for (name, wanted) in [("QQ-OFFICE", vec!["6"]), ("ZZ-7654321", vec![])] {
                assert_eq!(moved(&mut running, &format!("{side}:\"{name}\"")).await, wanted);
            }
        }
    })
    .await;
}

/// Three spellings of one implementer were three rows and one of nobody.
#[tokio::test]
async fn a_participant_has_one_row_under_all_its_names() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for (id, references, amount) in [
            ("one", &["GB-CHC-1"][..], "10"),
            ("small", &["gb-chc-1"], "20"),
            ("both", &["GB-CHC-1", "GB-CHC- 1"], "40"),
        ] {
            let participants = references.iter().map(|reference| Participant {
                r#ref: (*reference).to_owned(),
                ..Participant::default()
            });
            let project = Project { participants: participants.collect(), ..project(id) };
            running.create_project(id, project).await;
            running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
        }
        let before = rows(&mut running).await;
        let oxfam = organization(WireTier::Public, "GB-CHC-1", "GB-OLD-1");
        known(&mut running, "oxfam", oxfam).await;
        with(&mut running, "named", "organizations/oxfam", "").await;
        with(&mut running, "former", "", "gb-old-1").await;
        for id in ["named", "former"] {
            running.create_transaction(&format!("projects/{id}"), disbursement("100", 1)).await;
        }

        assert_eq!(before, ["GB-CHC- 1=70"]);
        assert_eq!(rows(&mut running).await, ["organizations/oxfam=270"]);
    })
    .await;
}

/// A hidden organization gives its name to nobody.
#[tokio::test]
async fn a_hidden_organization_names_no_row() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let hidden = organization(WireTier::Restricted, "QQ-OFFICE", "ZZ-7654321");
        known(&mut running, "", hidden).await;
        for (id, reference) in [("new", "QQ-OFFICE"), ("old", "ZZ-7654321")] {
            with(&mut running, id, "", reference).await;
            running.create_transaction(&format!("projects/{id}"), disbursement("1", 1)).await;
        }

        assert_eq!(rows(&mut running).await, ["QQ-OFFICE=1", "ZZ-7654321=1"]);
    })
    .await;
}

/// The rows by participant.
async fn rows(running: &mut Running) -> Vec<String> {
    let group_by = vec![Dimension::Participant.into()];
    let request = SumTransactionsRequest { group_by, ..SumTransactionsRequest::default() };
    let sums = running.sums(request).await;
    sums.into_iter().map(|sum| format!("{}={}", sum.participant, sum.amount)).collect()
}
