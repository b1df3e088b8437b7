//! The law on a day: what is not known is said, nothing is left out, and what cannot have happened
//! is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::agreements::{agreement, between, day, milestone};
use crate::support::{Running, fields, on_both, party, reason, serve};
use api::registan::agreements::v1::agreement::{Kind, State};
use api::registan::agreements::v1::milestone::Kind::{InForce, Ratified, Replaced, Signed};
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    CreateAgreementRequest, GetAgreementRequest, GetLegalBasisRequest, LegalBasis, LegalBasisEntry,
    ListAgreementsRequest, Milestone, Relation, relation,
};
use api::registan::r#type::v1::{Date, PartialDate, partial_date::Qualifier};
use tonic::Code;

fn by(kind: api::registan::agreements::v1::milestone::Kind, date: Option<Date>) -> Milestone {
    let until = Qualifier::Until.into();
    let date = PartialDate { date, qualifier: until, ..PartialDate::default() };
    Milestone { kind: kind.into(), date: Some(date), ..Milestone::default() }
}

fn of(id: &str, parties: &[&str], milestones: Vec<Milestone>) -> CreateAgreementRequest {
    let mut request = agreement(id, Kind::Protocol, milestones);
    request.agreement.as_mut().unwrap().parties = between(parties);
    request
}

async fn with_parties(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, kind) in [
        ("eu", PartyKind::Union),
        ("bank", PartyKind::Bank),
        ("su", PartyKind::FormerState),
        ("kz", PartyKind::State),
    ] {
        let mut request = party(id, kind);
        if id == "kz" {
            request.party.as_mut().unwrap().predecessors = vec!["parties/su".to_owned()];
        }
        running.parties.create_party(request).await.unwrap();
    }
    running
}

async fn legal_basis(running: &mut Running, as_of: Option<Date>) -> LegalBasis {
    let party = "parties/kz".to_owned();
    let request = GetLegalBasisRequest { party, as_of, ..GetLegalBasisRequest::default() };
    running.agreements.get_legal_basis(request).await.unwrap().into_inner()
}

fn names(entries: &[LegalBasisEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.agreement.replace("agreements/", "")).collect()
}

#[tokio::test]
async fn every_agreement_is_in_one_list_on_every_day() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let mut old = of("old", &["eu", "su"], vec![milestone(InForce, day(1990, 4, 1))]);
        let mut replaced = milestone(Replaced, day(1999, 7, 1));
        "parties/kz".clone_into(&mut replaced.party);
        old.agreement.as_mut().unwrap().milestones.push(replaced);
        for request in [
            old,
            of("known-by", &["eu", "kz"], vec![by(InForce, day(2026, 3, 0))]),
            of("silent", &["eu", "kz"], vec![]),
            of("later", &["eu", "kz"], vec![milestone(Signed, day(2025, 4, 4))]),
            of("loan", &["bank", "kz"], vec![milestone(Signed, day(2001, 1, 1))]),
        ] {
            running.agreements.create_agreement(request).await.unwrap();
        }

        let then = legal_basis(&mut running, day(1995, 1, 1)).await;
        let now = legal_basis(&mut running, day(2024, 1, 17)).await;
        let after = legal_basis(&mut running, day(2026, 4, 1)).await;

        assert_eq!(names(&then.in_force), ["old"]);
        assert_eq!(then.in_force[0].predecessor, "parties/su");
        assert_eq!(names(&now.ended), ["old"]);
        for basis in [&then, &now] {
            assert_eq!(names(&basis.undetermined), ["known-by", "silent"]);
            assert_eq!(names(&basis.not_started), ["later"]);
            assert_eq!(names(&basis.without_union), ["loan"]);
        }
        let unknown = now.undetermined[1].status.clone().unwrap();
        assert_eq!((unknown.state(), unknown.uncertain), (State::Unknown, true));
        assert_eq!(unknown.reason, "no milestone that changes its state is recorded");
        assert_eq!((names(&after.in_force), names(&after.undetermined)), {
            (vec!["known-by".to_owned()], vec!["silent".to_owned()])
        });
    })
    .await;
}

