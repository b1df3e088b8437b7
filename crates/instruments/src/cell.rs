//! The cells that are counted in: lock-free, and never reset.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::metric::Kind;

/// A cell of a metric.
pub trait Cell: Send + Sync + 'static {
    /// The kind of metric that is made of such cells.
    const KIND: Kind;

    /// An empty cell; `bounds` are those of a histogram.
    fn new(bounds: &'static [u64]) -> Self;

    /// Returns its present value; `scale` of what it keeps make one of the unit of the metric.
    fn read(&self, scale: f64) -> Reading;
}

/// The value of a cell when it was read, in the unit of the metric.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The value.
    Number(f64),
    /// How many were at most each of the bounds and above the one before, the rest at the end; and
    /// the sum of all.
    Buckets {
        /// The bounds.
        bounds: Vec<f64>,
        /// One more than there are bounds.
        counts: Vec<u64>,
        /// The sum.
        sum: f64,
    },
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds some.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// Adds one.
    pub fn one(&self) {
        self.add(1);
    }

    /// Takes over the value of something else that only grows: nanoseconds of a time.
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }
}

impl Cell for Counter {
    const KIND: Kind = Kind::Counter;

    fn new(_: &'static [u64]) -> Self {
        Self::default()
    }

    fn read(&self, scale: f64) -> Reading {
        Reading::Number(float(self.0.load(Relaxed)) / scale)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Sets it, in the unit of the metric.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// Sets it to a count.
    pub fn set_count(&self, value: usize) {
        self.set(float(u64::try_from(value).unwrap_or(u64::MAX)));
    }

    /// Counts one more until what is returned is dropped.
    pub fn hold(self: &Arc<Self>) -> Held {
        self.change(1.0);
        Held(Arc::clone(self))
    }

    /// Adds some, and returns what it was.
    pub(crate) fn change(&self, by: f64) -> f64 {
        let changed = |bits| Some((f64::from_bits(bits) + by).to_bits());
        // Never refused: the closure always gives a value.
        let (Ok(was) | Err(was)) = self.0.fetch_update(Relaxed, Relaxed, changed);
        f64::from_bits(was)
    }
}

impl Cell for Gauge {
    const KIND: Kind = Kind::Gauge;

    fn new(_: &'static [u64]) -> Self {
        Self::default()
    }

    /// A gauge is set in the unit of its metric.
    fn read(&self, _: f64) -> Reading {
        Reading::Number(f64::from_bits(self.0.load(Relaxed)))
    }
}

/// One that a gauge counts.
#[derive(Debug)]
pub struct Held(Arc<Gauge>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.change(-1.0);
    }
}

/// How often what was measured was at most so much.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One more than there are bounds.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Notes a time.
    pub fn time(&self, time: Duration) {
        self.note(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Notes a number: nanoseconds where the unit of the metric is a time.
    pub fn note(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }
}

impl Cell for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    fn read(&self, scale: f64) -> Reading {
        let bounds = self.bounds.iter().map(|bound| float(*bound) / scale).collect();
        let counts = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        Reading::Buckets { bounds, counts, sum: float(self.sum.load(Relaxed)) / scale }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an export of 53 bits is exact enough")]
const fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new(&[10, 20]);

        for value in [0, 10, 11, 20, 21, 500] {
            histogram.note(value);
        }

        let (bounds, counts) = (vec![5.0, 10.0], vec![2, 2, 2]);
        assert_eq!(histogram.read(2.0), Reading::Buckets { bounds, counts, sum: 281.0 });
    }

    #[test]
    fn what_is_held_is_counted_until_it_is_dropped() {
        let gauge = Arc::new(Gauge::default());
        let (first, second) = (gauge.hold(), gauge.hold());
        assert_eq!(gauge.read(1.0), Reading::Number(2.0));

        drop(first);

        assert_eq!(gauge.read(1.0), Reading::Number(1.0));
        drop(second);
        assert_eq!(gauge.read(1.0), Reading::Number(0.0));
    }
}
