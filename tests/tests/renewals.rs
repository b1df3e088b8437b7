//! Certificates that are renewed under load, between four processes. A program of its own, which
//! runs when no other does: a call may fail for want of a core, too.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{CreatePartyRequest, GetPartyRequest, Party};
use api::registan::partnership::v1::GetBriefRequest;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::r#type::v1::SourceRef;
use authority::Authority;
use chassis::client::Connection;
use e2e::secured::{NAMES, Secured};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tonic::Request;

async fn create_party(connection: Connection) {
    let party = Party {
        kind: Kind::State.into(),
        display_name: "Kazakhstan".to_owned(),
        country_code: "KZ".to_owned(),
        source: Some(SourceRef { citation: "made for a test".to_owned(), ..SourceRef::default() }),
        ..Party::default()
    };
    let request = CreatePartyRequest {
        party_id: "kz".to_owned(),
        party: Some(party),
        ..CreatePartyRequest::default()
    };
    PartyServiceClient::new(connection).create_party(request).await.unwrap();
}

/// The certificate that a port shows.
async fn shown(address: SocketAddr, authorities: &str) -> CertificateDer<'static> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let socket = TcpStream::connect(address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let socket = connector.connect(ServerName::from(address.ip()), socket).await.unwrap();
    socket.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// The calls of all callers.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    calls: AtomicUsize,
    failed: std::sync::Mutex<Vec<String>>,
    /// Briefs that lack a part.
    degraded: AtomicUsize,
}

/// Asks for a party, and every twentieth time for a brief, which the gateway joins from the answers
/// of all services, who ask for the grants of the caller.
async fn call(load: Arc<Load>, connection: Connection) {
    let mut parties = PartyServiceClient::new(connection.clone());
    let mut briefs = PartnershipServiceClient::new(connection);
    let mut number = 0;
    while !load.stop.load(Ordering::Relaxed) {
        number += 1;
        let name = "parties/kz".to_owned();
        let answer = if number % 20 == 0 {
            let request = GetBriefRequest { party: name, ..Default::default() };
            Box::pin(briefs.get_brief(request)).await.map(|brief| {
                if format!("{:?}", brief.get_ref()).contains("kind: ServiceUnavailable") {
                    load.degraded.fetch_add(1, Ordering::Relaxed);
                }
            })
        } else {
            let request = GetPartyRequest { name, ..Default::default() };
            parties.get_party(Request::new(request)).await.map(drop)
        };
        load.calls.fetch_add(1, Ordering::Relaxed);
        if let Err(status) = answer {
            load.failed.lock().unwrap().push(format!("{status:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_renewals_under_load_cost_no_call() {
    const CALLS: usize = 20_000;
    // Connections last for a second, so that new ones are begun with each certificate.
    let Some(suite) = Secured::start(|to| to, 1) else { return };
    // Half way a new authority takes over: first all trust both, then it issues.
    let next = Authority::new(2).unwrap();
    let both = format!("{}{}", suite.authority.certificate(), next.certificate());
    let trusted = suite.folder.path().join("both.crt");
    std::fs::write(&trusted, &both).unwrap();
    create_party(suite.outside(&trusted).with_token(&suite.token()).unwrap()).await;
    let load = Arc::new(Load::default());
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let connection = suite.outside(&trusted).with_token(&suite.token()).unwrap();
        callers.spawn(call(Arc::clone(&load), connection));
    }

    let start = Instant::now();
    for renewal in 0..10 {
        for name in NAMES {
            match renewal {
                0..4 => suite.renew(name, suite.authority.certificate()),
                4..6 => suite.renew(name, &both),
                _ => suite.renew_by(&next, name, &both),
            }
        }
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }
    while load.calls.load(Ordering::Relaxed) < CALLS && start.elapsed() < Duration::from_mins(3) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    load.stop.store(true, Ordering::Relaxed);
    callers.join_all().await;

    let (calls, failed) = (load.calls.load(Ordering::Relaxed), load.failed.lock().unwrap().clone());
    let degraded = load.degraded.load(Ordering::Relaxed);
    println!(
        "10 renewals, {calls} calls in {:?}, {} failed, {degraded} briefs lack a part",
        start.elapsed(),
        failed.len()
    );
    assert!(calls >= CALLS, "{calls}");
    // Of a machine that other tests keep busy: connections that last for one second end under way.
    assert!(degraded * 5_000 <= calls, "{degraded} of {calls} lack a part");
    assert!(failed.is_empty(), "{} failed: {}", failed.len(), failed[0]);
    for (name, address) in NAMES.iter().zip(suite.addresses) {
        let written = std::fs::read(suite.tls(name).join("tls.crt")).unwrap();
        let written = CertificateDer::from_pem_slice(&written).unwrap();
        assert_eq!(shown(address, &both).await, written, "{name}");
        let place = NAMES.iter().position(|it| it == name).unwrap();
        let renewed = suite.processes[place].logged().matches("certificate renewed").count();
        assert!(renewed >= 10, "{name}: {renewed}");
    }
}
