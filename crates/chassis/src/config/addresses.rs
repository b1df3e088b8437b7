//! Properties of addresses and database URLs.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use url::Url;

use crate::tls::bundle_of_the_system;

/// The word of libpq, since version 16, for the authorities that this machine trusts.
const SYSTEM: &str = "system";

/// The URL of a database so that the connection is encrypted and the server proves its name, unless
/// it is local, or the URL says another `sslmode`: by itself the driver falls back to clear text
/// when the server, or who stands in its place, offers no TLS. What is no URL is refused when it is
/// opened.
///
/// `sslrootcert=system`, which the driver does not know, becomes the file of these authorities; with
/// it the server proves its name wherever it is, as with libpq.
pub(super) fn verified(text: String) -> String {
    let Ok(mut url) = Url::parse(&text) else { return text };
    if !url.scheme().starts_with("postgres") {
        return text;
    }
    let by_system = authority(&url).as_deref() == Some(SYSTEM);
    let verifies = !says_how(&url) && (by_system || !is_here(&url));
    let bundle = by_system.then(bundle_of_the_system).flatten();
    if !verifies && bundle.is_none() {
        return text;
    }
    let mut pairs = url.query_pairs_mut();
    if verifies {
        pairs.append_pair("sslmode", "verify-full");
    }
    if let Some(bundle) = bundle.as_deref().and_then(Path::to_str) {
        // The last one counts.
        pairs.append_pair("sslrootcert", bundle);
    }
    drop(pairs);
    url.into()
}

/// The authority of the server's certificate: that of the URL, or of the environment.
fn authority(url: &Url) -> Option<String> {
    let keys = ["sslrootcert", "ssl-root-cert", "ssl-ca"];
    let named = url.query_pairs().filter(|(key, _)| keys.contains(&&**key));
    let named = named.last().map(|(_, authority)| authority.into_owned());
    named.or_else(|| env::var("PGSSLROOTCERT").ok())
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

/// Returns whether it is `http://` or `https://`, a host and a port, and nothing more.
pub(super) fn is_address(text: &str) -> bool {
    let authority = text.strip_prefix("http://").or(text.strip_prefix("https://"));
    authority.map(|rest| rest.trim_end_matches('/')).is_some_and(|it| {
        let is_bare = !it.is_empty() && !it.contains(['/', '@', ' ']);
        is_bare && (it.parse::<SocketAddr>().is_ok() || has_port(it))
    })
}

fn has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorities_of_the_system_are_those_of_its_file() {
        let Some(bundle) = bundle_of_the_system() else { return };
        let bundle = bundle.to_str().unwrap().replace('/', "%2F");
        for (url, mode) in [
            ("postgres://a@db/a?sslrootcert=system", "sslmode=verify-full&"),
            ("postgres://a@localhost/a?ssl-ca=system", "sslmode=verify-full&"),
            ("postgres://a@db/a?sslmode=verify-ca&sslrootcert=system", ""),
        ] {
            let expected = format!("{url}&{mode}sslrootcert={bundle}");
            assert_eq!(verified(url.to_owned()), expected);
        }
        let named = "postgres://a@localhost/a?sslrootcert=system&sslrootcert=/ca.crt";
        assert_eq!(verified(named.to_owned()), named);
    }
}
