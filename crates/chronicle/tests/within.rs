//! What lies within something hidden is hidden: in every answer, now and then, and from who watches; and who watches is told of it
//! as it is hidden and shown.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use chronicle::schema::Schema;
use chronicle::verify::{Kind, verify};
use chronicle::{
    At, Chronicle, Entry, Error, Event, EventKind, Field, ListRequest, Reader, Resource, Shown,
    Stored, Watcher,
};
use common::{Thing, call, public, thing};
use policy::desk::Desk;
use policy::{Desks, Grant, Role, Tier};
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A part of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    name: String,
    thing: String,
    size: i64,
    tier: Tier,
    desks: i64,
}

impl Resource for Part {
    const KIND: &'static str = "part";
    const PATTERN: &'static str = "things/{thing}/parts/{part}";
    const PARENT: Option<(&'static str, &'static str)> = Some(("thing", "thing"));

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn desks(&self) -> Desks {
        Desks::from_bits(self.desks)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::text("thing", |part| part.thing.clone()),
            Field::number("size", |part| part.size),
        ]
    }
}

fn part(of: usize, number: usize) -> Part {
    let thing = format!("things/t{of}");
    let (size, tier, desks) = (0, Tier::Public, 0);
    Part { name: format!("{thing}/parts/p{number}"), thing, size, tier, desks }
}

async fn record(url: &str) -> Arc<Chronicle> {
    let record = common::record(url).await;
    let schema = Schema::service().with::<Thing>().with::<Part>();
    schema.bring(&SchemaManager::new(&record.db)).await.unwrap();
    record
}

fn reader(desks: Desks, tier: Tier) -> Reader {
    let mut reader = public();
    let role = Role::Monitor;
    let grant = Grant { role, desks, tier, resource: None, expires: None };
    reader.sight.add(&grant, Tier::Secret);
    reader
}

async fn change<T: Resource>(record: &Chronicle, name: &str, to: impl FnOnce(&mut T)) -> Stored<T> {
    let before = record.last::<T>(name, &Reader::machinery()).await.unwrap();
    let mut value = before.value.clone();
    to(&mut value);
    record.update(&call(), &before, value).await.unwrap().into_stored()
}

async fn hide(record: &Chronicle, of: usize, tier: Tier) -> Stored<Thing> {
    change::<Thing>(record, &format!("things/t{of}"), |thing| thing.tier = tier).await
}

async fn listed(
    record: &Chronicle,
    reader: &Reader,
    read_time: Option<i64>,
) -> BTreeMap<String, i64> {
    let request = ListRequest { page_size: 1000, read_time, ..ListRequest::default() };
    let items = record.list::<Part>(&request, reader).await.unwrap().items;
    items.iter().map(|part| (part.value.name.clone(), part.value.size)).collect()
}

/// Somebody who watches, and keeps what they are told.
struct Client {
    record: Arc<Chronicle>,
    reader: Reader,
    token: String,
    known: BTreeMap<String, i64>,
    told: Vec<EventKind>,
    snapshots: usize,
}

impl Client {
    fn new(record: &Arc<Chronicle>, reader: Reader) -> Self {
        let (token, known) = (String::new(), BTreeMap::new());
        Self { record: Arc::clone(record), reader, token, known, told: Vec::new(), snapshots: 0 }
    }

    fn begin(&self) -> Watcher<Part> {
        let all = ListRequest::default();
        self.record.watch::<Part>(all, &self.token, self.reader.clone()).unwrap()
    }

    /// Takes so many events; true once there are no more.
    async fn take(&mut self, watcher: &mut Watcher<Part>, most: usize) -> Result<bool, Error> {
        let mut taken = 0;
        loop {
            let events = watcher.next().await?;
            if events.is_empty() && watcher.is_current() {
                self.token = watcher.resume_token()?;
                return Ok(true);
            }
            for event in events {
                if taken == most {
                    return Ok(false);
                }
                taken += 1;
                self.receive(vec![event]);
            }
        }
    }

    fn receive(&mut self, events: Vec<Event<Shown<Part>>>) {
        for event in events {
            self.told.push(event.kind);
            self.token.clone_from(&event.resume_token);
            let known = match event.stored {
                Some(part) => self.known.insert(event.name.clone(), part.value.size).is_some(),
                None => self.known.remove(&event.name).is_some(),
            };
            match event.kind {
                EventKind::Removed => assert!(known, "{} was never sent", event.name),
                EventKind::Standing => assert!(!known, "{} twice", event.name),
                EventKind::Added | EventKind::Changed => {}
            }
        }
    }

    /// Takes all there is from where it was, and says what was told.
    async fn all(&mut self) -> Vec<EventKind> {
        let mut watcher = self.begin();
        while !self.take(&mut watcher, usize::MAX).await.unwrap() {}
        std::mem::take(&mut self.told)
    }

