//! The other end of a connection: whom it must reach.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use http::uri::Scheme;
use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::provider::PROVIDER;
use super::version::{client, roots};
use super::{Live, Socket, Tls};
use crate::Settings;

/// Whom a connection must reach.
#[derive(Clone, Debug)]
pub(crate) enum Dial {
    /// Any process that is there.
    Plain,
    /// The service of this name, beside our own. It is told who we are.
    Service(Arc<Live>, &'static str),
    /// The host of this name. It is not told who we are.
    Host(Arc<ClientConfig>, ServerName<'static>),
}

impl Dial {
    /// From the service `own` to the service `peer` at `url`. An error if it were plain text where
    /// others can read it, or there is no certificate to show.
    pub fn between(settings: &Settings, own: &str, peer: &'static str, url: &str) -> Result<Self> {
        if !is_encrypted(url) {
            ensure!(
                settings.plaintext || is_here(url),
                "calls to {url} would be in plain text: name the folder of a certificate with \
                 --tls-dir and use https://, or say --plaintext true where others encrypt them"
            );
            return Ok(Self::Plain);
        }
        let Some(tls) = &settings.tls else {
            bail!("{url} asks for a certificate of {own}: name its folder with --tls-dir")
        };
        let live = tls.open(own)?;
        live.must_be_of_service()?;
        Ok(Self::Service(live, peer))
    }

    /// To the host in `url`, for which one of the authorities in a file must vouch, or one of those
    /// that the system trusts. Plain text only to this machine, or where `plaintext` allows it.
    pub fn trusting(url: &str, authorities: Option<&Path>, plaintext: bool) -> Result<Self> {
        if !is_encrypted(url) {
            ensure!(
                plaintext || is_here(url),
                "{url} would be asked in plain text: use https://, or say --plaintext where others \
                 encrypt it"
            );
            return Ok(Self::Plain);
        }
        let host = hosts(url).next().unwrap_or_default();
        let name = ServerName::try_from(host.to_owned());
        let name = name.with_context(|| format!("{url} names no host that a certificate can"))?;
        let roots = match authorities {
            Some(path) => {
                let pem = fs::read(path);
                let pem = pem.with_context(|| format!("--ca: cannot read {}", path.display()))?;
                roots(&pem).with_context(|| format!("--ca: {}", path.display()))?
            }
            None => of_the_system()?,
        };
        let config = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::Host(Arc::new(client(config)), name))
    }

    /// To a port that shows the certificate of `tls`, which is that of `service`, at whatever
    /// address. It is not told who we are.
    pub fn showing(tls: &Tls, service: &str) -> Result<Self> {
        let config = tls.read(service)?.itself()?;
        Ok(Self::Host(Arc::new(config), ServerName::try_from("localhost")?))
    }

    /// The scheme of a URL that it fits.
    pub fn scheme(&self) -> Scheme {
        if matches!(self, Self::Plain) { Scheme::HTTP } else { Scheme::HTTPS }
    }

    /// The handshake.
    pub async fn connect(&self, socket: TcpStream) -> io::Result<Socket> {
        let (config, name) = match self {
            Self::Plain => return Ok(Socket::Plain(socket)),
            Self::Service(live, service) => {
                let config = live.now().client(service).map_err(io::Error::other)?;
                (Arc::new(config), ServerName::try_from(*service).map_err(io::Error::other)?)
            }
            Self::Host(config, name) => (Arc::clone(config), name.clone()),
        };
        let socket = TlsConnector::from(config).connect(name, socket).await?;
        Ok(Socket::Tls(Box::new(TlsStream::Client(socket))))
    }
}

fn is_encrypted(url: &str) -> bool {
    url.starts_with("https://")
}

/// The hosts in a URL of one host or several.
fn hosts(url: &str) -> impl Iterator<Item = &str> {
    url.split(',').map(|part| {
        let authority = part.split_once("://").map_or(part, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let authority = authority.rsplit_once(':').map_or(authority, |(host, port)| {
            if port.parse::<u16>().is_ok() { host } else { authority }
        });
        authority.trim_matches(['[', ']'])
    })
}

/// Returns whether all hosts are on this machine.
pub(crate) fn is_here(url: &str) -> bool {
    hosts(url).all(|host| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// The file of the authorities that this machine trusts, where it has one: that of `SSL_CERT_FILE`,
/// or of the distribution.
pub fn bundle_of_the_system() -> Option<PathBuf> {
    openssl_probe::probe().cert_file
}

fn of_the_system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    ensure!(!roots.is_empty(), "this system trusts no authority: name those to trust with --ca");
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_this_machine_alone() {
        for here in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1,127.0.0.2:3"] {
            assert!(is_here(here), "{here}");
            assert!(matches!(Dial::trusting(here, None, false), Ok(Dial::Plain)));
        }
        for elsewhere in ["http://gateway:8080", "http://10.0.0.1", "http://127.0.0.1:1,gateway:2"]
        {
            let error = Dial::trusting(elsewhere, None, false).unwrap_err().to_string();
            assert!(error.contains(elsewhere) && error.contains("https://"), "{error}");
            assert!(matches!(Dial::trusting(elsewhere, None, true), Ok(Dial::Plain)));
        }
    }

    #[test]
    fn between_services_it_takes_a_certificate_or_says_so() {
        let settings = Settings::default();
        let of = |settings: &Settings, url| {
            Dial::between(settings, "projects", "agreements", url).map_err(|it| it.to_string())
        };

        let plain = of(&settings, "http://agreements:50051").unwrap_err();
        assert!(plain.contains("plain text") && plain.contains("--tls-dir"), "{plain}");
        let without = of(&settings, "https://agreements:50051").unwrap_err();
        assert!(without.contains("--tls-dir"), "{without}");
        let told = Settings { plaintext: true, ..settings };
        assert!(matches!(of(&told, "http://agreements:50051"), Ok(Dial::Plain)));
    }
}
