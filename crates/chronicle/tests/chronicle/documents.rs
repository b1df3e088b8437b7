//! Documents are bytes: of any form that a resource chooses; in an older database, of rows beside
//! those that hold text.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::common::{Thing, call, public, thing};
use chronicle::schema::{Refill, Schema, SchemaMigration};
use chronicle::verify::{Kind, verify};
use chronicle::{
    At, Chronicle, Document, Entry, EventKind, Field, ListRequest, Reader, Resource, database,
};
use machine::clock::SystemClock;
use policy::Tier;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use uuid::Uuid;

/// A resource with a form of its own: its parts, each after its length. It is not `Serialize`.
#[derive(Clone, Debug, PartialEq)]
struct Parcel {
    name: String,
    label: String,
    to: String,
    content: Vec<u8>,
}

impl Document for Parcel {
    fn to_document(&self) -> Result<Vec<u8>, String> {
        let parts =
            [self.name.as_bytes(), self.label.as_bytes(), self.to.as_bytes(), &self.content];
        let mut document = Vec::new();
        for part in parts {
            let length = u32::try_from(part.len()).map_err(|error| error.to_string())?;
            document.extend(length.to_be_bytes());
            document.extend(part);
        }
        Ok(document)
    }

    fn from_document(mut document: &[u8]) -> Result<Self, String> {
        let mut part = || {
            let (length, rest) = document.split_first_chunk().ok_or("it is cut off")?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| "too long")?;
            let (part, rest) = rest.split_at_checked(length).ok_or("it is cut off")?;
            document = rest;
            Ok::<_, String>(part.to_vec())
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|error| error.to_string());
        Ok(Self {
            name: text(part()?)?,
            label: text(part()?)?,
            to: text(part()?)?,
            content: part()?,
        })
    }
}

impl Resource for Parcel {
    const KIND: &'static str = "parcel";
    const PATTERN: &'static str = "parcels/{parcel}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        if self.label == "secret" { Tier::Confidential } else { Tier::Public }
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::sorted_words("label", |parcel| parcel.label.clone()),
            Field::optional_text("to", |parcel| Some(parcel.to.clone())),
        ]
    }
}

/// A parcel whose document has quotes and bytes that are no text; every third has more bytes than
/// are read with a row.
fn parcel(number: usize) -> Parcel {
    let mut content = b"\x00\xFF'\"\\x00{\x80".repeat(if number % 3 == 2 { 4000 } else { 3 });
    content.extend(number.to_be_bytes());
    Parcel {
        name: format!("parcels/p{number}"),
        label: ["b", "a", "c", "secret"][number % 4].to_owned(),
        to: if number.is_multiple_of(2) { format!("things/t{number}") } else { String::new() },
        content,
    }
}

fn schema() -> Schema {
    Schema::service().with::<Thing>().with::<Parcel>()
}

async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    schema().apply(&SchemaManager::new(&db)).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

async fn fits(record: &Chronicle) {
    let kinds = [Kind::of::<Thing>(), Kind::of::<Parcel>()];
    let found = verify(&record.db, &kinds, None, |_| {}).await.unwrap();
    assert!(found.is_ok(), "{found:?}");
}

