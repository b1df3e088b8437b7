//! The reference record: sourced facts as data files, and what lays them into a running suite.
//!
//! A file in `data/` is a list of records: an id, and a resource as ProtoJSON of its message in the
//! contract. A record names only what comes before it, in its own file or in one above it in
//! [`COLLECTIONS`].

mod lay_in;

use prost_reflect::DynamicMessage;
use serde_json::Value;

pub use lay_in::{Summary, create, lay_in};

/// A file of the record.
pub struct Collection {
    /// Its resources are named `NAME/ID`; of conventions that is `agreements`, of reports
    /// `sources`.
    pub name: &'static str,
    /// The message of its resources.
    pub message: &'static str,
    text: &'static str,
}

macro_rules! collection {
    ($file:literal, $name:literal, $message:literal) => {
        Collection {
            name: $name,
            message: concat!("registan.", $message),
            text: include_str!(concat!("../data/", $file, ".json")),
        }
    };
}

/// All files, in the order in which they are seeded.
pub const COLLECTIONS: [Collection; 19] = [
    collection!("sources", "sources", "agreements.v1.Source"),
    collection!("parties", "parties", "agreements.v1.Party"),
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
pub struct Record {
    /// The name of what it lies within; empty for what lies within nothing.
    pub parent: String,
    /// The last part of its name.
    pub id: String,
    /// The resource, as its message.
    pub resource: DynamicMessage,
    /// The resource, as it is written in the file.
    pub written: Value,
}

impl Collection {
    /// Returns the name of one of its records: `agreements/eu-kz-epca-2015/provisions/art-1`.
    pub fn name_of(&self, record: &Record) -> String {
        let within = if record.parent.is_empty() { "" } else { "/" };
        format!("{}{within}{}/{}", record.parent, self.name, record.id)
    }

    /// Its records; a field that the message does not have is an error.
    pub fn records(&self) -> anyhow::Result<Vec<Record>> {
        let written: Vec<Written> = serde_json::from_str(self.text)?;
        written.into_iter().map(|record| self.record(record)).collect()
    }

    fn record(&self, record: Written) -> anyhow::Result<Record> {
        let descriptor = api::descriptors().get_message_by_name(self.message);
        let descriptor =
            descriptor.ok_or_else(|| anyhow::anyhow!("{} is not in the contract", self.message))?;
        let resource = DynamicMessage::deserialize(descriptor, record.resource.clone())
            .map_err(|error| anyhow::anyhow!("{}/{}: {error}", self.name, record.id))?;
        Ok(Record { parent: record.parent, id: record.id, resource, written: record.resource })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    parent: String,
    id: String,
    resource: Value,
}
