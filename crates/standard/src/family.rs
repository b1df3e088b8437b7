//! Delete and Undelete, for every resource. Children follow their parent: what lies within a
//! resource is deleted with it, and stands again with it.

use std::marker::PhantomData;

use api::standard::{DeleteParts, Request as Asked, Standard};
use chassis::failure::{ErrorReason, Failure};
use chronicle::children::Which;
use chronicle::{Call, Chronicle, Entry, Error, Expected, Reader, Stored};
use policy::Desks;
use prost::Message;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::access::{self, Around};
use crate::methods::{Delete, Undelete};
use crate::records::{Records, check_name, kind, noun, reader, refused};
use crate::writes::{MOST_TRIES, answer, call};
use crate::{Served, Step};

/// Children that are written in one transaction. More go into others, so that nobody waits long.
const BATCH: usize = 500;

/// The way a resource turns, and its children with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Delete,
    Undelete,
}

impl Turn {
    fn step<T>(self, current: &Stored<T>) -> Step<'_, T> {
        match self {
            Self::Delete => Step::Delete(current),
            Self::Undelete => Step::Undelete(current),
        }
    }

    /// The reason of a refusal that says it was done before.
    const fn done(self) -> ErrorReason {
        match self {
            Self::Delete => ErrorReason::Deleted,
            Self::Undelete => ErrorReason::AlreadyExists,
        }
    }

    /// The children that turn with their parent, by a call.
    fn children(self, call: &Call) -> Whose {
        Whose((self == Self::Undelete).then(|| call.method.replacen("Undelete", "Delete", 1)))
    }
}

/// The children that stand, or those deleted by calls of a method.
struct Whose(Option<String>);

impl Whose {
    fn which(&self) -> Which<'_> {
        self.0.as_deref().map_or(Which::Standing, Which::DeletedBy)
    }
}

/// Some children of a parent.
pub(crate) struct Next {
    /// The entries that delete or revive them.
    entries: Vec<Entry>,
    /// Why one of them may not be written, if one may not.
    refusal: Option<Failure>,
    /// The child after which to go on; nothing after the last.
    after: Option<Uuid>,
}

/// One kind of children, whatever its type.
#[tonic::async_trait]
pub(crate) trait Children: Send + Sync {
    /// The kind they lie within.
    fn of(&self) -> &'static str;

    /// The name of its collection, where the caller may see one that stands.
    async fn any(&self, record: &Chronicle, parent: &str) -> Result<Option<&'static str>, Failure>;

    /// Expects that the caller may see none that stands.
    fn expect_none(&self, parent: &str, expected: &mut Expected);

    /// The versions that give them the new desks of their parent, whoever may see them.
    async fn heirs(
        &self,
        record: &Chronicle,
        parent: &str,
        desks: Desks,
        expected: &mut Expected,
    ) -> Result<Vec<Entry>, Failure>;

    /// The next of them that the caller may see.
    async fn next(
        &self,
        record: &Chronicle,
        around: &Around,
        which: Which<'_>,
        after: Uuid,
    ) -> Result<Next, Failure>;
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

    fn expect_none(&self, parent: &str, expected: &mut Expected) {
        expected.no_children::<T>(parent, &reader());
    }

    async fn heirs(
        &self,
        record: &Chronicle,
        parent: &str,
        desks: Desks,
        expected: &mut Expected,
    ) -> Result<Vec<Entry>, Failure> {
        record.heirs::<T>(parent, desks, expected).await.map_err(refused::<T>)
    }

    async fn next(
        &self,
        record: &Chronicle,
        around: &Around,
        which: Which<'_>,
        after: Uuid,
    ) -> Result<Next, Failure> {
        let most = u64::try_from(BATCH).unwrap_or(u64::MAX);
        let found = record
            .children::<T>(around.name(), which, after, most, &reader())
            .await
            .map_err(refused::<T>)?;
        let after = found.last().map(|last| last.uid).filter(|_| found.len() == BATCH);
        let mut next = Next { entries: Vec::with_capacity(found.len()), refusal: None, after };
        for stored in &found {
            let step = match which {
                Which::Standing => Step::Delete(stored),
                Which::DeletedBy(_) => Step::Undelete(stored),
            };
            match step.check(Some(around), record.now()) {
                Ok(()) => next.entries.push(step.entry(Some(around), record.now())?),
                Err(refusal) => next.refusal = Some(refusal),
            }
        }
        Ok(next)
    }
}

