//! The duties of the reference record on a day, as they were counted by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use api::registan::agreements::v1::obligation_service_client::ObligationServiceClient;
use api::registan::agreements::v1::obligation_status::State;
use reference::COLLECTIONS;

use crate::obligations::{date, due, ids, overdue, status};
use crate::support::{Running, on_both, serve};

/// The service with the part of the reference record that it keeps.
pub async fn recorded(url: &str) -> Running {
    let running = serve(url).await;
    // The last are sources that speak of what other services keep.
    let own = COLLECTIONS[..COLLECTIONS.len() - 1].iter();
    for collection in own.filter(|one| one.message.starts_with("registan.agreements.")) {
        for record in collection.records().unwrap() {
            reference::create(&record, &running.connection).await.unwrap();
        }
    }
    running
}

/// The count by hand for 30 June 2024: every duty of the record that is not UNKNOWN.
const BY_HAND: [(&str, State); 12] = [
    // The report due on 1 January 2024; those of 2016 to 2022 were done, late. All of it is marked
    // UNSURE, and the status says so.
    ("eu-gsp-plus-report", State::Overdue),
    // In force: respect is due on every day.
    ("eu-kz-epca-2015-human-rights", State::Due),
    ("eu-kg-pca-1995-human-rights", State::Due),
    ("eu-uz-pca-1996-human-rights", State::Due),
    ("eu-tj-pca-2004-human-rights", State::Due),
    ("kg-gsp-plus-undertaking", State::Due),
    ("uz-gsp-plus-undertaking", State::Due),
    // Replaced in 2020; signed in 1998 and never in force; signed five days before.
    ("eu-kz-pca-cooperation-council-yearly", State::NotBinding),
    ("eu-tm-pca-1998-human-rights", State::NotBinding),
    ("eu-kg-epca-2024-human-rights", State::NotBinding),
    // Their first due days in the record lie at the end of 2024 and of 2025.
    ("eu-tm-human-rights-dialogue-yearly", State::NotYetDue),
    ("eu-tj-cooperation-council-yearly", State::NotYetDue),
];

#[tokio::test]
async fn the_overdue_duties_of_the_record_are_those_counted_by_hand() {
    on_both(|url| async move {
        let running = recorded(&url).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let on = (2024, 6, 30);
        let by_hand: BTreeMap<&str, State> = BY_HAND.into_iter().collect();
        let records = COLLECTIONS.iter().find(|one| one.name == "obligations").unwrap();
        for record in records.records().unwrap() {
            let found = status(&mut client, &record.id, on).await;
            let wanted = by_hand.get(&*record.id).copied().unwrap_or(State::Unknown);
            assert_eq!(found.state(), wanted, "{}: {found:?}", record.id);
            let written = &record.written;
            let is_unsure = written.to_string().contains("CONFIDENCE_UNSURE");
            let has_reason = is_unsure || matches!(wanted, State::Unknown | State::NotBinding);
            assert_eq!(found.reason.is_empty(), !has_reason, "{}: {found:?}", record.id);
        }

        let found = overdue(&mut client, "", on).await;
        assert_eq!(ids(&found), ["eu-gsp-plus-report"]);
        let status = found.obligations[0].status.as_ref().unwrap();
        assert_eq!((status.overdue, &status.overdue_since), (1, &Some(date((2024, 1, 1)))));
        let unsure = "it rests on what is marked UNSURE: the duty itself, what was done";
        assert_eq!(status.reason, unsure);
        for (on, count) in [
            ((2015, 12, 31), 0),
            // The regulation is known to have been in effect from 27 January 2016 on.
            ((2016, 1, 10), 0),
            ((2016, 1, 28), 0),
            ((2018, 1, 1), 0),
            ((2018, 1, 10), 1),
            ((2023, 11, 20), 1),
            ((2023, 11, 21), 0),
        ] {
            assert_eq!(
                ids(&overdue(&mut client, "kind = REPORT", on).await).len(),
                count,
                "{on:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_first_report_is_not_due_before_the_treaty_was_in_force_for_long_enough() {
    on_both(|url| async move {
        let running = recorded(&url).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        for (duty, on) in [
            ("kz-cped-report", (2012, 12, 22)),
            ("tj-icmw-report", (2004, 6, 30)),
            ("kz-op-crc-sc-report", (2004, 1, 17)),
        ] {
            let found = status(&mut client, duty, on).await;
            assert_eq!((found.state(), &*found.reason), (State::NotYetDue, ""), "{duty}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_due_day_stands_by_itself_and_a_duty_by_all_its_due_days() {
    on_both(|url| async move {
        let running = recorded(&url).await;
        let mut client = ObligationServiceClient::new(running.connection.clone());
        let on = (2026, 1, 1);
        let items = due(&mut client, "kind = REPORT", on, on).await;
        let item = items.iter().find(|one| one.obligation.ends_with("eu-gsp-plus-report")).unwrap();
        assert_eq!((item.number, item.state()), (6, State::Due));
        let duty = status(&mut client, "eu-gsp-plus-report", on).await;
        assert_eq!((duty.state(), duty.overdue_since), (State::Overdue, Some(date((2024, 1, 1)))));
    })
    .await;
}
