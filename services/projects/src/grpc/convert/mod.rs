//! The values of this service ↔ the messages of `registan.projects.v1`, one file a noun.

mod project;
mod report;
mod shares;
mod sum;
mod transaction;

pub use report::report_message;
pub use sum::{read_question, sums_message};
