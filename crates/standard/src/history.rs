//! The history of the record: Export, revisions, Diff, for every resource.

use std::collections::VecDeque;
use std::sync::Arc;

use api::registan::r#type::v1::{ChangeKind, Operation};
use api::standard::{Request as Asked, Response as Answer, RevisionParts, Standard};
use chassis::failure::{ErrorReason, Failure, Violation};
use chronicle::{Chronicle, Difference, Lane, ListRequest, Reader, Revision, Shown, Stored};
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use policy::Tier;
use prost::Message;
use serving::{Answers, page_size};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::methods::{Diff, Export, Revisions};
use crate::records::{Records, at, check_name, reader, refused, scope};
use crate::sent::{Computable, send, send_with};
use crate::time::{micros, micros_of, timestamp};
use crate::{Served, day, mask};

/// The tier of the identity of an author: above the ceiling of outside partners. That of an
/// activity is mostly the monitor who was there.
const OF_AUTHORS: Tier = Tier::Confidential;
/// Resources of an export that are read at a time.
const BATCH: u64 = 500;

impl Records {
    /// Every resource that matches, without pages: one batch in memory at a time, all for one
    /// instant of the record.
    pub async fn export<T: Served>(
        &self,
        request: Request<Asked<Export<T>>>,
    ) -> Result<Response<Answers<T::Sent>>, Status> {
        self.export_sent::<T>(request, Ok).await
    }

    /// As [`Records::export`], each item with the fields that `compute` makes of a part of it.
    pub async fn export_with<T: Computable, P: Message + Default>(
        &self,
        request: Request<Asked<Export<T>>>,
        compute: impl Fn(P) -> T::Message + Clone + Send + 'static,
    ) -> Result<Response<Answers<T::Sent>>, Status> {
        self.export_sent::<T>(request, move |sent| send_with::<T, P>(sent, &compute)).await
    }

    async fn export_sent<T: Served>(
        &self,
        request: Request<Asked<Export<T>>>,
        finish: impl Fn(T::Sent) -> Result<T::Sent, Failure> + Clone + Send + 'static,
    ) -> Result<Response<Answers<T::Sent>>, Status> {
        let parts = T::Message::export(request.into_inner());
        let asked = ListRequest {
            filter: parts.filter,
            order_by: parts.order_by,
            page_size: BATCH,
            read_time: micros(parts.read_time)?,
            show_deleted: parts.show_deleted,
            scope: scope::<T>(parts.parent)?,
            known_by: day("known_by", parts.known_by)?,
            ..ListRequest::default()
        };
        let (chronicle, reader) = (Arc::clone(&self.chronicle), reader());
        let first = chronicle.list_in::<T::Held>(Lane::Stream, &asked, &reader).await;
        let first = first.map_err(refused::<T>)?;
        if first.items.is_empty() {
            self.explain_nothing::<T>(&asked).await?;
        }
        let (read_time, known_by) = (first.read_time, asked.known_by);
        let (records, caller) = (self.clone(), reader.clone());
        let state = Some((first, asked, chronicle, reader));
        let pages = stream::try_unfold(state, |state| async {
            let Some((page, mut asked, chronicle, reader)) = state else { return Ok(None) };
            let items = page.items;
            if page.next_page_token.is_empty() {
                return Ok(Some((items, None)));
            }
            asked.page_token = page.next_page_token;
            let next = chronicle
                .list_in::<T::Held>(Lane::Stream, &asked, &reader)
                .await
                .map_err(refused::<T>)?;
            Ok::<_, Status>(Some((items, Some((next, asked, chronicle, reader)))))
        });
        // What another service is asked meanwhile is asked for the caller: a stream is read when
        // their request is long answered.
        let context = chassis::caller::current();
        let known = move |items: Vec<Shown<T::Held>>| {
            let (records, reader) = (records.clone(), caller.clone());
            chassis::caller::scope(Arc::clone(&context), async move {
                let sent = items.into_iter().map(send::<T>).collect::<Result<_, _>>()?;
                Ok(records.known_of::<T>(sent, known_by, read_time, &reader).await?)
            })
        };
        let pages = pages.and_then(known);
        Ok(at(read_time, flat(pages.map(move |page| each(page, finish.clone())))))
    }

    /// The versions of a resource, the newest first, with who wrote them and what they changed.
    pub async fn revisions<T: Served>(
        &self,
        request: Request<Asked<Revisions<T>>>,
    ) -> Result<Response<Answer<Revisions<T>>>, Status> {
        let parts = T::Message::revisions(request.into_inner());
        check_name::<T>("name", &parts.name)?;
        let size = page_size(parts.page_size)?;
        let (reader, read_time) = (reader(), micros(parts.read_time)?);
        let found = self
            .chronicle
            .revisions::<T>(&parts.name, read_time, size, &parts.page_token, &reader)
            .await;
        let (revisions, next, read_time) = found.map_err(refused::<T>)?;
        let revisions =
            revisions.into_iter().map(|one| revision(one, &reader)).collect::<Result<_, _>>()?;
        let page = T::Message::revisions_page(revisions, next, Some(timestamp(read_time)));
        Ok(at(read_time, page))
    }

