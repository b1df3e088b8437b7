//! A small resource with a field of every kind, and a record of it in an empty database.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use chronicle::schema::Schema;
use chronicle::{Call, Chronicle, Field, Period, Reader, Resource, database};
use facts::Day;
use machine::clock::SystemClock;
use policy::{Desks, Tier};
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};

pub const COLOURS: &[&str] = &["RED", "GREEN"];
pub const PHASES: &[&str] = &["UNKNOWN", "EARLY", "OPEN", "CLOSED"];
/// The first day on which what is good is closed.
pub const CLOSING: i64 = 20_260_101;

/// Something to keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    pub name: String,
    pub title: String,
    pub colour: usize,
    pub day: i64,
    pub nickname: Option<String>,
    pub good: bool,
    pub tags: Vec<String>,
    pub tier: Tier,
    pub desks: i64,
}

impl Resource for Thing {
    const KIND: &'static str = "thing";
    const PATTERN: &'static str = "things/{thing}";

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
            Field::sorted_words("title", |thing| thing.title.clone()),
            Field::choice("colour", COLOURS, |thing| COLOURS[thing.colour]),
            Field::sorted_day("day", |thing| thing.day),
            Field::optional_text("nickname", |thing| thing.nickname.clone()),
            Field::flag("good", |thing| thing.good),
            Field::texts("tags", |thing| thing.tags.clone()),
            Field::periods("phase", PHASES, phases),
        ]
    }
}

/// Nothing is known of a thing without a day; another is open from its day on, and closed later if
/// it is good.
pub fn phase(thing: &Thing, day: i64) -> &'static str {
    match thing.day {
        0 => "UNKNOWN",
        from if day < from => "EARLY",
        _ if thing.good && day >= CLOSING => "CLOSED",
        _ => "OPEN",
    }
}

fn phases(thing: &Thing) -> Vec<Period> {
    let mut turns = vec![0];
    if thing.day > 0 {
        turns.push(thing.day);
        turns.extend(thing.good.then_some(CLOSING));
    }
    let day = |day: i64| Day(i32::try_from(day).unwrap());
    let ends = turns[1..].iter().map(|end| Some(day(*end))).chain([None]);
    let period = |(from, until)| Period { value: phase(thing, from), from: day(from), until };
    turns.iter().copied().zip(ends).map(period).collect()
}

/// A thing that differs with `number`: titles repeat and mix cases and scripts, so that ties and
/// collation show.
pub fn thing(who: usize, number: usize) -> Thing {
    Thing {
        name: format!("things/t{who}"),
        title: ["a", "B", "a", "Ä", "b-c", "bc"][(who + number) % 6].to_owned(),
        colour: number % 2,
        day: [0, 20_240_117, 20_251_024][number % 3],
        nickname: (number % 3 == 1).then(|| format!("nick-{number}")),
        good: number.is_multiple_of(2),
        tags: (0..number % 4).map(|tag| format!("tag-{tag}")).collect(),
        tier: Tier::Public,
        desks: 0,
    }
}

/// An empty record in the database at `url`.
pub async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    Schema::service().with::<Thing>().apply(&SchemaManager::new(&db)).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

/// A call without a request id.
pub fn call() -> Call {
    Call { caller: "test".to_owned(), method: "Test".into(), request: None }
}

/// Returns an anonymous reader.
pub fn public() -> Reader {
    Reader::public()
}
