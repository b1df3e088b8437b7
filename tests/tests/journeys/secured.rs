//! TLS between four processes: what is recorded on the way, and who is let in.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use authority::Authority;
use chassis::client::Connection;
use e2e::load::calls::Answer;
use e2e::load::running::{Force, Load as Experiment, Target};
use e2e::load::session::Token;
use e2e::secured::{NAMES, Recorder, Secured};
use http_body_util::Full;
use serde_json::{Value, json};
use tonic::Status;
use tonic::body::Body;
use tonic_types::StatusExt;
use tower::ServiceExt;

const CANARY: &str = "canary-in-transit-41fe";
const REFUSED: &str = "SERVICE_NOT_ALLOWED";
const LIST: [&str; 3] = [
    "/registan.agreements.v1.PartyService/ListParties",
    "/registan.projects.v1.ProjectService/ListProjects",
    "/registan.rights.v1.RecommendationService/ListRecommendations",
];
const REFERENCES: &str = "/registan.references.v1.ReferenceService/CheckReferences";
const GRANTS: &str = "/registan.access.v1.AccessService/GetOwnGrants";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Asks by grpcurl, which trusts the authority of the suite.
fn ask(suite: &Secured, address: SocketAddr, method: &str, request: &Value) -> Option<String> {
    let output = Command::new(testkit::tool("grpcurl")?)
        .arg("-cacert")
        .arg(suite.ca())
        .args(["-H", &format!("authorization: Bearer {}", suite.token())])
        .args(["-d", &request.to_string(), &address.to_string(), &format!("registan.{method}")])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{method}: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn create_party(suite: &Secured, address: SocketAddr, source: &str) -> Option<String> {
    let source = json!({ "citation": source });
    let party = json!({ "kind": "KIND_STATE", "display_name": "Kazakhstan",
        "country_code": "KZ", "source": source });
    let request = json!({ "party_id": "kz", "party": party });
    ask(suite, address, "agreements.v1.PartyService/CreateParty", &request)
}

/// True if it is nothing but TLS records (RFC 8446, 5.1), the last of which may be cut short.
fn is_tls(mut bytes: &[u8]) -> bool {
    while let [kind, 3, 1 | 3, high, low, rest @ ..] = bytes {
        if !(20..=23).contains(kind) {
            return false;
        }
        let length = usize::from(*high) << 8 | usize::from(*low);
        bytes = rest.get(length..).unwrap_or_default();
    }
    bytes.len() < 5
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_between_the_processes_can_be_read() {
    let recorder = Recorder::default();
    let Some(suite) = Secured::start(|to| recorder.before(to), 1800) else { return };
    let gateway = recorder.before(suite.addresses[3]);

    let Some(made) = create_party(&suite, gateway, CANARY) else { return };
    assert!(made.contains(CANARY), "{made}");
    let source = json!({ "citation": CANARY });
    let activity = json!({ "kind": "KIND_PRISON_VISIT", "party": "parties/kz", "delegation": "A",
        "date": { "date": { "year": 2024 } }, "outcome": "OUTCOME_REFUSED",
        "summary": CANARY, "source": source });
    let request = json!({ "activity": activity });
    ask(&suite, gateway, "rights.v1.ActivityService/CreateActivity", &request);
    let brief = json!({ "party": "parties/kz" });
    ask(&suite, gateway, "partnership.v1.PartnershipService/GetBrief", &brief);

    let lines = recorder.recorded();
    let bytes: usize = lines.iter().map(Vec::len).sum();
    // Both ways of: grpcurl → gateway, gateway → three services, rights → agreements.
    assert!(lines.len() >= 16 && bytes > 20_000, "{} lines, {bytes} bytes", lines.len());
    let token = suite.token();
    let signature = token.rsplit('.').next().unwrap();
    for line in &lines {
        assert!(is_tls(line), "{}", line[..line.len().min(99)].escape_ascii());
        for word in [CANARY, signature, "PartyService", "HTTP/2.0", "grpc"] {
            let found = line.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{word} can be read");
        }
    }
    println!("{bytes} bytes on {} lines, all of them TLS records", lines.len());
}

/// The status of a call without a message; nothing if it was answered.
async fn status(connection: Connection, path: &str) -> Option<Status> {
    let request = http::Request::post(format!("http://suite{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(Full::from(vec![0_u8; 5])))
        .unwrap();
    match connection.oneshot(request).await {
        Ok(answer) => Status::from_header_map(answer.headers()),
        Err(status) => Some(status),
    }
}

async fn is_refused(connection: Connection, path: &str) -> bool {
    let Some(status) = status(connection, path).await else { return false };
    assert_ne!(status.code(), tonic::Code::Unavailable, "{path}: {status:?}");
    let reason = status.get_details_error_info().map(|info| info.reason);
    reason.as_deref() == Some(REFUSED)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_the_right_identity_is_refused_on_every_edge() {
    let Some(suite) = Secured::start(|to| to, 1800) else { return };
    suite.renew("explorer", suite.authority.certificate());
    let mut tried = 0;
    for (place, peer) in NAMES[..3].iter().enumerate() {
        for own in NAMES.into_iter().chain(["explorer"]) {
            let to = || suite.between(&suite.tls(own), own, peer);
            // What it may call there: its own kind, names that exist, grants, health.
            let may = match (own, *peer) {
                ("gateway", _) => [true; 4],
                ("projects" | "rights-reporting", "agreements") => [false, true, true, true],
                ("rights-reporting", "projects") => [false, true, false, true],
                _ => [false; 4],
            };
            for (path, may) in [LIST[place], REFERENCES, GRANTS, HEALTH].into_iter().zip(may) {
                assert_eq!(is_refused(to(), path).await, !may, "{own} → {peer}: {path}");
                tried += 1;
            }
        }
        // Without a certificate, and with one of another authority, nobody is answered at all.
        let without = Connection::trusting(
            &format!("https://{}", suite.addresses[place]),
            Some(&suite.ca()),
            false,
        );
        let answer = status(without.unwrap(), HEALTH).await.unwrap();
        assert_eq!(answer.code(), tonic::Code::Unavailable, "{peer}: {answer:?}");
        let other = Authority::new(1).unwrap();
        let forged = suite.folder.path().join("forged");
        let issued = other.service("gateway", &[], 1).unwrap();
        let both = format!("{}{}", other.certificate(), suite.authority.certificate());
        authority::write(&forged, &issued, &both).unwrap();
        let answer = status(suite.between(&forged, "gateway", peer), HEALTH).await.unwrap();
        assert_eq!(answer.code(), tonic::Code::Unavailable, "{peer}: {answer:?}");
    }
    let logged = suite.processes[2].logged();
    assert!(logged.contains("of no service that may call"), "{logged}");
    println!("{tried} calls on the edges");
}

/// The load of the experiments, which repeats nothing, on a cluster with the component `tls`.
#[tokio::test(flavor = "multi_thread")]
async fn the_load_of_the_experiments_speaks_tls() {
    let Some(suite) = Secured::start(|to| to, 1800) else { return };
    let gateways = vec![format!("https://{}", suite.addresses[3])];
    let token = Token::Fixed(suite.token());
    let force = Force { readers: 2, writers: 1, watchers: 1, pause: Duration::from_millis(20) };
    let blind = Target { gateways, token, authorities: None };
    let target = Target { authorities: Some(suite.ca()), ..blind.clone() };

    let load = Experiment::start(&target, force).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let outcome = load.finish().await.unwrap();

    let failed = outcome.calls.iter().filter(|call| call.answer != Answer::Good).count();
    assert!(outcome.calls.len() > 20 && failed == 0, "{failed} of {}", outcome.calls.len());
    let refused = Experiment::start(&blind, force).await.err().unwrap().to_string();
    assert!(refused.contains("--ca"), "{refused}");
}

/// A newcomer's first call to a suite with TLS.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_speaks_otherwise_is_told_how_to_speak() {
    let (Some(suite), Some(registan)) = (Secured::start(|to| to, 1800), e2e::program("registan"))
    else {
        return;
    };
    let asked = |arguments: &[&str]| {
        let mut command = Command::new(&registan);
        command.args(["ask", "ListParties", "--gateway"]).args(arguments);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (at, ca) = (suite.addresses[3], suite.ca());
    let (plain, safe) = (format!("http://{at}"), format!("https://{at}"));

    assert!(asked(&[&safe, "--ca", ca.to_str().unwrap()]).0, "it is served");
    for (arguments, advice) in [(&[&*plain][..], "ask https://"), (&[&*safe], "--ca FILE")] {
        let (_, said) = asked(arguments);
        assert!(said.contains(advice) && !said.contains("registan serve"), "{said}");
    }
}

/// The network policies of a cluster let pass what the certificates allow.
#[test]
fn the_policies_of_a_cluster_have_the_same_edges() {
    let folder = manifests::deploy().join("kustomize/overlays/prod-postgres");
    let Ok(text) = manifests::kubectl::render(&folder) else {
        testkit::skip("kubectl is not there: run `cargo xtask tools`");
        return;
    };
    let (manifests, _) = manifests::manifests::parse(&text);
    for (service, callers) in serving::EDGES {
        let of = format!("to-{service}");
        let all = &manifests.network_policies;
        let policy = all.iter().find(|it| it.metadata.name.as_deref() == Some(&*of));
        let spec = policy.and_then(|policy| policy.spec.as_ref());
        let from = format!("{:?}", spec.unwrap_or_else(|| panic!("there is no {of}")).ingress);
        for name in NAMES {
            let may = callers.iter().any(|caller| caller.name == name);
            assert_eq!(from.contains(&format!("\"{name}\"")), may, "{name} → {service}: {from}");
        }
    }
}
