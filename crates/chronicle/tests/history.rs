//! Random histories against a model in memory: every read at every record time, by pages of several sizes, twice.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use chronicle::{At, Call, Chronicle, Error, ListRequest, Stored};
use common::{Thing, call, record, thing};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

/// Histories tried on each engine.
const HISTORIES: u32 = 40;

#[derive(Clone, Debug)]
enum Step {
    Create(usize),
    Update(usize, bool),
    Delete(usize),
    Retry,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..5_usize;
    prop::collection::vec(
        prop_oneof![
            3 => who.clone().prop_map(Step::Create),
            6 => (who.clone(), any::<bool>()).prop_map(|(who, stale)| Step::Update(who, stale)),
            1 => who.prop_map(Step::Delete),
            1 => Just(Step::Retry),
        ],
        1..25,
    )
}

type Means = fn(&Thing) -> bool;

/// Filters, and what they mean.
const FILTERS: [(&str, Means); 9] = [
    ("", |_| true),
    ("day > \"2024-01-17\"", |thing| thing.day > 20_240_117),
    ("NOT day = \"2024-01-17\" AND good = true", |thing| thing.day != 20_240_117 && thing.good),
    ("nickname:\"nick\" OR title = \"a\"", |thing| thing.nickname.is_some() || thing.title == "a"),
    ("title >= \"a\" AND title != \"bc\"", |thing| {
        thing.title.as_str() >= "a" && thing.title != "bc"
    }),
    ("-good = true nickname:*", |thing| !thing.good && thing.nickname.is_some()),
    ("tags:\"tag-1\"", |thing| thing.tags.len() > 1),
    ("NOT tags:*", |thing| thing.tags.is_empty()),
    ("colour = GREEN AND (tags:\"tag-0\" OR day:*)", |thing| {
        thing.colour == 1 && (!thing.tags.is_empty() || thing.day != 0)
    }),
];

const ORDERS: [&str; 4] = ["", "title", "day desc, title", "title desc, day"];

/// Everything that stood, after each record time.
type Model = BTreeMap<i64, BTreeMap<String, Stored<Thing>>>;

/// Runs the steps, and returns what should stand at each record time.
async fn run(record: &Chronicle, steps: &[Step], unique: &str) -> Model {
    let mut model: Model = BTreeMap::new();
    let mut standing: BTreeMap<String, Stored<Thing>> = BTreeMap::new();
    let mut last: Option<(Call, Thing, Stored<Thing>)> = None;
    for (number, step) in steps.iter().enumerate() {
        let named =
            |who: usize| Thing { name: format!("things/{unique}{who}"), ..thing(who, number) };
        let with_id =
            Call { request: Some((Uuid::new_v4(), i64::try_from(number).unwrap())), ..call() };
        let written = match step {
            Step::Create(who) => {
                let value = named(*who);
                let taken = standing.contains_key(&value.name);
                let outcome = record.create(&with_id, value.clone()).await;
                if taken {
                    assert!(matches!(outcome, Err(Error::AlreadyExists(_))), "{outcome:?}");
                    continue;
                }
                let stored = outcome.unwrap();
                last = Some((with_id, value, stored.clone()));
                stored
            }
            Step::Update(who, stale) => {
                let value = named(*who);
                let Some(before) = standing.get(&value.name).cloned() else { continue };
                if before.deleted {
                    assert!(matches!(
                        record.current::<Thing>(&value.name, "").await,
                        Err(Error::Deleted(_))
                    ));
                    continue;
                }
                if *stale {
                    assert!(matches!(
                        record.current::<Thing>(&value.name, "\"old\"").await,
                        Err(Error::EtagMismatch(_))
                    ));
                    let old = Stored { revision: before.revision - 1, ..before.clone() };
                    assert!(record.update(&call(), &old, value).await.is_err());
                    continue;
                }
                record.update(&with_id, &before, value).await.unwrap()
            }
            Step::Delete(who) => {
                let name = named(*who).name;
                match standing.get(&name) {
                    Some(before) if !before.deleted => {
                        record.delete::<Thing>(&call(), &name, &before.etag).await.unwrap()
                    }
                    _ => continue,
                }
            }
            Step::Retry => {
                let Some((call, value, first)) = last.clone() else { continue };
                assert_eq!(
                    record.create(&call, value.clone()).await.unwrap(),
                    first,
                    "the first answer again"
                );
                let other = Call {
                    request: call.request.map(|(id, fingerprint)| (id, fingerprint + 1)),
                    ..call
                };
                assert!(matches!(
                    record.create(&other, value).await,
                    Err(Error::RequestIdReused(_))
                ));
                continue;
            }
        };
        standing.insert(written.value.name.clone(), written.clone());
        model.insert(written.recorded, standing.clone());
    }
    model
}

