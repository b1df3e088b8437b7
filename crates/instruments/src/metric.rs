//! The description of a metric.

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often what was measured was at most so much.
    Histogram,
}

impl Kind {
    /// Its name in the text format of Prometheus.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, as OpenTelemetry writes names: `rpc.server.call.duration`.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its unit (UCUM): `s`, `By`, or what is counted in braces, `{call}`.
    pub unit: &'static str,
    /// The names of its labels: `rpc.method`.
    pub labels: &'static [&'static str],
    /// Its meaning, in one sentence or two.
    pub meaning: &'static str,
}

impl Metric {
    /// Its name in Prometheus, as the OpenTelemetry specification translates it: with its unit, and
    /// `_total` where it only grows.
    pub fn exported(&self) -> String {
        let mut name = translated(self.name);
        name.push_str(match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        });
        if self.kind == Kind::Counter {
            name.push_str("_total");
        }
        name
    }

    /// How many of what is kept make one of its unit: times are kept in nanoseconds.
    pub(crate) fn scale(&self) -> f64 {
        if self.unit == "s" { 1e9 } else { 1.0 }
    }
}

/// A name of OpenTelemetry in Prometheus.
pub(crate) fn translated(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &'static str, kind: Kind, unit: &'static str) -> String {
        Metric { name, kind, unit, labels: &[], meaning: "" }.exported()
    }

    #[test]
    fn a_name_is_translated_with_its_unit_and_kind() {
        assert_eq!(
            named("rpc.server.call.duration", Kind::Histogram, "s"),
            "rpc_server_call_duration_seconds"
        );
        assert_eq!(named("process.cpu.time", Kind::Counter, "s"), "process_cpu_time_seconds_total");
        assert_eq!(named("process.memory.usage", Kind::Gauge, "By"), "process_memory_usage_bytes");
        assert_eq!(named("registan.watchers", Kind::Gauge, "{watch}"), "registan_watchers");
    }
}
