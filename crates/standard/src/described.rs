//! The resources of the contract, as code: generated from the options of their messages by
//! `crates/api/build/described.rs`.

use std::ops::Deref;

use api::registan::r#type::v1::ExternalId;
use chronicle::{Field, Said, Weight};
use facts::Check;
use facts::check::Violation;
use facts::vocabulary::Words;

use crate::checked::{Checked, many, one};
use crate::known::{Known, Standing};
use crate::value::{Described, Value};
use crate::{Parts, Reference, Served, Stamp};

/// Finds the violations of an encoded message.
pub type Find = fn(&[u8]) -> Vec<Violation>;

/// Returns the violations of an encoded message, of the rules that its options say.
fn violations<M: Described>(message: &[u8]) -> Vec<Violation> {
    let mut check = Check::new("it");
    let message = M::decode(message).unwrap_or_default();
    <Value<M>>::read(&mut check, "things/thing".to_owned(), message);
    check.finish()
}

/// Every way in which identifiers and those beside them may be asked for.
fn identifiers(ids: &[ExternalId], beside: &[&String]) -> Vec<String> {
    let mut all = facts::wire::spellings(ids);
    all.extend(beside.iter().filter(|id| !id.is_empty()).map(|id| (*id).clone()));
    all
}

include!(env!("DESCRIBED"));
