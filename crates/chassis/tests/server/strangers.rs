//! Certificates that prove nothing, shown at a port for services; and chains that take long to see
//! through.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{FAMILY, Issued};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chassis::tls::{Caller, Callers, Tls};
use http_body_util::Full;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::crypto::aws_lc_rs::sign;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use time::{Duration as Days, OffsetDateTime};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::Status;
use tonic_types::StatusExt;

use crate::support::{Running, Slow, serve};

const CALLERS: Callers = &[Caller { name: "gateway", may_call: &[] }];
const ANSWERED: &str = "AlreadyExists ";
const REFUSED: &str = "PermissionDenied SERVICE_NOT_ALLOWED";
const CLOSED: &str = "closed";

/// A certificate and its key, and what is sent behind it.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

/// An authority that signs whatever it is asked to.
struct Forger {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Forger {
    fn new() -> Self {
        let mut params = lasting();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// The certificate of the gateway but for what `change` makes of it.
    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let mut params = of_gateway();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Shown { chain: vec![certificate.der().clone()], key }
    }

    /// A service that this authority vouches for, which the gateway may call.
    async fn serve(&self) -> (Running, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let here = SanType::IpAddress([127, 0, 0, 1].into());
        let own = self.issue(|params| params.subject_alt_names = vec![uri("test"), here]);
        let certificate = pem(&own.chain[0]);
        let issued = Issued { certificate, key: own.key.serialize_pem() };
        authority::write(folder.path(), &issued, &pem(&self.certificate)).unwrap();
        let tls = Some(Tls::new(folder.path(), None));
        let running = serve(|mut service, settings| {
            settings.tls = tls;
            service.callers = Some(CALLERS);
            service.with(Slow::default())
        })
        .await;
        (running, folder)
    }

    /// Asks that service, and shows it a certificate: how it answered, or that it closed.
    async fn ask(&self, running: &Running, shown: &Shown) -> String {
        let asked = timeout(Duration::from_secs(9), self.answer(running, shown)).await.unwrap();
        let Some(status) = asked else { return CLOSED.to_owned() };
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        format!("{:?} {reason}", status.code())
    }

    async fn answer(&self, running: &Running, shown: &Shown) -> Option<Status> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(shown.key.serialize_pem().as_bytes()).unwrap();
        // That the key is the one of the certificate is for the other side to find.
        let own = CertifiedKey::new(shown.chain.clone(), sign::any_supported_type(&key).unwrap());
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        config.alpn_protocols = vec![b"h2".to_vec()];
        let socket = TcpStream::connect(running.listens).await.ok()?;
        let name = ServerName::from(running.listens.ip());
        let socket = TlsConnector::from(Arc::new(config)).connect(name, socket).await.ok()?;
        let (mut sender, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(socket)).await.ok()?;
        tokio::spawn(connection);
        let request = http::Request::post("http://test/test.Slow/Timeout")
            .header("content-type", "application/grpc")
            .body(Full::<Bytes>::from(vec![0_u8; 5]))
            .unwrap();
        let answer = sender.send_request(request).await.ok()?;
        Status::from_header_map(answer.headers())
    }
}

fn lasting() -> CertificateParams {
    let (mut params, now) = (CertificateParams::default(), OffsetDateTime::now_utc());
    (params.not_before, params.not_after) = (now - Days::hours(1), now + Days::days(1));
    params
}

fn of_gateway() -> CertificateParams {
    let mut params = lasting();
    params.subject_alt_names = vec![uri("gateway")];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn uri(service: &str) -> SanType {
    SanType::URI(format!("{FAMILY}{service}").try_into().unwrap())
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[tokio::test]
async fn a_certificate_that_does_not_prove_who_calls_lets_nobody_in() {
    let (forger, other) = (Forger::new(), Forger::new());
    let (running, _folder) = forger.serve().await;
    let now = OffsetDateTime::now_utc();
    let only = |usage| forger.issue(|params| params.extended_key_usages = vec![usage]);
    let named = |names: Vec<SanType>| forger.issue(|params| params.subject_alt_names = names);
    let dns = SanType::DnsName("gateway".try_into().unwrap());
    let elsewhere = SanType::URI("spiffe://elsewhere/service/gateway".try_into().unwrap());
    let alone = KeyPair::generate().unwrap();
    let self_signed = of_gateway().self_signed(&alone).unwrap().der().clone();
    let leaf = forger.issue(|_| ());
    let leaf_key = KeyPair::from_pem(&leaf.key.serialize_pem()).unwrap();
    let below = Forger { issuer: Issuer::new(of_gateway(), leaf_key), ..Forger::new() };
    let mut below = below.issue(|_| ());
    below.chain.extend(leaf.chain.clone());
    let stolen = Shown { chain: leaf.chain.clone(), key: KeyPair::generate().unwrap() };

    for (what, shown, outcome) in [
        ("its own", leaf, ANSWERED),
        ("of another authority", other.issue(|_| ()), CLOSED),
        ("signed by itself", Shown { chain: vec![self_signed], key: alone }, CLOSED),
        ("signed by a service", below, CLOSED),
        ("without its key", stolen, CLOSED),
        ("expired", forger.issue(|params| params.not_after = now - Days::minutes(1)), CLOSED),
        ("not yet valid", forger.issue(|it| it.not_before = now + Days::minutes(9)), CLOSED),
        ("for servers alone", only(ExtendedKeyUsagePurpose::ServerAuth), CLOSED),
        ("for code", only(ExtendedKeyUsagePurpose::CodeSigning), CLOSED),
        (
            "of an authority",
            forger.issue(|it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            CLOSED,
        ),
        ("without names", named(Vec::new()), REFUSED),
        ("with a DNS name alone", named(vec![dns]), REFUSED),
        ("of elsewhere", named(vec![elsewhere.clone()]), REFUSED),
        ("with two identities", named(vec![uri("gateway"), elsewhere]), REFUSED),
        ("of another service", named(vec![uri("test")]), REFUSED),
    ] {
        assert_eq!(forger.ask(&running, &shown).await, outcome, "{what}");
    }
}

/// So many certificates of authorities that all have one name, and so may each have signed the
/// next.
fn maze(count: usize) -> Vec<CertificateDer<'static>> {
    let mut params = lasting();
    params.distinguished_name.push(DnType::CommonName, "maze");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let one = || params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
    std::iter::repeat_with(one).take(count).collect()
}

#[tokio::test]
async fn a_long_chain_takes_nobodys_time() {
    let forger = Forger::new();
    let (running, _folder) = forger.serve().await;
    let mut within = Forger::new().issue(|_| ());
    let mut params = lasting();
    params.distinguished_name.push(DnType::CommonName, "maze");
    let issuer = Issuer::new(params, KeyPair::generate().unwrap());
    within.chain = vec![of_gateway().signed_by(&within.key, &issuer).unwrap().der().clone()];
    within.chain.extend(maze(100));
    let mut heavy = forger.issue(|_| ());
    heavy.chain.extend(std::iter::repeat_n(forger.certificate.clone(), 300));
    let mut honest = forger.issue(|_| ());
    honest.chain.push(forger.certificate.clone());

    for (what, shown, outcome) in
        [("a maze", within, CLOSED), ("100 kB", heavy, CLOSED), ("two", honest, ANSWERED)]
    {
        let start = Instant::now();
        assert_eq!(forger.ask(&running, &shown).await, outcome, "{what}");
        println!("{what}: {outcome} after {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(500), "{what}: {:?}", start.elapsed());
    }
}
