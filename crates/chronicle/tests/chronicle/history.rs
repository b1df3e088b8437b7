//! Random histories against a model in memory: every read at every record time, by pages of several
//! sizes, twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::{Thing, call, phase, public, record, thing};
use chronicle::{At, Call, Chronicle, Error, Held, Kept, ListRequest, Reader, Stored, fold};
use policy::{Clearance, Desks, Grant, Role, Tier};
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
const FILTERS: [(&str, Means); 14] = [
    ("", |_| true),
    ("day > \"2024-01-17\"", |thing| thing.day > 20_240_117),
    ("NOT day = \"2024-01-17\" AND good = true", |thing| thing.day != 20_240_117 && thing.good),
    ("nickname:\"nick\" OR title = \"a\"", |thing| {
        thing.nickname.is_some() || fold(&thing.title) == "a"
    }),
    ("title >= \"A\" AND title != \"BC\"", |thing| {
        fold(&thing.title).as_str() >= "a" && fold(&thing.title) != "bc"
    }),
    ("title:\"Ä\"", |thing| fold(&thing.title).contains('a')),
    ("-good = true nickname:*", |thing| !thing.good && thing.nickname.is_some()),
    ("tags:\"tag-1\"", |thing| thing.tags.len() > 1),
    ("NOT tags:*", |thing| thing.tags.is_empty()),
    ("colour = GREEN AND (tags:\"tag-0\" OR day:*)", |thing| {
        thing.colour == 1 && (!thing.tags.is_empty() || thing.day != 0)
    }),
    ("phase_on(\"2024-01-17\") = OPEN", |thing| phase(thing, 20_240_117) == "OPEN"),
    ("tags:\"tag-0\" AND (phase_on(\"2026-02-01\") = CLOSED OR good = false)", |thing| {
        !thing.tags.is_empty() && (phase(thing, 20_260_201) == "CLOSED" || !thing.good)
    }),
    ("phase_on(\"2025-10-24\") != open AND NOT phase_on(\"2026-01-01\"):CLOSED", |thing| {
        phase(thing, 20_251_024) != "OPEN" && phase(thing, 20_260_101) != "CLOSED"
    }),
    ("phase_on(\"2025-12-31\") = PHASE_EARLY OR phaseOn(\"2025-10-23\"):EARLY", |thing| {
        phase(thing, 20_251_231) == "EARLY" || phase(thing, 20_251_023) == "EARLY"
    }),
];

const ORDERS: [&str; 4] = ["", "title", "day desc, title", "title desc, day"];

/// Most things are public.
const TIERS: [Tier; 6] =
    [Tier::Public, Tier::Public, Tier::Restricted, Tier::Public, Tier::Confidential, Tier::Public];

/// Returns readers of every kind: anonymous, of one desk, of two up to different tiers, of one
/// resource, and the system.
fn readers() -> [Reader; 5] {
    let grant = |desks, tier, resource: Option<&str>| Grant {
        role: Role::Monitor,
        desks: Desks::from_bits(desks),
        tier,
        resource: resource.map(ToOwned::to_owned),
        expires: None,
    };
    let with = |grants: &[Grant]| {
        let mut clearance = Clearance::public();
        for grant in grants {
            clearance.add(grant, Tier::Secret);
        }
        Reader { clearance, ..Reader::public() }
    };
    [
        Reader::public(),
        with(&[grant(1, Tier::Restricted, None)]),
        with(&[grant(1, Tier::Confidential, None), grant(16, Tier::Restricted, None)]),
        with(&[grant(32, Tier::Secret, Some("things/h1-2"))]),
        Reader::system(),
    ]
}

/// Everything that stood, after each record time.
type Model = BTreeMap<i64, BTreeMap<String, Stored<Thing>>>;

/// Returns whether a reader may see a version of the model: it allows that, and all after it do.
fn may_see(reader: &Reader, stored: &Stored<Thing>, model: &Model) -> bool {
    let since = model.range(stored.recorded..).filter_map(|(_, all)| all.get(&stored.value.name));
    since
        .map(|one| &one.value)
        .all(|value| reader.clearance.sees(value.tier, Desks::from_bits(value.desks), &value.name))
}

