//! Documents that are not decoded are answered as resources are, and logged as they are.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Debug;
use std::sync::Arc;

use crate::common::{Thing, call, public, thing};
use crate::papers::{self, LEVELS, NAME, Paper};
use crate::parts::{self, Part, Random, change_something, part, reader};
use chronicle::{
    At, Chronicle, Document, Event, Held, Kept, ListRequest, Reader, Resource, Stored,
};
use policy::{Desks, Tier};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

/// Histories tried on each engine, and the changes of each.
const HISTORIES: u64 = 3;
const CHANGES: usize = 30;

/// The answers to a reader.
#[derive(Debug, PartialEq)]
struct Told<T> {
    got: Vec<Result<(Stored<T>, i64), String>>,
    pages: Vec<(Vec<Stored<T>>, String, i64)>,
    /// Without their tokens, in which the time of the clock stands.
    events: Vec<Event<Stored<T>>>,
    /// The audit records of them.
    readings: Vec<(Uuid, i64)>,
}

fn read<V: Held>(stored: &Stored<V>) -> Stored<V::Of> {
    Stored {
        uid: stored.uid,
        revision: stored.revision,
        created: stored.created,
        recorded: stored.recorded,
        deleted: stored.deleted,
        etag: stored.etag.clone(),
        layers: stored.layers.clone(),
        value: stored.value.resource().unwrap().into_owned(),
    }
}

/// Returns the audit records after a place of the log, and the last place.
async fn readings(record: &Chronicle, after: i64) -> (Vec<(Uuid, i64)>, i64) {
    let of = |column: &str| Expr::col(Alias::new(column));
    let query = Query::select()
        .columns(["uid", "revision", "seq"].map(Alias::new))
        .from(Alias::new("change"))
        .and_where(of("operation").eq("read"))
        .and_where(of("seq").gt(after))
        .order_by(Alias::new("seq"), Order::Asc)
        .to_owned();
    let rows = record.db.query_all(&query).await.unwrap();
    let number = |row: &QueryResult, column| row.try_get::<i64>("", column).unwrap();
    let found = rows.iter().map(|row| (row.try_get("", "uid").unwrap(), number(row, "revision")));
    (found.collect(), rows.last().map_or(after, |row| number(row, "seq")))
}

/// Asks for some resources in every way, now or at an instant.
async fn told<V: Held>(
    record: &Arc<Chronicle>,
    names: &[&str],
    read_time: Option<i64>,
    reader: &Reader,
) -> Told<V::Of> {
    let (_, before) = readings(record, 0).await;
    let at = read_time.map_or(At::Now, At::Time);
    let (mut got, mut pages, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let found = record.get::<V>(name, at, reader).await;
        let found = found.map(|(shown, time)| (read(&*shown), time));
        got.push(found.map_err(|error| error.to_string()));
    }
    let mut request =
        ListRequest { page_size: 2, read_time, show_deleted: true, ..ListRequest::default() };
    loop {
        let page = record.list::<V>(&request, reader).await.unwrap();
        let items = page.items.iter().map(|shown| read(&**shown)).collect();
        request.page_token.clone_from(&page.next_page_token);
        pages.push((items, page.next_page_token, page.read_time));
        if request.page_token.is_empty() {
            break;
        }
    }
    let mut watcher = record.watch::<V>(ListRequest::default(), "", reader.clone()).unwrap();
    while !watcher.is_current() {
        for event in watcher.next().await.unwrap() {
            let stored = event.stored.as_ref().map(|shown| read(&**shown));
            let Event { kind, uid, name, time, .. } = event;
            events.push(Event { kind, uid, name, stored, time, resume_token: String::new() });
        }
    }
    let (readings, _) = readings(record, before).await;
    Told { got, pages, events, readings }
}

/// Compares the answers with resources and those with documents; returns how many were audited.
async fn same<T: Resource + Debug>(
    record: &Arc<Chronicle>,
    names: &[&str],
    read_time: Option<i64>,
    reader: &Reader,
) -> usize {
    let resources = told::<T>(record, names, read_time, reader).await;
    let kept = told::<Kept<T>>(record, names, read_time, reader).await;
    assert_eq!(kept, resources, "{read_time:?}");
    resources.readings.len()
}

#[tokio::test]
async fn documents_are_told_as_resources_are() {
    testkit::on_both(|url| async move {
        let record = parts::record(&url).await;
        for of in [0, 1] {
            record.create(&call(), thing(of, of)).await.unwrap();
        }
        let mut recorded = 0;
        for seed in 1..=HISTORIES {
            let mut random = Random(seed);
            let mut instants = vec![None];
            for number in 0..CHANGES {
                change_something(&record, &mut random).await;
                if number % 10 == 5 {
                    instants.push(Some(record.head(&public()).await.unwrap()));
                }
            }
            let names: Vec<String> =
                (0..6).map(|number| part(number / 3, number % 3).name).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for reader in [
                public(),
                reader(Desks::of_country("KZ"), Tier::Restricted),
                reader(Desks::of_country("KZ"), Tier::Confidential),
                reader(Desks::ALL, Tier::Confidential),
            ] {
                for read_time in &instants {
                    recorded += same::<Part>(&record, &names, *read_time, &reader).await;
                    let things = ["things/t0", "things/t1"];
                    recorded += same::<Thing>(&record, &things, *read_time, &reader).await;
                }
            }
        }
        assert!(recorded > 0, "some of it is confidential");
    })
    .await;
}

#[tokio::test]
async fn what_changes_above_a_reader_is_told_of_documents_as_of_resources() {
    testkit::on_both(|url| async move {
        let record = papers::record(&url).await;
        papers::begin(&record).await;
        let written = papers::write(&record, 7).await;
        for level in LEVELS {
            let reader = papers::reader(level);
            for place in (0..written.len()).step_by(4) {
                same::<Paper>(&record, &[NAME], Some(written[place].time), &reader).await;
            }
            same::<Paper>(&record, &[NAME], None, &reader).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_document_comes_as_it_is_kept() {
    testkit::on_both(|url| async move {
        let record = crate::common::record(&url).await;
        let large = "x".repeat(40_000);
        for (who, nickname) in [(0, None), (1, Some(large)), (2, None)] {
            let desks = Desks::of_country("KZ").bits();
            let value = Thing { nickname, desks, ..thing(who, who) };
            let written = record.create(&call(), value).await.unwrap();
            let name = &written.value.name;
            let (kept, _) = record.get::<Kept<Thing>>(name, At::Now, &public()).await.unwrap();
            let Kept { name: kept_name, tier, desks, document, .. } = &kept.value;
            assert_eq!((kept_name, *tier), (name, written.value.tier()));
            assert_eq!(*desks, written.value.desks());
            assert_eq!(*document, written.value.to_document().unwrap());
        }
        let page = record.list::<Kept<Thing>>(&ListRequest::default(), &public()).await.unwrap();
        let lengths: Vec<bool> =
            page.items.iter().map(|item| item.value.document.len() > 40_000).collect();
        assert_eq!(lengths.iter().filter(|is_large| **is_large).count(), 1, "{lengths:?}");
    })
    .await;
}
