//! File formats: what readers of any format give, and a writer of calendars. No service, no
//! database.
//!
//! A format is a crate: it implements [`Reader`] for its files and [`Record`] for what is in them.
//! The crate `ingest` imports from any such reader.
//!
//! - [`Event`]: a record, a part of a large one, or a finding
//! - [`Finding`]: what is wrong in a file, and what was done about it; [`Tally`] counts them
//! - [`csv`]: rows of comma-separated values (RFC 4180)
//! - [`icalendar`]: writes calendars (RFC 5545)
//! - [`Census`]: how many elements of each path are not kept; [`Elements`]: those of one record

mod census;
pub mod csv;
mod finding;
pub mod icalendar;
mod reader;

pub use census::{Census, Elements, NotKept, PathId, TOP};
pub use finding::{Finding, Severity, Tally};
pub use reader::{Event, Reader, Record, Totals};
