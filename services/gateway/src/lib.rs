//! The one way in: passes calls to the services and joins their answers.
//!
//! A call for a proto service of another process goes through without being decoded:
//!
//! - `routes`: which process answers which proto service, from the contract
//! - `proxy`: passes a call on, frame by frame
//! - `passed`: the answer of a stream, which ends after a whole message when the gateway stops
//! - `upstream`: the sockets to one process, for short calls and for streams
//! - `health`: tells which processes are up
//!
//! A call for the partnership service, and a search, is answered here, as in any other service:
//!
//! - `grpc`: decodes the request, runs one operation, encodes the answer
//! - `ops`: one file per operation
//! - `app`: what an operation may use: the clock, the clients of the services

mod app;
mod grpc;
mod health;
mod ops;
mod passed;
mod proxy;
mod routes;
mod upstream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use api::rpc::partnership_service::{GetBrief, Watch};
use api::rpc::search_service::Search;
use chassis::client::Connection;
use chassis::clock::SystemClock;
use chassis::server::Quotas;
use chassis::{Service, Settings};

pub use app::{App, Services};
use health::Watched;
use proxy::Proxy;
use serving::{AskedGrants, CachedGrants, Methods, contract};
use upstream::Upstream;

/// The name of this service, in health answers and logs.
pub const NAME: &str = chassis::tls::GATEWAY;

/// A service refuses headers above its limit too, and the gateway adds a few of its own on the way.
const HEADER_ROOM: u32 = 512;
/// The flow-control window of a connection: the memory that a caller can hold.
const CONNECTION_WINDOW: u32 = 1 << 20;
/// After so many calls that end early a connection is closed, as h2 does by default: against rapid
/// resets.
const LOCAL_RESETS: usize = 1024;
/// The same of calls that are taken back before they were looked at.
const PENDING_RESETS: usize = 20;
/// The most streams at a time: a merged watch takes some 50 kB here, and 256 MB are all there are.
const STREAMS: u32 = 768;
/// The most calls at a time on one connection: what waits for callers who do not read is kept here
/// and in the services.
const CALLS: usize = 64;
/// The quotas of a caller: a program that reads page after page on one connection makes some 50
/// calls a second, a person behind the explorer fewer than 10; the watchers of one analyst are a
/// handful. What is more than eight calls at once waits: it would only wait in the database.
const QUOTAS: Quotas = Quotas {
    calls_per_second: 100,
    calls_per_caller: 8,
    streams_per_caller: 32,
    connections_per_address: 128,
};

/// Gives the gateway to the three services that `settings` name; none of them need be up. Must be
/// called in a runtime.
#[expect(clippy::unused_async, reason = "every service is opened the same way")]
pub async fn service(settings: Settings) -> anyhow::Result<Service> {
    // The other half is for their callers to go elsewhere.
    let grace = Duration::from_secs(settings.drain_seconds) / 2;
    let agreements = address(&settings, "agreements")?;
    let projects = address(&settings, "projects")?;
    let rights_reporting = address(&settings, "rights-reporting")?;
    let to = |name, url| Connection::between(&settings, NAME, name, url);
    let services = Services {
        agreements: to("agreements", agreements)?,
        projects: to("projects", projects)?,
        rights_reporting: to("rights-reporting", rights_reporting)?,
    };
    let app =
        App { clock: Arc::new(SystemClock), watched: services.apart(), services: services.clone() };
    let upstreams = [
        Upstream::new(&settings, "agreements", agreements)?,
        Upstream::new(&settings, "projects", projects)?,
        Upstream::new(&settings, "rights-reporting", rights_reporting)?,
    ];
    let routes = routes::table(api::descriptors(), &upstreams);

    let mut service = Service::new(NAME, contract());
    service.limits.headers -= HEADER_ROOM;
    service.limits.windows.1 = CONNECTION_WINDOW;
    service.limits.local_resets = LOCAL_RESETS;
    service.limits.pending_resets = PENDING_RESETS;
    service.limits.streams_in_all = STREAMS;
    service.grant_source =
        Some(Arc::new(CachedGrants::new(AskedGrants::new(&services.agreements))));
    service.limits.calls = CALLS;
    service.limits.quotas = QUOTAS;
    service.passed_on = routes.keys().cloned().collect();
    let watched = [
        Watched::new("agreements", &services.agreements, agreements, &routes),
        Watched::new("projects", &services.projects, projects, &routes),
        Watched::new("rights-reporting", &services.rights_reporting, rights_reporting, &routes),
    ];
    service.spawn(health::watch(watched.into(), service.health.clone()));
    service.routes = Proxy::new(routes, routes::streams(api::descriptors()), grace).into_routes();
    Methods::default()
        .unary(GetBrief, &app, grpc::get_brief)
        .server_streaming(Watch, &app, grpc::watch)
        .unary(Search, &app, grpc::search)
        .build(service)
}

fn address<'a>(settings: &'a Settings, name: &str) -> anyhow::Result<&'a str> {
    let (url, own) = (settings.url_of(name)?, settings.listen);
    anyhow::ensure!(
        !is_at(url, own),
        "{url} is the address of the gateway itself ({own}): set --{name}-url to where {name} \
         answers"
    );
    Ok(url)
}

/// Returns whether a URL leads to a port of this machine.
fn is_at(url: &str, own: SocketAddr) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return false };
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_own = match host.parse::<IpAddr>() {
        Ok(ip) => ip == own.ip() || ip.is_loopback() && own.ip().is_unspecified(),
        Err(_) => host == "localhost" && (own.ip().is_loopback() || own.ip().is_unspecified()),
    };
    own.port() != 0 && port == own.port() && is_own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_gateway_itself_is_no_upstream() {
        let at = |url: &str, own: &str| is_at(url, own.parse().unwrap());

        for (url, own) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost:8080", "0.0.0.0:8080"),
            ("http://[::1]:8080", "[::]:8080"),
            ("https://10.0.0.5", "10.0.0.5:443"),
        ] {
            assert!(at(url, own), "{url} {own}");
        }
        for (url, own) in [
            ("http://127.0.0.1:50051", "127.0.0.1:8080"),
            ("http://agreements:50051", "0.0.0.0:50051"),
            ("http://10.0.0.6:8080", "10.0.0.5:8080"),
            ("http://127.0.0.1:80", "127.0.0.1:0"),
            ("http://127.0.0.2:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "127.0.0.1:8080"),
        ] {
            assert!(!at(url, own), "{url} {own}");
        }
        let settings = Settings {
            listen: "127.0.0.1:8080".parse().unwrap(),
            projects_url: Some("http://127.0.0.1:8080".to_owned()),
            ..Settings::default()
        };
        let told = address(&settings, "projects").unwrap_err();
        assert!(told.to_string().contains("--projects-url"), "{told}");
    }
}
