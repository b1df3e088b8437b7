//! Metrics and traces: what a process counts and notes of itself.
//!
//! - [`table`]: every metric there is: one row of code is its registration, its line in
//!   `docs/metrics.md` and its line on the page
//! - [`metric`]: what a row says
//! - [`family`]: the cells of a metric, one for each combination of its labels
//! - [`cell`]: a counter, a gauge, a histogram
//! - [`text`](fn@text): all of them as Prometheus reads them; [`read`](fn@read): as they are, for
//!   who sends them
//! - [`on_read`]: what is looked up only when somebody reads
//! - `document`: holds the documents to the table
//!
//! And what it notes of sampled traces:
//!
//! - [`trace`]: the trace that a piece of work belongs to (W3C Trace Context)
//! - [`span`]: the pieces of work that are over, until somebody takes them away
//!
//! A label has few values, and none of them comes from a caller: the name of a service, a method
//! of the contract, a code, a reason of the list. A cell is taken once and kept by its user, so
//! that to count is one atomic addition. There is no background work, and what nobody reads costs
//! nothing more.

pub mod cell;
#[cfg(test)]
mod document;
pub mod family;
pub mod metric;
mod read;
pub mod span;
pub mod table;
mod text;
pub mod trace;

pub use cell::{Counter, Gauge, Held, Histogram, Reading};
pub use family::{Exported, Family, HeldOf};
pub use metric::{Kind, Metric};
pub use read::{on_read, read};
pub use span::Span;
pub use text::text;
pub use trace::Trace;

/// The value of a label that is not known: OpenTelemetry names it so.
pub const OTHER: &str = "_OTHER";
