//! How much of anything the reader holds. A file has no limit, what is held at once has.

/// Elements open at the same time.
pub(crate) const MAX_DEPTH: usize = 64;
/// Bytes of one tag, comment, section or run of text, in UTF-8.
pub(crate) const MAX_PIECE: usize = 1024 * 1024;
/// Bytes of one text that is read.
pub(crate) const MAX_TEXT: usize = 256 * 1024;
/// Bytes of one attribute value.
pub(crate) const MAX_ATTRIBUTE: usize = 64 * 1024;
/// Attributes of one element.
pub(crate) const MAX_ATTRIBUTES: usize = 256;
/// Bytes of all texts and attribute values read for one activity.
pub(crate) const MAX_ACTIVITY_TEXT: usize = 16 * 1024 * 1024;
/// Transactions, budgets, organisations and the like of one activity together.
pub(crate) const MAX_ACTIVITY_ITEMS: usize = 100_000;
/// Transactions of one activity, and bytes of its texts, after which a part of it is delivered.
pub(crate) const PART_TRANSACTIONS: usize = 500;
pub(crate) const PART_TEXT: usize = 1024 * 1024;
/// Findings kept for one activity.
pub(crate) const MAX_FINDINGS: usize = 1000;
