//! `registan serve`: all four services in one process, or one alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use chassis::client::Connection;
use chassis::process::{block_on, stop_signal};
use chassis::{Server, Service, Settings, telemetry};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{Serve, ServiceName};

const GATEWAY_PORT: u16 = 8080;
/// Says that the reference record was laid in, so that a start with data does not ask for it again.
const LAID_IN: &str = "reference-record";

pub fn run(arguments: Serve) -> anyhow::Result<()> {
    let settings = Settings::load_over(defaults(arguments.service), arguments.settings)?;
    telemetry::init(&settings)?;
    block_on(async {
        let stop = stop_signal()?;
        match arguments.service {
            Some(name) => {
                Server::bind(alone(name, settings.clone()).await?, &settings)
                    .await?
                    .run(stop)
                    .await;
            }
            None => suite(&settings, arguments.empty, stop).await?,
        }
        Ok(())
    })
}

/// The ports and addresses of a suite whose processes all run on this machine.
pub fn defaults(service: Option<ServiceName>) -> Settings {
    let url = |port: u16| Some(format!("http://127.0.0.1:{port}"));
    let port = match service {
        Some(ServiceName::Agreements) => 50051,
        Some(ServiceName::Projects) => 50052,
        Some(ServiceName::RightsReporting) => 50053,
        Some(ServiceName::Gateway) | None => GATEWAY_PORT,
    };
    Settings {
        listen: loopback(port),
        agreements_url: url(50051),
        projects_url: url(50052),
        rights_reporting_url: url(50053),
        ..Settings::default()
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

async fn alone(name: ServiceName, settings: Settings) -> anyhow::Result<Service> {
    match name {
        ServiceName::Agreements => agreements::service(settings).await,
        ServiceName::Projects => projects::service(settings).await,
        ServiceName::RightsReporting => rights_reporting::service(settings).await,
        ServiceName::Gateway => gateway::service(settings).await,
    }
}

/// The three services on free loopback ports, the reference record if it is the first start, then the gateway.
async fn suite(settings: &Settings, empty: bool, stop: CancellationToken) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.database_url.is_none(),
        "the whole suite in one process keeps its data in --data-dir: leave database_url out, or serve each service alone"
    );
    // The gateway alone counts what a caller uses: it is the caller of the services.
    let mut inner = Settings {
        listen: loopback(0),
        calls_per_second: None,
        streams_per_caller: None,
        ..settings.clone()
    };
    // A taken port is known before anything is written; nobody is listened to before everything serves.
    let free = tokio::net::TcpListener::bind(settings.listen).await;
    drop(free.with_context(|| {
        format!(
            "{} cannot be listened on: is it taken? choose another with --listen",
            settings.listen
        )
    })?);
    let stop_inner = CancellationToken::new();
    let mut running = JoinSet::new();
    for name in [ServiceName::Agreements, ServiceName::Projects, ServiceName::RightsReporting] {
        let server = Server::bind(alone(name, inner.clone()).await?, &inner).await?;
        let url = Some(format!("http://{}", server.address()));
        match name {
            ServiceName::Agreements => inner.agreements_url = url,
            ServiceName::Projects => inner.projects_url = url,
            _ => inner.rights_reporting_url = url,
        }
        running.spawn(server.run(stop_inner.clone()));
    }
    if !empty {
        lay_in(&inner).await?;
    }
    let outer = Settings {
        listen: settings.listen,
        calls_per_second: settings.calls_per_second,
        streams_per_caller: settings.streams_per_caller,
        ..inner
    };
    Server::bind(gateway::service(outer.clone()).await?, &outer).await?.run(stop).await;
    // The gateway has drained: nothing asks the services any more.
    stop_inner.cancel();
    running.join_all().await;
    Ok(())
}

/// Lays in the reference record, once a data folder.
async fn lay_in(settings: &Settings) -> anyhow::Result<()> {
    let marker = settings.data_dir.join(LAID_IN);
    if marker.exists() {
        return Ok(());
    }
    let to = |url: &Option<String>| Connection::to(url.as_deref().unwrap_or_default());
    let (agreements, projects, rights) = (
        to(&settings.agreements_url)?,
        to(&settings.projects_url)?,
        to(&settings.rights_reporting_url)?,
    );
    let summary = reference::lay_in(agreements, projects, rights, |_, _| {}).await?;
    tracing::info!(
        created = summary.created,
        existing = summary.existing,
        "reference record laid in"
    );
    write_marker(&marker)
}

fn write_marker(marker: &Path) -> anyhow::Result<()> {
    std::fs::write(marker, "laid in\n")
        .with_context(|| format!("{} cannot be written", marker.display()))
}