    /// As [`Client::take`], beginning anew where that is asked.
    async fn take_or_begin(&mut self, watcher: &mut Watcher<Part>, most: usize) -> bool {
        match self.take(watcher, most).await {
            Ok(through) => through,
            Err(Error::VisibilityChanged) => {
                self.known.clear();
                self.token.clear();
                self.snapshots += 1;
                *watcher = self.begin();
                false
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn who_watches_is_told_nothing_of_what_lies_within_something_hidden() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        record.create(&call(), part(0, 0)).await.unwrap();
        let mut client = Client::new(&record, public());
        assert_eq!(client.all().await, [EventKind::Standing]);

        let hidden = hide(&record, 0, Tier::Confidential).await;
        assert_eq!(client.all().await, [EventKind::Removed]);
        assert_eq!(record.head(&public()).await.unwrap(), hidden.recorded);

        let changed = change::<Part>(&record, "things/t0/parts/p0", |part| part.size = 1).await;
        let deleted = record.delete(&call(), changed).await.unwrap().into_stored();
        record.undelete(&call(), deleted).await.unwrap();
        record.create(&call(), part(0, 1)).await.unwrap();
        assert_eq!(client.all().await, []);
        let head = record.head(&public()).await.unwrap();
        assert_eq!(head, hidden.recorded, "it does not move");
        let confidential = reader(Desks::ALL, Tier::Confidential);
        assert!(record.head(&confidential).await.unwrap() > head);

        hide(&record, 0, Tier::Public).await;
        assert_eq!(client.all().await, [EventKind::Added; 2]);
        assert_eq!(client.known, listed(&record, &public(), None).await);
        // One and what it lies within, in one transaction, as an import writes them.
        let known = record.head(&public()).await.unwrap();
        let around = Thing { tier: Tier::Confidential, ..thing(1, 0) };
        let entries = vec![Entry::create(&around).unwrap(), Entry::create(&part(1, 0)).unwrap()];
        record.record(&call(), entries).await.unwrap();
        assert_eq!(record.head(&public()).await.unwrap(), known);
        assert_eq!(client.all().await, []);
        let kinds = [Kind::of::<Thing>(), Kind::of::<Part>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}

#[tokio::test]
async fn the_past_of_what_lies_within_is_hidden_and_not_shown_with_it() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        let name = "things/t0/parts/p0";
        let first = record.create(&call(), part(0, 0)).await.unwrap().recorded;
        let resize = |size| change::<Part>(&record, name, move |part| part.size = size);
        let revisions = || async {
            let found = record.revisions::<Part>(name, None, 0, "", &public()).await;
            found.map(|found| found.0.iter().map(|one| one.stored.value.size).collect::<Vec<_>>())
        };

        let hidden = hide(&record, 0, Tier::Restricted).await.recorded;
        let second = resize(1).await.recorded;
        for at in [first, hidden, second] {
            assert!(listed(&record, &public(), Some(at)).await.is_empty());
            assert!(record.get::<Part>(name, At::Time(at), &public()).await.is_err());
        }
        assert!(matches!(revisions().await, Err(Error::NotFound(_))));
        let third = resize(2).await.recorded;
        let shown = hide(&record, 0, Tier::Public).await.recorded;
        let fourth = resize(3).await.recorded;

        let sizes = [(first, Some(0)), (hidden, None), (second, None), (third, None)];
        for (at, size) in sizes.into_iter().chain([(shown, Some(2)), (fourth, Some(3))]) {
            let found = listed(&record, &public(), Some(at)).await;
            assert_eq!(found.values().copied().next(), size, "at {at}");
            let got = record.get::<Part>(name, At::Time(at), &public()).await;
            assert_eq!(got.ok().map(|found| found.0.value.size), size, "at {at}");
        }
        assert_eq!(revisions().await.unwrap(), [3, 2, 0], "1 was superseded while it was hidden");

        let all = ListRequest::default();
        for (from, to, is) in [
            (first, third, (Some(0), None)),
            (third, shown, (None, Some(2))),
            (first, fourth, (Some(0), Some(3))),
        ] {
            let (found, next) =
                record.difference::<Part>(&all, from, to, Uuid::nil(), &public()).await.unwrap();
            assert_eq!((found.len(), next), (1, None));
            let size = |one: &Option<Shown<Part>>| one.as_ref().map(|one| one.value.size);
            assert_eq!((size(&found[0].before), size(&found[0].after)), is);
        }
    })
    .await;
}

#[tokio::test]
async fn a_watch_goes_on_in_the_midst_of_what_is_hidden_and_shown() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        let parts = (0..250).map(|number| Entry::create(&part(0, number)).unwrap());
        record.record(&call(), parts.collect()).await.unwrap();
        let mut client = Client::new(&record, public());
        client.all().await;
        assert_eq!(client.known.len(), 250);

        for (tier, left) in [(Tier::Confidential, 0), (Tier::Public, 250)] {
            hide(&record, 0, tier).await;
            let mut cuts = 0;
            loop {
                let mut watcher = client.begin();
                if client.take(&mut watcher, 70).await.unwrap() {
                    break;
                }
                cuts += 1;
            }
            assert_eq!((client.known.len(), cuts), (left, 3));
        }
        // Hidden and shown again while nobody watches: who knew it knows it again.
        hide(&record, 0, Tier::Secret).await;
        hide(&record, 0, Tier::Public).await;
        client.told.clear();
        let told = client.all().await;
        assert_eq!(told[..250], [EventKind::Removed; 250]);
        assert_eq!(told[250..], [EventKind::Added; 250]);
    })
    .await;
}