impl Records {
    /// AIP-135, softly (AIP-164).
    pub async fn delete<T: Served>(
        &self,
        request: Request<Asked<Delete<T>>>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let sent = request.encode_to_vec();
        let parts = T::Message::delete(request);
        let call = call::<Asked<Delete<T>>>(&parts.request_id, sent)?;
        self.change::<T>(&parts, &call, Turn::Delete).await
    }

    /// AIP-164.
    pub async fn undelete<T: Served>(
        &self,
        request: Request<Asked<Undelete<T>>>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let sent = request.encode_to_vec();
        let parts = T::Message::undelete(request);
        let call = call::<Asked<Undelete<T>>>(&parts.request_id, sent)?;
        self.change::<T>(&parts, &call, Turn::Undelete).await
    }

    /// Deletes a resource, or makes it stand again, with its children. Nothing is written before it:
    /// its version decides in the first transaction. Children that do not fit into that follow in
    /// others; a call that is cut off leaves some of them behind, and the same call goes on there.
    async fn change<T: Served>(
        &self,
        parts: &DeleteParts,
        call: &Call,
        turn: Turn,
    ) -> Result<Response<T::Message>, Status> {
        check_name::<T>("name", &parts.name)?;
        let with_children = parts.force || turn == Turn::Undelete;
        for _ in 0..MOST_TRIES {
            let current = match self.writable::<T>(&parts.name, &parts.etag, turn).await {
                Ok(current) => current,
                Err(failure) => return Ok(self.go_on::<T>(parts, call, turn, failure).await?),
            };
            let prepared = if with_children {
                let family = self.family(&current.value, &turn.children(call)).await;
                family.map(|first| (first, Expected::default()))
            } else {
                self.expect_alone::<T>(&parts.name).await.map(|expected| (Vec::new(), expected))
            };
            let (first, expected) = match prepared {
                Ok(prepared) => prepared,
                // It was perhaps deleted by this request, and came back since.
                Err(failure) => return Ok(self.again::<T>(call, failure).await?),
            };
            if parts.validate_only {
                return Ok(answer(self.shown(current).await?));
            }
            let parent = current.value.clone();
            let written = match turn {
                Turn::Delete => self.chronicle.delete_with(call, current, first, expected).await,
                Turn::Undelete => self.chronicle.undelete_with(call, current, first).await,
            };
            let failure = match written {
                Ok(shown) => {
                    if with_children {
                        self.others(&parent, call, turn).await?;
                    }
                    return Ok(answer(shown));
                }
                Err(error @ Error::Busy) => refused::<T>(error),
                Err(error) => return Err(refused::<T>(error).into()),
            };
            match self.again::<T>(call, failure).await {
                Err(failure) if failure.reason == ErrorReason::Busy => {}
                first => return Ok(first?),
            }
        }
        Err(refused::<T>(Error::Busy).into())
    }

    /// The last version, which the caller may change, and which is the one they mean. First whether
    /// they may see it, then whether they may write it, and only then how it stands.
    async fn writable<T: Served>(
        &self,
        name: &str,
        etag: &str,
        turn: Turn,
    ) -> Result<Stored<T>, Failure> {
        let current = self.chronicle.last::<T>(name, &reader()).await.map_err(refused::<T>)?;
        let around = access::around_seen::<T>(&self.chronicle, name).await?;
        turn.step(&current).check(around.as_ref(), self.chronicle.now())?;
        current.expect(etag, turn == Turn::Delete).map_err(refused::<T>)?;
        Ok(current)
    }

    /// The answer to a call that was refused: where it finds done what it asks for, it goes on with
    /// the children that one before it left behind.
    async fn go_on<T: Served>(
        &self,
        parts: &DeleteParts,
        call: &Call,
        turn: Turn,
        failure: Failure,
    ) -> Result<Response<T::Message>, Failure> {
        let first = self.again::<T>(call, failure).await;
        let is_done = first.as_ref().map_or_else(|failure| failure.reason == turn.done(), |_| true);
        let with_children = parts.force || turn == Turn::Undelete;
        if parts.validate_only || !(is_done && with_children) {
            return first;
        }
        let last = self.chronicle.last::<T>(&parts.name, &reader()).await.map_err(refused::<T>)?;
        let is_as_asked = last.deleted == (turn == Turn::Delete);
        if is_as_asked && self.others(&last.value, call, turn).await? && first.is_err() {
            return Ok(answer(self.shown(last).await?));
        }
        first
    }

