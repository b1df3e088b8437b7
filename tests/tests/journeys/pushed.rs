//! The metrics of a suite at work, as a collector of OpenTelemetry receives them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::pages::page;
use e2e::{Process, free_address, grpcurl, program};
use instruments::table::ALL;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint,
};
use tempfile::TempDir;

use crate::collector::{Collector, Push, text};

const GET_PARTY: &str = "agreements.v1.PartyService/GetParty";
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// Starts a suite that pushes metrics four times a second to `collector`, and sends it all spans;
/// gives where it takes calls.
fn suite(
    folder: &TempDir,
    collector: SocketAddr,
    admin: SocketAddr,
) -> Option<(Process, SocketAddr)> {
    let address = free_address();
    let mut command = Command::new(program("registan")?);
    command.args(["serve", "--empty", "--listen", &address.to_string()]);
    command.args(["--probe-address", &admin.to_string()]);
    command.args(["--otlp-url", &format!("http://{collector}"), "--trace-percent", "100"]);
    command.arg("--data-dir").arg(folder.path().join("data"));
    command.env("OTEL_METRICS_EXPORTER", "otlp").env("OTEL_METRIC_EXPORT_INTERVAL", "250");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"));
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-scope=an%20office");
    command.env("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=one");
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address);
    Some((process, address))
}

/// The series of a page of Prometheus, each with its value.
fn shown(page: &str) -> BTreeMap<String, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let series = lines.map(|line| line.rsplit_once(' ').unwrap());
    series.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The labels of a point, as Prometheus writes them.
fn labels(attributes: &[KeyValue], more: Option<String>) -> String {
    let own = attributes.iter().map(|it| {
        let value = text(attributes, &it.key).unwrap();
        format!("{}=\"{value}\"", it.key.replace('.', "_"))
    });
    let all = own.chain(more).collect::<Vec<_>>().join(",");
    if all.is_empty() { all } else { format!("{{{all}}}") }
}

/// Adds the series that Prometheus has of a metric.
fn translate(metric: &Metric, series: &mut BTreeMap<String, f64>) {
    let about = ALL.iter().map(|it| it.about()).find(|about| about.name == metric.name);
    let about = about.unwrap_or_else(|| panic!("{} is not in the table", metric.name));
    assert_eq!((about.unit, about.meaning.trim()), (&*metric.unit, &*metric.description));
    let name = about.exported();
    let number = |point: &NumberDataPoint| match point.value {
        Some(Value::AsDouble(value)) => {
            assert!(0 < point.start_time_unix_nano, "{name}");
            assert!(point.start_time_unix_nano < point.time_unix_nano, "{name}");
            (format!("{name}{}", labels(&point.attributes, None)), value)
        }
        _ => panic!("{name} has no value"),
    };
    match metric.data.as_ref().unwrap() {
        Data::Gauge(gauge) => series.extend(gauge.data_points.iter().map(number)),
        Data::Sum(sum) => {
            assert!(sum.is_monotonic && sum.aggregation_temporality == CUMULATIVE, "{name}");
            series.extend(sum.data_points.iter().map(number));
        }
        Data::Histogram(histogram) => {
            assert_eq!(histogram.aggregation_temporality, CUMULATIVE, "{name}");
            histogram.data_points.iter().for_each(|point| buckets(&name, point, series));
        }
        other => panic!("{name} is {other:?}"),
    }
}

fn buckets(name: &str, point: &HistogramDataPoint, series: &mut BTreeMap<String, f64>) {
    assert_eq!(point.count, point.bucket_counts.iter().sum::<u64>(), "{name}");
    let float = |count: u64| f64::from(u32::try_from(count).unwrap());
    let bounds = point.explicit_bounds.iter().map(ToString::to_string);
    let mut below = 0;
    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&point.bucket_counts) {
        below += count;
        let labels = labels(&point.attributes, Some(format!("le=\"{bound}\"")));
        series.insert(format!("{name}_bucket{labels}"), float(below));
    }
    let labels = labels(&point.attributes, None);
    series.insert(format!("{name}_count{labels}"), float(point.count));
    series.insert(format!("{name}_sum{labels}"), point.sum.unwrap());
}

