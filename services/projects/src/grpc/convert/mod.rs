//! The reports and sums of this service ↔ the messages of `registan.projects.v1`, one file a noun.
//! A resource is its message.

mod report;
mod sum;

pub use report::report_message;
pub use sum::{read_question, sums_message};
