//! Where a service is: the addresses behind its names, asked for again while it is used.

use std::io;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, ensure};
use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::net::lookup_host;

/// The names of one service, each `host:port`.
#[derive(Clone, Debug)]
pub(super) struct Places {
    hosts: Vec<(String, u16)>,
    /// The first of them: what a request says it asks.
    pub authority: Authority,
}

impl Places {
    /// Reads `http://` or `https://` and a host, or several with commas between. A host may have
    /// many addresses.
    pub fn read(url: &str, scheme: &Scheme) -> anyhow::Result<Self> {
        let wrong = || format!("{url} is not an address like {scheme}://127.0.0.1:50051");
        let port = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let mut all = Vec::new();
        for part in url.split(',') {
            let url =
                if part.contains("://") { part.to_owned() } else { format!("{scheme}://{part}") };
            let uri: Uri = url.parse().with_context(wrong)?;
            ensure!(uri.scheme() == Some(scheme), wrong());
            all.push(uri.authority().with_context(|| format!("{url} names no host"))?.clone());
        }
        let hosts = all.iter().map(|authority| {
            // An IPv6 address stands in brackets.
            let host = authority.host().trim_matches(['[', ']']).to_owned();
            (host, authority.port_u16().unwrap_or(port))
        });
        let hosts = hosts.collect();
        let authority = all.into_iter().next().with_context(wrong)?;
        Ok(Self { hosts, authority })
    }

    /// Returns whether the addresses stand in the names, and never change.
    pub fn are_fixed(&self) -> bool {
        self.hosts.iter().all(|(host, _)| host.parse::<IpAddr>().is_ok())
    }

    /// Asks for the addresses, each once and in order. A name that is not found is an error only
    /// where no other is.
    pub async fn find(&self) -> io::Result<Vec<SocketAddr>> {
        let mut found = Vec::new();
        let mut failure = None;
        for (host, port) in &self.hosts {
            match lookup_host((host.as_str(), *port)).await {
                Ok(all) => found.extend(all),
                Err(error) => failure = Some(error),
            }
        }
        found.sort_unstable();
        found.dedup();
        match failure {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }
}
