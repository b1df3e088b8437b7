//! The statements of a transaction. Record times and hashes follow from the head, which is known
//! before: so nothing waits for an answer of the database, and the head row, by which writers of
//! all processes are ordered, is held for one statement and the commit. A lost race shows as "0
//! rows", never as an error that spoils the transaction.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use crate::chain::{Committed, Link};
use crate::columns::{OPEN, id};
use crate::entry::{Entry, Version};
use crate::error::Error;
use crate::head::Head;
use crate::insert::Rows;
use crate::job::{Job, Unwritten};
use crate::sides::{self, kind_of};
use crate::sums::Totals;
use crate::within::Parents;

/// Why a transaction wrote nothing.
pub(crate) enum Refusal {
    /// A name or a request id is taken, in one of the jobs.
    Taken,
    /// In this job a version was not the last any more, or what it was judged by does not hold.
    Lost(usize),
    /// Another process wrote since the head was read.
    Moved,
    /// It went wrong.
    Failed(Error),
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Refusal> for Unwritten {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Taken => Self::Taken,
            Refusal::Lost(_) | Refusal::Moved => Self::Failed(Error::Busy),
            Refusal::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// An entry with its place in the record.
struct Placed<'a> {
    job: usize,
    entry: &'a Entry,
    link: Link,
    hash: String,
}

/// Writes all entries of all jobs; returns their record times, and the head they leave. `head` is
/// where the record is thought to stand. The head row comes last, always: held from the start it
/// would wait for a row of a writer that waits for it.
///
/// All writers take the rows that others may want in one order, so that no two wait for each other:
/// request ids, then the versions that end, by uid, then the new versions, by kind and name, then
/// the log, by time, then the totals that are `due`, then the head. Side rows are wanted by nobody
/// who does not hold their version.
pub(crate) async fn apply(
    transaction: &DatabaseTransaction,
    jobs: &[Job],
    head: &Head,
    now: i64,
    due: &[(&'static str, Totals)],
) -> Result<(Vec<Vec<i64>>, Head), Refusal> {
    let parents = Parents::before(transaction, jobs, head.seq).await?;
    expect(transaction, jobs, &parents).await?;
    let (placed, next) = place(jobs, head, now, parents);
    request_ids(transaction, jobs, now).await?;
    close(transaction, &placed).await?;
    for of_kind in by_kind_and_name(&placed).values() {
        versions(transaction, of_kind).await?;
    }
    sides(transaction, &placed).await?;
    changes(transaction, &placed).await?;
    for (kind, totals) in due {
        totals.fold(transaction, kind, next.time).await?;
    }
    // Request ids alone leave the record as it is.
    if !placed.is_empty() && !head.advance(transaction, &next).await? {
        return Err(Refusal::Moved);
    }
    let mut times = placed.iter().map(|placed| placed.link.time);
    let of_job = |job: &Job| times.by_ref().take(job.entries.len()).collect();
    Ok((jobs.iter().map(of_job).collect(), next))
}

/// Refuses a job of which no longer holds what it was judged by. What is committed after this is
/// noticed where the head is moved, and no job deletes what another in this transaction needs.
async fn expect(
    transaction: &DatabaseTransaction,
    jobs: &[Job],
    parents: &Parents,
) -> Result<(), Refusal> {
    for (number, job) in jobs.iter().enumerate() {
        if !(parents.allow(job) && job.expected.holds(transaction).await?) {
            return Err(Refusal::Lost(number));
        }
    }
    Ok(())
}

/// Gives each entry its sequence number, its record time and its hash.
fn place<'a>(
    jobs: &'a [Job],
    head: &Head,
    now: i64,
    mut parents: Parents,
) -> (Vec<Placed<'a>>, Head) {
    let mut next = head.clone();
    let first = Ord::max(head.time + 1, now);
    let numbered = jobs.iter().enumerate();
    let entries =
        numbered.flat_map(|(number, job)| job.entries.iter().map(move |it| (number, job, it)));
    let mut placed = Vec::new();
    for ((number, job, entry), time) in entries.zip(first..) {
        next.seq += 1;
        next.time = time;
        let commitment = entry.version.as_ref().map(|version| commitment(entry, version, time));
        let link = Link {
            seq: next.seq,
            time,
            kind: entry.kind.to_owned(),
            uid: entry.uid,
            revision: entry.revision,
            operation: entry.operation.to_owned(),
            caller: job.call.caller.clone(),
            method: job.call.method.to_string(),
            commitment: commitment.unwrap_or_default(),
        };
        next.hash = link.hash(&next.hash);
        next.notice(time, parents.seen(entry));
        placed.push(Placed { job: number, entry, link, hash: next.hash.clone() });
    }
    (placed, next)
}

fn commitment(entry: &Entry, version: &Version, time: i64) -> String {
    Committed {
        salt: &version.salt,
        kind: entry.kind,
        uid: entry.uid,
        revision: entry.revision,
        name: &version.name,
        created: version.created.unwrap_or(time),
        deleted: entry.operation == "delete",
        document: &version.document,
    }
    .commitment()
}

fn by_kind_and_name<'a>(
    placed: &'a [Placed<'a>],
) -> BTreeMap<&'static str, Vec<(&'a Placed<'a>, &'a Version)>> {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in placed {
        if let Some(version) = &one.entry.version {
            kinds.entry(one.entry.kind).or_default().push((one, version));
        }
    }
    for of_kind in kinds.values_mut() {
        of_kind.sort_by_key(|(_, version)| &version.name);
    }
    kinds
}

