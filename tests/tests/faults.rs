//! The short forms of the storms; the long ones are `cargo xtask faults kill --cycles 100` and
//! `cargo xtask faults disk`, `clock`, `watch`, `restore`, `drill`, `parents` and `replicas`.

use std::time::Duration;

use e2e::faults::kill::{self, Plan, RESTART};
use e2e::faults::{disk, drill, parents, point_in_time, replicas, restore, skew, watch};
use e2e::load::running::Force;
use testkit::Engine;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_at_any_moment_loses_doubles_and_halves_no_write() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let longest_pause = Duration::from_millis(600);
        let plan = Plan { engine, cycles: 12, writers: 8, replicas: 1, longest_pause, seed };
        let Some(report) = kill::run(plan).await.expect("the storm comes to its end") else {
            continue;
        };
        eprintln!("{report}");
        assert!(report.findings().is_empty(), "{report}");
        assert!(report.longest_restart() <= RESTART, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn watchers_that_are_cut_off_again_and_again_miss_nothing() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let replicas = if engine == Engine::Postgres { 2 } else { 1 };
        let plan = watch::Plan { engine, changes: 2000, writers: 16, watchers: 8, replicas, seed };
        let report = watch::run(plan).await.expect("the storm comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_goes_back_is_noticed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let plan = restore::Plan { engine, rounds: 2, seed };
        let report = restore::run(plan).await.expect("the storm comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_restored_whole_and_what_came_after_it_is_named() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let plan = drill::Plan { engine, writers: 8, pause: Duration::from_millis(700) };
        let report = drill::run(plan).await.expect("the drill comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_record_on_postgres_is_recovered_to_just_before_a_mistake() {
    let report = point_in_time::run().await.expect("the recovery comes to its end");
    let Some(report) = report else { return };
    eprintln!("{report:?}");
    assert_eq!(report.found, report.noted);
    assert!(report.named > 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_watches_is_shown_nothing_of_what_lies_within_something_hidden() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let replicas = if engine == Engine::Postgres { 2 } else { 1 };
        let (changes, writers, watchers) = (1000, 6, 1);
        let plan = parents::Plan { engine, changes, writers, watchers, replicas, seed };
        let report = parents::run(plan).await.expect("the storm comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_loses_nothing_and_writes_go_on_with_room_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let longest_pause = Duration::from_millis(300);
        let plan = disk::Plan { engine, cycles: 3, writers: 8, longest_pause, means: None, seed };
        let report = disk::run(plan).await.expect("the storm comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_wrong_clock_records_nothing_in_the_future_and_refuses_no_read() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seed = fastrand::u64(..1_000_000_000);
        eprintln!("{engine:?}: seed {seed}");
        let replicas = if engine == Engine::Postgres { 2 } else { 1 };
        let plan = skew::Plan { engine, rounds: 2, replicas, seed };
        let report = skew::run(plan).await.expect("the storm comes to its end");
        let Some(report) = report else { continue };
        eprintln!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_are_lost_fail_no_call_that_may_be_repeated() {
    let pause = Duration::from_millis(20);
    let plan = replicas::Plan {
        force: Force { readers: 4, writers: 2, watchers: 2, pause },
        age: 1,
        briefs: 100,
        away: Duration::from_millis(3_500),
        share: (Duration::from_secs(3), Duration::from_secs(2)),
        // The machine may be busy.
        longest: (Duration::from_secs(5), Duration::from_secs(8)),
    };
    let report = Box::pin(replicas::run(plan, None)).await.expect("the storm comes to its end");
    let Some(report) = report else { return };
    eprintln!("{report}");
    assert!(report.is_good(), "{report}");
}
