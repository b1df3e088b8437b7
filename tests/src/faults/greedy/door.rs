//! The way in to the gateway: its port, in plain text or within TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tonic::transport::{Channel, Endpoint};

/// An open connection.
pub type Socket = TokioIo<Either<TcpStream, TlsStream<TcpStream>>>;

/// Where callers come in. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    address: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Door {
    /// A port in plain text.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// A port within TLS, by the authorities in a file.
    pub fn within_tls(address: SocketAddr, authorities: &Path) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_file_iter(authorities)? {
            roots.add(authority?)?;
        }
        let config = ClientConfig::builder().with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { address, tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Where a client finds it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// A connection from an address of the loopback network: each is another caller.
    pub fn from(&self, address: [u8; 4]) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        let endpoint = endpoint.expect("an address is a url");
        let door = self.clone();
        let open = tower::service_fn(move |_| {
            let door = door.clone();
            async move { door.open(address).await }
        });
        endpoint.connect_timeout(Duration::from_secs(5)).connect_with_connector_lazy(open)
    }

    /// The same, of which only the handshake is done.
    pub async fn open(&self, address: [u8; 4]) -> io::Result<Socket> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::from(address), 0))?;
        let socket = socket.connect(self.address).await?;
        socket.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(TokioIo::new(Either::Left(socket))) };
        let socket = tls.connect(ServerName::from(self.address.ip()), socket).await?;
        Ok(TokioIo::new(Either::Right(socket)))
    }
}
