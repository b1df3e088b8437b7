//! Writes and reads on bad days: a locked database, a clock that was wrong once, a request that was
//! sent twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::{
    GetLegalBasisRequest, GetPartyRequest, ListPartiesRequest, Party, UpdatePartyRequest,
};
use chassis::clock::{Clock, Guard, SystemClock};
use prost_types::{FieldMask, Timestamp};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};
use testkit::Engine;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::{Running, database, on_both, party, reason, serve, serve_at};

const MINUTE: i64 = 60_000_000;
const YEAR: i64 = 365 * 24 * 60 * MINUTE;

/// The machine's clock, put off by so many microseconds; checked only where it has a tolerance.
struct Off {
    by: AtomicI64,
    tolerance: Option<i64>,
}

impl Off {
    fn by(by: i64, tolerance: Option<i64>) -> Arc<Self> {
        Arc::new(Self { by: AtomicI64::new(by), tolerance })
    }

    fn put(&self, by: i64) {
        self.by.store(by, Ordering::Relaxed);
    }
}

impl Clock for Off {
    fn now(&self) -> i64 {
        SystemClock.now() + self.by.load(Ordering::Relaxed)
    }

    fn guard(&self) -> Option<Guard> {
        self.tolerance.map(|tolerance| Guard { steady: SystemClock.now(), tolerance })
    }
}

async fn create(running: &mut Running, id: &str) -> Result<Party, Status> {
    Ok(running.parties.create_party(party(id, Kind::Bank)).await?.into_inner())
}

fn update(note: &str, request_id: &str) -> UpdatePartyRequest {
    let party =
        Party { name: "parties/bank".to_owned(), note: note.to_owned(), ..Party::default() };
    let update_mask = Some(FieldMask { paths: vec!["note".to_owned()] });
    let request_id = request_id.to_owned();
    UpdatePartyRequest { party: Some(party), update_mask, request_id, ..Default::default() }
}

fn asks_to_try_again(status: &Status) -> bool {
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    status.code() == Code::Unavailable && retry.is_some()
}

#[tokio::test]
async fn a_retried_update_that_changed_nothing_leaves_the_change_of_another_writer_alone() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        create(&mut running, "bank").await.unwrap();
        let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
        let noted = running.parties.update_party(update("first", "")).await.unwrap().into_inner();

        let first = running.parties.update_party(update("first", id)).await.unwrap().into_inner();
        let at_once = running.parties.update_party(update("first", id)).await.unwrap().into_inner();
        let second = running.parties.update_party(update("second", "")).await.unwrap().into_inner();
        let again = running.parties.update_party(update("first", id)).await.unwrap().into_inner();
        let other = running.parties.update_party(update("third", id)).await.unwrap_err();

        assert_eq!((&first, &at_once, &again), (&noted, &noted, &noted));
        assert_eq!(reason(&other), "REQUEST_ID_REUSED");
        let request =
            GetPartyRequest { name: "parties/bank".to_owned(), read_time: None, known_by: None };
        assert_eq!(running.parties.get_party(request).await.unwrap().into_inner(), second);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_another_process_has_locked_is_unavailable_and_not_an_internal_error() {
    let Some(database) = database(Engine::Sqlite).await else { return };
    let mut running = serve(&database.url).await;
    create(&mut running, "before").await.unwrap();
    let other = chronicle::database::open(&database.url).await.unwrap();
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
    let lock = other.begin_with_options(options).await.unwrap();

    let begin = Instant::now();
    let refusal = create(&mut running, "meanwhile").await.unwrap_err();
    let waited = begin.elapsed();

    assert!(asks_to_try_again(&refusal), "{refusal:?}");
    assert_eq!(reason(&refusal), "DATABASE_UNAVAILABLE");
    assert!(waited < Duration::from_secs(8), "{waited:?}");
    lock.rollback().await.unwrap();
    create(&mut running, "meanwhile").await.unwrap();
}

#[tokio::test]
async fn a_wrong_clock_records_nothing_until_it_is_right_again() {
    on_both(|url| async move {
        let clock = Off::by(0, Some(MINUTE / 2));
        let mut running = serve_at(&url, Arc::clone(&clock) as _).await;
        create(&mut running, "first").await.unwrap();
        for (number, wrong) in [10 * MINUTE, -10 * MINUTE, 10 * YEAR].into_iter().enumerate() {
            clock.put(wrong);
            let refusal = create(&mut running, &format!("wrong-{number}")).await.unwrap_err();
            clock.put(0);
            create(&mut running, &format!("right-{number}")).await.unwrap();

            assert_eq!(reason(&refusal), "CLOCK_WRONG");
            assert!(asks_to_try_again(&refusal), "{refusal:?}");
        }
        let request = ListPartiesRequest::default();
        let page = running.parties.list_parties(request).await.unwrap().into_inner();
        assert_eq!(page.parties.len(), 4);
        assert!(page.read_time.unwrap().seconds <= SystemClock.now() / 1_000_000);
    })
    .await;
}

#[tokio::test]
async fn a_record_of_a_clock_that_was_ahead_can_be_read_and_by_choice_written() {
    on_both(|url| async move {
        {
            let mut ahead = serve_at(&url, Off::by(10 * YEAR, None)).await;
            ahead.parties.create_party(party("kz", Kind::State)).await.unwrap();
        }
        let mut running = serve_at(&url, Off::by(0, Some(MINUTE / 2))).await;
        let ask = |read_time| {
            let party = "parties/kz".to_owned();
            GetLegalBasisRequest { party, read_time, ..Default::default() }
        };
        let basis = running.agreements.get_legal_basis(ask(None)).await.unwrap().into_inner();
        let instant = basis.read_time;
        running.agreements.get_legal_basis(ask(instant)).await.unwrap();
        let request =
            GetPartyRequest { name: "parties/kz".to_owned(), read_time: instant, known_by: None };
        running.parties.get_party(request).await.unwrap();
        let later = Timestamp { seconds: instant.unwrap().seconds + 1, nanos: 0 };
        let refusal = running.agreements.get_legal_basis(ask(Some(later))).await.unwrap_err();
        assert_eq!(reason(&refusal), "READ_TIME_INVALID");
        let refusal = create(&mut running, "bank").await.unwrap_err();
        assert_eq!(reason(&refusal), "CLOCK_WRONG");

        let mut tolerant = serve_at(&url, Off::by(0, Some(11 * YEAR))).await;
        create(&mut tolerant, "bank").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_instant_of_one_replica_is_taken_by_another_whose_clock_is_behind() {
    on_both(|url| async move {
        let mut first = serve_at(&url, Off::by(MINUTE / 4, None)).await;
        let mut second = serve_at(&url, Off::by(-MINUTE / 4, None)).await;
        for number in 0..5 {
            create(&mut first, &format!("p{number}")).await.unwrap();
            let request = ListPartiesRequest::default();
            let read_time =
                first.parties.list_parties(request).await.unwrap().into_inner().read_time;
            let request = ListPartiesRequest { read_time, ..Default::default() };
            let page = second.parties.list_parties(request).await.unwrap().into_inner();
            assert_eq!((page.parties.len(), page.read_time), (number + 1, read_time));
        }
    })
    .await;
}
