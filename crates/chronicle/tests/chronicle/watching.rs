//! Writers in two processes' worth of records, watchers that are cut and resumed at random: what
//! each watcher was sent, in order and once, folds to what a list says.
//!
//! `STORM_CHANGES=100000` makes it as long as one likes.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use facts::ErrorReason;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::common::{Thing, call, public, record, thing};
use chronicle::changes::RETENTION;
use chronicle::{Chronicle, Error, Event, EventKind, ListRequest, Reader, database};
use machine::clock::{Clock, ManualClock, SystemClock};
use policy::Tier;
use tokio::task::JoinSet;
use uuid::Uuid;

const WRITERS: usize = 16;
const WATCHERS: usize = 8;
const THINGS: usize = 40;

/// The state of a watcher: the resources, the record time of its last event, and how many events it
/// had.
#[derive(Default)]
struct Fold {
    standing: BTreeMap<Uuid, Thing>,
    last: i64,
    events: usize,
    cuts: usize,
}

impl Fold {
    fn take(&mut self, event: Event<chronicle::Shown<Thing>>) {
        match event.kind {
            EventKind::Standing => assert!(event.time >= self.last, "back in time"),
            _ => assert!(event.time > self.last, "{} after {}", event.time, self.last),
        }
        self.last = event.time;
        self.events += 1;
        let known = self.standing.contains_key(&event.uid);
        match event.kind {
            EventKind::Standing | EventKind::Added => assert!(!known, "{} twice", event.name),
            EventKind::Changed | EventKind::Removed => assert!(known, "{} unknown", event.name),
        }
        match event.stored {
            Some(shown) => self.standing.insert(event.uid, shown.into_stored().value),
            None => self.standing.remove(&event.uid),
        };
    }
}

fn filter(number: usize) -> ListRequest {
    let phase = "phase_on(\"2024-06-01\") = OPEN";
    let filter = ["", "good = true", "tags:\"tag-1\"", "title != \"a\"", phase][number % 5];
    ListRequest { filter: filter.to_owned(), ..ListRequest::default() }
}

