//! To readers who are not shown all of a resource the record looks as if the versions that change nothing for them were not
//! there: random histories against a model.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::borrow::Cow;
use std::sync::Arc;

use chassis::clock::SystemClock;
use chronicle::schema::Schema;
use chronicle::verify::{Kind, verify};
use chronicle::{
    At, Call, Chronicle, EventKind, Field, ListRequest, Reader, Resource, Stored, database,
};
use policy::{Desks, Grant, Role, Sight, Tier};
use sea_orm::ConnectionTrait;
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const NAME: &str = "papers/p";
/// Histories tried on each engine, and the steps of each.
const HISTORIES: u64 = 12;
const STEPS: usize = 24;
const LEVELS: [Tier; 4] = [Tier::Public, Tier::Restricted, Tier::Confidential, Tier::Secret];

/// A title for whoever may see it, and three fields each above the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paper {
    name: String,
    tier: Tier,
    title: u64,
    hints: [u64; 3],
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

fn call() -> Call {
    Call { caller: "test".to_owned(), method: "Test".into(), request: None }
}

fn public() -> Reader {
    Reader::public()
}

fn paper() -> Paper {
    Paper { name: NAME.to_owned(), tier: Tier::Public, title: 1, hints: [1; 3] }
}

async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    Schema::service().with::<Paper>().bring(&SchemaManager::new(&db)).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

/// Somebody who reads up to a tier.
fn reader(tier: Tier) -> Reader {
    if tier == Tier::Secret {
        return Reader::machinery();
    }
    let mut sight = Sight::public();
    let grant =
        Grant { role: Role::Monitor, desks: Desks::ALL, tier, resource: None, expires: None };
    sight.add(&grant, Tier::Secret);
    Reader { sight, ..public() }
}

/// A version as it was written.
#[derive(Clone, Debug)]
struct Written {
    value: Paper,
    time: i64,
    deleted: bool,
    operation: &'static str,
}

/// Records something else, and gives the token from which a watch goes on.
async fn begin(record: &Chronicle) -> String {
    let other = Paper { name: "papers/other".to_owned(), ..paper() };
    record.create(&call(), other).await.unwrap();
    record.list::<Paper>(&ListRequest::default(), &public()).await.unwrap().resume_token
}

/// Writes a history that only `seed` decides.
async fn write(record: &Chronicle, seed: u64) -> Vec<Written> {
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

/// The versions as readers of a tier have them: those they see, each with the place of the one that it is to them.
struct Model<'a> {
    versions: &'a [Written],
    level: Tier,
    /// By version: the place of the one it is to them; absent where they may not see it.
    is: Vec<Option<usize>>,
}

impl<'a> Model<'a> {
    fn of(versions: &'a [Written], level: Tier) -> Self {
        let mut is: Vec<Option<usize>> = Vec::new();
        for (place, version) in versions.iter().enumerate() {
            let before = is.last().copied().flatten();
            is.push((version.value.tier <= level).then(|| {
                let same = |_: &usize| {
                    let last = &versions[place - 1];
                    last.deleted == version.deleted
                        && last.value.shown_at(level) == version.value.shown_at(level)
                };
                before.filter(same).unwrap_or(place)
            }));
        }
        Self { versions, level, is }
    }

    /// The places of what they see as revisions, in order.
    fn revisions(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.is.iter().flatten().copied().collect();
        all.dedup();
        all
    }

    /// The record time of the last version that they notice, be it that the resource is gone for them.
    fn noticed(&self) -> Option<i64> {
        let places = 0..self.is.len();
        let mut noticed = places.rev().filter(|&place| {
            let before = place.checked_sub(1).and_then(|before| self.is[before]);
            self.is[place] != before
        });
        noticed.next().map(|place| self.versions[place].time)
    }

