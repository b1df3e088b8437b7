//! The cost of redaction.

use std::hint::black_box;
use std::time::Instant;

use api::registan::rights::v1::{Activity, ListActivitiesResponse};
use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
use policy::{Clearance, Redaction};
use prost::Message;
use prost_types::Timestamp;

/// An activity with every field set, 650 bytes of it.
fn activity(number: usize) -> Activity {
    let time = Some(Timestamp { seconds: 1_700_000_000, nanos: 123_456_000 });
    Activity {
        name: format!("activities/0192f7c2-5d1e-7a41-9f5e-{number:012}"),
        uid: "0192f7c2-5d1e-7a41-9f5e-2b6d0c0de001".to_owned(),
        etag: "W3bD1nVqk0l2m4n6".to_owned(),
        create_time: time,
        update_time: time,
        delete_time: None,
        tier: 1,
        desks: ["desks/tm", "desks/reg"].map(ToOwned::to_owned).to_vec(),
        kind: 6,
        party: "parties/tm".to_owned(),
        delegation: "EU Delegation to Turkmenistan".to_owned(),
        place: "Ashgabat".to_owned(),
        date: Some(PartialDate {
            date: Some(Date { year: 2024, month: 6, day: 3 }),
            ..PartialDate::default()
        }),
        outcome: 3,
        summary: "The visit was asked for in writing and refused without a reason.".repeat(2),
        recommendations: vec!["recommendations/visit-prisons".to_owned()],
        projects: vec!["projects/xi-iati-0001".to_owned()],
        source: Some(SourceRef {
            citation: "a report of the delegation".to_owned(),
            ..SourceRef::default()
        }),
        confidence: 1,
        internal_note: "Ask again in autumn.".repeat(3),
        route: "By the northern road, with the driver of the host.".to_owned(),
    }
}

/// Prints the time of the best of five rounds, each of a hundredth of a second or more.
fn measure(what: &str, messages: u32, mut work: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let (started, mut runs) = (Instant::now(), 0_u32);
        while started.elapsed().as_millis() < 100 {
            for _ in 0..100 {
                work();
            }
            runs += 100;
        }
        best = best.min(started.elapsed().as_secs_f64() * 1e9 / f64::from(runs));
    }
    println!("{what}: {best:.0} ns, {:.0} ns a message", best / f64::from(messages));
}

/// `cargo test -p policy --test policy --config 'profile.dev.package.policy.opt-level=3' -- --ignored --nocapture cost`
#[test]
#[ignore = "prints figures"]
fn cost() {
    let redaction = Redaction::of(api::descriptors());
    let plan = |method: &str| redaction.plan(&format!("/registan.{method}"));
    let one = activity(1).encode_to_vec();
    let page = ListActivitiesResponse {
        activities: (0..50).map(activity).collect(),
        ..ListActivitiesResponse::default()
    };
    let page = page.encode_to_vec();
    let public = Clearance::public();
    println!("an activity has {} bytes, a page of 50 has {}", one.len(), page.len());

    measure("finding a plan and that it is clean", 1, || {
        let plan = plan("agreements.v1.AgreementService/GetAgreement");
        assert!(black_box(plan).is_clean(black_box(&public)));
    });
    let get = plan("rights.v1.ActivityService/GetActivity");
    let list = plan("rights.v1.ActivityService/ListActivities");
    measure("a clean plan", 1, || {
        black_box(get.redact(black_box(&one), &Clearance::whole())).expect("well formed");
    });
    measure("an activity without note and route", 1, || {
        black_box(get.redact(black_box(&one), &public)).expect("well formed");
    });
    measure("a page of 50 of them", 50, || {
        black_box(list.redact(black_box(&page), &public)).expect("well formed");
    });
    measure("decoding and encoding an activity, for comparison", 1, || {
        let activity = Activity::decode(black_box(one.as_slice())).expect("well formed");
        black_box(activity.encode_to_vec());
    });
}
