//! One operation a file.

mod get_brief;
mod party;
mod search;
mod share;
mod watch;

pub use get_brief::get_brief;
pub use search::search;
pub use watch::{Answers, watch};
