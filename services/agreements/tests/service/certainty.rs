//! How far an answer can be trusted: the confidence of its dates, what nobody looked up, and until
//! when its sources can report.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::milestone::Kind::{InForce, Signed, Suspended};
use api::registan::agreements::v1::{
    CreateSourceRequest, GetLegalBasisRequest, LegalBasis, LegalBasisProvision, Milestone, Source,
    milestone, party, source,
};
use api::registan::r#type::v1::partial_date::Qualifier;
use api::registan::r#type::v1::{Confidence, Date, PartialDate, SourceRef};

use crate::agreements::{agreement, day, milestone, provision};
use crate::support::{Running, on_both, party, serve};

async fn with_parties(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, kind) in [("eu", party::Kind::Union), ("kz", party::Kind::State)] {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    running
}

async fn legal_basis(running: &mut Running, as_of: Option<Date>) -> LegalBasis {
    let party = "parties/kz".to_owned();
    let request = GetLegalBasisRequest { party, as_of, ..GetLegalBasisRequest::default() };
    running.agreements.get_legal_basis(request).await.unwrap().into_inner()
}

fn known(kind: milestone::Kind, date: Option<Date>, confidence: Confidence) -> Milestone {
    Milestone { confidence: confidence.into(), ..milestone(kind, date) }
}

#[tokio::test]
async fn the_dates_of_the_law_say_how_far_they_are_to_be_trusted() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let life = vec![
            known(Signed, day(1999, 11, 10), Confidence::Unsure),
            known(InForce, day(2010, 8, 1), Confidence::Likely),
            Milestone {
                scope: "Article 2".to_owned(),
                ..known(Suspended, day(2022, 1, 1), Confidence::Unsure)
            },
        ];
        let request = agreement("interim", Kind::InterimTrade, life);
        running.agreements.create_agreement(request).await.unwrap();
        for (id, article) in [("art-1", "Article 1"), ("art-2", "Article 2")] {
            let request = provision("interim", id, article);
            running.provisions.create_provision(request).await.unwrap();
        }

        let basis = legal_basis(&mut running, day(2024, 1, 17)).await;

        let [entry] = &basis.in_force[..] else { panic!("{basis:?}") };
        assert_eq!(entry.signed_confidence(), Confidence::Unsure);
        let status = entry.status.as_ref().unwrap();
        assert_eq!(status.since_confidence(), Confidence::Likely);
        let marks: Vec<_> =
            entry.provisions.iter().map(LegalBasisProvision::since_confidence).collect();
        assert_eq!(marks, [Confidence::Likely, Confidence::Unsure]);

        let before = legal_basis(&mut running, day(1999, 11, 9)).await;
        let entry = &before.not_started[0];
        assert_eq!((entry.signed.as_ref(), entry.signed_confidence), (None, 0), "no date, no mark");
        assert_eq!(entry.status.as_ref().unwrap().since_confidence, 0);
    })
    .await;
}

#[tokio::test]
async fn an_agreement_whose_provisions_nobody_recorded_says_so() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let in_force = || vec![milestone(InForce, day(2010, 8, 1))];
        for (id, kind) in [
            ("silent", Kind::InterimTrade),
            ("spoken", Kind::InterimTrade),
            ("protocol", Kind::Protocol),
            ("memorandum", Kind::MemorandumOfUnderstanding),
        ] {
            let request = agreement(id, kind, in_force());
            running.agreements.create_agreement(request).await.unwrap();
        }
        let request = provision("spoken", "art-1", "Article 1");
        running.provisions.create_provision(request).await.unwrap();

        let basis = legal_basis(&mut running, day(2024, 1, 17)).await;
        let all = basis.in_force.iter().chain(&basis.political);
        let silent: Vec<&str> = all
            .filter(|entry| entry.provisions_not_recorded)
            .map(|entry| entry.agreement.as_str())
            .collect();
        assert_eq!(silent, ["agreements/silent"]);

        let early = legal_basis(&mut running, day(2009, 1, 1)).await;
        assert!(early.not_started.iter().all(|entry| !entry.provisions_not_recorded));
    })
    .await;
}

fn of(source: &str, milestone: Milestone) -> Milestone {
    let source = SourceRef { source: format!("sources/{source}"), ..SourceRef::default() };
    Milestone { source: Some(source), ..milestone }
}

#[tokio::test]
async fn a_day_after_all_sources_is_told() {
    on_both(|url| async move {
        let mut running = with_parties(&url).await;
        let dated = |date| Some(PartialDate { date, ..PartialDate::default() });
        for (id, published, retrieved) in [
            ("old", dated(day(2010, 7, 1)), None),
            ("looked-at", None, day(2026, 3, 2)),
            ("read-again", dated(day(2012, 0, 0)), day(2026, 11, 28)),
            ("undated", None, None),
        ] {
            let source = Source {
                kind: source::Kind::Other.into(),
                title: format!("Source {id}"),
                published,
                retrieved,
                ..Source::default()
            };
            let source_id = id.to_owned();
            let request =
                CreateSourceRequest { source: Some(source), source_id, ..Default::default() };
            running.sources.create_source(request).await.unwrap();
        }
        let life = vec![
            of("old", milestone(Signed, day(1999, 11, 10))),
            of("undated", milestone(InForce, day(2010, 8, 1))),
        ];
        let request = agreement("interim", Kind::InterimTrade, life);
        running.agreements.create_agreement(request).await.unwrap();
        assert_eq!(legal_basis(&mut running, day(2010, 7, 1)).await.sources_end, None);
        let later = legal_basis(&mut running, day(2010, 7, 2)).await.sources_end;
        assert_eq!(later, dated(day(2010, 7, 1)));

        let life = vec![
            of("read-again", milestone(Signed, day(2011, 1, 1))),
            of("looked-at", milestone(InForce, day(2012, 1, 1))),
        ];
        let request = agreement("other", Kind::InterimTrade, life);
        running.agreements.create_agreement(request).await.unwrap();
        assert_eq!(legal_basis(&mut running, day(2026, 3, 2)).await.sources_end, None);
        let later = legal_basis(&mut running, day(2035, 1, 1)).await.sources_end;
        let until = Qualifier::Until.into();
        let by = PartialDate { qualifier: until, ..dated(day(2026, 3, 2)).unwrap() };
        assert_eq!(later, Some(by), "the day on which it was looked at, as it has no other");
    })
    .await;
}
