//! The sources that were known on a day: those that had been published by then.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use api::registan::r#type::v1::SourceRef;
use facts::check::matches_pattern;

/// The pattern of the names of sources.
pub(crate) const SOURCES: &str = "sources/{source}";

/// How certain it is that something was known on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Its source had been published by then.
    #[default]
    Surely,
    /// It is not known whether it had.
    Perhaps,
    /// It had not.
    Later,
}

/// The knowledge of a day: which statements it holds, by their sources.
#[derive(Clone, Debug, Default)]
pub struct Known {
    published: Arc<Published>,
    /// How it stands with what has no source of its own.
    whole: Standing,
}

/// The sources that had been published by a day, and those that had not. Of others it is not known.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub surely: HashSet<String>,
    pub later: HashSet<String>,
}

impl Known {
    /// The knowledge of statements that rest on these sources.
    pub(crate) fn of(published: Published) -> Self {
        Self { published: Arc::new(published), whole: Standing::Surely }
    }

    /// How it stands with a statement of this source. What has none of its own rests on that of the
    /// whole; of what is only cited, and of no recorded source, it is not known.
    pub(crate) fn standing(&self, source: Option<&SourceRef>) -> Standing {
        let Some(SourceRef { source, .. }) = source else { return self.whole };
        if self.published.surely.contains(source) {
            Standing::Surely
        } else if self.published.later.contains(source) {
            Standing::Later
        } else {
            Standing::Perhaps
        }
    }

    /// The same for the parts of something of which it is certain that it was known, or not.
    pub(crate) fn within(&self, is_perhaps: bool) -> Self {
        let whole = if is_perhaps { Standing::Perhaps } else { Standing::Surely };
        Self { published: Arc::clone(&self.published), whole }
    }

    /// Returns whether a statement was surely known by its source, or rests on that of the whole.
    pub fn has(&self, source: Option<&SourceRef>) -> bool {
        source.is_none() || self.standing(source) == Standing::Surely
    }

    /// Returns whether a name could be given: it is of no source, or of one that was known.
    pub fn names(&self, name: &str) -> bool {
        !matches_pattern(name, SOURCES) || self.published.surely.contains(name)
    }
}

/// Adds those of the names that are of sources.
pub(crate) fn sources(names: impl IntoIterator<Item = String>, all: &mut BTreeSet<String>) {
    all.extend(names.into_iter().filter(|name| matches_pattern(name, SOURCES)));
}
