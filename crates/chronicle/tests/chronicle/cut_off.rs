//! A server of PostgreSQL that goes away without a word, and comes back elsewhere.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{Thing, call, public, record, thing};
use chronicle::{At, Chronicle, EventKind, ListRequest, database};
use machine::clock::SystemClock;
use testkit::Engine;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The name of the socket of a server.
const SOCKET: &str = ".s.PGSQL.5432";

/// Passes on what comes to the socket in `folder`; what came over it before is dropped when it is
/// cut, and nobody is told.
fn hole(folder: &Path, to: PathBuf) -> watch::Sender<u32> {
    let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
    let (cuts, seen) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (to, mut seen) = (to.clone(), seen.clone());
            seen.mark_unchanged();
            tokio::spawn(async move {
                let mut far = UnixStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
                    _ = seen.changed() => {}
                }
                // Both ends stay open.
                std::future::pending::<()>().await;
            });
        }
    });
    cuts
}

/// The server failed over within half a minute, and a replica served nobody for a quarter of an
/// hour: its connections waited for a server that was gone.
#[tokio::test]
async fn a_server_that_is_gone_without_a_word_keeps_no_connection() {
    let Some(postgres) = testkit::database(Engine::Postgres).await else { return };
    let (address, folder) = postgres.url.split_once("host=").unwrap();
    let own = tempfile::tempdir().unwrap();
    let cuts = hole(own.path(), Path::new(folder).join(SOCKET));
    let other = record(&postgres.url).await;
    let made = other.create(&call(), thing(0, 0)).await.unwrap();
    let db = database::open(&format!("{address}host={}", own.path().display())).await.unwrap();
    let cut_off = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap());
    let all = ListRequest::default();
    let mut watcher = cut_off.watch::<Thing>(all, "", public()).unwrap();
    while !watcher.next().await.unwrap().is_empty() {}
    let many = async |within| {
        let mut all = JoinSet::new();
        for _ in 0..10 {
            let record = Arc::clone(&cut_off);
            all.spawn(async move {
                let reader = public();
                let read = record.get::<Thing>("things/t0", At::Now, &reader);
                timeout(within, read).await.is_ok_and(|read| read.is_ok())
            });
        }
        all.join_all().await.into_iter().filter(|read| *read).count()
    };
    assert_eq!(many(Duration::from_secs(10)).await, 10);

    cuts.send_modify(|cuts| *cuts += 1);
    assert!(many(Duration::from_secs(1)).await < 10, "what is under way is lost");

    let begun = Instant::now();
    while many(Duration::from_secs(1)).await < 10 {
        assert!(begun.elapsed() < Duration::from_secs(15), "its connections are still kept");
    }
    other.delete(&call(), made.into_stored()).await.unwrap();
    let told = timeout(Duration::from_secs(15), async {
        loop {
            if let Some(event) = watcher.next().await.unwrap().pop() {
                return event.kind;
            }
            watcher.moved().await;
        }
    });
    assert_eq!(told.await.unwrap(), EventKind::Removed, "{:?}", begun.elapsed());
}
