//! A record that goes back, to an older copy or a standby that was behind: what was given out in
//! the future that was lost is refused, what was given out before holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::common::{Thing, call, public, record, thing};
use chronicle::{Chronicle, Error, ListRequest, Page, Shown, database};
use machine::clock::SystemClock;
use policy::Tier;
use sea_orm::ConnectionTrait;

/// A list of two pages.
fn pages() -> ListRequest {
    ListRequest { page_size: 2, ..ListRequest::default() }
}

async fn page(record: &Chronicle) -> Page<Shown<Thing>> {
    record.list::<Thing>(&pages(), &public()).await.unwrap()
}

/// The token of the second page of revisions of the first thing.
async fn revisions(record: &Chronicle) -> String {
    let found = record.revisions::<Thing>("things/t0", None, 1, "", &public()).await;
    found.unwrap().1
}

/// Returns whether page, watch and revisions resume from their tokens.
async fn goes_on(record: &Arc<Chronicle>, page: &Page<Shown<Thing>>, revisions: &str) -> [bool; 3] {
    fn judged<V>(outcome: Result<V, Error>) -> bool {
        match outcome {
            Ok(_) => true,
            Err(Error::WentBack) => false,
            Err(error) => panic!("{error:?}"),
        }
    }
    let next = ListRequest { page_token: page.next_page_token.clone(), ..pages() };
    let watched = record.watch::<Thing>(ListRequest::default(), &page.resume_token, public());
    [
        judged(record.list::<Thing>(&next, &public()).await),
        judged(watched.unwrap().next().await),
        judged(record.revisions::<Thing>("things/t0", None, 1, revisions, &public()).await),
    ]
}

async fn change(record: &Chronicle, who: usize, title: &str) {
    let last = record.last::<Thing>(&format!("things/t{who}"), &public()).await.unwrap();
    let value = Thing { title: title.to_owned(), ..last.value.clone() };
    record.update(&call(), &last, value).await.unwrap();
}

async fn close(record: Arc<Chronicle>) {
    let db = record.db.clone();
    drop(record);
    db.close().await.unwrap();
}

async fn open(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

#[tokio::test]
async fn tokens_of_a_future_that_was_lost_are_refused() {
    testkit::on_both(|url| async move {
        let before = record(&url).await;
        for who in 0..4 {
            before.create(&call(), thing(who, 0)).await.unwrap();
        }
        change(&before, 0, "second").await;
        let (kept, kept_revisions) = (page(&before).await, revisions(&before).await);
        close(before).await;
        let copy = testkit::copy(&url).await;
        let lost = open(&url).await;
        change(&lost, 0, "lost").await;
        let (gone, gone_revisions) = (page(&lost).await, revisions(&lost).await);
        assert_eq!(goes_on(&lost, &gone, &gone_revisions).await, [true; 3]);

        let record = open(&copy.url).await;
        assert_eq!(goes_on(&record, &gone, &gone_revisions).await, [false; 3]);
        change(&record, 1, "other").await;
        assert_eq!(goes_on(&record, &gone, &gone_revisions).await, [false; 3]);
        assert_eq!(goes_on(&record, &kept, &kept_revisions).await, [true; 3]);
        let own = page(&record).await;
        assert_eq!(goes_on(&record, &own, &revisions(&record).await).await, [true; 3]);
        close(lost).await;
        close(record).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_tells_nothing_of_what_is_hidden() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for who in 0..4 {
            record.create(&call(), thing(who, 0)).await.unwrap();
        }
        let seen = page(&record).await;
        let hidden = Thing { tier: Tier::Confidential, ..thing(9, 0) };
        record.create(&call(), hidden).await.unwrap();
        assert_eq!(page(&record).await, seen, "the same bytes, tokens too");
    })
    .await;
}

#[tokio::test]
async fn a_watch_that_is_open_while_the_record_goes_back_ends() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        let then = record.head(&public()).await.unwrap();
        let mut early = record.watch::<Thing>(ListRequest::default(), "", public()).unwrap();
        assert_eq!(early.next().await.unwrap().len(), 1);
        let db = &record.db;
        db.execute_unprepared("CREATE TABLE kept AS SELECT * FROM head").await.unwrap();
        change(&record, 0, "lost").await;
        let mut late = record.watch::<Thing>(ListRequest::default(), "", public()).unwrap();
        assert_eq!(late.next().await.unwrap().len(), 1);
        assert!(late.next().await.unwrap().is_empty());

        let open = i64::MAX;
        for statement in [
            "DELETE FROM head".to_owned(),
            "INSERT INTO head SELECT * FROM kept".to_owned(),
            format!("DELETE FROM change WHERE time > {then}"),
            format!("DELETE FROM thing WHERE recorded_from > {then}"),
            format!("UPDATE thing SET recorded_to = {open} WHERE recorded_to > {then}"),
        ] {
            db.execute_unprepared(&statement).await.unwrap();
        }

        // Nobody writes: it is noticed all the same.
        let moved = tokio::time::timeout(std::time::Duration::from_secs(10), late.moved()).await;
        assert!(moved.is_ok());
        assert!(matches!(late.next().await, Err(Error::WentBack)));
        assert!(early.next().await.unwrap().is_empty(), "what it stands on is there");
        change(&record, 0, "other").await;
        let told = early.next().await.unwrap();
        assert_eq!(told[0].stored.as_ref().unwrap().value.title, "other");
    })
    .await;
}