    /// Conditions of a deletion without `force`: no child and no referrer. Refuses it where there is
    /// one already.
    async fn expect_alone<T: Served>(&self, name: &str) -> Result<Expected, Failure> {
        let head = Chronicle::head(&self.chronicle, &Reader::system()).await;
        let mut expected = Expected::since(head.map_err(refused::<T>)?);
        self.expect_no_children::<T>(name).await?;
        self.expect_no_referrer::<T>(name).await?;
        for children in self.references.children(T::KIND) {
            children.expect_none(name, &mut expected);
        }
        let backend = self.chronicle.db.get_database_backend();
        for referrers in self.references.referrers(T::Message::REFERRED_BY) {
            expected.no_referrer(backend, referrers.kind(), name);
        }
        Ok(expected)
    }

    /// Refuses to delete a parent, without `force`, while the caller may see a child that stands.
    /// What is hidden from them is not told of: it stays, within what is deleted, and no sum counts
    /// it.
    async fn expect_no_children<T: Served>(&self, name: &str) -> Result<(), Failure> {
        for children in self.references.children(T::KIND) {
            if let Some(child) = children.any(&self.chronicle, name).await? {
                let message = format!(
                    "{name} has a {child}, or more: delete them first, or send force to delete them with it"
                );
                return Err(Failure::failed_precondition(ErrorReason::HasChildren, name, message)
                    .about(&kind::<T>(), name));
            }
        }
        Ok(())
    }

    /// The entries that give the children of a parent its desks, where it gets others.
    pub(crate) async fn heirs<T: Served>(
        &self,
        before: &T,
        after: &T,
        expected: &mut Expected,
    ) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        if before.desks() == after.desks() {
            return Ok(entries);
        }
        for children in self.references.children(T::KIND) {
            let (name, desks) = (after.name(), after.desks());
            entries.extend(children.heirs(&self.chronicle, name, desks, expected).await?);
        }
        Ok(entries)
    }

    /// The entries that delete or revive the first children of a parent: as many as fit into one
    /// transaction with it. All of them are checked.
    async fn family<T: Served>(&self, parent: &T, whose: &Whose) -> Result<Vec<Entry>, Failure> {
        let around = Around::of(parent);
        let mut first = Vec::new();
        for children in self.references.children(T::KIND) {
            let mut after = Some(Uuid::nil());
            while let Some(place) = after {
                let next = children.next(&self.chronicle, &around, whose.which(), place).await?;
                if let Some(refusal) = next.refusal {
                    return Err(refusal);
                }
                after = next.after;
                if first.len() + next.entries.len() <= BATCH {
                    first.extend(next.entries);
                }
            }
        }
        Ok(first)
    }

    /// Deletes or revives the other children of a parent, which is deleted or stands already: false
    /// if there were none. One that came since all were checked, and that the caller may not write,
    /// stays as it is.
    async fn others<T: Served>(
        &self,
        parent: &T,
        call: &Call,
        turn: Turn,
    ) -> Result<bool, Failure> {
        let around = Around::of(parent);
        // The request id is the parent's.
        let alone = Call { request: None, ..call.clone() };
        let (whose, mut any) = (turn.children(call), false);
        for children in self.references.children(T::KIND) {
            let (mut after, mut tries) = (Some(Uuid::nil()), 0);
            while let Some(place) = after {
                let next = children.next(&self.chronicle, &around, whose.which(), place).await?;
                any |= !next.entries.is_empty();
                let mut expected = Expected::default();
                if turn == Turn::Delete {
                    expected.deleted(T::KIND, parent.name());
                }
                match self.chronicle.record_if(&alone, next.entries, expected).await {
                    Ok(_) => (after, tries) = (next.after, 0),
                    Err(Error::Busy) if tries < MOST_TRIES => tries += 1,
                    Err(error) => return Err(refused::<T>(error)),
                }
            }
        }
        Ok(any)
    }
}
