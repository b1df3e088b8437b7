//! python grpcio, through the gateway and at each service.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use e2e::Suite;
use testkit::Engine;

/// Runs the journey of the second client; returns how many checks it made.
fn journey(suite: &Suite, address: SocketAddr, file: Option<&str>) -> usize {
    let python = testkit::tool("python3").expect("python is there");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python);
    command.arg(folder.join("clients/journey.py")).arg(address.to_string());
    command.env("REGISTAN_TOKEN", suite.token());
    command.args(file.map(|file| folder.join("..").join(file)));
    let output = command.output().expect("python runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter(|line| line.starts_with("ok")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_another_language_is_served_by_all() {
    if testkit::tool("python3").is_none() {
        return;
    }
    let Some((suite, _databases)) = Suite::distributed(Engine::Postgres).await else { return };

    let by_gateway = journey(&suite, suite.address, Some("samples/iati-central-asia.xml"));
    let by_service: Vec<usize> =
        suite.services.iter().map(|(_, address)| journey(&suite, *address, None)).collect();

    assert!(by_gateway >= 15, "{by_gateway}");
    assert!(by_service.iter().all(|checks| *checks >= 2), "{by_service:?}");
}
