//! The messages of OTLP for metrics, with the fields that are used here:
//! `opentelemetry/proto/metrics/v1`. A test lets the generated messages of OpenTelemetry read them.

use instruments::{Exported, Kind, Metric, Reading};

use super::wire::{KeyValue, Resource};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`: values since the process began.
const CUMULATIVE: i32 = 2;
/// The most points of one message, so that it stays far below the 4 MB that a collector takes.
const MOST_TOGETHER: usize = 2048;

/// `ExportMetricsServiceRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Export {
    #[prost(message, repeated, tag = "1")]
    resource_metrics: Vec<ResourceMetrics>,
}

/// `ExportMetricsServiceResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Answer {
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<PartialSuccess>,
}

/// `ExportMetricsPartialSuccess`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub rejected: i64,
    #[prost(string, tag = "2")]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ScopeMetrics {
    #[prost(message, repeated, tag = "2")]
    metrics: Vec<Metered>,
}

/// `Metric`; one of the last three is there.
#[derive(Clone, PartialEq, prost::Message)]
struct Metered {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    description: String,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(message, optional, tag = "5")]
    gauge: Option<Gauge>,
    #[prost(message, optional, tag = "7")]
    sum: Option<Sum>,
    #[prost(message, optional, tag = "9")]
    histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Gauge {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Number>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Sum {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Number>,
    #[prost(int32, tag = "2")]
    temporality: i32,
    #[prost(bool, tag = "3")]
    is_monotonic: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Histogram {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Buckets>,
    #[prost(int32, tag = "2")]
    temporality: i32,
}

/// `NumberDataPoint`.
#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    /// In a `oneof` with whole numbers, which are not used here.
    #[prost(double, optional, tag = "4")]
    value: Option<f64>,
    #[prost(message, repeated, tag = "7")]
    attributes: Vec<KeyValue>,
}

/// `HistogramDataPoint`.
#[derive(Clone, PartialEq, prost::Message)]
struct Buckets {
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(double, optional, tag = "5")]
    sum: Option<f64>,
    #[prost(fixed64, repeated, tag = "6")]
    counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    bounds: Vec<f64>,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
}

/// Returns messages with all that `metrics` hold, counted from the first to the second of `times`.
pub(super) fn messages(
    metrics: &[&dyn Exported],
    resource: &Resource,
    times: [u64; 2],
) -> Vec<Export> {
    together(metrics, times, MOST_TOGETHER)
        .into_iter()
        .map(|metrics| {
            let scope_metrics = vec![ScopeMetrics { metrics }];
            let resource = Some(resource.clone());
            Export { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }
        })
        .collect()
}

/// The metrics of each message: at most so many points, of a metric with many or of several.
fn together(metrics: &[&dyn Exported], times: [u64; 2], most: usize) -> Vec<Vec<Metered>> {
    let (mut all, mut some, mut count) = (Vec::new(), Vec::new(), 0);
    for metric in metrics {
        for readings in metric.readings().chunks(most) {
            if count + readings.len() > most {
                all.push(std::mem::take(&mut some));
                count = 0;
            }
            count += readings.len();
            some.push(Metered::of(metric.about(), readings, times));
        }
    }
    if !some.is_empty() {
        all.push(some);
    }
    all
}

impl Metered {
    fn of(about: &Metric, readings: &[(Vec<String>, Reading)], times: [u64; 2]) -> Self {
        let (mut numbers, mut buckets) = (Vec::new(), Vec::new());
        for (labels, reading) in readings {
            let attributes = about.labels.iter().zip(labels);
            let attributes = attributes.map(|(key, value)| KeyValue::of(key, value)).collect();
            match reading {
                Reading::Number(value) => numbers.push(Number::of(*value, attributes, times)),
                Reading::Buckets { bounds, counts, sum } => buckets.push(Buckets {
                    start: times[0],
                    time: times[1],
                    count: counts.iter().sum(),
                    sum: Some(*sum),
                    counts: counts.clone(),
                    bounds: bounds.clone(),
                    attributes,
                }),
            }
        }
        let (name, unit) = (about.name.to_owned(), about.unit.to_owned());
        let mut metered = Self { name, unit, ..Self::default() };
        about.meaning.trim().clone_into(&mut metered.description);
        let temporality = CUMULATIVE;
        match about.kind {
            Kind::Gauge => metered.gauge = Some(Gauge { points: numbers }),
            Kind::Counter => {
                metered.sum = Some(Sum { points: numbers, temporality, is_monotonic: true });
            }
            Kind::Histogram => metered.histogram = Some(Histogram { points: buckets, temporality }),
        }
        metered
    }
}

impl Number {
    fn of(value: f64, attributes: Vec<KeyValue>, [start, time]: [u64; 2]) -> Self {
        Self { start, time, value: Some(value), attributes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A metric with so many cells.
    struct Many(Metric, usize);

    impl Exported for Many {
        fn about(&self) -> &Metric {
            &self.0
        }

        fn readings(&self) -> Vec<(Vec<String>, Reading)> {
            (0..self.1).map(|cell| (vec![cell.to_string()], Reading::Number(1.0))).collect()
        }
    }

    #[test]
    fn no_message_has_too_many_points_and_none_is_lost() {
        let about =
            Metric { name: "a", kind: Kind::Counter, unit: "s", labels: &["b"], meaning: "." };
        let many = [7, 0, 3, 25, 1].map(|count| Many(about, count));
        let metrics: Vec<&dyn Exported> = many.iter().map(|it| it as &dyn Exported).collect();

        let messages = together(&metrics, [1, 2], 10);

        let points = |metric: &Metered| metric.sum.as_ref().map_or(0, |sum| sum.points.len());
        let counts: Vec<usize> = messages.iter().map(|it| it.iter().map(points).sum()).collect();
        assert_eq!(counts, [10, 10, 10, 6]);
    }
}
