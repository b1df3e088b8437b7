//! One operation a file.

mod get_brief;

pub use get_brief::get_brief;
