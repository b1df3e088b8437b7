//! The names by which the services of a suite know each other. They differ in the name of the
//! service alone: beside `spiffe://example.org/ns/registan/sa/projects` stands
//! `spiffe://example.org/ns/registan/sa/agreements`, and beside `projects.registan.svc` stands
//! `agreements.registan.svc`. So a service knows the names of all others by its own, and takes none
//! of another suite that has the same authority.

use std::fmt;

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// The names in a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// SPIFFE IDs. A valid certificate has one at most.
    spiffe: Vec<String>,
    /// In small letters.
    dns: Vec<String>,
}

impl Names {
    /// Reads the names of a certificate; none of one that is broken.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Self::default() };
        let uris = certificate.valid_uri_names().filter(|uri| uri.starts_with("spiffe://"));
        let spiffe = uris.map(ToOwned::to_owned).collect();
        let dns = certificate.valid_dns_names().map(str::to_ascii_lowercase).collect();
        Self { spiffe, dns }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.spiffe.is_empty() { &self.dns } else { &self.spiffe };
        if all.is_empty() { f.write_str("nobody") } else { f.write_str(&all.join(", ")) }
    }
}

/// The names of the services of one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// SPIFFE IDs: what stands before the name of a service, `spiffe://example.org/service/`.
    Spiffe(String),
    /// DNS names: what follows the name of a service, `.registan.svc`.
    Dns(String),
}

impl Family {
    /// The family of `service`, by its own names. A SPIFFE ID counts before DNS names, and of these
    /// the longest. Nothing if none is that of the service.
    pub fn of(own: &Names, service: &str) -> Option<Self> {
        if !own.spiffe.is_empty() {
            let before = |id: &String| Some(id.strip_suffix(service)?.to_owned());
            let mut before = own.spiffe.iter().filter_map(before).filter(|it| it.ends_with('/'));
            return before.next().map(Self::Spiffe);
        }
        let after = own.dns.iter().filter_map(|name| name.strip_prefix(service));
        let after = after.filter(|it| it.is_empty() || it.starts_with('.'));
        after.max_by_key(|it| it.len()).map(|it| Self::Dns(it.to_owned()))
    }

    /// Returns whether these are the names of `service`.
    pub fn is(&self, names: &Names, service: &str) -> bool {
        match self {
            Self::Spiffe(before) => {
                let [id] = &names.spiffe[..] else { return false };
                id.strip_prefix(&**before) == Some(service)
            }
            Self::Dns(after) => {
                names.dns.iter().any(|name| name.strip_prefix(service) == Some(after))
            }
        }
    }

    /// The name of `service`, for messages.
    pub fn name(&self, service: &str) -> String {
        match self {
            Self::Spiffe(before) => format!("{before}{service}"),
            Self::Dns(after) => format!("{service}{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiffe(ids: &[&str]) -> Names {
        Names { spiffe: ids.iter().map(ToString::to_string).collect(), dns: Vec::new() }
    }

    fn dns(names: &[&str]) -> Names {
        Names { spiffe: Vec::new(), dns: names.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_sibling_differs_in_the_name_of_the_service_alone() {
        let own = spiffe(&["spiffe://example.org/ns/registan/sa/agreements"]);
        let family = Family::of(&own, "agreements").unwrap();

        assert!(family.is(&spiffe(&["spiffe://example.org/ns/registan/sa/projects"]), "projects"));
        for other in [
            "spiffe://example.org/ns/registan/sa/gateway",
            "spiffe://example.org/ns/other/sa/projects",
            "spiffe://example.com/ns/registan/sa/projects",
            "spiffe://example.org/ns/registan/sa/x/projects",
            "spiffe://example.org/ns/registan/sa/projects/",
            "spiffe://example.org/ns/registan/sa/my-projects",
        ] {
            assert!(!family.is(&spiffe(&[other]), "projects"), "{other}");
        }
        let two = ["spiffe://example.org/ns/registan/sa/projects", "spiffe://example.org/x"];
        assert!(!family.is(&spiffe(&two), "projects"), "an identity is one");
        assert!(!family.is(&dns(&["projects"]), "projects"), "a DNS name is no SPIFFE ID");
    }

    #[test]
    fn of_dns_names_the_longest_counts() {
        let own = dns(&["agreements", "agreements.registan.svc", "agreements-pods.registan.svc"]);
        let family = Family::of(&own, "agreements").unwrap();

        assert_eq!(family, Family::Dns(".registan.svc".to_owned()));
        assert!(family.is(&dns(&["x", "gateway.registan.svc"]), "gateway"));
        for other in ["gateway", "gateway.other.svc", "my-gateway.registan.svc"] {
            assert!(!family.is(&dns(&[other]), "gateway"), "{other}");
        }
    }

    #[test]
    fn a_certificate_of_another_service_has_no_family() {
        for other in [
            spiffe(&["spiffe://example.org/service/projects"]),
            spiffe(&["spiffe://example.org/service/my-agreements"]),
            dns(&["projects", "agreementsx", "registan.example.org"]),
            Names::default(),
        ] {
            assert_eq!(Family::of(&other, "agreements"), None, "{other}");
        }
    }
}
