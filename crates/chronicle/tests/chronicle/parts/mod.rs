//! A resource that lies within a thing, a watcher that keeps what it is sent, and random changes of
//! both.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chronicle::schema::Schema;
use chronicle::{
    Chronicle, Error, Event, EventKind, Field, ListRequest, Reader, Resource, Shown, Stored,
    Watcher,
};
use policy::{Desks, Grant, Role, Tier};
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};

use crate::common::{Thing, call, public};

/// A part of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub thing: String,
    pub size: i64,
    pub tier: Tier,
    pub desks: i64,
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

pub fn part(of: usize, number: usize) -> Part {
    let thing = format!("things/t{of}");
    let (size, tier, desks) = (0, Tier::Public, 0);
    Part { name: format!("{thing}/parts/p{number}"), thing, size, tier, desks }
}

pub async fn record(url: &str) -> Arc<Chronicle> {
    let record = crate::common::record(url).await;
    let schema = Schema::service().with::<Thing>().with::<Part>();
    schema.apply(&SchemaManager::new(&record.db)).await.unwrap();
    record
}

pub fn reader(desks: Desks, tier: Tier) -> Reader {
    let mut reader = public();
    let role = Role::Monitor;
    let grant = Grant { role, desks, tier, resource: None, expires: None };
    reader.clearance.add(&grant, Tier::Secret);
    reader
}

pub async fn change<T: Resource>(
    record: &Chronicle,
    name: &str,
    to: impl FnOnce(&mut T),
) -> Stored<T> {
    let before = record.last::<T>(name, &Reader::system()).await.unwrap();
    let mut value = before.value.clone();
    to(&mut value);
    record.update(&call(), &before, value).await.unwrap().into_stored()
}

pub async fn hide(record: &Chronicle, of: usize, tier: Tier) -> Stored<Thing> {
    change::<Thing>(record, &format!("things/t{of}"), |thing| thing.tier = tier).await
}

pub async fn listed(
    record: &Chronicle,
    reader: &Reader,
    read_time: Option<i64>,
) -> BTreeMap<String, i64> {
    let request = ListRequest { page_size: 1000, read_time, ..ListRequest::default() };
    let items = record.list::<Part>(&request, reader).await.unwrap().items;
    items.iter().map(|part| (part.value.name.clone(), part.value.size)).collect()
}

/// A watcher, which keeps what it is sent.
pub struct Client {
    pub record: Arc<Chronicle>,
    pub reader: Reader,
    pub token: String,
    pub known: BTreeMap<String, i64>,
    pub told: Vec<EventKind>,
    pub snapshots: usize,
}

impl Client {
    pub fn new(record: &Arc<Chronicle>, reader: Reader) -> Self {
        let (token, known) = (String::new(), BTreeMap::new());
        Self { record: Arc::clone(record), reader, token, known, told: Vec::new(), snapshots: 0 }
    }

    pub fn begin(&self) -> Watcher<Part> {
        let all = ListRequest::default();
        self.record.watch::<Part>(all, &self.token, self.reader.clone()).unwrap()
    }

    /// Takes so many events; true once there are no more.
    pub async fn take(&mut self, watcher: &mut Watcher<Part>, most: usize) -> Result<bool, Error> {
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

    pub fn receive(&mut self, events: Vec<Event<Shown<Part>>>) {
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

    /// Takes all there is from where it was, and returns what was sent.
    pub async fn all(&mut self) -> Vec<EventKind> {
        let mut watcher = self.begin();
        while !self.take(&mut watcher, usize::MAX).await.unwrap() {}
        std::mem::take(&mut self.told)
    }

    /// As [`Client::take`], beginning anew where that is asked.
    pub async fn take_or_begin(&mut self, watcher: &mut Watcher<Part>, most: usize) -> bool {
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

/// Makes one random change of two things and their parts.
pub async fn change_something(record: &Chronicle, random: &mut Random) {
    let tiers = [Tier::Public, Tier::Public, Tier::Restricted, Tier::Confidential];
    let tier = tiers[random.below(4)];
    let desks =
        [0, Desks::of_country("KZ").bits(), Desks::of_country("UZ").bits()][random.below(3)];
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
    let last = record.last::<Part>(&value.name, &Reader::system()).await;
    match last {
        Err(_) => drop(record.create(&call(), value).await.unwrap()),
        Ok(last) if last.deleted => drop(record.undelete(&call(), last).await.unwrap()),
        Ok(last) if random.below(6) == 0 => drop(record.delete(&call(), last).await.unwrap()),
        Ok(last) => drop(record.update(&call(), &last, value).await.unwrap()),
    }
}

/// Numbers that follow from a seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}