fn received(push: &Push) -> BTreeMap<String, f64> {
    let mut series = BTreeMap::new();
    let scopes = push.metrics.iter().flat_map(|of_process| &of_process.scope_metrics);
    for metric in scopes.flat_map(|scope| &scope.metrics) {
        translate(metric, &mut series);
    }
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn each_metric_arrives_by_otlp_with_the_value_that_prometheus_reads() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let ((collector, at), admin) = (Collector::start(), free_address());
    let folder = tempfile::tempdir().unwrap();
    let Some((mut process, address)) = suite(&folder, at, admin) else { return };
    let (party, list) = (r#"{"name":"parties/nobody"}"#, "agreements.v1.PartyService/ListParties");
    grpcurl(address, None, GET_PARTY, party).unwrap_err();
    grpcurl(address, None, list, "{}").unwrap();
    grpcurl(address, None, "agreements.v1.PartyService/ExportParties", "{}").unwrap();

    let before = shown(&page(admin, "/metrics").1);
    let push = collector.next_push().await;
    let after = shown(&page(admin, "/metrics").1);

    let pushed = received(&push);
    assert!(pushed.len() > 100, "{pushed:?}");
    for name in before.keys() {
        assert!(pushed.contains_key(name), "{name} was not pushed");
    }
    for (name, value) in &pushed {
        let (Some(after), before) = (after.get(name), before.get(name)) else {
            panic!("{name} is on no page");
        };
        // It was read between the two pages. Memory and files go up and down meanwhile.
        let (least, most) = match before {
            Some(before) => (before.min(*after), before.max(*after)),
            None => (0.0, *after),
        };
        let slack = if name.starts_with("process_") { most / 2.0 } else { 0.0 };
        let is_between = (least - slack..=most + slack).contains(value);
        assert!(is_between, "{name}: {value} and not {least} to {most}");
    }
    let failed = "rpc_server_call_errors_total{service_name=\"gateway\",\
                  rpc_method=\"registan.agreements.v1.PartyService/GetParty\",\
                  rpc_response_status_code=\"NOT_FOUND\",error_type=\"NOT_FOUND\"}";
    assert_eq!(pushed.get(failed), Some(&1.0), "{pushed:?}");

    let resource = push.metrics[0].resource.clone().unwrap().attributes;
    let of = |key: &str| text(&resource, key);
    assert_eq!(of("service.name").unwrap(), "registan");
    assert_eq!(of("service.instance.id").unwrap(), "one");
    assert_eq!(push.headers.get("x-scope").unwrap(), "an office");

    // What came after the last push is pushed at the end.
    grpcurl(address, None, GET_PARTY, party).unwrap_err();
    process.stop();
    assert_eq!(received(&collector.last_push()).get(failed), Some(&2.0));
    assert_eq!(collector.span_header("x-scope").as_deref(), Some("an office"));
    assert!(!process.logged().contains("WARN"), "{}", process.logged());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_a_line_of_the_log_and_no_call() {
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let (away, admin) = (free_address(), free_address());
    let folder = tempfile::tempdir().unwrap();
    let (began, mut calls) = (Instant::now(), 0);
    let Some((mut process, address)) = suite(&folder, away, admin) else { return };

    while began.elapsed() < Duration::from_secs(4) {
        let list = "agreements.v1.PartyService/ListParties";
        grpcurl(address, None, list, "{}").unwrap();
        calls += 1;
    }
    process.stop();

    let logged = process.logged();
    let lines = logged.lines().filter(|line| line.contains("metrics not pushed")).count();
    // One for each push: four a second, and the last of each of the four servers.
    let most = usize::try_from(began.elapsed().as_millis() / 250).unwrap() + 8;
    assert!((4..=most).contains(&lines), "{lines} of {most}, in {calls} calls: {logged}");
    assert!(logged.contains("WARN") && !logged.contains("ERROR"), "{logged}");
}