    /// The differences between two instants: one batch in memory at a time.
    pub async fn diff<T: Served>(
        &self,
        request: Request<Asked<Diff<T>>>,
    ) -> Result<Response<Answers<Answer<Diff<T>>>>, Status> {
        let parts = T::Message::diff(request.into_inner());
        let asked = ListRequest {
            filter: parts.filter,
            scope: scope::<T>(parts.parent)?,
            ..ListRequest::default()
        };
        let (chronicle, reader) = (Arc::clone(&self.chronicle), reader());
        let head = self.head::<T>(&reader).await?;
        let (from, to) = interval(
            micros_of("from_time", parts.from_time)?,
            micros_of("to_time", parts.to_time)?,
            head,
        )?;
        let state = Some((Uuid::nil(), asked, chronicle, reader));
        let batches = stream::try_unfold(state, move |state| async move {
            let Some((after, asked, chronicle, reader)) = state else { return Ok(None) };
            let (found, next) = chronicle
                .difference::<T>(&asked, from, to, after, &reader)
                .await
                .map_err(refused::<T>)?;
            let answers: Vec<Answer<Diff<T>>> = found
                .into_iter()
                .map(|one| difference::<T>(one, &reader))
                .collect::<Result<_, _>>()?;
            Ok::<_, Status>(Some((answers, next.map(|uid| (uid, asked, chronicle, reader)))))
        });
        let mut answers = batches.map(|batch| each(batch, Ok)).boxed();
        // What is wrong with the filter is said before the stream begins.
        let first = answers.next().await;
        if let Some(batch) = &first
            && let Some(Err(status)) = batch.front()
        {
            return Err(status.clone());
        }
        Ok(at(to, flat(stream::iter(first).chain(answers))))
    }

    async fn head<T: Served>(&self, reader: &Reader) -> Result<i64, Failure> {
        Chronicle::head(&self.chronicle, reader).await.map_err(refused::<T>)
    }
}

/// The items of a batch as answers, or its error as the only one.
fn each<I, M>(
    batch: Result<Vec<I>, Status>,
    write: impl Fn(I) -> Result<M, Failure>,
) -> VecDeque<Result<M, Status>> {
    match batch {
        Ok(items) => items.into_iter().map(|item| Ok(write(item)?)).collect(),
        Err(status) => VecDeque::from([Err(status)]),
    }
}

fn flat<M: Send + 'static>(
    batches: impl Stream<Item = VecDeque<Result<M, Status>>> + Send + 'static,
) -> Answers<M> {
    batches.flat_map(stream::iter).boxed()
}

/// Two instants of the past, in order.
fn interval(from: Option<i64>, to: Option<i64>, head: i64) -> Result<(i64, i64), Failure> {
    let to = to.map_or(head, |to| Ord::min(to, head));
    match from {
        Some(from) if from <= to => Ok((from, to)),
        Some(_) => {
            let description = "lies after to_time, or after the last change: give an earlier one";
            Err(Failure::invalid(vec![Violation::new(
                "from_time",
                ErrorReason::IntervalInvalid,
                description,
            )]))
        }
        None => Err(Failure::invalid(vec![Violation::new(
            "from_time",
            ErrorReason::Required,
            "must be given",
        )])),
    }
}

fn level<T: Served>(stored: &Stored<T>, reader: &Reader) -> Tier {
    reader.clearance.level(stored.value.desks(), stored.value.name())
}

fn revision<T: Served>(
    revision: Revision<T>,
    reader: &Reader,
) -> Result<RevisionParts<T::Message>, Failure> {
    let own = level(&revision.stored, reader);
    // Of the version before, too: what lies above the reader in one of the two is compared with
    // nothing.
    let both = revision.before.as_ref().map_or(own, |before| own.min(level(before, reader)));
    let (number, time) = (revision.number, revision.stored.recorded);
    let before = revision.before.map(T::write);
    let resource = T::write(revision.stored);
    let changed = mask::differences(before.as_ref(), &resource, both)?;
    Ok(RevisionParts {
        revision: number,
        record_time: Some(timestamp(time)),
        operation: match revision.operation.as_str() {
            "create" => Operation::Create,
            "update" => Operation::Update,
            "delete" => Operation::Delete,
            "undelete" => Operation::Undelete,
            _ => Operation::Unspecified,
        },
        author: if own >= OF_AUTHORS { revision.caller } else { String::new() },
        changed: Some(changed),
        resource,
    })
}

fn difference<T: Served>(
    difference: Difference<T>,
    reader: &Reader,
) -> Result<Answer<Diff<T>>, Failure> {
    let both = difference.after.iter().chain(&difference.before);
    let level = both.map(|stored| level(stored, reader)).min().unwrap_or(Tier::Public);
    let (before, after) = (difference.before.map(T::write), difference.after.map(T::write));
    let kind = match (&before, &after) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    };
    let changed = match (&before, &after) {
        (Some(before), Some(after)) => Some(mask::differences(Some(before), after, level)?),
        _ => None,
    };
    Ok(T::Message::difference(kind, before, after, changed))
}
