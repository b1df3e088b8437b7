//! Properties of addresses and database URLs.

/// The URL of a database so that the connection is encrypted and the server proves its name, unless
/// it is local, or the URL says another `sslmode`: by itself the driver falls back to clear text
/// when the server, or who stands in its place, offers no TLS.
pub(super) fn verified(url: String) -> String {
    if is_private(&url) {
        return url;
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}sslmode=verify-full")
}

/// Returns whether the connection is local, or the URL says how it is encrypted.
fn is_private(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return true };
    if !scheme.starts_with("postgres") {
        return true;
    }
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_here = ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here));
    let says = |parameter: &str| {
        ["sslmode=", "ssl-mode=", "host=/", "host=%2F"].iter().any(|it| parameter.starts_with(it))
    };
    host.is_empty() || is_here || query.split('&').any(says)
}

pub(super) fn has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}
