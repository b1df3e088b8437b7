//! The list of what this service keeps.

use standard::Resources;

use crate::domain::{Activity, Recommendation};

/// Returns the resources of this service.
pub fn resources() -> Resources {
    Resources::default().with::<Recommendation>().with::<Activity>()
}
