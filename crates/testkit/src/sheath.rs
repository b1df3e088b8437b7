//! A port in plain text before a port with TLS, so that what speaks by hand, byte by byte, can be
//! tried on both.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// Opens a port that hands each connection on to `to`, from the address that it came from, with a
/// handshake before it. `authority` is the certificate that vouches for the other side. It is open
/// as long as the runtime.
///
/// # Panics
/// If it cannot be opened.
pub async fn sheath(to: SocketAddr, authority: &str) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes());
    roots.add(authority.expect("it is a certificate")).expect("it is an authority");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((socket, from)) = listener.accept().await {
            // Whichever side closes or resets, the other is closed as well.
            tokio::spawn(hand_on(socket, from, to, connector.clone()));
        }
    });
    address
}

async fn hand_on(
    mut socket: TcpStream,
    from: SocketAddr,
    to: SocketAddr,
    connector: TlsConnector,
) -> std::io::Result<()> {
    let out = TcpSocket::new_v4()?;
    out.bind(SocketAddr::new(from.ip(), 0))?;
    let out = out.connect(to).await?;
    socket.set_nodelay(true)?;
    out.set_nodelay(true)?;
    let name = ServerName::from(to.ip());
    let mut out = connector.connect(name, out).await?;
    copy_bidirectional(&mut socket, &mut out).await.map(drop)
}
