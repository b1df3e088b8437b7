//! Which sums are kept of a kind of resource.

/// The sums that are kept of a kind, and the keys by which they are grouped. A key or a sum that is
/// added needs a migration, which makes the totals anew; one that goes needs a migration that drops
/// their table first.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// Single fields that are always there; the first should be the one by which a transaction of
    /// the record differs most.
    pub by: &'static [&'static str],
    /// The keys that may be long. An index of PostgreSQL holds 2 704 bytes a row, so its key has
    /// their MD5.
    pub long: &'static [&'static str],
    /// Each sum: its column, the field, and what is summed of it.
    pub sums: &'static [(&'static str, &'static str, Summed)],
}

/// The part of a number that is summed.
#[derive(Clone, Copy, Debug)]
pub enum Summed {
    /// All of it.
    Whole,
    /// How often it has a billion.
    Billions,
    /// The remainder without the billions.
    Rest,
}