    /// What a watch from the start is told of a version.
    fn event(&self, place: usize) -> Option<EventKind> {
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

/// Everything that a reader can ask, against the model.
async fn check(record: &Arc<Chronicle>, model: &Model<'_>, start: &str) {
    let (versions, reader) = (model.versions, reader(model.level));
    let first = model.revisions().first().map(|place| versions[*place].time);
    // Readings move the head of whoever sees everything.
    if let Some(noticed) = model.noticed().filter(|_| model.level < Tier::Secret) {
        assert_eq!(record.head(&reader).await.unwrap(), noticed, "{:?}", model.level);
    }
    if model.is.last().copied().flatten().is_none() {
        // What is hidden now is hidden with its past.
        for version in versions {
            assert!(record.get::<Paper>(NAME, At::Time(version.time), &reader).await.is_err());
        }
        assert!(record.revisions::<Paper>(NAME, None, 0, "", &reader).await.is_err());
        return;
    }
    let mut etags: Vec<(usize, String)> = Vec::new();
    for (place, version) in versions.iter().enumerate() {
        let got = record.get::<Paper>(NAME, At::Time(version.time), &reader).await;
        let Some(is) = model.is[place] else {
            assert!(got.is_err(), "{place}");
            continue;
        };
        let (got, _) = got.unwrap();
        assert_eq!((Some(got.created), got.recorded), (first, versions[is].time), "{place}");
        for (other, etag) in &etags {
            assert_eq!(*other == is, *etag == got.etag, "{other} and {place}");
        }
        etags.push((is, got.etag.clone()));
    }
    revisions(record, model, &reader, &etags).await;
    differences(record, model, &reader).await;

    let mut watcher = record.watch::<Paper>(ListRequest::default(), start, reader.clone()).unwrap();
    let told: Vec<_> = watcher.next().await.unwrap();
    let told: Vec<_> = told
        .into_iter()
        .map(|event| (event.kind, event.time, event.stored.map(|stored| stored.recorded)))
        .collect();
    let expected = (0..versions.len()).filter_map(|place| {
        let (kind, time) = (model.event(place)?, versions[place].time);
        Some((kind, time, (kind != EventKind::Removed).then_some(time)))
    });
    assert_eq!(told, expected.collect::<Vec<_>>(), "{:?}", model.level);
}

/// The revisions, by pages, are numbered without a gap, and have the etags that a Get gives.
async fn revisions(
    record: &Chronicle,
    model: &Model<'_>,
    reader: &Reader,
    etags: &[(usize, String)],
) {
    let (mut token, mut all) = (String::new(), Vec::new());
    loop {
        let page = record.revisions::<Paper>(NAME, None, 3, &token, reader).await.unwrap();
        all.extend(page.0);
        token = page.1;
        if token.is_empty() {
            break;
        }
    }
    let expected = model.revisions();
    assert_eq!(all.len(), expected.len(), "{:?}", model.level);
    for ((revision, place), number) in all.iter().rev().zip(&expected).zip(1..) {
        let version = &model.versions[*place];
        let operation = if number == 1 { "create" } else { version.operation };
        assert_eq!((revision.number, revision.stored.recorded), (number, version.time));
        assert_eq!(revision.operation, operation);
        assert_eq!(revision.before.is_some(), number > 1);
        let etag = etags.iter().find(|(is, _)| is == place).map(|(_, etag)| etag);
        assert_eq!(Some(&revision.stored.etag), etag);
    }
}

/// A Diff between any two versions tells of what the reader is shown of them, and of nothing else.
async fn differences(record: &Chronicle, model: &Model<'_>, reader: &Reader) {
    let versions = model.versions;
    let stands = |place: usize| {
        let seen = model.is[place].is_some() && !versions[place].deleted;
        seen.then(|| versions[place].value.shown_at(model.level).into_owned())
    };
    for (from, to) in (0..versions.len()).zip((0..versions.len()).skip(1)) {
        let (all, _) = record
            .difference::<Paper>(
                &ListRequest::default(),
                versions[from].time,
                versions[to].time,
                Uuid::nil(),
                reader,
            )
            .await
            .unwrap();
        assert_eq!(all.is_empty(), stands(from) == stands(to), "{from} to {to}");
    }
}

/// Issue 11, point 10: an edit of a hidden field gave anonymous callers a new etag, an event, a gap in the revision numbers,
/// another `update_time` and an entry of a Diff.
#[tokio::test]
async fn what_changes_nothing_for_a_reader_is_not_there_for_them() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let before = begin(&record).await;
        let versions = write(&record, 1).await;
        for level in LEVELS {
            check(&record, &Model::of(&versions, level), &before).await;
        }
    })
    .await;
    // On SQLite the rest: the statements are the same.
    for seed in 2..=HISTORIES {
        let database = testkit::database(testkit::Engine::Sqlite).await.unwrap();
        let record = record(&database.url).await;
        let before = begin(&record).await;
        let versions = write(&record, seed).await;
        for level in LEVELS {
            check(&record, &Model::of(&versions, level), &before).await;
        }
        let fits = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
        assert!(fits.is_ok(), "{fits:?}");
    }
}

