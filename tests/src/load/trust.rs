//! Connections with TLS, to a gateway for which one of the authorities in a file vouches.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::Uri;

/// The authorities that clients trust. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Reads them.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let pem = fs::read(file).with_context(|| format!("--ca: cannot read {shown}"))?;
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(&pem) {
            let authority = authority.with_context(|| format!("--ca: {shown} is unreadable"))?;
            roots.add(authority).with_context(|| format!("--ca: {shown} is unreadable"))?;
        }
        anyhow::ensure!(!roots.is_empty(), "--ca: {shown} has no certificate");
        let mut config =
            ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Connects to the host and the port of a URL.
    pub async fn connect(self, url: Uri) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let socket = TcpStream::connect((&*host, url.port_u16().unwrap_or(443))).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let stream = TlsConnector::from(self.0).connect(name, socket).await?;
        Ok(TokioIo::new(stream))
    }
}
