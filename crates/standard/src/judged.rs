//! Judges a resource as a Create does, as far as that needs no record and no caller.

use facts::{Check, Day, Violation};
use prost::Message;

use crate::writes::{check_new_name, new_name};
use crate::{Reference, Served};

/// A resource as it is to be created.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// The name of what it lies within; empty for what lies within nothing.
    pub parent: &'a str,
    /// The last part of its name.
    pub id: &'a str,
    /// Its message, encoded.
    pub encoded: &'a [u8],
}

/// The judgement of a resource.
#[derive(Debug, Default)]
pub struct Judged {
    /// The violations; their fields are relative to the resource.
    pub violations: Vec<Violation>,
    /// Its name, and those of its parts to which others may refer.
    pub names: Vec<String>,
    /// The names of other resources in it, with its parent.
    pub references: Vec<Reference>,
}

pub(crate) fn judge<T: Served>(new: New<'_>, today: Day) -> Judged {
    let mut check = Check::default().on(Some(today));
    check_new_name::<T>(&mut check, new.parent, new.id);
    // What was encoded from the same descriptors can be decoded.
    let message = T::Message::decode(new.encoded).unwrap_or_default();
    let value = T::read(&mut check, new_name::<T>(new.parent, new.id), message);
    let parts = T::parts().into_iter().flat_map(|(_, names_of)| names_of(&value));
    let names = std::iter::once(value.name().to_owned()).chain(parts).collect();
    let mut references = value.references();
    references.extend(Reference::optional("", new.parent));
    Judged { violations: check.finish(), names, references }
}
