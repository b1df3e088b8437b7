//! A port that takes calls, and who may call it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream};

use super::family::Names;
use super::{Live, Socket, Tls};
use crate::Settings;
use crate::failure::{Code, ErrorReason, Failure};

/// Health may be asked by every service that may call at all: callers look before they come back.
const HEALTH: &str = "grpc.health.v1.Health";

/// The name of the service that everybody may call: its port alone has the certificate of
/// `public_tls`.
pub const GATEWAY: &str = "gateway";

/// A service that may call another.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of the service.
    pub name: &'static str,
    /// The proto services it may call; all of them if none is named.
    pub may_call: &'static [&'static str],
}

/// The services that may call a service.
pub type Callers = &'static [Caller];

/// A port, by how connections to it begin.
#[derive(Clone, Debug)]
pub(crate) enum Port {
    /// In plain text.
    Plain,
    /// With the certificate of the port.
    Open(Arc<Live>),
    /// With the certificates of both: the caller is one of these services.
    Mutual(Arc<Live>, Callers),
}

impl Port {
    /// The port of a service that these services may call, or everybody where it is not said. An
    /// error if it were plain text where others can read it, or the certificate is not that of the
    /// service.
    pub fn choose(settings: &Settings, service: &str, callers: Option<Callers>) -> Result<Self> {
        let tls = settings.public_tls.as_ref().filter(|_| callers.is_none());
        let Some(tls) = tls.or(settings.tls.as_ref()) else {
            return in_plain_text(settings).map(|()| Self::Plain);
        };
        let live = tls.open(service)?;
        let Some(callers) = callers else { return Ok(Self::Open(live)) };
        live.must_be_of_service()?;
        Ok(Self::Mutual(live, callers))
    }

    /// True if connections to it are encrypted.
    pub fn is_encrypted(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// The handshake, and who was at the other end, where only some may be.
    pub async fn accept(&self, socket: TcpStream) -> io::Result<(Socket, Option<Peer>)> {
        let (live, callers) = match self {
            Self::Plain => return Ok((Socket::Plain(socket), None)),
            Self::Open(live) => (live, None),
            Self::Mutual(live, callers) => (live, Some(*callers)),
        };
        let version = live.now();
        let config = match callers {
            None => Some(&version.open),
            Some(_) => version.mutual.as_ref(),
        };
        let config = config.ok_or_else(|| io::Error::other("there are no authorities"))?;
        let socket = TlsAcceptor::from(Arc::clone(config)).accept(socket).await?;
        let peer = callers.map(|callers| {
            let shown = socket.get_ref().1.peer_certificates();
            let names = shown.and_then(<[CertificateDer<'_>]>::first).map(Names::of);
            let names = names.unwrap_or_default();
            let is = |caller: &&Caller| {
                version.family.as_ref().is_some_and(|family| family.is(&names, caller.name))
            };
            Peer::new(callers.iter().find(is), names)
        });
        Ok((Socket::Tls(Box::new(TlsStream::Server(socket))), peer))
    }
}

/// The service at the other end of a connection: one that may call, or a stranger. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Arc<Known>);

#[derive(Debug)]
struct Known {
    caller: Option<&'static Caller>,
    names: Names,
    /// True if the log told that it was refused.
    is_told: AtomicBool,
}

impl Peer {
    fn new(caller: Option<&'static Caller>, names: Names) -> Self {
        Self(Arc::new(Known { caller, names, is_told: AtomicBool::new(false) }))
    }

    /// Returns whether it is a service that may call at all.
    pub fn is_known(&self) -> bool {
        self.0.caller.is_some()
    }

    /// Fails if it may not call `path`.
    pub fn check(&self, path: &str) -> Result<(), Failure> {
        let service = path.strip_prefix('/').and_then(|path| path.split('/').next());
        let Known { caller, names, is_told } = &*self.0;
        let may = caller.is_some_and(|caller| {
            caller.may_call.is_empty()
                || service.is_some_and(|it| it == HEALTH || caller.may_call.contains(&it))
        });
        if may {
            return Ok(());
        }
        if !is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%names, path, "refused: the certificate is of no service that may call");
        }
        let message = format!("{names}, as the certificate names the caller, may not call {path}");
        Err(Failure::new(Code::PermissionDenied, ErrorReason::ServiceNotAllowed, message)
            .with("method", path))
    }
}

/// The certificate that the port of `service` shows; nothing where it takes plain text.
pub fn of_port<'a>(settings: &'a Settings, service: &str) -> Option<&'a Tls> {
    let public = settings.public_tls.as_ref().filter(|_| service == GATEWAY);
    public.or(settings.tls.as_ref())
}

/// An error if the port of `service` would take calls in plain text where others can read them.
pub fn may_be_plain(settings: &Settings, service: &str) -> Result<()> {
    if of_port(settings, service).is_some() { Ok(()) } else { in_plain_text(settings) }
}

/// An error if others can read what a port without a certificate takes.
fn in_plain_text(settings: &Settings) -> Result<()> {
    if settings.plaintext || settings.listen.ip().is_loopback() {
        return Ok(());
    }
    bail!(
        "calls to {} would be in plain text: name the folder of a certificate with --tls-dir, or \
         say --plaintext true where others encrypt them",
        settings.listen
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_of_the_gateway_encrypts_no_port_between_services() {
        let public_tls = Some(Tls::new("/nowhere", None));
        let settings =
            Settings { listen: ([0, 0, 0, 0], 1).into(), public_tls, ..Settings::default() };

        let error = Port::choose(&settings, "agreements", Some(&[])).unwrap_err().to_string();

        assert!(error.contains("plain text") && error.contains("--tls-dir"), "{error}");
        assert!(may_be_plain(&settings, "agreements").is_err());
        assert!(may_be_plain(&settings, GATEWAY).is_ok());
        let here = Settings { listen: Settings::default().listen, ..settings.clone() };
        let told = Settings { plaintext: true, ..settings };
        for plain in [here, told] {
            let port = Port::choose(&plain, "agreements", Some(&[]));
            assert!(matches!(port, Ok(Port::Plain)), "{port:?}");
        }
    }
}
