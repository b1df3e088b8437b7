//! Children follow their parent: what lies within a resource is deleted with it, and stands again
//! with it.

use std::marker::PhantomData;

use chassis::failure::{ErrorReason, Failure};
use chronicle::children::Which;
use chronicle::{Call, Chronicle, Entry, Stored};
use uuid::Uuid;

use crate::access::Around;
use crate::records::{Records, noun, reader, refused};
use crate::{Served, Step};

/// Children that are written in one transaction. More go before, in transactions of their own, so
/// that nobody waits long.
const BATCH: u64 = 500;

/// One kind of children, whatever its type.
#[tonic::async_trait]
pub(crate) trait Children: Send + Sync {
    /// The kind they lie within.
    fn of(&self) -> &'static str;

    /// The name of its collection, where the caller may see one that stands.
    async fn any(&self, record: &Chronicle, parent: &str) -> Result<Option<&'static str>, Failure>;

    /// The entries that delete or revive the next of them, and after which to go on; nothing more
    /// after the last.
    async fn next(
        &self,
        record: &Chronicle,
        around: &Around,
        which: Which<'_>,
        after: Uuid,
    ) -> Result<(Vec<Entry>, Option<Uuid>), Failure>;
}

/// The children of type `T`.
pub(crate) struct Of<T>(pub PhantomData<fn() -> T>);

#[tonic::async_trait]
impl<T: Served> Children for Of<T> {
    fn of(&self) -> &'static str {
        T::PARENT.map_or("", |(kind, _)| kind)
    }

    async fn any(&self, record: &Chronicle, parent: &str) -> Result<Option<&'static str>, Failure> {
        let found = record
            .children::<T>(parent, Which::Standing, Uuid::nil(), 1, &reader())
            .await
            .map_err(refused::<T>)?;
        Ok((!found.is_empty()).then(noun::<T>))
    }

    async fn next(
        &self,
        record: &Chronicle,
        around: &Around,
        which: Which<'_>,
        after: Uuid,
    ) -> Result<(Vec<Entry>, Option<Uuid>), Failure> {
        let found = record
            .children::<T>(around.name(), which, after, BATCH, &reader())
            .await
            .map_err(refused::<T>)?;
        let full = u64::try_from(found.len()) == Ok(BATCH);
        let next = found.last().map(|last| last.uid).filter(|_| full);
        let mut entries = Vec::with_capacity(found.len());
        for stored in &found {
            let step = match which {
                Which::Standing => Step::Delete(stored),
                Which::DeletedBy(_) => Step::Undelete(stored),
            };
            entries.push(step.entry(Some(around), record.now())?);
        }
        Ok((entries, next))
    }
}

impl Records {
    /// Refuses to delete a parent, without `force`, while the caller may see a child that stands.
    /// What is hidden from them is not told of: it stays, within what is deleted, and no sum counts
    /// it.
    pub(crate) async fn expect_no_children<T: Served>(&self, name: &str) -> Result<(), Failure> {
        for children in self.references.children(T::KIND) {
            if let Some(child) = children.any(&self.chronicle, name).await? {
                let message = format!(
                    "{name} has a {child}, or more: delete them first, or send force to delete them with it"
                );
                return Err(Failure::failed_precondition(ErrorReason::HasChildren, name, message)
                    .about(&crate::records::kind::<T>(), name));
            }
        }
        Ok(())
    }

    /// The entries that delete or revive all children of a parent, as far as they fit into one
    /// transaction with it; the others are recorded here, before. So a call that is cut off leaves
    /// the parent as it was, and the same call again goes on.
    pub(crate) async fn family<T: Served>(
        &self,
        parent: &Stored<T>,
        which: Which<'_>,
        call: &Call,
    ) -> Result<Vec<Entry>, Failure> {
        let around = Around::of(&parent.value);
        // The request id is the parent's.
        let alone = Call { request: None, ..call.clone() };
        let mut last = Vec::new();
        for children in self.references.children(T::KIND) {
            let mut after = Some(Uuid::nil());
            while let Some(place) = after {
                let (entries, next) = children.next(&self.chronicle, &around, which, place).await?;
                after = next;
                if next.is_some() {
                    self.chronicle.record(&alone, entries).await.map_err(refused::<T>)?;
                } else {
                    last.extend(entries);
                }
            }
        }
        Ok(last)
    }
}
