//! The value of a version as it is read from its row: the resource, or its document as stored.
//!
//! Both come from the same statements and rules. The columns beside the document decide who may see
//! a version and whether the log records that, so a document that is only passed on is not decoded.

use std::borrow::Cow;
use std::marker::PhantomData;

use policy::{Clearance, Desks, Tier};

use crate::resource::Resource;

/// A stored document of a resource `T`, not decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept<T> {
    /// The name of the resource.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// Its desks.
    pub desks: Desks,
    /// The bytes that the log commits to.
    pub document: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

/// The columns that decide who may see a version.
pub struct Guard<'a> {
    pub(crate) name: &'a str,
    pub(crate) tier: Tier,
    pub(crate) desks: Desks,
}

impl Guard<'_> {
    /// Returns the highest tier that a reader may see of it.
    pub(crate) fn level(&self, clearance: &Clearance) -> Tier {
        if clearance.is_whole() { Tier::Secret } else { clearance.level(self.desks, self.name) }
    }
}

/// A value of a version: a resource, or [`Kept`].
pub trait Held: Clone + Send + Sync + 'static {
    /// The resource.
    type Of: Resource;

    /// Returns the value of a version with this document, tier and desks, or why it cannot be
    /// decoded.
    fn of(document: Vec<u8>, tier: Tier, desks: Desks) -> Result<Self, String>;

    /// Returns the columns that decide who may see it.
    fn guard(&self) -> Guard<'_>;

    /// Returns the resource, or why the document cannot be decoded.
    fn resource(&self) -> Result<Cow<'_, Self::Of>, String>;
}

impl<T: Resource> Held for T {
    type Of = T;

    fn of(document: Vec<u8>, _: Tier, _: Desks) -> Result<Self, String> {
        T::from_document(&document)
    }

    fn guard(&self) -> Guard<'_> {
        Guard { name: self.name(), tier: self.tier(), desks: self.desks() }
    }

    fn resource(&self) -> Result<Cow<'_, T>, String> {
        Ok(Cow::Borrowed(self))
    }
}

impl<T: Resource> Held for Kept<T> {
    type Of = T;

    fn of(document: Vec<u8>, tier: Tier, desks: Desks) -> Result<Self, String> {
        // The name is no column: that costs more than it takes to find it here.
        let name = T::name_in(&document)?;
        Ok(Self { name, tier, desks, document, of: PhantomData })
    }

    fn guard(&self) -> Guard<'_> {
        Guard { name: &self.name, tier: self.tier, desks: self.desks }
    }

    fn resource(&self) -> Result<Cow<'_, T>, String> {
        T::from_document(&self.document).map(Cow::Owned)
    }
}
