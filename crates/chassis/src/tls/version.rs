//! The certificates as they stood in the files at one time, checked and made ready for handshakes.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, Error, RootCertStore, ServerConfig};

use super::chain::Short;
use super::family::{Family, Names};
use super::files::Contents;
use super::provider::{PROTOCOL, PROVIDER};
use super::validity::Validity;
use super::verifier::{Taken, verify};

/// The certificates in use.
#[derive(Debug)]
pub(super) struct Version {
    own: Arc<SingleCertAndKey>,
    /// The certificate, and those that lead to its authority.
    chain: Vec<CertificateDer<'static>>,
    pub validity: Validity,
    /// The names in the certificate, for messages.
    pub names: Names,
    /// The names of the other services, if the certificate is that of a service.
    pub family: Option<Family>,
    roots: Option<Arc<RootCertStore>>,
    /// For callers who need no certificate.
    pub open: Arc<ServerConfig>,
    /// For callers with a certificate of one of the authorities.
    pub mutual: Option<Arc<ServerConfig>>,
}

impl Version {
    /// Checks what was read. An error if others would refuse it.
    pub fn of(contents: &Contents, service: &str) -> Result<Self> {
        let chain = certificates(&contents.certificate).context("the certificate is unreadable")?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key).context("the key is unreadable")?;
        let key = CertifiedKey::from_der(chain, key, &PROVIDER)
            .context("the certificate and the key do not fit")?;
        let chain = key.cert.clone();
        let leaf = key.end_entity_cert()?;
        let validity = Validity::of(leaf).context("the certificate has no validity")?;
        let names = Names::of(leaf);
        let family = Family::of(&names, service);
        let roots = contents.authorities.as_deref().map(roots).transpose()?.map(Arc::new);
        if let (Some(_), Some(roots)) = (&family, &roots) {
            verify(&key.cert, roots, UnixTime::now())
                .context("the other services would refuse the certificate")?;
        }
        let own = Arc::new(SingleCertAndKey::from(key));
        let open = server(&own, None)?;
        let mutual = roots.as_ref().map(|roots| server(&own, Some(roots))).transpose()?;
        Ok(Self { own, chain, validity, names, family, roots, open, mutual })
    }

    /// An error if it has nothing in common with the version before: neither do the authorities of
    /// then vouch for its certificate, nor does it trust any of them. The other services have those
    /// authorities still, and would refuse it.
    pub fn must_follow(&self, before: &Self) -> Result<()> {
        let (Some(roots), Some(former)) = (&self.roots, &before.roots) else { return Ok(()) };
        if roots.roots.iter().any(|root| former.roots.contains(root)) {
            return Ok(());
        }
        verify(&self.chain, former, UnixTime::now()).context(
            "the other services would refuse the certificate: it is of another authority, and the \
             one of before is not in the file of authorities beside it",
        )
    }

    /// Returns the configuration that reaches the service of this name, and no other.
    pub fn client(&self, service: &str) -> Result<ClientConfig, Error> {
        let none = || Error::General("there is no certificate of a service".to_owned());
        let (family, roots) = self.family.clone().zip(self.roots.clone()).ok_or_else(none)?;
        let sibling = Taken::Sibling { family, roots, service: service.to_owned() };
        let config = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(sibling))
            .with_client_cert_resolver(Arc::clone(&self.own) as _);
        Ok(client(config))
    }

    /// Returns the configuration that reaches a port with this very certificate, and no other.
    pub fn itself(&self) -> Result<ClientConfig, Error> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Taken::Same(self.chain[0].clone())))
            .with_no_client_auth();
        Ok(client(config))
    }

    /// Returns whether it is the certificate of a service, with the authorities of the others.
    pub fn is_of_service(&self) -> bool {
        self.family.is_some() && self.roots.is_some()
    }

    /// An error if other services would not know `service` by it; it was read from `folder`.
    pub fn must_be_of_service(&self, folder: &Path, service: &str) -> Result<()> {
        if self.is_of_service() {
            return Ok(());
        }
        let (folder, names) = (folder.display(), &self.names);
        if self.family.is_none() {
            bail!(
                "the certificate in {folder} is that of {names}, and {service} needs its own: \
                 spiffe://…/{service}, or the DNS name {service}"
            );
        }
        bail!(
            "{folder} names no authorities for the other services: put them into ca.crt, or set \
             --tls-ca"
        )
    }
}

/// Reads the certificates of a file.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    ensure!(!all.is_empty(), "there is no certificate");
    Ok(all)
}

/// Reads the authorities of a file.
pub(super) fn roots(pem: &[u8]) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(pem).context("the authorities are unreadable")? {
        roots.add(authority).context("an authority is unreadable")?;
    }
    Ok(roots)
}

/// Speaks HTTP/2, and begins every connection anew: a caller that may no longer connect cannot go on
/// with the keys of before.
pub(super) fn client(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.resumption = Resumption::disabled();
    config
}

fn server(
    own: &Arc<SingleCertAndKey>,
    roots: Option<&Arc<RootCertStore>>,
) -> Result<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_protocol_versions(&[&TLS13])?;
    let builder = match roots {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let provider = Arc::clone(&PROVIDER);
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider).build()?;
            builder.with_client_cert_verifier(Arc::new(Short(verifier)))
        }
    };
    let mut config = builder.with_cert_resolver(Arc::clone(own) as _);
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    // As above: every connection shows its certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
