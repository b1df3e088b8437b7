//! The texts of the writers: each made from a number that no other write has, so that half a text,
//! an old text and a text of another write are all told from the right one.

use std::fmt;

use anyhow::Context;
use api::registan::agreements::v1::agreement_party::Role;
use api::registan::agreements::v1::{Agreement, AgreementParty, Party, agreement, party};
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{ExternalId, SourceRef};
use prost_reflect::prost::Message;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Words of the longest note: it stays below the 4096 bytes of the contract.
const MOST_WORDS: usize = 400;

/// The resources that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A party.
    Party,
    /// An agreement.
    Agreement,
}

impl Kind {
    /// Its word in the record, which is also the name of its table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Agreement => "agreement",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The part of a resource that a write chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Body {
    /// The title of an agreement, the display name of a party.
    pub title: String,
    /// From a few bytes to a few thousand, a function of the number.
    pub note: String,
    /// The one external id: the number.
    pub identifier: String,
    /// Names, of an agreement's parties; none of a party.
    pub parties: Vec<String>,
}

impl Body {
    /// The body of the write with this number.
    pub fn numbered(number: u64, parties: Vec<String>) -> Self {
        let mut random = fastrand::Rng::with_seed(number);
        let words =
            (0..random.usize(..MOST_WORDS)).map(|_| format!("{:07x}", random.u32(..1 << 28)));
        let filling = words.collect::<Vec<_>>().join(" ");
        Self {
            title: format!("Write {number}"),
            note: format!("Begin of {number}. {filling} End of {number}."),
            identifier: identifier(number),
            parties,
        }
    }

    /// The body in a document of the record, which is the message.
    pub fn of_document(kind: Kind, document: &[u8]) -> anyhow::Result<Self> {
        Ok(match kind {
            Kind::Party => Self::from(&Party::decode(document)?),
            Kind::Agreement => Self::from(&Agreement::decode(document)?),
        })
    }

    /// The number of the write that made it.
    pub fn number(&self) -> anyhow::Result<u64> {
        let number = self.identifier.strip_prefix(PREFIX).and_then(|number| number.parse().ok());
        number.with_context(|| format!("`{}` is no identifier of a write", self.identifier))
    }

    /// Tells bodies apart: SHA-256, hexadecimal.
    pub fn hash(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }

    /// A party with this body, as a request carries it.
    pub fn party(&self) -> Party {
        Party {
            kind: party::Kind::Organisation.into(),
            display_name: self.title.clone(),
            note: self.note.clone(),
            external_ids: self.external_ids(),
            source: Some(source()),
            ..Party::default()
        }
    }

    /// An agreement with this body, as a request carries it.
    pub fn agreement(&self) -> Agreement {
        let role = Role::Contracting.into();
        let parties = self.parties.iter();
        Agreement {
            kind: agreement::Kind::Other.into(),
            title: self.title.clone(),
            note: self.note.clone(),
            external_ids: self.external_ids(),
            parties: parties.map(|name| AgreementParty { party: name.clone(), role }).collect(),
            source: Some(source()),
            ..Agreement::default()
        }
    }

    fn external_ids(&self) -> Vec<ExternalId> {
        let value = self.identifier.clone();
        vec![ExternalId { scheme: Scheme::Other.into(), value, ..ExternalId::default() }]
    }
}

impl From<&Party> for Body {
    fn from(party: &Party) -> Self {
        Self {
            title: party.display_name.clone(),
            note: party.note.clone(),
            identifier: first(&party.external_ids),
            parties: Vec::new(),
        }
    }
}

impl From<&Agreement> for Body {
    fn from(agreement: &Agreement) -> Self {
        Self {
            title: agreement.title.clone(),
            note: agreement.note.clone(),
            identifier: first(&agreement.external_ids),
            parties: agreement.parties.iter().map(|part| part.party.clone()).collect(),
        }
    }
}

const PREFIX: &str = "write-";

/// The external id of the write with this number.
pub fn identifier(number: u64) -> String {
    format!("{PREFIX}{number}")
}

fn first(ids: &[ExternalId]) -> String {
    ids.first().map(|id| id.value.clone()).unwrap_or_default()
}

fn source() -> SourceRef {
    SourceRef { citation: "invented for a fault storm".to_owned(), ..SourceRef::default() }
}
