//! The memory of the gateway: idle, and with a thousand watches open through it while changes go to
//! all of them.

use std::time::Duration;

use anyhow::Context;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{CreatePartyRequest, Party, UpdatePartyRequest};
use chassis::client::Connection;
use e2e::Suite;
use testkit::Engine;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::row;
use crate::start::megabytes;
use crate::watchers::{last, party, watch};

const CHANGES: usize = 100;
/// After a start, before the suite is idle.
const SETTLE: Duration = Duration::from_secs(3);

/// In a suite of four processes on SQLite, with the setting of the allocator that the images have
/// (`deploy/Containerfile`).
pub async fn measure() -> anyhow::Result<()> {
    let variables = |_: &str| vec![("MIMALLOC_PURGE_DELAY", "0".into())];
    let suite = Suite::distributed_with(Engine::Sqlite, false, variables).await;
    let (suite, _databases) = suite.context("no program: run `cargo xtask bench`")?;
    let gateway = suite.processes.last().context("a suite has a gateway")?.id();
    sleep(SETTLE).await;
    let idle = megabytes(gateway, "VmRSS")?;
    row("memory of the gateway, idle", &format!("{idle:.0} MB"), "-");

    let (url, token) = (format!("http://{}", suite.address), suite.token());
    let connect = || Connection::to(&url)?.with_token(&token);
    let mut writer = PartyServiceClient::new(connect()?);
    let request = CreatePartyRequest { party: Some(party(0)), ..CreatePartyRequest::default() };
    let name = writer.create_party(request).await?.into_inner().name;
    let mut watching = JoinSet::new();
    let mut arrivals = watch(connect, &mut watching).await?;
    let mut most = megabytes(gateway, "VmRSS")?;
    for number in 1..=CHANGES {
        let party = Party { name: name.clone(), ..party(number) };
        let rest = UpdatePartyRequest::default();
        writer.update_party(UpdatePartyRequest { party: Some(party), ..rest }).await?;
        last(&mut arrivals).await?;
        most = most.max(megabytes(gateway, "VmRSS")?);
    }
    row(
        "the same with 1000 watches, the most while changes go to all",
        &format!("{most:.0} MB ({:.1} kB a watch)", most - idle),
        "60 MB",
    );
    Ok(())
}