/// A writer is held to the etag of what they are shown: a hidden edit by others does not get in their way, a visible one does.
#[tokio::test]
async fn a_writer_is_held_to_the_etag_of_their_own_tier() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let last = async |level| record.last::<Paper>(NAME, &reader(level)).await.unwrap();
        record.create(&call(), paper()).await.unwrap();
        let (read, noted) = (last(Tier::Public).await, last(Tier::Confidential).await);

        let hidden = Paper { hints: [1, 2, 1], ..paper() };
        let edited = record.update(&call(), &noted, hidden.clone()).await.unwrap();

        let now = last(Tier::Public).await;
        assert_eq!((&now.etag, now.recorded), (&read.etag, read.recorded));
        assert!(now.expect(&read.etag, true).is_ok());
        let of_others = last(Tier::Confidential).await;
        assert!(of_others.expect(&noted.etag, true).is_err());
        assert!(of_others.expect(&edited.etag, true).is_ok());

        let titled = Paper { title: 2, ..hidden };
        let answered = record.update(&call(), &now, titled.clone()).await.unwrap();
        let now = last(Tier::Public).await;
        assert_eq!((&now.etag, now.recorded), (&answered.etag, answered.recorded));
        assert!(now.expect(&read.etag, true).is_err());
        assert_eq!(now.value, titled, "the hint is kept");
    })
    .await;
}

/// A database of before has the columns filled from its versions.
#[tokio::test]
async fn an_old_database_is_brought_to_the_same() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let before = begin(&record).await;
        let versions = write(&record, 3).await;
        for column in ["shown", "views"] {
            let drop = format!("ALTER TABLE paper DROP COLUMN {column}");
            record.db.execute_unprepared(&drop).await.unwrap();
        }
        // Every edit was noticed by all.
        let all = "UPDATE head SET public = time, restricted = time, confidential = time";
        record.db.execute_unprepared(all).await.unwrap();
        drop(record);

        let record = self::record(&url).await;

        for level in LEVELS {
            check(&record, &Model::of(&versions, level), &before).await;
        }
        for statement in ["UPDATE paper SET shown = 1", "UPDATE paper SET views = ''"] {
            let fits = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
            assert!(fits.is_ok(), "{fits:?}");
            let column = statement.split(' ').nth(3).unwrap();
            let keep = format!("CREATE TABLE kept AS SELECT uid, revision, {column} AS held FROM paper");
            record.db.execute_unprepared(&keep).await.unwrap();
            record.db.execute_unprepared(statement).await.unwrap();
            let found = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
            assert!(found.unwrap_err().contains(&format!("column {column}")));
            let back = format!(
                "UPDATE paper SET {column} = (SELECT held FROM kept WHERE kept.uid = paper.uid AND kept.revision = paper.revision)"
            );
            record.db.execute_unprepared(&back).await.unwrap();
            record.db.execute_unprepared("DROP TABLE kept").await.unwrap();
        }
    })
    .await;
}
