//! The messages of OTLP, with the fields that are used here: `opentelemetry/proto/trace/v1` and
//! what belongs to it. A test lets the generated messages of OpenTelemetry read them.

use std::collections::BTreeMap;

use instruments::span;

/// `ExportTraceServiceRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Export {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

/// `ExportTraceServiceResponse`, whose field is not read.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Answer {}

#[derive(Clone, PartialEq, prost::Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

/// The process or service that something is of.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    /// 2: server, 3: client.
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Outcome>,
}

/// `Status`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Outcome {
    /// 2: error.
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AnyValue {
    /// In a `oneof` with values that are not used here.
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

impl KeyValue {
    pub fn of(key: &str, value: &str) -> Self {
        let value = Some(AnyValue { text: Some(value.to_owned()) });
        Self { key: key.to_owned(), value }
    }
}

impl Export {
    /// Spans, those of each service together.
    pub fn of(spans: &[span::Span]) -> Self {
        let mut services: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
        for span in spans {
            services.entry(span.trace.service).or_default().push(Span::of(span));
        }
        let of_service = |(name, spans): (&str, Vec<Span>)| {
            let attributes = vec![
                KeyValue::of("service.name", name),
                KeyValue::of("service.namespace", "registan"),
                KeyValue::of("service.version", env!("CARGO_PKG_VERSION")),
            ];
            let resource = Some(Resource { attributes });
            ResourceSpans { resource, scope_spans: vec![ScopeSpans { spans }] }
        };
        Self { resource_spans: services.into_iter().map(of_service).collect() }
    }
}

impl Span {
    fn of(span: &span::Span) -> Self {
        let attributes = span.attributes.iter().map(|(key, value)| KeyValue::of(key, value));
        Self {
            trace: span.trace.id().to_vec(),
            id: span.trace.span().to_vec(),
            parent: span.parent.map(|it| it.span().to_vec()).unwrap_or_default(),
            name: span.name.clone(),
            kind: if span.is_server { 2 } else { 3 },
            start: span.time[0],
            end: span.time[1],
            attributes: attributes.collect(),
            status: span.has_failed.then_some(Outcome { code: 2 }),
        }
    }
}
