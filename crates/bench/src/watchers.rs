//! How long a change takes to reach a thousand watchers: from the answer to its writer until the
//! last of them has it.

use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreatePartyRequest, Party, UpdatePartyRequest, WatchPartiesRequest, WatchPartiesResponse, party,
};
use api::registan::r#type::v1::{ChangeKind, SourceRef};
use chassis::client::Connection;
use e2e::faults::system::{System, connection};
use testkit::Engine;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Streaming;

use crate::row;

const CONNECTIONS: usize = 10;
/// On each connection.
const STREAMS: usize = 100;
/// Measured; one more goes before them.
const CHANGES: usize = 20;
const TIMEOUT: Duration = Duration::from_mins(1);

/// When a watcher had an event.
pub type Arrivals = UnboundedReceiver<Instant>;

/// On each engine: one process of the agreements service, all watchers at it, one change at a time.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let system = System::start(engine, 1).await?;
        let system = system.context("registan is not built, or PostgreSQL is not installed")?;
        let mut writer = PartyServiceClient::new(connection(system.addresses[0])?);
        let (party, party_id) = (Some(party(0)), "one".to_owned());
        let rest = CreatePartyRequest::default();
        let request = CreatePartyRequest { party, party_id, ..rest };
        let name = writer.create_party(request).await?.into_inner().name;
        let mut watching = JoinSet::new();
        let connect = || connection(system.addresses[0]);
        let mut arrivals = watch(connect, &mut watching).await?;

        let mut times = Vec::new();
        for number in 0..=CHANGES {
            let party = Party { name: name.clone(), ..self::party(number + 1) };
            let rest = UpdatePartyRequest::default();
            writer.update_party(UpdatePartyRequest { party: Some(party), ..rest }).await?;
            let acknowledged = Instant::now();
            let last = last(&mut arrivals).await?;
            times.push(last.saturating_duration_since(acknowledged).as_secs_f64() * 1e3);
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        row(
            &format!("{engine:?}: a change reaches 1000 watchers, median (most)"),
            &format!("{median:.0} ms ({most:.0} ms)"),
            "1000 ms",
        );
    }
    Ok(())
}

/// Opens a thousand watches on connections that `connect` makes; each is through its snapshot.
pub async fn watch(
    connect: impl Fn() -> anyhow::Result<Connection>,
    watching: &mut JoinSet<()>,
) -> anyhow::Result<Arrivals> {
    let (arrived, arrivals) = unbounded_channel();
    for _ in 0..CONNECTIONS {
        let client = PartyServiceClient::new(connect()?);
        for _ in 0..STREAMS {
            let request = WatchPartiesRequest::default();
            let mut stream = client.clone().watch_parties(request).await?.into_inner();
            loop {
                let message = stream.message().await?.context("a watch ended")?;
                if message.kind() == ChangeKind::Heartbeat {
                    break;
                }
            }
            watching.spawn(report(stream, arrived.clone()));
        }
    }
    Ok(arrivals)
}

/// Says when each event comes.
async fn report(mut stream: Streaming<WatchPartiesResponse>, arrived: UnboundedSender<Instant>) {
    while let Ok(Some(message)) = stream.message().await {
        if message.kind() == ChangeKind::Changed && arrived.send(Instant::now()).is_err() {
            return;
        }
    }
}

/// Returns when the last of the watchers had a change.
pub async fn last(arrivals: &mut Arrivals) -> anyhow::Result<Instant> {
    let mut last = None;
    for _ in 0..CONNECTIONS * STREAMS {
        let arrival = timeout(TIMEOUT, arrivals.recv()).await.context("a watcher misses it")?;
        last = last.max(arrival);
    }
    last.context("there are watchers")
}

/// A party that differs with `number`.
pub fn party(number: usize) -> Party {
    let citation = "invented for a measurement".to_owned();
    Party {
        kind: party::Kind::Organisation.into(),
        display_name: format!("Change {number}"),
        source: Some(SourceRef { citation, ..SourceRef::default() }),
        ..Party::default()
    }
}
