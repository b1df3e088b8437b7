//! The cells of a metric: one for each combination of labels that was met.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cell::{Cell, Reading};
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
