//! Hostile callers on a real server while honest ones go on reading: these are answered, the memory
//! stays small, and no hostile connection is borne for longer than 15 seconds.
//!
//! The short form runs with all tests; the long one, with 50 000 resets and 1 000 connections in
//! each stall: `cargo xtask test -p e2e --test hostile -- --ignored --nocapture`.

mod frames;
mod honest;
mod waves;

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use authority::Authority;
use e2e::{Process, Suite, free_address, program};
use honest::{Honest, Tally};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::time::sleep;

/// The most memory, in kB, that the server may ever hold.
const MOST_MEMORY: u64 = 256 * 1024;
/// The longest a hostile connection may last.
const LONGEST: Duration = Duration::from_secs(15);

/// One attack at a time: each sends its own token, and measures how long others wait.
static TURN: Mutex<()> = Mutex::const_new(());

/// How much of everything.
struct Scale {
    /// Connections in each stall.
    stalls: usize,
    resets: usize,
    /// Requests of each kind that is refused.
    refusals: usize,
    /// Connections in each flood.
    floods: usize,
    /// Connections with 1000 calls whose answers are not taken.
    unread: usize,
}

const SHORT: Scale = Scale { stalls: 160, resets: 5_000, refusals: 50, floods: 10, unread: 4 };
/// Within TLS each connection costs a handshake at both ends, and each byte of a flood is encrypted
/// and decrypted, all of it by this machine.
const SHORT_TLS: Scale = Scale { stalls: 40, floods: 4, ..SHORT };
const LONG: Scale =
    Scale { stalls: 1_000, resets: 50_000, refusals: 1_000, floods: 100, unread: 16 };
/// Behind the gateway nobody leaves a thousand answers on one connection: the gateway asks for 64
/// at most.
const BEHIND: Scale = Scale { unread: 0, ..LONG };

/// The agreements service on the reference record, alone in a process.
fn service() -> Option<(Process, SocketAddr, TempDir)> {
    let registan = program("registan")?;
    let mut suite = Suite::embedded()?;
    let status = suite.processes[0].stop();
    assert!(status.success(), "{}", suite.logged(0));
    let Suite { folder, .. } = suite;
    let address = free_address();
    let mut command = Command::new(registan);
    command.args(["serve", "agreements", "--listen", &address.to_string()]);
    command.arg("--data-dir").arg(folder.path().join("data"));
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address);
    Some((process, address, folder))
}

/// The most memory that a process ever held, in kB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
    peak.and_then(|peak| peak.parse().ok()).expect("the system tells the peak of a process")
}

/// All attacks, one after another; the stalls together if they fit below the limit of connections.
async fn attack<'a>(address: SocketAddr, scale: &Scale, honest: &'a Honest) -> Log<'a> {
    let mut log = Log { honest, tally: Tally::default(), waves: Vec::new() };
    if scale.stalls * waves::STALLS.len() < 1000 {
        let stage = |stage| tokio::spawn(waves::stalled(address, stage, scale.stalls));
        let stages = waves::STALLS.map(|name| (name, stage(name)));
        for (name, longest) in stages {
            log.note(&format!("{} stalled, {name}", scale.stalls), longest.await.expect("it ends"));
        }
    } else {
        for stage in waves::STALLS {
            let longest = waves::stalled(address, stage, scale.stalls).await;
            log.note(&format!("{} stalled, {stage}", scale.stalls), longest);
        }
    }
    for (how, pause) in [("rapid", None), ("paced", Some(Duration::from_millis(1)))] {
        let (sent, connections, longest) = waves::rapid_resets(address, scale.resets, pause).await;
        log.note(&format!("{sent} {how} resets on {connections} connections"), longest);
    }
    let floods =
        waves::FLOODS.map(|kind| (kind, tokio::spawn(waves::flood(address, kind, scale.floods))));
    for (kind, longest) in floods {
        log.note(&format!("{} floods of {kind}", scale.floods), longest.await.expect("it ends"));
    }
    waves::refused(address, scale.refusals).await;
    log.note(&format!("{} times nine refused requests", scale.refusals), Duration::ZERO);
    let longest = waves::http1(address, scale.refusals).await;
    log.note(&format!("{} with HTTP/1.1", scale.refusals), longest);
    if scale.unread > 0 {
        let longest = waves::unread(address, scale.unread, 1000).await;
        log.note(&format!("{} times 1000 unread answers", scale.unread), longest);
    }
    log
}