/// A record under test, and what should be in it.
struct History<'a> {
    record: &'a Chronicle,
    /// Sets the names of this history apart.
    unique: &'a str,
    standing: BTreeMap<String, Stored<Thing>>,
    model: Model,
    last: Option<(Call, Thing, Stored<Thing>)>,
}

impl History<'_> {
    /// Runs the steps, and returns what should stand at each record time.
    async fn run(mut self, steps: &[Step]) -> Model {
        for (number, step) in steps.iter().enumerate() {
            let named = |who: usize| Thing {
                name: format!("things/{}{who}", self.unique),
                tier: TIERS[(who + number) % 6],
                desks: [0, 1, 16, 17][(who * 3 + number) % 4],
                ..thing(who, number)
            };
            let written = match step {
                Step::Create(who) => self.create(named(*who)).await,
                Step::Update(who, stale) => self.update(named(*who), *stale).await,
                Step::Delete(who) => self.delete(&named(*who).name).await,
                Step::Retry => self.retry().await,
            };
            if let Some(stored) = written {
                self.standing.insert(stored.value.name.clone(), stored.clone());
                self.model.insert(stored.recorded, self.standing.clone());
            }
        }
        self.model
    }

    async fn create(&mut self, value: Thing) -> Option<Stored<Thing>> {
        let with_id = Call { request: Some((Uuid::new_v4(), 7)), ..call() };
        let outcome = self.record.create(&with_id, value.clone()).await;
        if self.standing.contains_key(&value.name) {
            assert!(matches!(outcome, Err(Error::AlreadyExists(_))), "{outcome:?}");
            return None;
        }
        let stored = outcome.unwrap().into_stored();
        self.last = Some((with_id, value, stored.clone()));
        Some(stored)
    }

    async fn update(&self, value: Thing, stale: bool) -> Option<Stored<Thing>> {
        let before = self.standing.get(&value.name)?;
        if before.deleted {
            let refused = self.record.standing::<Thing>(&value.name, &Reader::system()).await;
            assert!(matches!(refused, Err(Error::Deleted(_))));
            return None;
        }
        if stale {
            let last = self.record.last::<Thing>(&value.name, &Reader::system()).await.unwrap();
            let refused = last.expect("\"old\"", true);
            assert!(matches!(refused, Err(Error::EtagMismatch(_))));
            let old = Stored { revision: before.revision - 1, ..before.clone() };
            assert!(self.record.update(&call(), &old, value).await.is_err());
            return None;
        }
        Some(self.record.update(&call(), before, value).await.unwrap().into_stored())
    }

    async fn delete(&self, name: &str) -> Option<Stored<Thing>> {
        let before = self.standing.get(name).filter(|before| !before.deleted)?;
        Some(self.record.delete(&call(), before.clone()).await.unwrap().into_stored())
    }

    async fn retry(&self) -> Option<Stored<Thing>> {
        let (call, value, first) = self.last.clone()?;
        let again = self.record.create(&call, value.clone()).await;
        assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
        let answered = self.record.answered::<Thing>(&call).await.unwrap();
        assert_eq!(answered, Some(first), "the first answer again");
        let request = call.request.map(|(id, fingerprint)| (id, fingerprint + 1));
        let other = self.record.answered::<Thing>(&Call { request, ..call }).await;
        assert!(matches!(other, Err(Error::RequestIdReused(_))));
        None
    }
}

fn sorted(mut items: Vec<Stored<Thing>>, order: &str) -> Vec<Stored<Thing>> {
    match order {
        "title" => items.sort_by_key(|item| (fold(&item.value.title), item.uid)),
        "day desc, title" => items.sort_by(|a, b| {
            b.value
                .day
                .cmp(&a.value.day)
                .then_with(|| (fold(&a.value.title), a.uid).cmp(&(fold(&b.value.title), b.uid)))
        }),
        "title desc, day" => items.sort_by(|a, b| {
            fold(&b.value.title)
                .cmp(&fold(&a.value.title))
                .then_with(|| (a.value.day, a.uid).cmp(&(b.value.day, b.uid)))
        }),
        _ => items.sort_by_key(|item| item.uid),
    }
    items
}

