//! The standard methods (AIP-131 to 135), written once for every resource of every service.
//!
//! A service lists its resources:
//!
//! ```ignore
//! Resources::default().with::<Party>().with::<Agreement>()
//! ```
//!
//! What a resource is, its contract says: [`Value`] is the message itself, with what its options
//! say of it and the [`Rules`] that no option can say. Older ones say in a type of their own what
//! they are ([`chronicle::Resource`]) and how they look on the wire ([`Served`]).
//!
//! - [`Resources`]: the list from which tables, references and methods of a service are made
//! - [`Methods`]: the gRPC server, of the crate `serving`: the standard methods, and those that a
//!   service adds
//! - [`Records`]: the methods: `records` reads, `writes` writes, `history` tells what was recorded,
//!   `watch` what changes
//! - [`access`]: checks that a caller may write a resource
//! - `search`: what has the words of a query
//! - [`Judged`]: a resource as a Create judges it, without a record
//! - [`Step`]: one write, judged before it is recorded; for what writes many at once, too
//! - `known_by`: resources as they were known on a day
//! - `questions`: why a list is empty
//! - [`References`]: whether what a resource refers to exists, here or in another service
//! - [`CachedGrants`], [`AskedGrants`]: what callers were given
//! - [`mask`]: AIP-134 field masks, for any message; `lists`: no item of a list goes unseen
//! - `untouched`: updates of what was recorded otherwise than the contract says
//! - [`failure`]: what the record refuses → what a caller is told
//! - [`startup`]: opening the record of a service, and its migrations
//! - [`time`]: record time ↔ timestamps

pub mod access;
mod before;
mod checked;
mod day;
pub mod described;
pub mod failure;
mod family;
mod history;
mod judged;
mod known;
mod known_by;
mod lists;
pub mod mask;
mod methods;
mod publications;
mod questions;
mod records;
mod references;
mod referrers;
mod resources;
mod search;
mod sent;
mod sources;
pub mod startup;
mod step;
mod untouched;
mod value;
mod watch;
mod writes;

use std::collections::BTreeSet;

use api::codec::Encode;
use chronicle::{Held, Resource, Shown, Stored};
use facts::Check;
use facts::vocabulary::Vocabulary;
use policy::Tier;
use prost_types::Timestamp;

use crate::known::Known;

pub use day::day;
pub use described::{DESCRIBED, Find};
pub use judged::{Judged, New};
pub use publications::list_publications;
pub use records::{Records, at, reader, refused};
pub use references::{References, check_references};
pub use resources::{Asked, Resources};
pub use sent::{Computable, SentPage, Stamped};
pub use serving::{Answers, AskedGrants, CachedGrants, Methods, contract, page_size, time};
pub use step::Step;
pub use value::{NoRules, Rules, Value};

/// A resource as it looks on the wire.
pub trait Served: Resource {
    /// Its message.
    type Message: api::standard::Standard;
    /// The form in which a version is read that is only sent: the resource, or its document,
    /// undecoded.
    type Held: Held<Of = Self>;
    /// The form in which it is sent: the message, or the document with the system fields.
    type Sent: Encode<As = Self::Message>;

    /// True: the server makes every id, so that an id tells nothing.
    const SERVER_IDS: bool = false;

    /// The order of a list that asks for none (AIP-132): fields by which it can be sorted.
    const ORDER: &'static str;

    /// False: no other resource may refer to it, so its name counts as missing.
    const REFERABLE: bool = true;

    /// The tier of one that says none. To record one below it needs the role PUBLISHER.
    fn default_tier() -> Tier {
        Tier::Public
    }

    /// Returns the parts of it that others may refer to.
    fn parts() -> Parts<Self> {
        Vec::new()
    }

    /// Reads a message; every violation goes to `check`. The value is then used only by `untouched`.
    fn read(check: &mut Check, name: String, message: Self::Message) -> Self;

    /// Returns what is sent of a version, or why it cannot be read.
    fn send(shown: Shown<Self::Held>) -> Result<Self::Sent, String>;

    /// Writes a version as a message. That it may be shown is all this asks for.
    fn write(shown: Shown<Self>) -> Self::Message;

    /// Every name of another resource in it; each must exist when it is written.
    fn references(&self) -> Vec<Reference>;

    /// Adds the names of the sources that what is sent names.
    fn cite(_: &Self::Sent, _: &mut BTreeSet<String>) -> Result<(), String> {
        Ok(())
    }

    /// Keeps of what is sent what was known; nothing where it was not known itself.
    fn keep(sent: Self::Sent, _: &Known) -> Result<Option<Self::Sent>, String> {
        Ok(Some(sent))
    }
}

/// Parts of a resource: a pattern, and the names of this pattern in one resource.
pub type Parts<T> = Vec<(&'static str, fn(&T) -> Vec<String>)>;

/// The name of another resource, and the field it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The field, relative to the resource: `relations[0].agreement`.
    pub field: String,
    /// The name: `agreements/eu-kz-pca-1995`.
    pub name: String,
}

impl Reference {
    /// A name that is there.
    pub fn new(field: impl Into<String>, name: &str) -> Self {
        Self { field: field.into(), name: name.to_owned() }
    }

    /// A name that may be empty.
    pub fn optional(field: impl Into<String>, name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self::new(field, name))
    }

    /// All names of a repeated field.
    pub fn all(field: &str, names: &[String]) -> Vec<Self> {
        names
            .iter()
            .enumerate()
            .map(|(place, name)| Self::new(format!("{field}[{place}]"), name))
            .collect()
    }
}

/// The fields that every resource has on the wire, besides its name, with the numbers that they
/// have in each.
#[derive(Clone, PartialEq, prost::Message)]
#[expect(missing_docs, reason = "each field is explained in the contract, in every resource")]
pub struct Stamp {
    #[prost(string, tag = "2")]
    pub uid: String,
    #[prost(string, tag = "3")]
    pub etag: String,
    #[prost(message, optional, tag = "4")]
    pub create_time: Option<Timestamp>,
    #[prost(message, optional, tag = "5")]
    pub update_time: Option<Timestamp>,
    #[prost(message, optional, tag = "6")]
    pub delete_time: Option<Timestamp>,
    #[prost(int32, tag = "7")]
    pub tier: i32,
    #[prost(string, repeated, tag = "8")]
    pub desks: Vec<String>,
}

impl Stamp {
    /// The system fields of a version.
    pub fn of<T: Resource>(stored: &Stored<T>) -> Self {
        let desks = stored.value.desks().names();
        Self { desks, ..Self::with(stored, stored.value.tier()) }
    }

    /// The same, of a version with this tier, without the desks.
    pub(crate) fn with<V>(stored: &Stored<V>, tier: Tier) -> Self {
        Self {
            uid: stored.uid.to_string(),
            etag: stored.etag.clone(),
            create_time: Some(time::timestamp(stored.created)),
            update_time: Some(time::timestamp(stored.recorded)),
            delete_time: stored.deleted.then(|| time::timestamp(stored.recorded)),
            tier: tier.number(),
            desks: Vec::new(),
        }
    }
}
