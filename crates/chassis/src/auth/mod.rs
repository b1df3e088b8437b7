//! Who asks, as their access token proves it, and what they were given.
//!
//! - [`grants`]: where what somebody was given is kept

pub mod grants;
