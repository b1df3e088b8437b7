//! The list of what this service keeps.

use api::registan::agreements::v1 as wire;
use chronicle::schema::Schema;
use standard::{Resources, Value};

use crate::domain::{
    Act, Agreement, Commitment, Crosswalk, Framework, Grant, Meeting, Membership, Obligation,
    Party, Provision, Ratification, Source,
};

/// Returns the resources of this service. Provisions are listed by agreement.
pub fn resources() -> Resources {
    Resources::default()
        .with::<Party>()
        .with::<Source>()
        .with::<Agreement>()
        .with::<Act>()
        .with::<Value<wire::Codebook>>()
        .with::<Provision>()
        .with_indexes(|schema| Schema::with_order::<Provision>(schema, "agreement"))
        .with::<Framework>()
        .with::<Value<wire::Body>>()
        .with::<Meeting>()
        .with::<Membership>()
        .with::<Obligation>()
        .with::<Commitment>()
        .with::<Crosswalk>()
        .with::<Ratification>()
        .with_indexes(|schema| Schema::with_order::<Ratification>(schema, "agreement"))
        .with::<Grant>()
}