/// Writes until it has written so many versions: creates, updates, deletes and makes stand again.
async fn write(record: Arc<Chronicle>, writer: usize, count: usize) -> usize {
    let mut written = 0;
    for step in 0.. {
        if written >= count {
            break;
        }
        let who = (writer * 7 + step * 13) % THINGS;
        let value = thing(who, writer + step);
        let name = value.name.clone();
        let outcome = match record.last::<Thing>(&name, &public()).await {
            Ok(last) if last.deleted => record.undelete(&call(), last).await,
            Ok(last) if step % 11 == 0 => record.delete(&call(), last).await,
            Ok(last) => record.update(&call(), &last, value).await,
            Err(Error::NotFound(_)) => record.create(&call(), value).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(_) => written += 1,
            Err(Error::Busy | Error::AlreadyExists(_) | Error::Deleted(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    written
}

/// Watches until it was sent everything up to the end, cut off and resumed again and again.
async fn watch(
    records: [Arc<Chronicle>; 2],
    number: usize,
    mut end: tokio::sync::watch::Receiver<i64>,
) -> Fold {
    let (mut fold, mut token) = (Fold::default(), String::new());
    // Cuts in a row before anything was told: on a slow machine each would come too early.
    let mut in_vain = 0;
    loop {
        // Resumed at one or the other, as with replicas.
        let record = &records[(number + fold.cuts) % 2];
        let mut watcher = record.watch::<Thing>(filter(number), &token, public()).unwrap();
        let shortest = Duration::from_millis(3 + u64::try_from(number * 5 % 17).unwrap());
        let before = token.clone();
        let told = tokio::time::timeout(shortest * (1 + in_vain), async {
            loop {
                let events = watcher.next().await.unwrap();
                let quiet = events.is_empty();
                for event in events {
                    token.clone_from(&event.resume_token);
                    fold.take(event);
                }
                if quiet {
                    token = watcher.resume_token().unwrap();
                    let end = *end.borrow_and_update();
                    if end > 0 && watcher.read_time() >= end {
                        return true;
                    }
                    watcher.moved().await;
                }
            }
        });
        if told.await == Ok(true) {
            return fold;
        }
        fold.cuts += 1;
        in_vain = if token == before { in_vain + 1 } else { 0 };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_invented_or_told_twice() {
    let changes = std::env::var("STORM_CHANGES").ok().and_then(|text| text.parse().ok());
    let changes: usize = changes.unwrap_or(2_500);
    testkit::on_both(move |url| async move {
        let first = record(&url).await;
        let db = database::open(&url).await.unwrap();
        let second = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap());
        let records = [first, second];
        let (end, ended) = tokio::sync::watch::channel(0);
        let started = std::time::Instant::now();

        let mut watchers = JoinSet::new();
        for number in 0..WATCHERS {
            let (records, ended) = (records.clone(), ended.clone());
            watchers.spawn(async move { (number, watch(records, number, ended).await) });
        }
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let record = Arc::clone(&records[writer % 2]);
            writers.spawn(write(record, writer, changes / WRITERS));
        }
        let written: usize = writers.join_all().await.into_iter().sum();
        let head = records[0].head(&public()).await.unwrap();
        end.send_replace(head);
        // One more change wakes those who wait.
        records[0].create(&call(), thing(THINGS, 1)).await.unwrap();

        let mut cuts = 0;
        for (number, fold) in watchers.join_all().await {
            let mut listed = BTreeMap::new();
            let request =
                ListRequest { page_size: 1000, read_time: Some(fold.last), ..filter(number) };
            for shown in records[1].list::<Thing>(&request, &public()).await.unwrap().items {
                listed.insert(shown.uid, shown.into_stored().value);
            }
            assert_eq!(fold.standing, listed, "watcher {number}");
            if number % 4 == 0 {
                assert!(fold.events >= THINGS, "{} events", fold.events);
            }
            cuts += fold.cuts;
        }
        println!(
            "{written} changes, {WRITERS} writers, {WATCHERS} watchers cut {cuts} times, {:.0} s",
            started.elapsed().as_secs_f64()
        );
    })
    .await;
}

#[tokio::test]
async fn a_watch_goes_on_from_a_list_and_follows_the_filter() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let is_good = "good = true AND NOT phase_on(\"2024-06-01\") = OPEN";
        let good = || ListRequest { filter: is_good.to_owned(), ..ListRequest::default() };
        let first = record.create(&call(), thing(0, 0)).await.unwrap();
        let page = record.list::<Thing>(&good(), &public()).await.unwrap();
        assert_eq!(page.items.len(), 1);

        let bad = Thing { good: false, ..first.value.clone() };
        let second = record.update(&call(), &first, bad.clone()).await.unwrap();
        let third =
            record.update(&call(), &second, Thing { colour: 1, ..bad.clone() }).await.unwrap();
        let again = Thing { good: true, ..bad };
        let fourth = record.update(&call(), &third, again.clone()).await.unwrap();
        let fifth = record.delete(&call(), fourth.into_stored()).await.unwrap();
        let sixth = record.undelete(&call(), fifth.into_stored()).await.unwrap();
        let open = Thing { day: 20_240_117, ..again };
        record.update(&call(), &sixth, open).await.unwrap();

        let mut watcher = record.watch::<Thing>(good(), &page.resume_token, public()).unwrap();
        let events = watcher.next().await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        let (added, removed) = (EventKind::Added, EventKind::Removed);
        assert_eq!(kinds, [removed, added, removed, added, removed]);
        assert!(watcher.next().await.unwrap().is_empty());

        let other = record.watch::<Thing>(ListRequest::default(), &page.resume_token, public());
        let Err(Error::Invalid { reason, message, .. }) = other else { panic!("taken") };
        assert_eq!(reason, ErrorReason::ResumeTokenMismatch);
        assert!(message.contains("`filter` differs"), "{message}");
        for forged in ["x", &page.resume_token[1..], page.next_page_token.as_str(), "AAAA"] {
            let forged = if forged.is_empty() { "%" } else { forged };
            let refused = record.watch::<Thing>(good(), forged, public());
            assert!(matches!(
                refused,
                Err(Error::Invalid { reason: ErrorReason::ResumeTokenInvalid, .. })
            ));
        }
    })
    .await;
}

/// Once, a watch that passed over a long log was silent until it was through.
#[tokio::test]
async fn a_watch_is_heard_of_while_it_passes_over_what_is_not_for_it() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let nothing = || ListRequest { filter: "title = none".to_owned(), ..Default::default() };
        let page = record.list::<Thing>(&nothing(), &public()).await.unwrap();
        write(Arc::clone(&record), 0, 1_100).await;

        let mut watcher = record.watch::<Thing>(nothing(), &page.resume_token, public()).unwrap();
        assert!(watcher.next().await.unwrap().is_empty() && watcher.is_behind());
        assert_eq!(watcher.read_time(), page.read_time, "what follows was not looked at");
        let token = watcher.resume_token().unwrap();
        let mut next = record.watch::<Thing>(nothing(), &token, public()).unwrap();
        for watcher in [&mut watcher, &mut next] {
            assert!(watcher.next().await.unwrap().is_empty() && !watcher.is_behind());
            assert!(watcher.read_time() > page.read_time);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_of_last_week_has_expired() {
    testkit::on_both(|url| async move {
        drop(record(&url).await);
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let db = database::open(&url).await.unwrap();
        let record = Arc::new(Chronicle::open(db, Arc::clone(&clock) as _).await.unwrap());
        record.create(&call(), thing(0, 0)).await.unwrap();
        let all = ListRequest::default();
        let token = record.list::<Thing>(&all, &public()).await.unwrap().resume_token;

        let watched = |token: String, reader: Reader| {
            let (record, all) = (Arc::clone(&record), all.clone());
            async move { record.watch::<Thing>(all, &token, reader).unwrap().next().await }
        };
        clock.advance(RETENTION + 60_000_000);
        assert_eq!(watched(token.clone(), public()).await.unwrap(), [], "nothing happened");
        record.create(&call(), thing(1, 0)).await.unwrap();
        let late = watched(token.clone(), public()).await.unwrap();
        assert_eq!(late.len(), 1, "it happened just now");
        clock.advance(RETENTION + 60_000_000);
        let expired = watched(token, public()).await;
        assert!(matches!(expired, Err(Error::TokenExpired)), "{expired:?}");
        assert_eq!(watched(late[0].resume_token.clone(), public()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_a_reader_cannot_notice_expires_no_token_of_theirs() {
    testkit::on_both(|url| async move {
        drop(record(&url).await);
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let db = database::open(&url).await.unwrap();
        let record = Arc::new(Chronicle::open(db, Arc::clone(&clock) as _).await.unwrap());
        let of_week = |tier| Thing { tier, ..thing(0, 0) };
        let hidden = |who| Thing { name: format!("things/h{who}"), ..of_week(Tier::Confidential) };
        let shown = record.create(&call(), of_week(Tier::Public)).await.unwrap().into_stored();
        let all = ListRequest::default();
        let listed = |reader: Reader| {
            let (record, all) = (Arc::clone(&record), all.clone());
            async move { record.list::<Thing>(&all, &reader).await.unwrap().resume_token }
        };
        let watched = |token: String, reader: Reader| {
            let (record, all) = (Arc::clone(&record), all.clone());
            async move { record.watch::<Thing>(all, &token, reader).unwrap().next().await }
        };
        let (token, of_all) = (listed(public()).await, listed(Reader::system()).await);

        for who in 0..3 {
            record.create(&call(), hidden(who)).await.unwrap();
            clock.advance(RETENTION + 60_000_000);
            assert_eq!(listed(public()).await, token, "the same list gives the same");
            assert_eq!(watched(token.clone(), public()).await.unwrap(), []);
            let of_all = watched(of_all.clone(), Reader::system()).await;
            assert!(matches!(of_all, Err(Error::TokenExpired)), "{of_all:?}");
        }
        // That it is hidden can be noticed, and what becomes of it then cannot.
        let gone = of_week(Tier::Confidential);
        let gone = record.update(&call(), &shown, gone).await.unwrap().into_stored();
        let newer = listed(public()).await;
        record
            .update(&call(), &gone, Thing { good: !gone.value.good, ..gone.value.clone() })
            .await
            .unwrap();
        clock.advance(RETENTION + 60_000_000);
        let expired = watched(token, public()).await;
        assert!(matches!(expired, Err(Error::TokenExpired)), "{expired:?}");
        assert_eq!(watched(newer, public()).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_quiet_watch_claims_no_more_than_it_told() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let all = ListRequest::default;
        // A snapshot of nothing, and a change before the first look at how far it was sent.
        let mut watcher = record.watch::<Thing>(all(), "", public()).unwrap();
        assert!(watcher.next().await.unwrap().is_empty());
        let first = record.create(&call(), thing(0, 0)).await.unwrap();
        assert_eq!(watcher.read_time(), 0);
        assert_eq!(watcher.next().await.unwrap().len(), 1);
        assert_eq!(watcher.read_time(), first.recorded);

        let token = watcher.resume_token().unwrap();
        let mut resumed = record.watch::<Thing>(all(), &token, public()).unwrap();
        assert!(resumed.next().await.unwrap().is_empty());
        record.create(&call(), thing(1, 0)).await.unwrap();
        assert_eq!(resumed.read_time(), first.recorded);
    })
    .await;
}
