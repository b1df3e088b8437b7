//! A collector of OpenTelemetry: the published services, which keep what they receive.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::free_address;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::time::{sleep, timeout};
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// How long it waits for what should come.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One that keeps all spans, each with the name of its service, and the last metrics.
#[derive(Clone, Default)]
pub struct Collector {
    spans: Arc<Mutex<Vec<(String, Span)>>>,
    span_headers: Arc<Mutex<MetadataMap>>,
    metrics: Arc<Mutex<Vec<Push>>>,
}

/// Metrics that came together, and the headers that they came with.
#[derive(Clone, Debug)]
pub struct Push {
    pub headers: MetadataMap,
    pub metrics: Vec<ResourceMetrics>,
}

/// An attribute that is a text.
pub fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
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
        let (headers, _, message) = request.into_parts();
        *self.span_headers.lock().unwrap() = headers;
        for of_service in message.resource_spans {
            let service = of_service.resource.unwrap();
            let service = text(&service.attributes, "service.name").unwrap();
            let spans = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.spans.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (headers, _, message) = request.into_parts();
        let push = Push { headers, metrics: message.resource_metrics };
        self.metrics.lock().unwrap().push(push);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Collector {
    /// One that listens.
    pub fn start() -> (Self, SocketAddr) {
        let (collector, address) = (Self::default(), free_address());
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve(address));
        (collector, address)
    }

    /// All spans that came, as text.
    pub fn spans(&self) -> String {
        format!("{:?}", self.spans.lock().unwrap())
    }

    /// All metrics that came, as text.
    pub fn metrics(&self) -> String {
        format!("{:?}", self.metrics.lock().unwrap())
    }

    /// The spans of a trace, once there are as many.
    pub async fn of(&self, trace: &str, count: usize) -> Vec<(String, Span)> {
        let id = hex::decode(trace).unwrap();
        let come = timeout(TIMEOUT, async {
            loop {
                let all = self.spans.lock().unwrap().clone();
                let found: Vec<_> = all.into_iter().filter(|it| it.1.trace_id == id).collect();
                if found.len() >= count {
                    return found;
                }
                sleep(Duration::from_millis(50)).await;
            }
        });
        come.await.unwrap_or_else(|_| panic!("{count} spans of {trace}: {}", self.spans()))
    }

    /// A header that the last spans came with.
    pub fn span_header(&self, name: &str) -> Option<String> {
        let headers = self.span_headers.lock().unwrap();
        headers.get(name).map(|it| it.to_str().unwrap().to_owned())
    }

    /// The last metrics that came.
    pub fn last_push(&self) -> Push {
        self.metrics.lock().unwrap().last().unwrap().clone()
    }

    /// The next metrics that come.
    pub async fn next_push(&self) -> Push {
        let had = self.metrics.lock().unwrap().len();
        let come = timeout(TIMEOUT, async {
            loop {
                if let Some(push) = self.metrics.lock().unwrap().get(had) {
                    return push.clone();
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        come.await.expect("metrics come")
    }
}
