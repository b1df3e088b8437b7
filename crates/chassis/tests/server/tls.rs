//! TLS at a port and between services.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Running, Slow, call, serve};
use authority::{Authority, FAMILY, Issued};
use chassis::Settings;
use chassis::client::Connection;
use chassis::tls::{Caller, Callers, Tls};
use rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const TIMEOUT: &str = "/test.Slow/Timeout";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
/// The services that may call the one under test.
const CALLERS: Callers = &[
    Caller { name: "gateway", may_call: &[] },
    Caller { name: "asker", may_call: &["test.Slow"] },
    Caller { name: "looker", may_call: &["test.Other"] },
];

/// How a call is told that its caller may not make it.
const REFUSED: &str = "PermissionDenied SERVICE_NOT_ALLOWED";
/// How the method under test answers.
const ANSWERED: &str = "AlreadyExists ";

/// An authority, and a folder for what it issues.
struct Issuer {
    authority: Authority,
    folder: TempDir,
}

impl Issuer {
    fn new() -> Self {
        let authority = Authority::new(2).unwrap();
        Self { authority, folder: tempfile::tempdir().unwrap() }
    }

    /// Gives a service its certificate, and the settings with it.
    fn settings(&self, name: &str) -> Settings {
        let folder = self.folder.path().join(name);
        self.renew(name, 2);
        Settings { tls: Some(Tls::new(folder, None)), ..Settings::default() }
    }

    fn renew(&self, name: &str, days: u32) -> Issued {
        let issued = self.authority.service(name, &[], days).unwrap();
        self.authority.write(&self.folder.path().join(name), &issued).unwrap();
        issued
    }

    /// The service under test, for these callers, with the certificate of `name`.
    async fn serve_as(&self, name: &str, callers: Option<Callers>) -> Running {
        let tls = self.settings(name).tls;
        serve(|mut service, settings| {
            settings.tls = tls;
            service.callers = callers;
            service.with(Slow::default())
        })
        .await
    }

    /// Calls the service under test as the service `own`.
    async fn call_as(&self, own: &str, running: &Running, path: &'static str) -> Status {
        let url = format!("https://{}", running.address);
        let settings = self.settings(own);
        call(Connection::between(&settings, own, "test", &url).unwrap(), path).await
    }

