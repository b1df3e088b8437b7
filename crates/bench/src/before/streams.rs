//! Streams of the banks in both records: an export, and the snapshot with which a watch begins.

use std::time::Instant;

use anyhow::Context;
use api::registan::agreements::v1::{ExportPartiesRequest, WatchPartiesRequest};
use api::registan::r#type::v1::ChangeKind;
use e2e::Suite;

use super::{EXPORTED, TURN, parties};

const FILTER: &str = "kind = BANK";

/// Parties a second of exports, one after the other.
pub async fn exports(suite: &Suite) -> anyhow::Result<f64> {
    let (mut client, started, mut given) = (parties(suite)?, Instant::now(), 0_u32);
    while started.elapsed() < TURN {
        let filter = FILTER.to_owned();
        let request = ExportPartiesRequest { filter, ..ExportPartiesRequest::default() };
        let mut stream = client.export_parties(request).await?.into_inner();
        let mut count = 0;
        while stream.message().await?.is_some() {
            count += 1;
        }
        anyhow::ensure!(count >= EXPORTED, "an export of {count}");
        given += count;
    }
    Ok(f64::from(given) / started.elapsed().as_secs_f64())
}

/// Parties a second of snapshots, one after the other: each watch ends when it has its snapshot.
pub async fn snapshots(suite: &Suite) -> anyhow::Result<f64> {
    let (mut client, started, mut given) = (parties(suite)?, Instant::now(), 0_u32);
    while started.elapsed() < TURN {
        let filter = FILTER.to_owned();
        let request = WatchPartiesRequest { filter, ..WatchPartiesRequest::default() };
        let mut stream = client.watch_parties(request).await?.into_inner();
        let mut count = 0;
        loop {
            let event = stream.message().await?.context("a watch ended")?;
            if event.kind() == ChangeKind::Heartbeat {
                break;
            }
            count += 1;
        }
        anyhow::ensure!(count >= EXPORTED, "a snapshot of {count}");
        given += count;
    }
    Ok(f64::from(given) / started.elapsed().as_secs_f64())
}
