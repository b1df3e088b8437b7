//! Properties of addresses and database URLs.

/// Returns whether the connection to the database is encrypted or local, or the URL allows another:
/// without `sslmode` the driver falls back to clear text when the server, or who stands in its
/// place, offers no TLS.
pub(super) fn is_private(url: &str) -> bool {
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
