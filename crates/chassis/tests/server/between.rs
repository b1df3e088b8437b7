//! The measures of the calls from one service to another.

use std::time::Duration;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use chassis::Settings;
use chassis::client::Connection;
use tokio::time::sleep;

use crate::admin::value;
use crate::backends::Backend;
use crate::balance::read;

const SHORT: Duration = Duration::from_millis(1);
const METHOD: &str = "registan.agreements.v1.AgreementService/GetAgreement";

/// Returns the value of a metric of the calls from `measuring` to `agreements`.
fn counted(name: &str, more: &str) -> Option<f64> {
    let labels = "service_name=\"measuring\",peer_service=\"agreements\"";
    value(&instruments::text(), &format!("{name}{{{labels}{more}}} "))
}

/// How many requests were sent again, or were not, for a reason.
fn again(reason: &str) -> Option<f64> {
    counted("registan_client_retries_total", &format!(",registan_reason=\"{reason}\""))
}

fn connections(to: &Backend) -> Option<f64> {
    let address = to.address;
    let labels = format!(",server_address=\"{}\",server_port=\"{}\"", address.ip(), address.port());
    counted("registan_client_connections", &labels)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_their_retries_and_connections_are_counted_by_service() {
    let (lost, well) = (Backend::start(SHORT).await, Backend::start(SHORT).await);
    let url = format!("http://{},{}", lost.address, well.address);
    let connection = Connection::between(&Settings::default(), "measuring", "agreements", &url);
    let client = AgreementServiceClient::new(connection.unwrap());
    let method = format!(",rpc_method=\"{METHOD}\"");
    assert_eq!(again("repeated"), Some(0.0), "it is counted from the beginning");

    assert!(read(&client, 320).await.failures.is_empty());

    let duration = "rpc_client_call_duration_seconds";
    assert_eq!(counted(&format!("{duration}_count"), &method), Some(320.0));
    let sum = counted(&format!("{duration}_sum"), &method).unwrap();
    assert!(sum > 0.32, "each took a millisecond, and all {sum} s");
    assert!(connections(&lost).is_some() && connections(&well).is_some());

    let reading = tokio::spawn({
        let client = client.clone();
        async move { read(&client, 3_200).await }
    });
    // On a busy machine it takes a while until calls are under way.
    let before = lost.answered();
    while lost.answered() < before + 100 {
        sleep(Duration::from_millis(1)).await;
    }
    lost.kill();

    assert!(reading.await.unwrap().failures.is_empty());
    assert!(again("unsent") > Some(0.0) || again("repeated") > Some(0.0));
    assert_eq!(again("refused"), Some(0.0));
    assert!(counted("registan_client_ejections_total", "").unwrap() > 0.0);
    assert_eq!(connections(&lost), None, "an address without a connection is forgotten");

    let errors = |code: &str| {
        let labels = format!("{method},rpc_response_status_code=\"{code}\"");
        counted("rpc_client_call_errors_total", &labels)
    };
    assert_eq!(errors("UNAVAILABLE"), None);
    well.kill();
    let failed = read(&client, 32).await.failures.len();
    assert!(failed > 0);
    let counted = errors("UNAVAILABLE").expect("failures are counted");
    assert_eq!(counted.to_string(), failed.to_string());
}
