//! Every method with every kind of caller and every kind of record.

use facts::vocabulary::Vocabulary;
use policy::{Caller, Desks, Grant, Role, Tier};

/// Now, for grants that end.
pub const NOW: i64 = 1_000;
/// The record that a grant may be for, and one that it is not for.
pub const THIS: &str = "things/this";
const ANOTHER: &str = "things/another";

/// One method, one caller, one record.
#[derive(Debug)]
pub struct Cell {
    /// `/registan.agreements.v1.AgreementService/GetAgreement`.
    pub path: String,
    /// The caller.
    pub who: Who,
    /// The record; absent where there is none.
    pub record: Option<Record>,
}

/// A kind of caller.
#[derive(Clone, Debug)]
pub struct Who {
    /// The word of a role, `ANONYMOUS`, or `UNGRANTED`.
    pub role: String,
    /// `desk`, `this`, `another` or `ended`; `-` for somebody without one.
    pub grant: &'static str,
    /// `two` or `one`; `-` for somebody without a grant.
    pub proof: &'static str,
}

/// A kind of record.
#[derive(Clone, Debug)]
pub struct Record {
    /// The word of its tier.
    pub tier: String,
    /// `own`, `other`, `both` or `none`.
    pub whose: &'static str,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered with the record, or the record is written.
    Answered,
    /// `UNAUTHENTICATED`.
    TokenNeeded,
    /// `PERMISSION_DENIED`, whatever is asked for.
    RoleNeeded,
    /// `PERMISSION_DENIED`, for this record.
    NotGranted,
    /// `NOT_FOUND`, or not in the list.
    NotFound,
    /// No caller can call it.
    NoRule,
}

impl Who {
    /// Every kind of caller.
    pub fn all() -> Vec<Self> {
        let mut all = ["ANONYMOUS", "UNGRANTED"]
            .map(|role| Self { role: role.to_owned(), grant: "-", proof: "-" })
            .to_vec();
        for role in Role::WORDS {
            for grant in ["desk", "this", "another", "ended"] {
                let proofs = ["two", "one"].into_iter();
                all.extend(proofs.map(|proof| Self { role: (*role).to_owned(), grant, proof }));
            }
        }
        all
    }

    /// The caller, of desk KZ, with the most that a grant of this kind can give.
    pub fn caller(&self) -> Caller {
        if self.role == "ANONYMOUS" {
            return Caller::anonymous();
        }
        let role = Role::ALL.iter().find(|role| role.word() == self.role);
        let grant = role.map(|role| Grant {
            role: *role,
            desks: desks("own"),
            tier: if matches!(self.grant, "this" | "another") {
                Tier::Secret
            } else {
                Tier::Confidential
            },
            resource: match self.grant {
                "this" => Some(THIS.to_owned()),
                "another" => Some(ANOTHER.to_owned()),
                _ => None,
            },
            expires: Some(if self.grant == "ended" { NOW } else { NOW + 1 }),
        });
        let subject = "a.sample".to_owned();
        Caller { subject, grants: grant.into_iter().collect(), strong: self.proof == "two" }
    }
}

impl Record {
    /// Every kind of record.
    pub fn all() -> Vec<Self> {
        let tiers = Tier::WORDS.iter().map(|tier| (*tier).to_owned());
        tiers
            .flat_map(|tier| {
                let all = ["own", "other", "both", "none"];
                all.map(|whose| Self { tier: tier.clone(), whose })
            })
            .collect()
    }

    /// Its tier.
    pub fn tier(&self) -> Tier {
        let tier = Tier::ALL.iter().find(|tier| tier.word() == self.tier);
        *tier.expect("a tier")
    }

    /// Its desks.
    pub fn desks(&self) -> Desks {
        desks(self.whose)
    }
}

/// Seen from desk KZ.
fn desks(whose: &str) -> Desks {
    let words = match whose {
        "own" => "kz",
        "other" => "uz",
        "both" => "kz,uz",
        _ => return Desks::NONE,
    };
    Desks::parse(words).expect("desks")
}
