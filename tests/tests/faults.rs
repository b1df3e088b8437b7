//! The short form of the kill storm; the long one is `cargo xtask faults kill --cycles 100`.

use std::time::Duration;

use e2e::faults::kill::{self, Plan, RESTART};
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
