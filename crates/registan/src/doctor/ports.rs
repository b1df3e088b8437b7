//! The ports: free, or with a server that is ready; and the services that this one asks.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use chassis::Settings;
use chassis::client::{Connection, Health, health};
use chassis::tls::{GATEWAY, of_port};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tonic::{Code, Status};

use super::finding::Finding;
use crate::cli::ServiceName;
use crate::record;

/// How long a server may take to say how it is.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Looks at the ports of a process, and at the services that it asks.
pub async fn look(service: Option<ServiceName>, settings: &Settings) -> Vec<Finding> {
    let own = record::name(service.unwrap_or(ServiceName::Gateway));
    let mut found = vec![port("listen", settings.listen, Some((settings, own))).await];
    if let Some(address) = settings.probe_address {
        found.push(port("probe_address", address, None).await);
    }
    for (name, url) in asked(service, settings) {
        found.push(match url {
            Some(url) => {
                let connection = Connection::between(settings, own, name, url);
                other(name, url, connection).await
            }
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

/// Looks at a port: that of a service, as the settings say, or one in plain text.
async fn port(what: &str, address: SocketAddr, of: Option<(&Settings, &'static str)>) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => Finding::good(what, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(what, address, of).await,
        Err(error) => Finding::problem(
            what,
            format!("{address} cannot be listened on: {error}"),
            "choose another address",
        ),
    }
}

/// Says how the server at an address is. That of the gateway must show the certificate of its port;
/// another with certificates is asked as the service that it should be, to which it may say no:
/// then it is there.
async fn taken(what: &str, address: SocketAddr, of: Option<(&Settings, &'static str)>) -> Finding {
    // A server on all addresses is asked at one of them.
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let asked = SocketAddr::new(ip, address.port());
    let (plain, encrypted) = (format!("http://{asked}"), format!("https://{asked}"));
    let shown = of.and_then(|(settings, own)| Some((settings, own, of_port(settings, own)?)));
    let connection = match shown {
        None => Connection::to(&plain),
        Some((_, GATEWAY, tls)) => Connection::showing(tls, GATEWAY, &encrypted),
        Some((settings, own, _)) => Connection::between(settings, own, own, &encrypted),
    };
    // The port for probes tells the health of the whole process.
    let name = of.map_or("", |(_, own)| own);
    match told(connection, name).await {
        Ok(Health::Serving) => Finding::good(what, format!("a server at {address} is ready")),
        Ok(Health::NotServing) => Finding::problem(
            what,
            format!("the server at {address} is not ready"),
            "its log says why: its database, most likely",
        ),
        Ok(Health::Another(other)) => Finding::problem(
            what,
            format!("{address} is taken by {}", other.unwrap_or("another program")),
            "choose another address, or end what has it",
        ),
        Err(status) if shown.is_some() && status.code() != Code::Unavailable => {
            Finding::good(what, format!("a server with certificates of this suite has {address}"))
        }
        Err(status) => Finding::problem(
            what,
            format!("{address} is taken, and not by a server that tells its health ({status})"),
            "choose another address, or end what has it",
        ),
    }
}

/// Says how a service is that this one asks: it must be there, and be that service.
async fn other(name: &str, url: &str, connection: anyhow::Result<Connection>) -> Finding {
    let key = format!("{}_url", name.replace('-', "_"));
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => return Finding::problem(name, format!("{error:#}"), ""),
    };
    match told(Ok(connection), name).await {
        Ok(Health::Serving) => Finding::good(name, format!("{url} is ready")),
        Ok(Health::NotServing) => {
            Finding::problem(name, format!("{url} is not ready"), "its log says why")
        }
        Ok(Health::Another(other)) => Finding::problem(
            name,
            format!("another service answers at {url}: {}", other.unwrap_or("none of this suite")),
            &format!("set {key} to where {name} answers"),
        ),
        Err(status) => {
            let is_open = status.code() == Code::Unavailable && is_open(url).await;
            silent(name, url, status.message(), is_open.then_some(&*key))
        }
    }
}

/// Returns whether something takes connections at one of the addresses of a URL.
async fn is_open(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let default = if scheme == "https" { 443 } else { 80 };
    for part in rest.split(',') {
        let part = part.split_once("://").map_or(part, |(_, part)| part);
        let host = part.split('/').next().unwrap_or_default();
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:{default}") };
        if matches!(timeout(TIMEOUT, TcpStream::connect(address)).await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

/// Says what to do about a service that does not answer: it may be down, or what takes connections
/// there, at the value of the setting `open`, speaks otherwise or trusts another authority.
fn silent(name: &str, url: &str, cause: &str, open: Option<&str>) -> Finding {
    let Some(key) = open else {
        return Finding::warning(
            name,
            format!("{url} does not answer ({cause})"),
            "start it: what refers to it cannot be written or joined until then",
        );
    };
    let said = format!("{url} does not answer as it should ({cause})");
    if url.starts_with("https://") {
        let remedy = format!(
            "another service, or another authority, answers there, or it speaks no TLS: is {key} \
             right, and are the authorities in tls_dir those of {name}?"
        );
        return Finding::problem(name, said, &remedy);
    }
    let secure = url.replacen("http://", "https://", 1);
    let remedy = format!("if it speaks TLS, write {secure}; else is {key} right?");
    Finding::problem(name, said, &remedy)
}

async fn told(connection: anyhow::Result<Connection>, name: &str) -> Result<Health, Status> {
    let connection = connection.map_err(|error| Status::unavailable(format!("{error:#}")))?;
    let answer = timeout(TIMEOUT, health(connection, name)).await;
    answer.map_err(|_| Status::new(Code::DeadlineExceeded, "no answer in time"))?
}
