//! The ports: free, or with a server that is ready; and the services that this one asks.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use chassis::Settings;
use chassis::client::Connection;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::finding::Finding;
use crate::cli::ServiceName;

/// How long a server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks at the ports of a process, and at the services that it asks.
pub async fn look(service: Option<ServiceName>, settings: &Settings) -> Vec<Finding> {
    let mut found = vec![port("listen", settings.listen).await];
    if let Some(address) = settings.probe_address {
        found.push(port("probe_address", address).await);
    }
    for (name, url) in asked(service, settings) {
        found.push(match url {
            Some(url) => other(name, url).await,
            None => Finding::problem(
                name,
                "where it answers is not known",
                &format!("set {}_url", name.replace('-', "_")),
            ),
        });
    }
    found
}

/// The services that a service asks. In a suite they are all in one process.
fn asked(service: Option<ServiceName>, settings: &Settings) -> Vec<(&'static str, Option<&str>)> {
    let agreements = (agreements::NAME, settings.agreements_url.as_deref());
    let projects = (projects::NAME, settings.projects_url.as_deref());
    let rights = (rights_reporting::NAME, settings.rights_reporting_url.as_deref());
    match service {
        None | Some(ServiceName::Agreements) => Vec::new(),
        Some(ServiceName::Projects) => vec![agreements],
        Some(ServiceName::RightsReporting) => vec![agreements, projects],
        Some(ServiceName::Gateway) => vec![agreements, projects, rights],
    }
}

async fn port(what: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::good(what, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(what, address).await,
        Err(error) => Finding::problem(
            what,
            format!("{address} cannot be listened on: {error}"),
            "choose another address",
        ),
    }
}

async fn taken(what: &str, address: SocketAddr) -> Finding {
    // A server on all addresses is asked at one of them.
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    match health(&format!("http://{}", SocketAddr::new(ip, address.port()))).await {
        Ok(ServingStatus::Serving) => {
            Finding::good(what, format!("a server at {address} is ready"))
        }
        Ok(_) => Finding::problem(
            what,
            format!("the server at {address} is not ready"),
            "its log says why: its database, most likely",
        ),
        Err(status) => Finding::problem(
            what,
            format!("{address} is taken, and not by a server that tells its health ({status})"),
            "choose another address, or end what has it",
        ),
    }
}

async fn other(name: &str, url: &str) -> Finding {
    match health(url).await {
        Ok(ServingStatus::Serving) => Finding::good(name, format!("{url} is ready")),
        Ok(_) => Finding::problem(name, format!("{url} is not ready"), "its log says why"),
        Err(status) => Finding::warning(
            name,
            format!("{url} does not answer ({})", status.message()),
            "start it: what refers to it cannot be written or joined until then",
        ),
    }
}

async fn health(url: &str) -> Result<ServingStatus, Status> {
    let connection = Connection::to(url).map_err(|error| Status::internal(error.to_string()))?;
    let mut client = HealthClient::new(connection);
    let request = HealthCheckRequest { service: String::new() };
    let answer = timeout(PATIENCE, client.check(request)).await;
    let answer = answer.map_err(|_| Status::new(Code::DeadlineExceeded, "no answer in time"))?;
    Ok(answer?.into_inner().status())
}
