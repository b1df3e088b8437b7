//! All metrics as text, as Prometheus reads it (version 0.0.4).

use std::fmt::{self, Write};

use crate::cell::Reading;
use crate::family::Exported;
use crate::metric::{Metric, translated};
use crate::read::read;

/// Returns all metrics as text. One without a cell yet has its description alone.
pub fn text() -> String {
    let mut text = String::new();
    for metric in read() {
        // A string takes all that is written.
        let _ = family(&mut text, *metric);
    }
    text
}

fn family(text: &mut String, family: &dyn Exported) -> fmt::Result {
    let about = family.about();
    let name = about.exported();
    writeln!(text, "# HELP {name} {}", about.meaning.trim())?;
    writeln!(text, "# TYPE {name} {}", about.kind.word())?;
    for (values, reading) in family.readings() {
        let labels = labels(about, &values);
        match reading {
            Reading::Number(number) => writeln!(text, "{name}{} {number}", braced(&labels, ""))?,
            Reading::Buckets { bounds, counts, sum } => {
                let mut below = 0;
                let bounds = bounds.iter().map(ToString::to_string);
                for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&counts) {
                    below += count;
                    let bound = braced(&labels, &format!("le=\"{bound}\""));
                    writeln!(text, "{name}_bucket{bound} {below}")?;
                }
                let labels = braced(&labels, "");
                writeln!(text, "{name}_sum{labels} {sum}")?;
                writeln!(text, "{name}_count{labels} {below}")?;
            }
        }
    }
    Ok(())
}

/// The labels of a cell, without braces.
fn labels(about: &Metric, values: &[String]) -> String {
    let pairs = about.labels.iter().zip(values);
    let pairs = pairs.map(|(label, value)| format!("{}=\"{}\"", translated(label), escaped(value)));
    pairs.collect::<Vec<_>>().join(",")
}

fn braced(labels: &str, more: &str) -> String {
    let comma = if labels.is_empty() || more.is_empty() { "" } else { "," };
    if labels.is_empty() && more.is_empty() {
        return String::new();
    }
    format!("{{{labels}{comma}{more}}}")
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Counter, Histogram};
    use crate::family::Family;
    use crate::metric::Kind;

    #[test]
    fn a_counter_and_a_histogram_are_written_as_prometheus_reads_them() {
        let about = Metric {
            name: "a.b",
            kind: Kind::Counter,
            unit: "{call}",
            labels: &["c.d"],
            meaning: " The calls.",
        };
        let counter: Family<Counter> = Family::new(about, &[]);
        counter.with(&["x\"y"]).add(3);
        let about = Metric { kind: Kind::Histogram, unit: "s", labels: &[], ..about };
        let histogram: Family<Histogram> = Family::new(about, &[500_000_000, 2_000_000_000]);
        histogram.with(&[]).note(1_500_000_000);

        let mut written = String::new();
        family(&mut written, &counter).unwrap();
        family(&mut written, &histogram).unwrap();

        let wanted = "# HELP a_b_total The calls.\n\
            # TYPE a_b_total counter\n\
            a_b_total{c_d=\"x\\\"y\"} 3\n\
            # HELP a_b_seconds The calls.\n\
            # TYPE a_b_seconds histogram\n\
            a_b_seconds_bucket{le=\"0.5\"} 0\n\
            a_b_seconds_bucket{le=\"2\"} 1\n\
            a_b_seconds_bucket{le=\"+Inf\"} 1\n\
            a_b_seconds_sum 1.5\n\
            a_b_seconds_count 1\n";
        assert_eq!(written, wanted);
    }
}
