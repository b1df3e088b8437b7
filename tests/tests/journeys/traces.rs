//! Traces of a suite at work, as a collector of OpenTelemetry receives them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;

use e2e::Suite;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;

use crate::collector::{Collector, text};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SILENT: &str = "5bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const METHOD: &str = "registan.agreements.v1.PartyService/GetParty";

/// Asks for a party that nobody made, as part of a trace of its own.
async fn ask(address: SocketAddr, trace: &str, flags: &str) -> Status {
    let channel = chassis::client::channel(&format!("http://{address}")).unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let message = api::registan::agreements::v1::GetPartyRequest {
        name: "parties/nobody".to_owned(),
        ..Default::default()
    };
    let mut request = Request::new(message);
    let parent = format!("00-{trace}-{CALLER}-{flags}");
    request.metadata_mut().insert("traceparent", MetadataValue::try_from(parent).unwrap());
    let codec = api::codec::Codec::<_, api::registan::agreements::v1::Party>::default();
    let path = http::uri::PathAndQuery::try_from(format!("/{METHOD}")).unwrap();
    client.unary(request, path, codec).await.map(|_: Response<_>| ()).unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_from_the_gateway_to_its_statements() {
    let (collector, at) = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{at}");
    // The test is a proxy in front of the suite: its word counts.
    let more = ["--empty", "--otlp-url", &url, "--trusted-proxies", "127.0.0.1"];
    let more = [&more[..], &["--trace-percent", "0"]].concat();
    let Some(mut suite) = Suite::embedded_in(folder, &more) else { return };

    // The parent decides: of two calls one is sampled.
    assert_eq!(ask(suite.address, SILENT, "00").await.code(), Code::NotFound);
    assert_eq!(ask(suite.address, TRACE, "01").await.code(), Code::NotFound);

    let spans = collector.of(TRACE, 3).await;
    let find = |service: &str, name: &str| {
        let mut found = spans.iter().filter(|(of, span)| of == service && span.name == name);
        found.next().map_or_else(|| panic!("{name}: {spans:?}"), |(_, span)| span)
    };
    let (gateway, service) = (find("gateway", METHOD), find("agreements", METHOD));
    let statement = find("agreements", "SELECT agreements");
    assert_eq!(hex::encode(&gateway.parent_span_id), CALLER);
    assert_eq!(service.parent_span_id, gateway.span_id);
    assert_eq!(statement.parent_span_id, service.span_id);
    assert_eq!(text(&service.attributes, "rpc.response.status_code").unwrap(), "NOT_FOUND");
    assert_eq!(text(&statement.attributes, "db.system.name").unwrap(), "sqlite");
    assert!(gateway.start_time_unix_nano <= service.end_time_unix_nano);
    let shown = collector.spans();
    assert!(!shown.contains("nobody"), "no name of a resource: {shown}");
    let silent = hex::decode(SILENT).unwrap();
    assert!(spans.iter().all(|(_, span)| span.trace_id != silent));
    suite.processes[0].stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_and_its_log_line_name_the_trace() {
    let Some(mut suite) = Suite::of_gateway_alone() else { return };

    let refused = ask(suite.address, TRACE, "00").await;

    assert_eq!(refused.code(), Code::Unavailable);
    let info = refused.get_details_request_info().expect("it names the request");
    assert_eq!(info.request_id, TRACE);
    suite.processes[0].stop();
    assert!(suite.logged(0).contains(TRACE), "{}", suite.logged(0));
}