#[tokio::test]
async fn what_is_in_force_for_one_party_is_not_for_another_nor_for_a_filter() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let mut of_su = milestone(InForce, day(2020, 1, 1));
        "parties/su".clone_into(&mut of_su.party);
        let all = milestone(InForce, day(2021, 1, 1));
        let life = vec![milestone(Signed, day(2019, 1, 1)), of_su, all];
        let late = of("late", &["eu", "kz", "su"], life);
        running.agreements.create_agreement(late).await.unwrap();

        for (on, signed, in_force) in [
            (day(2020, 3, 1), vec!["late".to_owned()], vec![]),
            (day(2021, 1, 1), vec![], vec!["late".to_owned()]),
        ] {
            let basis = legal_basis(&mut running, on).await;
            assert_eq!(names(&basis.signed_not_in_force), signed, "{on:?}");
            assert_eq!(names(&basis.in_force), in_force, "{on:?}");
            let on = on.unwrap();
            let day = format!("{:04}-{:02}-{:02}", on.year, on.month, on.day);
            let filter = format!("status_on(\"{day}\") = IN_FORCE");
            let request = ListAgreementsRequest { filter, ..ListAgreementsRequest::default() };
            let found = running.agreements.list_agreements(request).await.unwrap().into_inner();
            assert_eq!(found.agreements.len(), in_force.len(), "{day}");
        }
    })
    .await;
}

#[tokio::test]
async fn milestones_in_the_wrong_order_are_refused_with_the_fields_of_both() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let life = |signed| vec![milestone(InForce, day(2020, 3, 1)), milestone(Signed, signed)];

        let wrong = of("x", &["eu", "kz"], life(day(2020, 4, 0)));
        let mut untitled = wrong.clone();
        untitled.agreement.as_mut().unwrap().title.clear();
        let refusal = running.agreements.create_agreement(wrong).await.unwrap_err();

        assert_eq!(refusal.code(), Code::InvalidArgument);
        let both = ["agreement.milestones[1].date", "agreement.milestones[0].date"];
        assert_eq!(fields(&refusal), both);
        let all = running.agreements.create_agreement(untitled).await.unwrap_err();
        assert_eq!(fields(&all), ["agreement.title", both[0], both[1]]);
        assert_eq!(reason(&refusal), "ORDER_INVALID");
        assert!(refusal.message().contains("SIGNED cannot come after IN_FORCE"), "{refusal}");
        let may_be = of("x", &["eu", "kz"], life(day(2020, 0, 0)));
        running.agreements.create_agreement(may_be).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_scope_of_what_has_none_is_refused() {
    use api::registan::agreements::v1::milestone::Kind::{
        ProvisionallyApplied, Suspended, SuspensionLifted,
    };
    use api::registan::agreements::v1::milestone::Measure;
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let scoped = |kind, year| {
            let mut milestone = milestone(kind, day(year, 1, 1));
            "technical meetings".clone_into(&mut milestone.scope);
            milestone
        };
        let sound = [
            scoped(ProvisionallyApplied, 1999),
            scoped(Suspended, 2005),
            scoped(SuspensionLifted, 2006),
        ];
        let mut wrong = sound.to_vec();
        wrong.push(Milestone { articles: vec!["Article 2".to_owned()], ..scoped(InForce, 2007) });
        wrong.push(Milestone { whole: true, ..scoped(SuspensionLifted, 2008) });
        let measure = Measure::Cooperation.into();
        wrong.push(Milestone { measure, ..milestone(Suspended, day(2009, 1, 1)) });
        wrong.push(Milestone { measure, ..scoped(SuspensionLifted, 2010) });

        let request = of("x", &["eu", "kz"], wrong);
        let refusal = running.agreements.create_agreement(request).await.unwrap_err();

        let of_each = [(3, "scope"), (3, "articles"), (4, "whole"), (5, "measure"), (6, "measure")];
        let at = |(place, field)| format!("agreement.milestones[{place}].{field}");
        assert_eq!(fields(&refusal), of_each.map(at));
        assert_eq!(reason(&refusal), "SCOPE_NOT_ALLOWED");
        running.agreements.create_agreement(of("x", &["eu", "kz"], sound.to_vec())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_date_that_cannot_be_read_is_not_also_in_the_wrong_order() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let life = vec![milestone(Signed, day(2019, 1, 1)), milestone(InForce, day(2020, 2, 30))];

        let request = of("x", &["eu", "kz"], life);
        let refusal = running.agreements.create_agreement(request).await.unwrap_err();

        assert_eq!(fields(&refusal), ["agreement.milestones[1].date.date"]);
    })
    .await;
}

