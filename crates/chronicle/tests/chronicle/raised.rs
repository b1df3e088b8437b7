//! A resource that was public, was raised and is public again: nothing tells what it was before.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::common::{Thing, call, public, record, thing};
use crate::papers::{self, Paper};
use crate::parts::{change, reader};
use chronicle::{At, Chronicle, Error, EventKind, ListRequest, Reader};
use policy::{Desks, Tier};
use sea_orm::{ConnectionTrait, Statement};

const NAME: &str = "things/t0";

/// A thing titled `wrong` is raised, corrected and public again: the record times of its versions.
async fn corrected(record: &Chronicle) -> [i64; 3] {
    let wrong = Thing { title: "wrong".to_owned(), ..thing(0, 0) };
    let first = record.create(&call(), wrong).await.unwrap().recorded;
    let raised = change::<Thing>(record, NAME, |thing| thing.tier = Tier::Confidential).await;
    let right = change::<Thing>(record, NAME, |thing| {
        thing.tier = Tier::Public;
        "right".clone_into(&mut thing.title);
    });
    [first, raised.recorded, right.await.recorded]
}

/// The events that a public watch from a list of an instant is sent, or how it ends.
async fn followed(record: &Arc<Chronicle>, filter: &str, at: i64) -> Result<usize, String> {
    let filter = filter.to_owned();
    let list = ListRequest { filter: filter.clone(), read_time: Some(at), ..Default::default() };
    let token = record.list::<Thing>(&list, &public()).await.unwrap().resume_token;
    let all = ListRequest { filter, ..ListRequest::default() };
    let mut watcher = record.watch::<Thing>(all, &token, public()).unwrap();
    let mut told = 0;
    loop {
        match watcher.next().await {
            Ok(events) if events.is_empty() => return Ok(told),
            Ok(events) => told += events.len(),
            Err(error) => return Err(format!("{error:?}")),
        }
    }
}

/// A watch from the list of an instant ended or went on by whether its filter matched the version
/// of then.
#[tokio::test]
async fn a_watch_from_a_list_tells_nothing_of_what_was_raised_since() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let [first, ..] = corrected(&record).await;

        let ends = Err(format!("{:?}", Error::VisibilityChanged));
        for filter in ["title = \"wrong\"", "title = \"other\"", ""] {
            assert_eq!(followed(&record, filter, first).await, ends, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn reading_what_it_was_is_recorded_and_reading_what_it_is_is_not() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let [first, _, last] = corrected(&record).await;
        let desk = reader(Desks::ALL, Tier::Confidential);
        let read = async |at: Option<i64>| {
            let at = at.map_or(At::Now, At::Time);
            record.get::<Thing>(NAME, at, &desk).await.unwrap();
            let all = "SELECT count(*) AS lines FROM change WHERE operation = 'read'";
            let all = Statement::from_string(record.db.get_database_backend(), all);
            let row = record.db.query_one_raw(all).await.unwrap().unwrap();
            row.try_get::<i64>("", "lines").unwrap()
        };

        assert_eq!((read(None).await, read(Some(last)).await), (0, 0));
        assert_eq!(read(Some(first)).await, 1);
    })
    .await;
}

/// A public watcher was told of the removal at the instant at which a hidden field was edited.
#[tokio::test]
async fn who_watches_is_told_when_it_was_raised_and_not_when_something_hidden_was_edited() {
    testkit::on_both(|url| async move {
        let record = papers::record(&url).await;
        let mut last = record.create(&papers::call(), papers::paper()).await.unwrap().into_stored();
        let all = || ListRequest::default();
        let mut watcher = record.watch::<Paper>(all(), "", Reader::public()).unwrap();
        watcher.next().await.unwrap();
        let token = watcher.resume_token().unwrap();
        let mut times = Vec::new();
        for (tier, hint) in [(Tier::Public, 2), (Tier::Confidential, 2), (Tier::Public, 2)] {
            let next = Paper { tier, hints: [1, hint, 1], ..last.value.clone() };
            last = record.update(&papers::call(), &last, next).await.unwrap().into_stored();
            times.push(last.recorded);
        }

        let mut behind = record.watch::<Paper>(all(), &token, Reader::public()).unwrap();
        let told = behind.next().await.unwrap();
        let told: Vec<_> = told.iter().map(|event| (event.kind, event.time)).collect();
        assert_eq!(told, [(EventKind::Removed, times[1]), (EventKind::Added, times[2])]);
    })
    .await;
}