/// One that is taken inserts nothing.
async fn request_ids(
    transaction: &DatabaseTransaction,
    jobs: &[Job],
    now: i64,
) -> Result<(), Refusal> {
    let mut asked: Vec<_> =
        jobs.iter().filter_map(|job| Some((&job.call, job.call.request?, job.answer()?))).collect();
    if asked.is_empty() {
        return Ok(());
    }
    asked.sort_by_key(|(call, (request, _), _)| (&call.caller, &call.method, *request));
    let columns = vec!["caller", "method", "request", "fingerprint", "uid", "revision", "time"];
    let mut rows = Rows::new("request", columns, &["caller", "method", "request"]);
    for (call, (request, fingerprint), (uid, revision)) in asked {
        rows.add([
            call.caller.as_str().into(),
            (&*call.method).into(),
            request.into(),
            fingerprint.into(),
            uid.into(),
            revision.into(),
            now.into(),
        ]);
    }
    expect_all(rows.insert(transaction).await?)
}

/// Closes what stood, if it is still the version that was read, and the side values it no longer
/// has.
async fn close(transaction: &DatabaseTransaction, placed: &[Placed<'_>]) -> Result<(), Refusal> {
    let mut ordered: Vec<&Placed<'_>> = placed.iter().collect();
    ordered.sort_by_key(|placed| placed.entry.uid);
    for Placed { job, entry, link, .. } in ordered {
        let Some(version) = entry.version.as_ref().filter(|_| entry.revision > 1) else { continue };
        let update = Query::update()
            .table(id(entry.kind))
            .value(id("recorded_to"), link.time)
            .and_where(Expr::col(id("uid")).eq(entry.uid))
            .and_where(Expr::col(id("revision")).eq(entry.revision - 1))
            .and_where(Expr::col(id("recorded_to")).eq(OPEN))
            .to_owned();
        if transaction.execute(&update).await?.rows_affected() != 1 {
            return Err(Refusal::Lost(*job));
        }
        for (table, values) in &version.closed {
            transaction.execute(&sides::end(table, entry.uid, values, link.time)).await?;
        }
    }
    Ok(())
}

/// The new versions of one kind. A name that is taken inserts nothing.
async fn versions(
    transaction: &DatabaseTransaction,
    of_kind: &[(&Placed<'_>, &Version)],
) -> Result<(), Refusal> {
    let Some((first, any)) = of_kind.first() else { return Ok(()) };
    let fixed = ["uid", "revision", "name", "created", "recorded_from", "recorded_to", "deleted"];
    let fixed = fixed.into_iter().chain(["salt", "shown", "views", "document"]);
    let columns = fixed.chain(any.columns.iter().map(|column| column.0)).collect();
    let mut rows = Rows::new(first.entry.kind, columns, &["name", "recorded_to"]);
    for (Placed { entry, link, .. }, version) in of_kind {
        rows.add([
            entry.uid.into(),
            entry.revision.into(),
            version.name.as_str().into(),
            version.created.unwrap_or(link.time).into(),
            link.time.into(),
            OPEN.into(),
            (entry.operation == "delete").into(),
            version.salt.as_str().into(),
            version.shown.level().into(),
            version.views.text()?.into(),
            version.document.as_slice().into(),
        ]);
        rows.add(version.columns.iter().map(|(_, value)| value.clone()));
    }
    expect_all(rows.insert(transaction).await?)
}

/// The side values that the new versions have and the old ones had not, table by table.
async fn sides(transaction: &DatabaseTransaction, placed: &[Placed<'_>]) -> Result<(), Refusal> {
    let mut tables: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
    for Placed { entry, link, .. } in placed {
        for (table, values) in entry.version.iter().flat_map(|version| &version.opened) {
            let columns = || kind_of(values).columns();
            let rows = tables.entry(table).or_insert_with(|| Rows::new(table, columns(), &[]));
            for value in values {
                rows.add(value.row(entry.uid, link.time));
            }
        }
    }
    for rows in tables.into_values() {
        expect_all(rows.insert(transaction).await?)?;
    }
    Ok(())
}

/// The entries of the change log. One whose place another writer took inserts nothing: the head has
/// moved.
async fn changes(transaction: &DatabaseTransaction, placed: &[Placed<'_>]) -> Result<(), Refusal> {
    let columns = Link::COLUMNS.iter().copied().chain(["hash"]).collect();
    let mut rows = Rows::new("change", columns, &["time"]);
    for Placed { link, hash, .. } in placed {
        rows.add([
            link.seq.into(),
            link.time.into(),
            link.kind.as_str().into(),
            link.uid.into(),
            link.revision.into(),
            link.operation.as_str().into(),
            link.caller.as_str().into(),
            link.method.as_str().into(),
            link.commitment.as_str().into(),
            hash.as_str().into(),
        ]);
    }
    if rows.insert(transaction).await? { Ok(()) } else { Err(Refusal::Moved) }
}

/// Fewer rows than wanted: another writer came first.
const fn expect_all(inserted: bool) -> Result<(), Refusal> {
    if inserted { Ok(()) } else { Err(Refusal::Taken) }
}
