//! The reference record: sourced facts as data files, and what seeds a running suite with them.
//!
//! A record is an id, and a resource as ProtoJSON of its message in the contract. Most files in
//! `data/` are lists of records; each agreement and convention has a file of its own, with what
//! lies within it and the duties under it. A record names only what comes before it: in its own
//! collection, where the order follows from the names, or in one above it in [`COLLECTIONS`].
//!
//! - [`Data`]: the files of this program, or those of a folder
//! - [`load`]: files become records; what cannot be read is a [`Problem`] with its line
//! - [`Place`]: the line of any field of a record
//! - [`seed`]: seeds a suite

mod data;
mod place;
mod read;
mod seed;

use std::sync::LazyLock;

use prost_reflect::DynamicMessage;
use serde_json::Value;

pub use data::{Data, File};
pub use place::Place;
pub use read::{Loaded, Problem, load};
pub use seed::{Summary, create, seed};

/// A collection of the record.
pub struct Collection {
    /// The file that lists its records, without `.json`, or the folder with a file for each.
    pub file: &'static str,
    /// Its resources are named `NAME/ID`; of conventions that is `agreements`, of procedures
    /// and reports `sources`.
    pub name: &'static str,
    /// The message of its resources.
    pub message: &'static str,
}

macro_rules! collection {
    ($file:literal, $name:literal, $message:literal) => {
        Collection { file: $file, name: $name, message: concat!("registan.", $message) }
    };
}

/// All collections, in the order in which they are seeded.
pub const COLLECTIONS: [Collection; 20] = [
    collection!("sources", "sources", "agreements.v1.Source"),
    collection!("parties", "parties", "agreements.v1.Party"),
    collection!("procedures", "sources", "agreements.v1.Source"),
    collection!("memberships", "memberships", "agreements.v1.Membership"),
    collection!("agreements", "agreements", "agreements.v1.Agreement"),
    collection!("conventions", "agreements", "agreements.v1.Agreement"),
    collection!("codebooks", "codebooks", "agreements.v1.Codebook"),
    collection!("provisions", "provisions", "agreements.v1.Provision"),
    collection!("frameworks", "frameworks", "agreements.v1.Framework"),
    collection!("bodies", "bodies", "agreements.v1.Body"),
    collection!("meetings", "meetings", "agreements.v1.Meeting"),
    collection!("acts", "acts", "agreements.v1.Act"),
    collection!("obligations", "obligations", "agreements.v1.Obligation"),
    collection!("commitments", "commitments", "agreements.v1.Commitment"),
    collection!("crosswalks", "crosswalks", "agreements.v1.Crosswalk"),
    collection!("ratifications", "ratifications", "agreements.v1.Ratification"),
    collection!("organizations", "organizations", "projects.v1.Organization"),
    collection!("projects", "projects", "projects.v1.Project"),
    collection!("recommendations", "recommendations", "rights.v1.Recommendation"),
    collection!("reports", "sources", "agreements.v1.Source"),
];

/// A fact of the record, with its source and confidence.
#[derive(Clone)]
pub struct Record {
    /// The name of what it lies within; empty for what lies within nothing.
    pub parent: String,
    /// The last part of its name.
    pub id: String,
    /// The resource, as its message.
    pub resource: DynamicMessage,
    /// The resource, as it is written in the file.
    pub written: Value,
    /// Where it is written.
    pub place: Place,
}

impl Record {
    /// Returns a problem of a field of it; of the whole where the field is empty. `name` is its own.
    pub fn problem(&self, name: &str, field: &str, message: String) -> Problem {
        let dot = if field.is_empty() { "" } else { "." };
        Problem {
            file: self.place.file.clone(),
            line: self.place.line_of(field),
            path: format!("{name}{dot}{field}"),
            message,
        }
    }
}

static RECORD: LazyLock<Loaded> = LazyLock::new(|| load(&Data::embedded()));

impl Collection {
    /// Returns the name of one of its records: `agreements/eu-kz-epca-2015/provisions/art-1`.
    pub fn name_of(&self, record: &Record) -> String {
        let within = if record.parent.is_empty() { "" } else { "/" };
        format!("{}{within}{}/{}", record.parent, self.name, record.id)
    }

    /// Returns its records in the reference record; a field that the message does not have is an
    /// error.
    pub fn records(&self) -> anyhow::Result<Vec<Record>> {
        RECORD.sound()?;
        let index = COLLECTIONS.iter().position(|one| one.file == self.file);
        Ok(index.map(|index| RECORD.collections[index].clone()).unwrap_or_default())
    }
}
