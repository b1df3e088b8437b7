//! Events that had not happened by a day were not perhaps known by it.

use api::registan::r#type::v1::Basis;

use super::*;

#[tokio::test]
async fn an_event_after_the_day_was_not_perhaps_known() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let planned = |milestone: Milestone| {
            let source = SourceRef { basis: Basis::Planned.into(), ..from("undated") };
            Milestone { source: Some(source), ..milestone }
        };
        let in_force = milestone(InForce, day(2024, 1, 20));
        let signed = milestone(Signed, day(2023, 1, 1));
        for (id, milestones) in [
            ("begun", vec![signed.clone(), in_force.clone()]),
            ("after", vec![in_force.clone()]),
            ("planned", vec![planned(in_force.clone())]),
        ] {
            let request = resting_on(id, Some(from("undated")), milestones);
            running.agreements.create_agreement(request).await.unwrap();
        }
        for (known_by, wanted) in [
            (day(2024, 1, 19), [Some(1), None, Some(1)]),
            (day(2024, 1, 20), [Some(2), Some(1), Some(1)]),
        ] {
            let mut found = Vec::new();
            for id in ["begun", "after", "planned"] {
                let agreement = running.agreements.get_agreement(get(id, known_by)).await;
                found.push(agreement.ok().map(|it| it.into_inner().milestones.len()));
            }
            assert_eq!(found, wanted, "{known_by:?}");
        }
        let begun = running.agreements.get_agreement(get("begun", day(2024, 1, 19))).await;
        let status = begun.unwrap().into_inner().status.unwrap();
        assert_eq!((status.at_least(), status.at_most()), (State::NotStarted, State::Signed));
        let page = running.agreements.list_agreements(list(day(2024, 1, 19))).await.unwrap();
        let listed = ids(&page.into_inner().agreements);
        assert!(listed.contains("begun?") && !listed.contains("after"), "{listed}");
    })
    .await;
}

/// The reference record: what was signed after a day is no law that was known on it.
#[tokio::test]
async fn the_record_knows_of_no_event_before_it_happened() {
    on_both(|url| async move {
        let mut running = crate::law_table::recorded(&url).await;
        let request = GetLegalBasisRequest {
            party: "parties/kg".to_owned(),
            as_of: day(2025, 12, 31),
            known_by: day(2024, 1, 12),
            ..GetLegalBasisRequest::default()
        };
        let basis = running.agreements.get_legal_basis(request).await.unwrap().into_inner();
        let undetermined: Vec<_> =
            basis.undetermined.iter().map(|one| one.agreement.as_str()).collect();
        assert!(!undetermined.contains(&"agreements/eu-eib-kambarata-mou-2025"));
        let all = basis.negotiated.iter().chain(&basis.undetermined);
        let epca = all.clone().find(|one| one.agreement == "agreements/eu-kg-epca-2024");
        let status = epca.unwrap().status.clone().unwrap();
        assert!(!status.reason.contains("SIGNED"), "{}", status.reason);
    })
    .await;
}

#[tokio::test]
async fn what_stands_on_a_day_is_no_filter_of_what_was_known() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        for filter in [
            "status_on(\"2024-01-17\") = IN_FORCE",
            "kind = PROTOCOL AND NOT status_on(\"2024-01-17\") = IN_FORCE",
        ] {
            let request = |known_by| ListAgreementsRequest {
                filter: filter.to_owned(),
                known_by,
                ..ListAgreementsRequest::default()
            };
            running.agreements.list_agreements(request(None)).await.unwrap();
            let refusal = running.agreements.list_agreements(request(day(2024, 1, 16))).await;
            let refusal = refusal.unwrap_err();
            assert_eq!(reason(&refusal), "FILTER_INVALID");
            assert!(refusal.message().contains("known_by"), "{refusal}");
            let export = ExportAgreementsRequest {
                filter: filter.to_owned(),
                known_by: day(2024, 1, 16),
                ..ExportAgreementsRequest::default()
            };
            let refusal = running.agreements.export_agreements(export).await.unwrap_err();
            assert_eq!(reason(&refusal), "FILTER_INVALID");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_perhaps_known_says_so_in_the_law_and_in_lineages() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let request = GetLegalBasisRequest {
            party: "parties/kz".to_owned(),
            as_of: day(2024, 2, 1),
            known_by: day(2024, 1, 12),
            ..GetLegalBasisRequest::default()
        };
        let basis = running.agreements.get_legal_basis(request).await.unwrap().into_inner();
        let marks = [("old", false), ("undated", true), ("cited", true)];
        let listed = basis.signed_not_in_force.iter().chain(&basis.undetermined);
        for (id, mark) in marks {
            let name = format!("agreements/{id}");
            let entry = listed.clone().find(|one| one.agreement == name).unwrap();
            assert_eq!(entry.perhaps_known, mark, "{id}");
        }
        let lineage = |known_by| GetLineageRequest {
            name: "agreements/undated".to_owned(),
            known_by,
            ..GetLineageRequest::default()
        };
        let found = running.agreements.get_lineage(lineage(day(2024, 1, 12))).await;
        let found = found.unwrap().into_inner();
        assert!(found.nodes[0].perhaps_known && found.nodes[0].name == "agreements/undated");
        let all = running.agreements.get_lineage(lineage(None)).await.unwrap().into_inner();
        assert!(all.nodes.iter().all(|one| !one.perhaps_known));
    })
    .await;
}
