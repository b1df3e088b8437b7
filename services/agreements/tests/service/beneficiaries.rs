//! The beneficiaries of the preference schemes of the reference record on a day.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::beneficiary::Arrangement;
use api::registan::agreements::v1::{Beneficiaries, Benefit, ListBeneficiariesRequest};
use api::registan::r#type::v1::Date;

use crate::obligations_record::recorded;
use crate::support::{Running, fields, on_both};

fn names(benefits: &[Benefit]) -> Vec<String> {
    let name = |one: &Benefit| {
        let of = one.beneficiary.as_ref().unwrap();
        let arrangement = match of.arrangement() {
            Arrangement::Plus => "PLUS",
            Arrangement::Standard => "STANDARD",
            _ => "another",
        };
        format!("{} {arrangement}", of.party.trim_start_matches("parties/"))
    };
    benefits.iter().map(name).collect()
}

async fn on(
    running: &mut Running,
    party: &str,
    (year, month, day): (i32, i32, i32),
) -> Beneficiaries {
    let request = ListBeneficiariesRequest {
        party: party.to_owned(),
        as_of: Some(Date { year, month, day }),
        read_time: None,
    };
    running.frameworks.list_beneficiaries(request).await.unwrap().into_inner()
}

/// The record says of Kazakhstan, Tajikistan and Turkmenistan no first day.
#[tokio::test]
async fn an_ended_preference_is_an_end_and_no_preference() {
    Box::pin(on_both(|url| async move {
        let mut running = recorded(&url).await;
        let (kg, uz) = ("kg PLUS", "uz PLUS");
        let (kz, tj, tm) = ("kz STANDARD", "tj STANDARD", "tm STANDARD");
        for (day, known, doubtful) in [
            ((2013, 6, 30), vec![], vec![kz, tj, tm]),
            // "No longer since 2014-01", on whatever day of it; "since 2016" of Turkmenistan.
            ((2014, 1, 15), vec![], vec![kz, tj, tm]),
            ((2014, 1, 31), vec![], vec![tj, tm]),
            ((2015, 6, 1), vec![], vec![tj, tm]),
            ((2016, 1, 26), vec![], vec![tj, tm]),
            ((2016, 1, 27), vec![kg], vec![tj, tm]),
            ((2016, 12, 31), vec![kg], vec![tj]),
            ((2021, 4, 9), vec![kg], vec![tj]),
            // By the resolution of that day it benefits; from when is not known.
            ((2024, 1, 17), vec![kg, uz], vec![tj]),
            ((2024, 1, 18), vec![kg, tj, uz], vec![]),
        ] {
            let found = on(&mut running, "", day).await;
            assert_eq!(names(&found.benefits), known, "{day:?}");
            assert_eq!(names(&found.undetermined), doubtful, "{day:?}");
            assert!(found.undetermined.iter().all(|one| !one.reason.is_empty()), "{found:?}");
        }
        let lasting = on(&mut running, "parties/uz", (2024, 6, 30)).await;
        assert_eq!(names(&lasting.benefits), [uz]);
        assert_eq!(lasting.benefits[0].framework, "frameworks/gsp-plus-uz");
        let ended = on(&mut running, "parties/kz", (2024, 6, 30)).await;
        assert_eq!((ended.benefits, ended.undetermined), (vec![], vec![]));
        let party = "uz".to_owned();
        let request = ListBeneficiariesRequest { party, ..ListBeneficiariesRequest::default() };
        let refusal = running.frameworks.list_beneficiaries(request).await.unwrap_err();
        assert_eq!(fields(&refusal), ["party"]);
    }))
    .await;
}