/// The attack, the life of its longest connection, and the results of the honest callers.
struct Log<'a> {
    honest: &'a Honest,
    tally: Tally,
    waves: Vec<(String, Duration)>,
}

impl Log<'_> {
    fn note(&mut self, wave: &str, longest: Duration) {
        let tally = self.honest.take();
        let (all, failed, p99) = (tally.all(), tally.failed.len(), tally.p99());
        println!(
            "  {wave}: closed after {longest:.1?}; honest: {all}, {failed} failed, p99 {p99:.1?}"
        );
        self.tally.add(tally);
        self.waves.push((wave.to_owned(), longest));
    }
}

async fn withstands(address: SocketAddr, process: &Process, scale: &Scale) {
    let honest = Honest::start(address).await;
    sleep(Duration::from_secs(3)).await;
    let (idle, before) = (honest.end().await, memory(process.id()));

    let honest = Honest::start(address).await;
    let Log { mut tally, waves, .. } = attack(address, scale, &honest).await;
    tally.add(honest.end().await);

    let peak = memory(process.id());
    let (all, failed) = (tally.all(), tally.failed.len());
    println!(
        "honest: {all} calls, {failed} failed, p99 {:.1?} (idle {:.1?})",
        tally.p99(),
        idle.p99()
    );
    println!("memory: {} MB at most ({} MB before)", peak / 1024, before / 1024);
    let logged = process.logged();
    assert!(failed * 1000 <= all, "{failed} of {all} failed: {:?}\n{logged}", tally.failed.first());
    for (name, longest) in waves {
        assert!(longest <= LONGEST, "{name}: {longest:?}");
    }
    assert!(peak <= MOST_MEMORY, "{peak} kB");
    assert!(!logged.contains("panicked"), "{logged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_callers_do_not_notice_hostile_ones() {
    let _turn = TURN.lock().await;
    let Some(suite) = Suite::embedded() else { return };
    waves::write_with(suite.token());

    withstands(suite.address, &suite.processes[0], &SHORT).await;
}

/// The same within TLS; and beside it, connections that stall in the handshake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_callers_do_not_notice_hostile_ones_with_tls() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let authority = Authority::new(1).expect("an authority is made");
    let issued = authority.service("gateway", &[], 1).expect("it issues certificates");
    authority.write(folder.path(), &issued).expect("they are written");
    let data = tempfile::tempdir().expect("a temporary folder can be made");
    let tls = folder.path().to_string_lossy();
    let Some(suite) = Suite::embedded_in(data, &["--tls-dir", &tls]) else { return };
    let sheath = testkit::sheath(suite.address, authority.certificate()).await;
    waves::write_with(suite.token());
    // Few: with those of the attack there is still a place for all.
    let stalls = ["TCP only", "half a greeting"]
        .map(|stage| (stage, tokio::spawn(waves::stalled(suite.address, stage, 10))));

    withstands(sheath, &suite.processes[0], &SHORT_TLS).await;

    for (stage, stalled) in stalls {
        let longest = stalled.await.expect("it ends");
        println!("{stage}, in the handshake: closed after {longest:.1?}");
        assert!(longest <= LONGEST, "{stage}: {longest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: see the top of this file"]
async fn the_long_form() {
    let suite = Suite::embedded().expect("it is built");
    println!("the gateway of a suite");
    waves::write_with(suite.token());
    withstands(suite.address, &suite.processes[0], &LONG).await;
    drop(suite);

    println!("a service alone");
    let (process, address, folder) = service().expect("it is built");
    waves::write_with(testkit::token(&folder.path().join("data")));
    withstands(address, &process, &BEHIND).await;
}
