//! The short form of the greedy storm; the whole is `cargo xtask faults greedy`. It is within TLS,
//! which costs the suite the most; `hostile` does without as well.

use std::time::Duration;

use e2e::faults::greedy::{self, Plan};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greedy_callers_starve_no_honest_one() {
    let plan = Plan {
        undisturbed: Duration::from_secs(2),
        disturbed: Duration::from_secs(8),
        watches: 200,
        idle: 1_100,
        imports: 2,
        transactions: 3_000,
        timeout: Duration::from_mins(1),
        large: 20,
        within_tls: true,
        ..Plan::WHOLE
    };

    let Some(report) = greedy::run(plan).await.expect("the storm comes to its end") else { return };

    eprintln!("{report}");
    assert!(report.is_good(), "{report}");
}
