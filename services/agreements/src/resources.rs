//! The list of what this service keeps.

use standard::Resources;

use crate::domain::{Agreement, Framework, Grant, Party, Source};

/// Returns the resources of this service.
pub fn resources() -> Resources {
    Resources::default()
        .with::<Party>()
        .with::<Source>()
        .with::<Agreement>()
        .with::<Framework>()
        .with::<Grant>()
}
