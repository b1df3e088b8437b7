//! A resource with three fields each above the one before, histories of it that only a seed
//! decides, and a model of how readers of a tier have them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::borrow::Cow;
use std::sync::Arc;

use chronicle::schema::Schema;
use chronicle::{
    Call, Chronicle, EventKind, Field, ListRequest, Reader, Resource, Stored, database,
};
use machine::clock::SystemClock;
use policy::{Clearance, Desks, Grant, Role, Tier};
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};

pub const NAME: &str = "papers/p";
/// The steps of a history.
const STEPS: usize = 24;
pub const LEVELS: [Tier; 4] = [Tier::Public, Tier::Restricted, Tier::Confidential, Tier::Secret];

/// A title for those who may see it, and three fields each above the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    pub name: String,
    pub tier: Tier,
    pub title: u64,
    pub hints: [u64; 3],
}

impl Resource for Paper {
    const KIND: &'static str = "paper";
    const PATTERN: &'static str = "papers/{paper}";
    const LAYERED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn shown_at(&self, tier: Tier) -> Cow<'_, Self> {
        let mut shown = self.clone();
        for (hint, above) in shown.hints.iter_mut().zip(&LEVELS[1..]) {
            if tier < *above {
                *hint = 0;
            }
        }
        Cow::Owned(shown)
    }

    fn fields() -> Vec<Field<Self>> {
        vec![Field::sorted_text("title", |paper| paper.title.to_string())]
    }
}

pub fn call() -> Call {
    Call { caller: "test".to_owned(), method: "Test".into(), request: None }
}

pub fn public() -> Reader {
    Reader::public()
}

pub fn paper() -> Paper {
    Paper { name: NAME.to_owned(), tier: Tier::Public, title: 1, hints: [1; 3] }
}

pub async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    Schema::service().with::<Paper>().apply(&SchemaManager::new(&db)).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

/// Returns a reader of a tier.
pub fn reader(tier: Tier) -> Reader {
    if tier == Tier::Secret {
        return Reader::system();
    }
    let mut clearance = Clearance::public();
    let grant =
        Grant { role: Role::Monitor, desks: Desks::ALL, tier, resource: None, expires: None };
    clearance.add(&grant, Tier::Secret);
    Reader { clearance, ..public() }
}

/// A version as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    pub value: Paper,
    pub time: i64,
    pub deleted: bool,
    pub operation: &'static str,
}

/// Records something else, and gives, of readers up to each tier, the token from which a watch goes
/// on that was sent it.
pub async fn begin(record: &Arc<Chronicle>) -> Vec<String> {
    let other = Paper { name: "papers/other".to_owned(), ..paper() };
    record.create(&call(), other).await.unwrap();
    let mut tokens = Vec::new();
    for level in LEVELS {
        let watcher = record.watch::<Paper>(ListRequest::default(), "", reader(level));
        let mut watcher = watcher.unwrap();
        watcher.next().await.unwrap();
        tokens.push(watcher.resume_token().unwrap());
    }
    tokens
}

/// Writes a history that only `seed` decides.
pub async fn write(record: &Chronicle, seed: u64) -> Vec<Written> {
    let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let tier = LEVELS[usize::try_from(roll(3)).unwrap()];
    let value = Paper { tier, ..paper() };
    let mut last = record.create(&call(), value).await.unwrap().into_stored();
    let written = |last: &Stored<Paper>, operation| Written {
        value: last.value.clone(),
        time: last.recorded,
        deleted: last.deleted,
        operation,
    };
    let mut all = vec![written(&last, "create")];
    for _ in 0..STEPS {
        let mut next = last.value.clone();
        let step = roll(12);
        let operation = match step {
            _ if last.deleted => "undelete",
            0 => "delete",
            1 | 2 => {
                next.tier = LEVELS[usize::try_from(roll(3)).unwrap()];
                "update"
            }
            3 | 4 => {
                next.title = 1 + roll(3);
                "update"
            }
            _ => {
                next.hints[usize::try_from(step % 3).unwrap()] = 1 + roll(3);
                "update"
            }
        };
        let shown = match operation {
            "delete" => record.delete(&call(), last).await,
            "undelete" => record.undelete(&call(), last).await,
            _ if next == last.value => continue,
            _ => record.update(&call(), &last, next).await,
        };
        last = shown.unwrap().into_stored();
        all.push(written(&last, operation));
    }
    all
}

/// The versions as readers of a tier have them: those they see, each with the place of the one that
/// it is to them.
pub struct Model<'a> {
    pub versions: &'a [Written],
    pub level: Tier,
    /// By version: the place of the one it was to them; absent where they could not see it.
    was: Vec<Option<usize>>,
    /// The same as they have it now: what stood before it was last hidden is absent.
    pub is: Vec<Option<usize>>,
}

impl<'a> Model<'a> {
    pub fn of(versions: &'a [Written], level: Tier) -> Self {
        let mut was: Vec<Option<usize>> = Vec::new();
        for (place, version) in versions.iter().enumerate() {
            let before = was.last().copied().flatten();
            was.push((version.value.tier <= level).then(|| {
                let same = |_: &usize| {
                    let last = &versions[place - 1];
                    last.deleted == version.deleted
                        && last.value.shown_at(level) == version.value.shown_at(level)
                };
                before.filter(same).unwrap_or(place)
            }));
        }
        let shown = was.iter().rposition(Option::is_none).map_or(0, |hidden| hidden + 1);
        let mut is = was.clone();
        is[..shown].fill(None);
        Self { versions, level, was, is }
    }

    /// The places of what they see as revisions, in order.
    pub fn revisions(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.is.iter().flatten().copied().collect();
        all.dedup();
        all
    }

    /// The record time of the last version that they notice, be it that the resource is gone for
    /// them.
    pub fn noticed(&self) -> Option<i64> {
        let places = 0..self.was.len();
        let mut noticed = places.rev().filter(|&place| {
            let before = place.checked_sub(1).and_then(|before| self.was[before]);
            self.was[place] != before
        });
        noticed.next().map(|place| self.versions[place].time)
    }

    /// Returns the event of a version in a watch from the start.
    pub fn event(&self, place: usize) -> Option<EventKind> {
        let stands = |place: usize| self.is[place].filter(|_| !self.versions[place].deleted);
        let before = place.checked_sub(1).and_then(stands);
        match (before, stands(place)) {
            (None, Some(_)) => Some(EventKind::Added),
            (Some(_), None) => Some(EventKind::Removed),
            (Some(one), Some(other)) if one != other => Some(EventKind::Changed),
            _ => None,
        }
    }
}
