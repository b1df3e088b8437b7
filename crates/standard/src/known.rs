//! The sources that were known on a day: those that had been published by then.

use std::collections::{BTreeSet, HashSet};

use api::registan::r#type::v1::SourceRef;
use facts::check::matches_pattern;

/// The pattern of the names of sources.
pub(crate) const SOURCES: &str = "sources/{source}";

/// The sources that were known on a day, of those that some resources name.
#[derive(Debug, Default)]
pub struct Known(HashSet<String>);

impl Known {
    /// These sources.
    pub(crate) const fn of(names: HashSet<String>) -> Self {
        Self(names)
    }

    /// Returns whether a statement with this source was known. What has none of its own rests on
    /// that of the whole; what is only cited, and of no recorded source, was known on no day.
    pub fn has(&self, source: Option<&SourceRef>) -> bool {
        source.is_none_or(|source| self.0.contains(&source.source))
    }

    /// Returns whether a name could be given: it is of no source, or of one that was known.
    pub fn names(&self, name: &str) -> bool {
        !matches_pattern(name, SOURCES) || self.0.contains(name)
    }
}

/// Adds those of the names that are of sources.
pub(crate) fn sources(names: impl IntoIterator<Item = String>, all: &mut BTreeSet<String>) {
    all.extend(names.into_iter().filter(|name| matches_pattern(name, SOURCES)));
}