async fn pages(
    record: &Chronicle,
    request: &ListRequest,
    size: u64,
    reader: &Reader,
) -> Vec<Stored<Thing>> {
    let mut request = ListRequest { page_size: size, ..request.clone() };
    let mut all = Vec::new();
    loop {
        let page = record.list::<Thing>(&request, reader).await.unwrap();
        // What a reader cannot notice does not move the instant of their answer.
        assert!(Some(page.read_time) <= request.read_time);
        all.extend(page.items.into_iter().map(chronicle::Shown::into_stored));
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// Returns what is the same for all who may see a version; etag and times are a matter of
/// `layers.rs`.
fn said(stored: &Stored<Thing>) -> (Uuid, i64, bool, &Thing) {
    (stored.uid, stored.revision, stored.deleted, &stored.value)
}

/// Every question at every record time gets the model's answer.
async fn check(record: &Chronicle, model: &Model, unique: &str) {
    let mut turn = 0;
    let (readers, whole) = (readers(), Reader::system());
    for (time, standing) in model {
        let reader = &readers[turn % readers.len()];
        for (name, stored) in standing {
            let kept = record.get::<Kept<Thing>>(name, At::Time(*time), reader).await;
            match record.get::<Thing>(name, At::Time(*time), reader).await {
                Ok((got, _)) => {
                    let (kept, _) = kept.unwrap();
                    let value = kept.value.resource().unwrap();
                    assert_eq!((kept.uid, kept.revision, kept.deleted, &*value), said(&got));
                    assert_eq!(kept.etag, got.etag);
                    assert_eq!((said(&got), may_see(reader, stored, model)), (said(stored), true));
                }
                Err(Error::NotFound(_)) => {
                    assert!(matches!(kept, Err(Error::NotFound(_))));
                    assert!(!may_see(reader, stored, model), "{name} at {time}");
                }
                Err(error) => panic!("{error:?}"),
            }
            let (got, read_time) =
                record.get::<Thing>(name, At::Time(*time), &whole).await.unwrap();
            assert_eq!((&*got, read_time), (stored, *time));
        }
        for order in ORDERS {
            let (filter, means) = FILTERS[turn % FILTERS.len()];
            let size = [1, 2, 7, 50, 1000][turn % 5];
            let reader = &readers[(turn / 3) % readers.len()];
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
                .filter(|stored| (show_deleted || !stored.deleted) && means(&stored.value))
                .filter(|stored| may_see(reader, stored, model));
            let wanted = sorted(wanted.cloned().collect(), order);
            let page = record.list::<Thing>(&request, reader).await.unwrap();
            let again = record.list::<Thing>(&request, reader).await.unwrap();
            assert_eq!(page, again, "the same, tokens and all");
            let got: Vec<_> =
                pages(record, &request, size, reader).await.iter().filter(mine).cloned().collect();
            let (got, wanted): (Vec<_>, Vec<_>) =
                (got.iter().map(said).collect(), wanted.iter().map(said).collect());
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
            let start = History {
                record: &record,
                unique: &unique,
                standing: BTreeMap::new(),
                model: Model::new(),
                last: None,
            };
            let model = start.run(&history).await;
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

        for size in [1, 2, 7, 50, 1000] {
            let first = record
                .list::<Thing>(
                    &ListRequest { order_by: "title".into(), ..ListRequest::default() },
                    &public(),
                )
                .await
                .unwrap();
            let request = ListRequest {
                order_by: "title".into(),
                read_time: Some(first.read_time),
                ..ListRequest::default()
            };
            let whole = pages(&record, &request, 1000, &public()).await;
            assert_eq!(pages(&record, &request, size, &public()).await, whole, "pages of {size}");
            assert_eq!(whole.len(), 200);
        }

        writer.await.unwrap();
    })
    .await;
}

async fn write_for_a_while(record: Arc<Chronicle>) {
    for number in 0..300 {
        let name = format!("things/t{}", number % 200);
        let current = record.standing::<Thing>(&name, &public()).await.unwrap();
        let next = Thing { name, ..thing(number, number + 1) };
        record.update(&call(), &current, next).await.unwrap();
    }
}
