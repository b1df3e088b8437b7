//! `registan serve`: all four services in one process, or one alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use chassis::auth::development;
use chassis::client::Connection;
use chassis::config::Serves;
use chassis::process::{block_on, serve, stop_signal};
use chassis::tls::may_be_plain;
use chassis::{Server, Service, Settings, telemetry};
use reference::{Data, load};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{Serve, ServiceName};
use crate::reach::own_token;

const GATEWAY_PORT: u16 = 8080;
/// Marks that a data folder is not to be seeded with the reference record: that was done, or the
/// suite began empty, or was restored.
pub const SEEDED: &str = "reference-record";

/// The name of a service.
pub const fn name(service: ServiceName) -> &'static str {
    match service {
        ServiceName::Agreements => agreements::NAME,
        ServiceName::Projects => projects::NAME,
        ServiceName::RightsReporting => rights_reporting::NAME,
        ServiceName::Gateway => gateway::NAME,
    }
}

pub fn run(arguments: Serve) -> anyhow::Result<()> {
    let settings = Settings::load_over(defaults(arguments.service), arguments.settings)?;
    telemetry::init(&settings)?;
    // Settings that do not fit together are reported before anything is written.
    settings.refuse_unused(Serves::of(arguments.service.map(name)))?;
    anyhow::ensure!(
        !(arguments.empty && arguments.service.is_some()),
        "--empty is of the whole suite alone: a service that is served alone begins empty, leave \
         it out"
    );
    let takes_own = development::is_on(&settings)?;
    may_be_plain(&settings, name(arguments.service.unwrap_or(ServiceName::Gateway)))?;
    block_on(async {
        let stop = stop_signal()?;
        match arguments.service {
            Some(service) => {
                let opening = Box::pin(alone(service, settings.clone()));
                Box::pin(serve(name(service), &settings, opening, stop)).await
            }
            None => Box::pin(suite(&settings, takes_own, arguments.empty, stop)).await,
        }
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

/// The three services on free loopback ports, the reference record if it is the first start, then
/// the gateway. `takes_own`: the gateway takes the tokens of the development issuer.
async fn suite(
    settings: &Settings,
    takes_own: bool,
    empty: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.database_url.is_none(),
        "the whole suite in one process keeps its data in --data-dir: leave database_url out, or serve each service alone"
    );
    // A taken port is known before anything is written; nobody is listened to before everything
    // serves.
    let free = tokio::net::TcpListener::bind(settings.listen).await;
    drop(free.with_context(|| {
        format!(
            "{} cannot be listened on: is it taken? choose another with --listen",
            settings.listen
        )
    })?);
    let marker = settings.data_dir.join(SEEDED);
    let is_first = !marker.exists();
    let seeds = is_first && !empty;
    if takes_own {
        // Before anything serves: what writes into an empty suite finds the key that it signs with.
        development::make_key(&settings.data_dir).with_context(|| {
            let folder = settings.data_dir.display();
            format!(
                "no key can be kept in the data folder {folder}: choose another with --data-dir"
            )
        })?;
    }
    if seeds && !takes_own {
        // The record is seeded with a token of our own: into services that no caller knows and that
        // end afterwards.
        let own = Settings { oidc: None, development_issuer: Some(true), ..settings.clone() };
        let services = Services::start(&own).await?;
        services.seed().await?;
        services.stop().await;
    }
    // What the gateway takes, the services behind it take, and nothing else, though they always
    // listen on loopback.
    let development_issuer = Some(takes_own);
    let services = Services::start(&Settings { development_issuer, ..settings.clone() }).await?;
    if seeds && takes_own {
        services.seed().await?;
    }
    if is_first {
        write_marker(&marker)?;
    }
    let outer = Settings {
        listen: settings.listen,
        probe_address: settings.probe_address,
        public_tls: settings.public_tls.clone().or(settings.tls.clone()),
        linger_seconds: settings.linger_seconds,
        calls_per_second: settings.calls_per_second,
        calls_per_caller: settings.calls_per_caller,
        streams_per_caller: settings.streams_per_caller,
        connections_per_address: settings.connections_per_address,
        trusted_proxies: settings.trusted_proxies.clone(),
        ..services.settings.clone()
    };
    Server::bind(gateway::service(outer.clone()).await?, &outer).await?.run(stop).await;
    // The gateway has drained: nothing asks the services any more.
    services.stop().await;
    Ok(())
}

/// The three services behind the gateway.
struct Services {
    /// Knows where each of them answers.
    settings: Settings,
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl Services {
    /// Starts them on free loopback ports.
    async fn start(settings: &Settings) -> anyhow::Result<Self> {
        // The gateway alone counts what a caller uses, and is probed: it is the caller of the
        // services.
        let mut settings = Settings {
            listen: loopback(0),
            probe_address: None,
            // Between them nothing leaves the process.
            tls: None,
            public_tls: None,
            linger_seconds: 0,
            calls_per_second: None,
            calls_per_caller: None,
            streams_per_caller: None,
            connections_per_address: None,
            ..settings.clone()
        };
        let (mut running, stop) = (JoinSet::new(), CancellationToken::new());
        for name in [ServiceName::Agreements, ServiceName::Projects, ServiceName::RightsReporting] {
            let server = Server::bind(alone(name, settings.clone()).await?, &settings).await?;
            let url = Some(format!("http://{}", server.address()));
            match name {
                ServiceName::Agreements => settings.agreements_url = url,
                ServiceName::Projects => settings.projects_url = url,
                _ => settings.rights_reporting_url = url,
            }
            running.spawn(server.run(stop.clone()));
        }
        Ok(Self { settings, running, stop })
    }

    /// Seeds the reference record, with a token of the development issuer.
    async fn seed(&self) -> anyhow::Result<()> {
        let token = own_token("reference-record", &self.settings.data_dir)?;
        let to = |url: &Option<String>| {
            Connection::to(url.as_deref().unwrap_or_default())?.with_token(&token)
        };
        let (agreements, projects, rights) = (
            to(&self.settings.agreements_url)?,
            to(&self.settings.projects_url)?,
            to(&self.settings.rights_reporting_url)?,
        );
        let summary =
            reference::seed(&load(&Data::embedded()), agreements, projects, rights, |_, _| {})
                .await?;
        tracing::info!(
            created = summary.created,
            existing = summary.existing,
            "reference record seeded"
        );
        Ok(())
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.join_all().await;
    }
}

/// Writes the mark that the reference record is not to be seeded.
pub fn write_marker(marker: &Path) -> anyhow::Result<()> {
    std::fs::write(marker, "begun\n")
        .with_context(|| format!("{} cannot be written", marker.display()))
}
