//! Traces of a suite at work, as a collector of OpenTelemetry receives them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::{Suite, free_address};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::time::{sleep, timeout};
use tonic::metadata::MetadataValue;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;

/// A collector that keeps all spans, each with the name of its service.
#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Vec<(String, Span)>>>);

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_service in request.into_inner().resource_spans {
            let service = of_service.resource.unwrap();
            let service = text(&service.attributes, "service.name").unwrap();
            let spans = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// One that listens.
    pub fn start() -> (Self, SocketAddr) {
        let (collector, address) = (Self::default(), free_address());
        let server = TraceServiceServer::new(collector.clone());
        tokio::spawn(Server::builder().add_service(server).serve(address));
        (collector, address)
    }

    /// All that came, as text.
    pub fn shown(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }

    /// The spans of a trace, once there are as many.
    async fn of(&self, trace: &str, count: usize) -> Vec<(String, Span)> {
        let id = hex::decode(trace).unwrap();
        let come = timeout(Duration::from_secs(10), async {
            loop {
                let all = self.0.lock().unwrap().clone();
                let found: Vec<_> = all.into_iter().filter(|it| it.1.trace_id == id).collect();
                if found.len() >= count {
                    return found;
                }
                sleep(Duration::from_millis(50)).await;
            }
        });
        come.await.unwrap_or_else(|_| panic!("{count} spans of {trace}: {}", self.shown()))
    }
}

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
    let shown = collector.shown();
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
