//! The writes of an import, and its retries when another writer was first.

use chassis::Failure;
use chronicle::{Call, Chronicle, Document, Entry, Error, Expected};
use standard::Served;
use uuid::Uuid;

/// Bytes of one resource: what an answer can carry.
pub const MAX_BYTES: usize = 1 << 20;
/// How often a batch is compared again when another writer came first.
pub const MAX_TRIES: usize = 20;

/// Where an import writes, and whether it does.
#[derive(Clone, Copy)]
pub struct Import<'a> {
    /// The record.
    pub chronicle: &'a Chronicle,
    /// The caller, and the method of the import.
    pub call: &'a Call,
    /// Nothing is to be recorded.
    pub validate_only: bool,
}

impl Import<'_> {
    /// Records entries about resources of a kind and what lies within them in one transaction,
    /// unless nothing is to be recorded; false if another writer came first.
    pub async fn write<P: Served>(&self, entries: Vec<Entry>) -> Result<bool, Failure> {
        self.write_if::<P>(entries, Expected::default()).await
    }

    /// As [`Import::write`], if all that is expected holds; false if it no longer does.
    pub(crate) async fn write_if<P: Served>(
        &self,
        entries: Vec<Entry>,
        expected: Expected,
    ) -> Result<bool, Failure> {
        if self.validate_only {
            return Ok(true);
        }
        match self.chronicle.record_if(self.call, entries, expected).await {
            Ok(_) => Ok(true),
            Err(Error::Busy) => Ok(false),
            Err(error) => Err(standard::refused::<P>(error)),
        }
    }
}

/// Where among the pages of what is recorded an import is, when it changes one page after the
/// other.
#[derive(Debug, Default)]
pub struct Pages {
    /// The uid of the last that was changed.
    pub after: Uuid,
    tries: usize,
}

impl Pages {
    /// Goes on after `end` if the page that ends there was `written`, else to the same page again,
    /// though not for ever.
    pub fn next<P: Served>(&mut self, end: Uuid, written: bool) -> Result<(), Failure> {
        if written {
            *self = Self { after: end, tries: 0 };
        } else if self.tries == MAX_TRIES {
            return Err(standard::refused::<P>(Error::Busy));
        } else {
            self.tries += 1;
        }
        Ok(())
    }
}

/// Returns the bytes of a resource as it is kept.
pub fn size(resource: &impl Document) -> usize {
    resource.to_document().map_or(usize::MAX, |document| document.len())
}
