//! Properties of addresses and database URLs.

use std::env;
use std::net::IpAddr;

use url::Url;

/// The URL of a database so that the connection is encrypted and the server proves its name, unless
/// it is local, or the URL says another `sslmode`: by itself the driver falls back to clear text
/// when the server, or who stands in its place, offers no TLS. What is no URL is refused when it is
/// opened.
pub(super) fn verified(text: String) -> String {
    let Ok(mut url) = Url::parse(&text) else { return text };
    if !url.scheme().starts_with("postgres") || says_how(&url) || is_here(&url) {
        return text;
    }
    url.query_pairs_mut().append_pair("sslmode", "verify-full");
    url.into()
}

/// Returns whether a URL says how the connection is encrypted.
fn says_how(url: &Url) -> bool {
    url.query_pairs().any(|(key, _)| matches!(&*key, "sslmode" | "ssl-mode"))
}

/// Returns whether the driver connects to this machine. The last host counts, and without any that
/// of the environment, or a socket.
fn is_here(url: &Url) -> bool {
    let named = url.query_pairs().filter(|(key, _)| matches!(&**key, "host" | "hostaddr"));
    let named = named.last().map(|(_, host)| host.into_owned());
    let host = named
        .or_else(|| url.host_str().filter(|host| !host.is_empty()).map(ToOwned::to_owned))
        .or_else(|| env::var("PGHOSTADDR").or_else(|_| env::var("PGHOST")).ok());
    let Some(host) = host else { return true };
    let is_socket =
        host.starts_with('/') || host.get(..3).is_some_and(|it| it.eq_ignore_ascii_case("%2F"));
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    is_socket || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

pub(super) fn has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
