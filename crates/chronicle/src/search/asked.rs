//! The request of a search.

use policy::Tier;
use words::Query;

use super::kinds::Searched;
use crate::Chronicle;
use crate::filter::At;
use crate::reader::Reader;

/// The tiers, the lowest first.
const TIERS: [Tier; 4] = [Tier::Public, Tier::Restricted, Tier::Confidential, Tier::Secret];

/// The request of a search.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// Words, phrases in quotes.
    pub query: String,
    /// 0 means 20; at most 100.
    pub page_size: u64,
    /// Token of the page before; empty for the first.
    pub page_token: String,
    /// Record time; absent for now.
    pub read_time: Option<i64>,
}

/// A search whose arguments are checked.
pub(super) struct Search<'a> {
    pub chronicle: &'a Chronicle,
    /// All kinds that can be searched here.
    pub all: &'a [Searched],
    /// The kinds that are asked for.
    pub kinds: Vec<&'a Searched>,
    pub query: Query,
    pub at: At,
    /// True where `at` is the instant of the call.
    pub is_now: bool,
    pub reader: &'a Reader,
}

/// Tiers whose rows of words are gone through together.
pub(super) struct Tiers {
    pub tiers: Vec<Tier>,
    /// True if the reader may read all of them: nothing is looked up to go through their rows.
    pub is_free: bool,
}

impl Search<'_> {
    /// The tiers of which the reader may read anything.
    pub(super) fn tiers(&self) -> Vec<Tier> {
        let top = self.reader.clearance.top();
        TIERS.into_iter().filter(|tier| *tier <= top).collect()
    }

    /// The same of a kind: those of which the reader may read all, and the others.
    pub(super) fn tiers_of(&self, searched: &Searched) -> Vec<Tiers> {
        let clearance = &self.reader.clearance;
        let is_free = |tier: &Tier| {
            clearance.is_whole() || self.is_now && !searched.is_within && clearance.covers(*tier)
        };
        let (free, others) = self.tiers().into_iter().partition(is_free);
        let both = [Tiers { tiers: free, is_free: true }, Tiers { tiers: others, is_free: false }];
        both.into_iter().filter(|it| !it.tiers.is_empty()).collect()
    }
}
