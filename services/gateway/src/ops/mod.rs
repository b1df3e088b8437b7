//! One operation a file.

mod get_brief;
mod party;
mod watch;

pub use get_brief::get_brief;
pub use watch::{Answers, watch};