#[tokio::test]
async fn a_memorandum_that_is_suspended_is_political() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let suspended = api::registan::agreements::v1::milestone::Kind::Suspended;
        let life = vec![milestone(InForce, day(2006, 1, 1)), milestone(suspended, day(2022, 1, 1))];
        let mut request = of("mou", &["eu", "kz"], life);
        request.agreement.as_mut().unwrap().binding = false;
        running.agreements.create_agreement(request).await.unwrap();

        let basis = legal_basis(&mut running, day(2024, 1, 17)).await;

        assert_eq!((names(&basis.political), basis.suspended.len()), (vec!["mou".to_owned()], 0));
        assert_eq!(basis.political[0].status.as_ref().unwrap().state(), State::Suspended);
    })
    .await;
}

#[tokio::test]
async fn an_interval_and_what_is_suspended_and_whose_act_it_was_are_told() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let mut lifted =
            milestone(api::registan::agreements::v1::milestone::Kind::SuspensionLifted, None);
        let interval =
            PartialDate { date: day(2006, 11, 0), end: day(2007, 11, 0), ..PartialDate::default() };
        lifted.date = Some(interval);
        let mut suspended =
            milestone(api::registan::agreements::v1::milestone::Kind::Suspended, day(2005, 10, 3));
        "technical meetings".clone_into(&mut suspended.scope);
        let ratified = milestone(Ratified, day(1998, 1, 9));
        let entered = milestone(InForce, day(1999, 7, 1));
        let request = of("pca", &["eu", "kz"], vec![entered, suspended, lifted.clone(), ratified]);
        let created = running.agreements.create_agreement(request).await.unwrap().into_inner();

        assert_eq!(created.milestones[2].date, lifted.date, "both ends are kept");
        let unattributed: Vec<bool> =
            created.milestones.iter().map(|milestone| milestone.unattributed).collect();
        assert_eq!(unattributed, [false, false, false, true]);
        for (as_of, part) in [(day(2006, 1, 1), "technical meetings"), (day(2008, 1, 1), "")] {
            let request = GetAgreementRequest {
                name: created.name.clone(),
                as_of,
                ..GetAgreementRequest::default()
            };
            let answer = running.agreements.get_agreement(request).await.unwrap().into_inner();
            let status = answer.status.unwrap();
            assert_eq!((status.state(), status.suspended.as_str()), (State::InForce, part));
            assert_eq!(status.since.unwrap().date, day(1999, 7, 1));
        }

        lifted.date.as_mut().unwrap().end = day(2006, 10, 0);
        let wrong = of("x", &["eu", "kz"], vec![lifted]);
        let refusal = running.agreements.create_agreement(wrong).await.unwrap_err();
        assert_eq!(fields(&refusal), ["agreement.milestones[0].date.end"]);
        assert_eq!(reason(&refusal), "DATE_INVALID");
    })
    .await;
}

#[tokio::test]
async fn an_agreement_that_is_to_replace_another_says_so_by_a_relation() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        running.agreements.create_agreement(of("old", &["eu", "kz"], vec![])).await.unwrap();
        let relation = Relation {
            kind: relation::Kind::ToReplace.into(),
            agreement: "agreements/old".to_owned(),
            ..Relation::default()
        };
        let mut request = of("new", &["eu", "kz"], vec![]);
        request.agreement.as_mut().unwrap().relations = vec![relation.clone()];

        let created = running.agreements.create_agreement(request).await.unwrap().into_inner();

        assert_eq!(created.relations, [relation]);
    })
    .await;
}
