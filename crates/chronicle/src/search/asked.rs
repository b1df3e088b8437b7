//! The request of a search.

use words::Query;

use super::kinds::Searched;
use crate::Chronicle;
use crate::filter::At;
use crate::reader::Reader;

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
    pub reader: &'a Reader,
}
