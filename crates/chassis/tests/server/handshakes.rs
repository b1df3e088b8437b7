//! Attacks that only a port with TLS has.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::Authority;
use chassis::client::Connection;
use chassis::tls::Tls;
use chassis::{Service, Settings};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Code;

use crate::support::{Running, Slow, call, serve};

/// The head of a record of TLS that greets, and some of what it says it holds.
const HALF: &[u8] = &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
/// The preface of HTTP/2, and settings that change nothing.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The time by which a refusal is seen: long before the time for the first bytes is over.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A port with TLS that everybody may call.
struct Open {
    running: Running,
    folder: TempDir,
}

impl Open {
    async fn serve(change: impl FnOnce(&mut Service, &mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(1).unwrap();
        let issued = authority.service("test", &[], 1).unwrap();
        authority.write(folder.path(), &issued).unwrap();
        let running = serve(|mut service, settings| {
            settings.tls = Some(Tls::new(folder.path(), None));
            change(&mut service, settings);
            service.with(Slow::default())
        })
        .await;
        Self { running, folder }
    }

    fn listens(&self) -> SocketAddr {
        self.running.listens
    }

    /// Asks as an honest caller.
    async fn answers(&self) {
        let (url, ca) = (format!("https://{}", self.listens()), self.folder.path().join("ca.crt"));
        let connection = Connection::trusting(&url, Some(&ca), false).unwrap();
        let answer = timeout(Duration::from_secs(4), call(connection, "/test.Slow/Timeout"));
        assert_eq!(answer.await.unwrap().code(), Code::AlreadyExists);
    }

    /// A client that offers these protocols, keeps what it could go on with, and sends early.
    fn client(&self, protocols: &[&[u8]]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(self.folder.path().join("ca.crt")).unwrap();
        roots.add(ca).unwrap();
        let mut config =
            ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        config.enable_early_data = true;
        TlsConnector::from(Arc::new(config))
    }

    async fn shake(&self, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(self.listens()).await.unwrap();
        client.connect(ServerName::from(self.listens().ip()), socket).await
    }
}

async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(to).await.unwrap()
}

/// Reads until the other side closes: what it said.
async fn closed(socket: &mut (impl AsyncReadExt + Unpin), within: Duration) -> Vec<u8> {
    let mut said = Vec::new();
    let end = timeout(within, socket.read_to_end(&mut said)).await;
    assert!(end.is_ok(), "it is open still, and said {}", said.escape_ascii());
    said
}

#[tokio::test]
async fn a_greeting_byte_by_byte_ends_with_the_time_of_the_first_bytes() {
    let open = Open::serve(|service, _| service.limits.first_bytes = Duration::from_secs(1)).await;
    let (mut reads, mut writes) = connect([127, 0, 0, 1], open.listens()).await.into_split();
    let start = Instant::now();
    let drip = tokio::spawn(async move {
        let greeting = [HALF, &[0; 500]].concat();
        for byte in greeting.chunks(1) {
            if writes.write_all(byte).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });

    let _ = timeout(Duration::from_secs(5), reads.read_to_end(&mut Vec::new())).await.unwrap();

    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drip.abort();
}

#[tokio::test]
async fn handshakes_under_way_count_as_connections_and_give_way_to_newcomers() {
    let open = Open::serve(|service, settings| {
        service.limits.gives_way = Duration::from_millis(200);
        settings.max_connections = 4;
        settings.connections_per_address = Some(2);
    })
    .await;
    let mut halves = Vec::new();
    for from in [2, 2, 2, 3, 3] {
        let mut half = connect([127, 0, 0, from], open.listens()).await;
        half.write_all(HALF).await.unwrap();
        halves.push(half);
    }

    // The third of one address is one too many.
    assert_eq!(closed(&mut halves[2], AT_ONCE).await, b"");
    // Every place is taken, and nobody has to wait until the time of the first bytes is over.
    open.answers().await;
}

#[tokio::test]
async fn what_is_no_tls_is_closed_at_once_and_told_nothing() {
    let open = Open::serve(|_, _| ()).await;
    let claim = [&[22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff, 3, 3][..], &[0; 0x4000]].concat();
    let changes = [20, 3, 3, 0, 1, 1].repeat(1000);
    for bytes in [
        HELLO,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
        // A greeting of 16 MiB, one in TLS 1.2 that is none, and nothing but changes of the cipher.
        claim.as_slice(),
        &[22, 3, 3, 0, 4, 14, 0, 0, 0],
        changes.as_slice(),
    ] {
        let mut socket = connect([127, 0, 0, 1], open.listens()).await;
        // It may be closed before all is sent.
        let _ = socket.write_all(bytes).await;

        let start = Instant::now();
        let mut said = Vec::new();
        let _ = timeout(AT_ONCE, socket.read_to_end(&mut said)).await.unwrap();

        let sent = bytes[..bytes.len().min(20)].escape_ascii();
        assert!(start.elapsed() < AT_ONCE, "{sent}: {:?}", start.elapsed());
        // An alert of TLS, or not even that.
        assert!(said.is_empty() || said[0] == 21, "{sent}: {}", said.escape_ascii());
    }
    open.answers().await;
}

#[tokio::test]
async fn other_protocols_are_not_agreed_on() {
    let open = Open::serve(|_, _| ()).await;

    for offered in [&[&b"http/1.1"[..]][..], &[b"http/1.0", b"spdy/3"], &[b"h2c"]] {
        let refused = open.shake(&open.client(offered)).await.unwrap_err().to_string();
        assert!(refused.contains("NoApplicationProtocol"), "{refused}");
    }
    // Who names none is told by what comes first: HTTP/1.1 that it is not spoken here.
    let mut unnamed = open.shake(&open.client(&[])).await.unwrap();
    assert_eq!(unnamed.get_ref().1.alpn_protocol(), None);
    unnamed.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let said = closed(&mut unnamed, AT_ONCE).await;
    assert!(said.starts_with(b"HTTP/1.1 415"), "{}", said.escape_ascii());
}

#[tokio::test]
async fn nothing_is_taken_early_and_no_connection_goes_on_with_the_keys_of_another() {
    let open = Open::serve(|_, _| ()).await;
    let client = open.client(&[b"h2"]);

    for time in ["first", "second"] {
        let mut socket = open.shake(&client).await.unwrap();
        // By the time that it has said something it would have sent what one can go on with.
        socket.write_all(HELLO).await.unwrap();
        socket.read_exact(&mut [0; 9]).await.unwrap();
        let connection = socket.get_mut().1;
        assert_eq!(connection.handshake_kind(), Some(HandshakeKind::Full), "{time}");
        assert_eq!(connection.tls13_tickets_received(), 0, "{time}");
        assert!(!connection.is_early_data_accepted(), "{time}");
    }
}

#[tokio::test]
async fn who_asks_for_new_keys_again_and_again_is_closed() {
    let open = Open::serve(|_, _| ()).await;
    let mut socket = open.shake(&open.client(&[b"h2"])).await.unwrap();
    socket.write_all(HELLO).await.unwrap();

    for _ in 0..1000 {
        socket.get_mut().1.refresh_traffic_keys().unwrap();
        if socket.flush().await.is_err() {
            break;
        }
    }

    let _ = timeout(AT_ONCE, socket.read_to_end(&mut Vec::new())).await.expect("it is closed");
    open.answers().await;
}