#[tokio::test]
async fn what_was_never_sent_is_not_removed() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for of in 0..2 {
            record.create(&call(), thing(of, 0)).await.unwrap();
            let parts = (0..150).map(|number| Entry::create(&part(of, number)).unwrap());
            record.record(&call(), parts.collect()).await.unwrap();
        }
        let list = ListRequest { page_size: 1, ..ListRequest::default() };
        let of_list = record.list::<Part>(&list, &public()).await.unwrap().resume_token;
        let mut client = Client::new(&record, public());
        let mut watcher = client.begin();
        client.receive(watcher.next().await.unwrap());
        assert_eq!(client.known.len(), 100);

        // The rest of the snapshot comes after half of it was hidden.
        hide(&record, 1, Tier::Confidential).await;
        while !client.take(&mut watcher, usize::MAX).await.unwrap() {}
        let standing = client.told.iter().filter(|kind| **kind == EventKind::Standing).count();
        let removed = client.told.iter().filter(|kind| **kind == EventKind::Removed).count();
        assert_eq!(standing - removed, 150, "nothing more of what is hidden");
        assert_eq!(client.known, listed(&record, &public(), None).await);

        let all = ListRequest::default();
        let mut late = record.watch::<Part>(all.clone(), &of_list, public()).unwrap();
        let ended = async {
            loop {
                late.next().await?;
            }
        };
        let ended: Result<(), Error> = ended.await;
        assert!(matches!(ended, Err(Error::VisibilityChanged)), "its list may have had a page");
        // Nobody else hears of it.
        let all = record.watch::<Part>(all, &of_list, reader(Desks::ALL, Tier::Confidential));
        assert!(all.unwrap().next().await.unwrap().is_empty());
    })
    .await;
}

/// Makes one random change of two things and their parts.
async fn change_something(record: &Chronicle, random: &mut Random) {
    let tiers = [Tier::Public, Tier::Public, Tier::Restricted, Tier::Confidential];
    let tier = tiers[random.below(4)];
    let desks = [0, Desks::one(Desk::Kz).bits(), Desks::one(Desk::Uz).bits()][random.below(3)];
    let of = random.below(2);
    if random.below(4) == 0 {
        let name = format!("things/t{of}");
        change::<Thing>(record, &name, |thing| (thing.tier, thing.desks) = (tier, desks)).await;
        return;
    }
    let value = Part {
        size: i64::try_from(random.below(1000)).unwrap(),
        tier,
        desks,
        ..part(of, random.below(3))
    };
    let last = record.last::<Part>(&value.name, &Reader::machinery()).await;
    match last {
        Err(_) => drop(record.create(&call(), value).await.unwrap()),
        Ok(last) if last.deleted => drop(record.undelete(&call(), last).await.unwrap()),
        Ok(last) if random.below(6) == 0 => drop(record.delete(&call(), last).await.unwrap()),
        Ok(last) => drop(record.update(&call(), &last, value).await.unwrap()),
    }
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

#[tokio::test]
async fn whatever_is_hidden_and_shown_who_watches_knows_what_is_listed() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for of in 0..2 {
            record.create(&call(), thing(of, 0)).await.unwrap();
        }
        let kazakhstan = Desks::one(Desk::Kz);
        let readers = [
            public(),
            reader(Desks::ALL, Tier::Restricted),
            reader(kazakhstan, Tier::Confidential),
            reader(kazakhstan, Tier::Restricted),
        ];
        let mut clients: Vec<_> =
            readers.into_iter().map(|reader| Client::new(&record, reader)).collect();
        let mut watchers: Vec<_> = clients.iter().map(Client::begin).collect();
        let (mut random, mut through) = (Random(11), 0);
        for _ in 0..150 {
            for _ in 0..random.below(6) {
                change_something(&record, &mut random).await;
            }
            for (client, watcher) in clients.iter_mut().zip(&mut watchers) {
                if random.below(3) == 0 {
                    continue;
                }
                if client.take_or_begin(watcher, random.below(8)).await {
                    through += 1;
                    assert_eq!(client.known, listed(&record, &client.reader, None).await);
                } else {
                    // Cut off: what it did not take is sent again.
                    *watcher = client.begin();
                }
            }
        }
        let snapshots: usize = clients.iter().map(|client| client.snapshots).sum();
        println!("{through} times through, {snapshots} times begun anew");
        assert!(through > 100 && snapshots < through);
        for (client, watcher) in clients.iter_mut().zip(&mut watchers) {
            while !client.take_or_begin(watcher, usize::MAX).await {}
            assert_eq!(client.known, listed(&record, &client.reader, None).await);
        }
        let kinds = [Kind::of::<Thing>(), Kind::of::<Part>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}