    /// A handshake without a certificate of our own, with keys that outlast quantum computers.
    async fn shake(
        &self,
        running: &Running,
        version: &'static SupportedProtocolVersion,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(der(self.authority.certificate())).unwrap();
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        if *version == TLS13 {
            provider.kx_groups = vec![X25519MLKEM768];
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        let socket = TcpStream::connect(running.address).await.unwrap();
        let name = ServerName::from(running.address.ip());
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn problem(status: &Status) -> String {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    format!("{:?} {reason}", status.code())
}

#[tokio::test]
async fn an_open_port_speaks_tls_1_3_and_http_2_alone() {
    let issuer = Issuer::new();
    let running = issuer.serve_as("gateway", None).await;

    let new = issuer.shake(&running, &TLS13).await.unwrap();
    assert_eq!(new.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let old = issuer.shake(&running, &TLS12).await.unwrap_err().to_string();
    assert!(old.contains("ProtocolVersion"), "{old}");
}

#[tokio::test]
async fn an_open_port_is_called_with_the_authority_and_not_in_plain_text() {
    let issuer = Issuer::new();
    let running = issuer.serve_as("gateway", None).await;
    let ca = issuer.folder.path().join("gateway/ca.crt");
    let other = Issuer::new();
    other.renew("gateway", 2);
    let https = format!("https://localhost:{}", running.address.port());
    let as_if = |url: &str, ca: &Path| Connection::trusting(url, Some(ca), false).unwrap();

    assert_eq!(call(as_if(&https, &ca), TIMEOUT).await.code(), Code::AlreadyExists);
    let wrong = as_if(&https, &other.folder.path().join("gateway/ca.crt"));
    let wrong = call(wrong, TIMEOUT).await;
    assert_eq!(wrong.code(), Code::Unavailable);
    assert!(wrong.message().contains("invalid peer certificate"), "{wrong:?}");
    let plain = Connection::to(&format!("http://{}", running.address)).unwrap();
    assert_eq!(call(plain, TIMEOUT).await.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_service_is_called_by_those_who_may_and_for_what_they_may() {
    let issuer = Issuer::new();
    let running = issuer.serve_as("test", Some(CALLERS)).await;
    for (own, path, outcome) in [
        ("gateway", TIMEOUT, ANSWERED),
        ("gateway", HEALTH, "Ok "),
        ("asker", TIMEOUT, ANSWERED),
        ("looker", TIMEOUT, REFUSED),
        ("looker", HEALTH, "Ok "),
        ("stranger", TIMEOUT, REFUSED),
        ("stranger", HEALTH, REFUSED),
        ("test", TIMEOUT, REFUSED),
    ] {
        let status = issuer.call_as(own, &running, path).await;
        assert_eq!(problem(&status), outcome, "{own} {path}: {status:?}");
    }
}

#[tokio::test]
async fn who_has_no_certificate_or_one_of_another_authority_is_not_let_in() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let running = issuer.serve_as("test", Some(CALLERS)).await;
    let url = format!("https://{}", running.address);
    let ca = issuer.folder.path().join("test/ca.crt");

    let without = call(Connection::trusting(&url, Some(&ca), false).unwrap(), TIMEOUT).await;
    assert_eq!(without.code(), Code::Unavailable, "{without:?}");
    // It knows the service, and the service does not know it.
    let mut settings = other.settings("gateway");
    settings.tls = Some(Tls::new(other.folder.path().join("gateway"), Some(ca)));
    let made = Connection::between(&settings, "gateway", "test", &url);
    let error = made.unwrap_err().to_string();
    assert!(error.contains("cannot be used"), "its own authorities do not vouch for it: {error}");
    let unknown = other.call_as("gateway", &running, TIMEOUT).await;
    assert_eq!(unknown.code(), Code::Unavailable, "{unknown:?}");
    assert_eq!(issuer.call_as("gateway", &running, TIMEOUT).await.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_service_with_the_certificate_of_another_is_sent_nothing() {
    let issuer = Issuer::new();
    let slow = Slow::default();
    let tls = issuer.settings("other").tls;
    let running = serve(|service, settings| {
        settings.tls = tls;
        service.with(slow.clone())
    })
    .await;

    let status = issuer.call_as("gateway", &running, TIMEOUT).await;

    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("NotValidForName"), "{status:?}");
}

#[tokio::test]
async fn a_service_without_its_own_certificate_does_not_start() {
    let issuer = Issuer::new();
    let _ = issuer.settings("other");
    let bind = async |folder: &Path| {
        let tls = Some(Tls::new(folder, None));
        let settings =
            Settings { tls, listen: "127.0.0.1:0".parse().unwrap(), ..Settings::default() };
        let mut service = chassis::Service::new("test", crate::support::contract());
        service.callers = Some(CALLERS);
        chassis::Server::bind(service, &settings).await.unwrap_err().to_string()
    };

    let other = bind(&issuer.folder.path().join("other")).await;
    assert!(other.contains("spiffe://registan/service/other"), "{other}");
    assert!(other.contains("the DNS name test"), "{other}");
    let empty = tempfile::tempdir().unwrap();
    let nothing = bind(empty.path()).await;
    assert!(nothing.contains("tls.crt") && nothing.contains("svid.pem"), "{nothing}");
}

#[tokio::test]
async fn both_layouts_of_a_folder_are_read() {
    let issuer = Issuer::new();
    for (certificate, key, authorities) in [
        ("tls.crt", "tls.key", "ca.crt"),
        ("svid.pem", "svid_key.pem", "svid_bundle.pem"),
        ("svid.pem", "svid_key.pem", "bundle.pem"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let made = issuer.authority.issue(&[format!("{FAMILY}test")], 1).unwrap();
        std::fs::write(folder.path().join(certificate), &made.certificate).unwrap();
        std::fs::write(folder.path().join(key), &made.key).unwrap();
        std::fs::write(folder.path().join(authorities), issuer.authority.certificate()).unwrap();
        let running = serve(|mut service, settings| {
            settings.tls = Some(Tls::new(folder.path(), None));
            service.callers = Some(CALLERS);
            service.with(Slow::default())
        })
        .await;

        let status = issuer.call_as("gateway", &running, TIMEOUT).await;

        assert_eq!(status.code(), Code::AlreadyExists, "{certificate} {authorities}: {status:?}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_used_and_a_broken_one_is_not() {
    let issuer = Issuer::new();
    let tls = issuer.settings("gateway").tls;
    let kept = tls.clone().unwrap();
    let running = serve(|service, settings| {
        settings.tls = tls;
        service.with(Slow::default())
    })
    .await;
    let shown = async || {
        let socket = issuer.shake(&running, &TLS13).await.unwrap();
        socket.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    };
    let until = async |wanted: &CertificateDer<'static>| {
        let start = Instant::now();
        while shown().await != *wanted {
            assert!(start.elapsed() < Duration::from_secs(10), "it is not used");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let two_days = 2 * 86_400;
    assert!((kept.seconds_left().unwrap() - two_days).abs() < 60);

    let second = issuer.renew("gateway", 3);
    until(&der(&second.certificate)).await;
    assert!((kept.seconds_left().unwrap() - two_days).abs() > 80_000);

    // A key that does not fit, a file cut short, no file: the certificate stays.
    let folder = issuer.folder.path().join("gateway");
    let other = issuer.authority.service("gateway", &[], 3).unwrap();
    for (file, text) in [("tls.key", &*other.key), ("tls.crt", &second.certificate[..99])] {
        std::fs::write(folder.join(file), text).unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert_eq!(shown().await, der(&second.certificate), "{file}");
    }
    std::fs::remove_file(folder.join("tls.crt")).unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(shown().await, der(&second.certificate));
    until(&der(&issuer.renew("gateway", 4).certificate)).await;
}

#[tokio::test]
async fn a_handshake_that_stalls_is_closed_with_the_first_bytes() {
    let issuer = Issuer::new();
    let tls = issuer.settings("gateway").tls;
    let running = serve(|mut service, settings| {
        settings.tls = tls;
        service.limits.first_bytes = Duration::from_secs(1);
        service
    })
    .await;

    // Nothing, the head of a record, half a greeting.
    for bytes in [&b""[..], &[22, 3, 1], &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]] {
        let mut socket = TcpStream::connect(running.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let start = Instant::now();
        let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut rest)).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(3), "{bytes:?}: {:?}", start.elapsed());
    }
    // The time of the handshake counts for what comes after it.
    let mut slow = issuer.shake(&running, &TLS13).await.unwrap();
    let start = Instant::now();
    let _ = timeout(Duration::from_secs(5), slow.read_to_end(&mut Vec::new())).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// All that is tested of a server without TLS, again with it: this program runs itself.
#[test]
fn every_bound_holds_within_tls() {
    // Without what is about TLS; and what counts the requests that a closing connection loses, for
    // the port between loses some as well.
    let but = ["tls::", "handshakes::", "strangers::", "balance::connections_that_close"];
    let passed = testkit::again_within_tls(&but);

    assert!(passed.is_none_or(|passed| passed > 40), "{passed:?} tests passed");
}

#[tokio::test]
async fn plain_text_is_refused_off_loopback_unless_it_is_said() {
    let bind = async |plaintext| {
        let listen = "0.0.0.0:0".parse().unwrap();
        let settings = Settings { listen, plaintext, ..Settings::default() };
        let service = chassis::Service::new("test", crate::support::contract());
        chassis::Server::bind(service, &settings).await.map(drop).map_err(|it| it.to_string())
    };

    let refused = bind(false).await.unwrap_err();
    assert!(refused.contains("--tls-dir") && refused.contains("--plaintext"), "{refused}");
    assert_eq!(bind(true).await, Ok(()));
}