/// Returns all resources, by pages of a size.
async fn all<T: Resource>(record: &Chronicle, page_size: u64) -> Vec<T> {
    let mut request = ListRequest { page_size, ..ListRequest::default() };
    let mut found = Vec::new();
    loop {
        let page = record.list::<T>(&request, &Reader::system()).await.unwrap();
        found.extend(page.items.into_iter().map(|item| item.into_stored().value));
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_resource_is_kept_in_a_form_of_its_own() {
    testkit::on_both(|url| async move {
        let (record, whole) = (record(&url).await, Reader::system());
        let first = record.create(&call(), parcel(0)).await.unwrap();
        let entries = (1..12).map(|number| Entry::create(&parcel(number)).unwrap());
        record.record(&call(), entries.collect()).await.unwrap();

        for number in 0..12 {
            let wanted = parcel(number);
            let (got, _) = record.get::<Parcel>(&wanted.name, At::Now, &whole).await.unwrap();
            assert_eq!(got.value, wanted);
        }
        for page_size in [1, 5, 50] {
            let mut found = all::<Parcel>(&record, page_size).await;
            found.sort_by_key(|parcel| parcel.content[parcel.content.len() - 8..].to_vec());
            assert_eq!(found, (0..12).map(parcel).collect::<Vec<_>>());
        }

        let next = Parcel { content: vec![0; 20_000], ..parcel(0) };
        let second = record.update(&call(), &first, next.clone()).await.unwrap();
        let gone = record.delete(&call(), second.clone().into_stored()).await.unwrap();
        record.undelete(&call(), gone.into_stored()).await.unwrap();
        let (revisions, ..) =
            record.revisions::<Parcel>("parcels/p0", None, 0, "", &public()).await.unwrap();
        let said: Vec<_> = revisions.iter().map(|it| &it.stored.value).collect();
        assert_eq!(said, [&next, &next, &next, &parcel(0)]);
        Refill("again", schema).up(&SchemaManager::new(&record.db)).await.unwrap();
        fits(&record).await;
    })
    .await;
}

#[tokio::test]
async fn a_form_of_its_own_is_watched_and_looked_through() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for number in [0, 2, 4, 6] {
            record.create(&call(), parcel(number)).await.unwrap();
        }
        let mut watcher = record.watch::<Parcel>(ListRequest::default(), "", public()).unwrap();
        let standing = watcher.next().await.unwrap();
        assert_eq!(standing.len(), 4);
        let last = standing[3].stored.clone().unwrap().into_stored();
        let next = Parcel { content: vec![0xFF; 20_000], ..last.value.clone() };
        record.update(&call(), &last, next.clone()).await.unwrap();
        let events = watcher.next().await.unwrap();
        assert_eq!((events.len(), events[0].kind), (1, EventKind::Changed));
        assert_eq!(events[0].stored.as_ref().unwrap().value, next);

        let holding = async |text: &str| {
            let found = record.holding::<Parcel>(text, Uuid::nil(), 9, &public()).await.unwrap();
            found.into_iter().map(|stored| stored.value.to).collect::<Vec<_>>()
        };
        assert_eq!(holding("things/t4").await, ["things/t4"]);
        assert_eq!(holding("things/t").await.len(), 4);
        assert!(holding("things/t1").await.is_empty());
    })
    .await;
}

/// Turns the table of a kind into that of an older version, in which documents were text.
async fn age(record: &Chronicle, kind: &str) {
    // Together, so that one connection runs them.
    let statements = match record.db.get_database_backend() {
        DbBackend::Postgres => {
            "ALTER TABLE {} ALTER COLUMN document TYPE text USING convert_from(document, 'UTF8');
            ALTER TABLE {} ALTER COLUMN document SET DEFAULT ''"
        }
        _ => {
            "ALTER TABLE {} RENAME COLUMN document TO bytes;
            ALTER TABLE {} ADD COLUMN document text NOT NULL DEFAULT '';
            UPDATE {} SET document = CAST(bytes AS text);
            ALTER TABLE {} DROP COLUMN bytes"
        }
    };
    record.db.execute_unprepared(&statements.replace("{}", kind)).await.unwrap();
}

/// A thing with letters of more than a byte; every third has more bytes than are read with a row.
fn old(number: usize) -> Thing {
    let nickname = "Ақсақал \"\u{1F600}\"".repeat(if number % 3 == 2 { 2000 } else { 1 });
    Thing { nickname: Some(nickname), title: "ä".to_owned(), ..thing(number, number) }
}

#[tokio::test]
async fn documents_of_before_stay_as_they_are_beside_new_ones() {
    testkit::on_both(|url| async move {
        let before = record(&url).await;
        for number in 0..6 {
            before.create(&call(), old(number)).await.unwrap();
        }
        age(&before, "thing").await;
        drop(before);

        let db = database::open(&url).await.unwrap();
        for _ in 0..2 {
            SchemaMigration("keep_bytes", schema).up(&SchemaManager::new(&db)).await.unwrap();
        }
        let record = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap());
        fits(&record).await;
        let last = record.last::<Thing>("things/t5", &public()).await.unwrap();
        record.update(&call(), &last, Thing { colour: 0, ..old(5) }).await.unwrap();
        for number in 6..9 {
            record.create(&call(), old(number)).await.unwrap();
        }

        fits(&record).await;
        for page_size in [2, 50] {
            let mut found = all::<Thing>(&record, page_size).await;
            found.sort_by(|one, other| one.name.cmp(&other.name));
            let now =
                |number| if number == 5 { Thing { colour: 0, ..old(5) } } else { old(number) };
            assert_eq!(found, (0..9).map(now).collect::<Vec<_>>());
        }
        for (text, standing) in [("ä", 9), ("things/t2", 1), ("things/t7", 1), ("things/t9", 0)] {
            let found = record.holding::<Thing>(text, Uuid::nil(), 9, &public()).await.unwrap();
            assert_eq!(found.len(), standing, "{text}");
        }
        let (revisions, ..) =
            record.revisions::<Thing>("things/t5", None, 0, "", &public()).await.unwrap();
        assert_eq!(revisions.last().unwrap().stored.value, old(5));
        Refill("again", schema).up(&SchemaManager::new(&record.db)).await.unwrap();
        fits(&record).await;
    })
    .await;
}
