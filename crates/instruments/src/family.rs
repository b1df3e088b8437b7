//! The cells of a metric: one for each combination of labels that was met.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cell::{Cell, Gauge, Reading};
use crate::metric::Metric;

/// A metric with its cells.
#[derive(Debug)]
pub struct Family<C> {
    about: Metric,
    bounds: &'static [u64],
    cells: Mutex<BTreeMap<Vec<String>, Arc<C>>>,
}

impl<C: Cell> Family<C> {
    /// A metric without cells; `bounds` are those of a histogram.
    pub(crate) const fn new(about: Metric, bounds: &'static [u64]) -> Self {
        Self { about, bounds, cells: Mutex::new(BTreeMap::new()) }
    }

    /// Returns the cell of these labels, in the order of the description. Keep it: to find it takes
    /// a lock.
    pub fn with(&self, labels: &[&str]) -> Arc<C> {
        debug_assert_eq!(labels.len(), self.about.labels.len(), "{}", self.about.name);
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let new = || Arc::new(C::new(self.bounds));
        Arc::clone(self.cells().entry(labels).or_insert_with(new))
    }

    fn cells(&self) -> MutexGuard<'_, BTreeMap<Vec<String>, Arc<C>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Family<Gauge> {
    /// Counts one more of these labels until what is returned is dropped. Labels of which there is
    /// none are forgotten: they may come and go, as addresses do.
    pub fn hold(&'static self, labels: &[&str]) -> HeldOf {
        let labels: Vec<_> = labels.iter().map(|label| (*label).to_owned()).collect();
        self.cells().entry(labels.clone()).or_default().change(1.0);
        HeldOf { family: self, labels }
    }
}

/// One of some labels that a gauge counts.
#[derive(Debug)]
pub struct HeldOf {
    family: &'static Family<Gauge>,
    labels: Vec<String>,
}

impl Drop for HeldOf {
    fn drop(&mut self) {
        let mut cells = self.family.cells();
        let was = cells.get(&self.labels).map(|gauge| gauge.change(-1.0));
        if was.is_some_and(|was| was <= 1.0) {
            cells.remove(&self.labels);
        }
    }
}

/// A metric of any kind, as it is read.
pub trait Exported: Sync {
    /// Its description.
    fn about(&self) -> &Metric;

    /// The values of the labels of each cell, and what it holds in the unit of the metric.
    fn readings(&self) -> Vec<(Vec<String>, Reading)>;
}

impl<C: Cell> Exported for Family<C> {
    fn about(&self) -> &Metric {
        &self.about
    }

    fn readings(&self) -> Vec<(Vec<String>, Reading)> {
        let scale = self.about.scale();
        self.cells().iter().map(|(labels, cell)| (labels.clone(), cell.read(scale))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Kind;

    #[test]
    fn labels_of_which_there_is_none_are_forgotten() {
        static FAMILY: Family<Gauge> = Family::new(
            Metric { name: "a", kind: Kind::Gauge, unit: "{b}", labels: &["c"], meaning: "." },
            &[],
        );
        let counted = |label: &str| {
            let found = FAMILY.readings().into_iter().find(|(labels, _)| labels[0] == label);
            found.map(|(_, reading)| reading)
        };
        let (first, second, other) =
            (FAMILY.hold(&["one"]), FAMILY.hold(&["one"]), FAMILY.hold(&["other"]));
        assert_eq!(counted("one"), Some(Reading::Number(2.0)));

        drop(first);
        assert_eq!(counted("one"), Some(Reading::Number(1.0)));
        drop(second);

        assert_eq!(counted("one"), None);
        assert_eq!(counted("other"), Some(Reading::Number(1.0)));
        drop(other);
    }
}