fn sorted(mut items: Vec<Stored<Thing>>, order: &str) -> Vec<Stored<Thing>> {
    match order {
        "title" => items.sort_by(|a, b| (&a.value.title, a.uid).cmp(&(&b.value.title, b.uid))),
        "day desc, title" => items.sort_by(|a, b| {
            b.value
                .day
                .cmp(&a.value.day)
                .then_with(|| (&a.value.title, a.uid).cmp(&(&b.value.title, b.uid)))
        }),
        "title desc, day" => items.sort_by(|a, b| {
            b.value
                .title
                .cmp(&a.value.title)
                .then_with(|| (a.value.day, a.uid).cmp(&(b.value.day, b.uid)))
        }),
        _ => items.sort_by_key(|item| item.uid),
    }
    items
}

async fn pages(record: &Chronicle, request: &ListRequest, size: u64) -> Vec<Stored<Thing>> {
    let mut request = ListRequest { page_size: size, ..request.clone() };
    let mut all = Vec::new();
    loop {
        let page = record.list::<Thing>(&request).await.unwrap();
        assert_eq!(Some(page.read_time), request.read_time);
        all.extend(page.items);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// Every question at every record time gets the model's answer.
async fn check(record: &Chronicle, model: &Model, unique: &str) {
    let mut turn = 0;
    for (time, standing) in model {
        for (name, stored) in standing {
            let (got, read_time) = record.get::<Thing>(name, At::Time(*time)).await.unwrap();
            assert_eq!((&got, read_time), (stored, *time));
        }
        for order in ORDERS {
            let (filter, means) = FILTERS[turn % FILTERS.len()];
            let size = [1, 2, 7, 50][turn % 4];
            let show_deleted = turn % 5 == 0;
            turn += 1;
            let request = ListRequest {
                filter: filter.to_owned(),
                order_by: order.to_owned(),
                read_time: Some(*time),
                show_deleted,
                ..ListRequest::default()
            };
            let mine = |stored: &&Stored<Thing>| {
                stored.value.name.starts_with(&format!("things/{unique}"))
            };
            let wanted = standing
                .values()
                .filter(|stored| (show_deleted || !stored.deleted) && means(&stored.value));
            let wanted = sorted(wanted.cloned().collect(), order);
            let got: Vec<_> =
                pages(record, &request, size).await.iter().filter(mine).cloned().collect();
            assert_eq!(got, wanted, "`{filter}` by `{order}` in pages of {size} at {time}");
        }
    }
}

#[test]
fn every_answer_at_every_record_time_is_the_models() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(testkit::on_both(|url| async move {
        let record = record(&url).await;
        let mut runner = TestRunner::new(Config { cases: HISTORIES, ..Config::default() });
        for number in 0..HISTORIES {
            let history = steps().new_tree(&mut runner).unwrap().current();
            let unique = format!("h{number}-");
            let model = run(&record, &history, &unique).await;
            // Twice: what is asked again gets the same again.
            check(&record, &model, &unique).await;
            check(&record, &model, &unique).await;
        }
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_whole_while_others_write() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for number in 0..200 {
            record.create(&call(), thing(number, number)).await.unwrap();
        }
        let writer = tokio::spawn(write_for_a_while(Arc::clone(&record)));

        for size in [1, 7, 50, 1000] {
            let first = record
                .list::<Thing>(&ListRequest { order_by: "title".into(), ..ListRequest::default() })
                .await
                .unwrap();
            let request = ListRequest {
                order_by: "title".into(),
                read_time: Some(first.read_time),
                ..ListRequest::default()
            };
            let whole = pages(&record, &request, 1000).await;
            assert_eq!(pages(&record, &request, size).await, whole, "pages of {size}");
            assert_eq!(whole.len(), 200);
        }

        writer.await.unwrap();
    })
    .await;
}

async fn write_for_a_while(record: Arc<Chronicle>) {
    for number in 0..300 {
        let name = format!("things/t{}", number % 200);
        let current = record.current::<Thing>(&name, "").await.unwrap();
        let next = Thing { name, ..thing(number, number + 1) };
        record.update(&call(), &current, next).await.unwrap();
    }
}
