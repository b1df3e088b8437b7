//! What a transaction writes, in the order that holds the head row for the shortest time. A lost race shows as "0 rows",
//! never as an error that spoils the transaction.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, InsertStatement, OnConflict, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::error::Error;
use crate::schema::{OPEN, id};
use crate::write::{Call, Entry};

/// Rows of one INSERT: few enough for the bind limits of both engines, and always the same number, so that the prepared
/// statement is found again.
const ROWS: usize = 64;

/// Writes all entries; returns their record times.
pub(crate) async fn apply(
    transaction: &DatabaseTransaction,
    call: &Call,
    entries: &[Entry],
    now: i64,
) -> Result<Vec<i64>, Error> {
    request_id(transaction, call, entries, now).await?;
    let first = head(transaction, entries.len(), now).await?;
    let stamps: Vec<i64> = (0..).map(|place| first.time + place).take(entries.len()).collect();
    for (entry, time) in entries.iter().zip(&stamps) {
        close(transaction, entry, *time).await?;
    }
    let mut kinds: BTreeMap<&str, Vec<(&Entry, i64)>> = BTreeMap::new();
    for (entry, time) in entries.iter().zip(&stamps) {
        kinds.entry(entry.kind).or_default().push((entry, *time));
    }
    for of_kind in kinds.values() {
        for rows in of_kind.chunks(ROWS) {
            versions(transaction, rows).await?;
        }
    }
    sides(transaction, entries, &stamps).await?;
    let places: Vec<usize> = (0..entries.len()).collect();
    for rows in places.chunks(ROWS) {
        changes(transaction, call, entries, rows, &first).await?;
    }
    Ok(stamps)
}

/// The request id needs no record time, so it goes first. One that is taken inserts nothing.
async fn request_id(
    transaction: &DatabaseTransaction,
    call: &Call,
    entries: &[Entry],
    now: i64,
) -> Result<(), Error> {
    let (Some((request, fingerprint)), Some(entry)) = (call.request, entries.first()) else {
        return Ok(());
    };
    let mut insert = Query::insert();
    insert
        .into_table(id("request"))
        .columns(["caller", "method", "request", "fingerprint", "uid", "revision", "time"].map(id))
        .on_conflict(
            OnConflict::columns(["caller", "method", "request"].map(id)).do_nothing().to_owned(),
        )
        .values_panic([
            call.caller.as_str().into(),
            call.method.into(),
            request.into(),
            fingerprint.into(),
            entry.uid.into(),
            entry.revision.into(),
            now.into(),
        ]);
    expect_rows(transaction.execute(&insert).await?.rows_affected(), 1)
}

/// Sequence number and record time of the first entry; the others follow one by one.
struct First {
    sequence: i64,
    time: i64,
}

/// Waits for its turn and hands out `count` sequence numbers and record times, each later than all before.
async fn head(transaction: &DatabaseTransaction, count: usize, now: i64) -> Result<First, Error> {
    let count = i64::try_from(count).map_err(|_| Error::Corrupt("too many entries".to_owned()))?;
    let time = || Expr::col(id("time"));
    let next = Expr::case(time().add(count).gte(now), time().add(count)).finally(now);
    let update = Query::update()
        .table(id("head"))
        .value(id("seq"), Expr::col(id("seq")).add(count))
        .value(id("time"), next)
        .returning(Query::returning().columns(["seq", "time"].map(id)))
        .to_owned();
    let row = transaction
        .query_one(&update)
        .await?
        .ok_or_else(|| Error::Corrupt("the head row is gone".to_owned()))?;
    let (sequence, time): (i64, i64) = (row.try_get("", "seq")?, row.try_get("", "time")?);
    Ok(First { sequence: sequence - count + 1, time: time - count + 1 })
}

/// Closes what stood, if it is still the version that was read, and the side values it no longer has.
async fn close(transaction: &DatabaseTransaction, entry: &Entry, time: i64) -> Result<(), Error> {
    if entry.revision == 1 {
        return Ok(());
    }
    let update = Query::update()
        .table(id(entry.kind))
        .value(id("recorded_to"), time)
        .and_where(Expr::col(id("uid")).eq(entry.uid))
        .and_where(Expr::col(id("revision")).eq(entry.revision - 1))
        .and_where(Expr::col(id("recorded_to")).eq(OPEN))
        .to_owned();
    expect_rows(transaction.execute(&update).await?.rows_affected(), 1)?;
    for (table, values) in &entry.closed {
        let update = Query::update()
            .table(id(table))
            .value(id("recorded_to"), time)
            .and_where(Expr::col(id("uid")).eq(entry.uid))
            .and_where(Expr::col(id("value")).is_in(values))
            .and_where(Expr::col(id("recorded_to")).eq(OPEN))
            .to_owned();
        transaction.execute(&update).await?;
    }
    Ok(())
}

/// The new versions of one kind. A name that is taken inserts nothing.
async fn versions(transaction: &DatabaseTransaction, rows: &[(&Entry, i64)]) -> Result<(), Error> {
    let Some((any, _)) = rows.first() else { return Ok(()) };
    let fixed = [
        "uid",
        "revision",
        "name",
        "created",
        "recorded_from",
        "recorded_to",
        "deleted",
        "document",
    ];
    let columns: Vec<Alias> =
        fixed.into_iter().chain(any.columns.iter().map(|column| column.0)).map(id).collect();
    let mut insert = Query::insert();
    insert
        .into_table(id(any.kind))
        .columns(columns)
        .on_conflict(OnConflict::columns(["name", "recorded_to"].map(id)).do_nothing().to_owned());
    for (entry, time) in rows {
        let mut row: Vec<SimpleExpr> = vec![
            entry.uid.into(),
            entry.revision.into(),
            entry.name.as_str().into(),
            entry.created.unwrap_or(*time).into(),
            (*time).into(),
            OPEN.into(),
            (entry.operation == "delete").into(),
            entry.document.as_str().into(),
        ];
        row.extend(entry.columns.iter().map(|column| Expr::val(column.1.clone())));
        insert.values_panic(row);
    }
    expect_rows(transaction.execute(&insert).await?.rows_affected(), rows.len())
}

/// The side values that the new versions have and the old ones had not, table by table.
async fn sides(
    transaction: &DatabaseTransaction,
    entries: &[Entry],
    stamps: &[i64],
) -> Result<(), Error> {
    let mut tables: BTreeMap<&str, Vec<[SimpleExpr; 4]>> = BTreeMap::new();
    for (entry, time) in entries.iter().zip(stamps) {
        for (table, values) in &entry.opened {
            let rows = values.iter().map(|value| {
                [entry.uid.into(), value.as_str().into(), (*time).into(), OPEN.into()]
            });
            tables.entry(table).or_default().extend(rows);
        }
    }
    for (table, rows) in tables {
        for chunk in rows.chunks(ROWS) {
            let mut insert: InsertStatement = Query::insert();
            insert
                .into_table(id(table))
                .columns(["uid", "value", "recorded_from", "recorded_to"].map(id));
            for row in chunk {
                insert.values_panic(row.clone());
            }
            transaction.execute(&insert).await?;
        }
    }
    Ok(())
}

/// The entries of the change log.
async fn changes(
    transaction: &DatabaseTransaction,
    call: &Call,
    entries: &[Entry],
    places: &[usize],
    first: &First,
) -> Result<(), Error> {
    let mut insert = Query::insert();
    insert
        .into_table(id("change"))
        .columns(["time", "seq", "kind", "uid", "revision", "operation", "caller"].map(id));
    for (entry, place) in places.iter().map(|place| (&entries[*place], *place)) {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        insert.values_panic([
            (first.time + place).into(),
            (first.sequence + place).into(),
            entry.kind.into(),
            entry.uid.into(),
            entry.revision.into(),
            entry.operation.into(),
            call.caller.as_str().into(),
        ]);
    }
    transaction.execute(&insert).await?;
    Ok(())
}

/// Fewer rows than wanted: somebody else came first.
fn expect_rows(affected: u64, wanted: usize) -> Result<(), Error> {
    if usize::try_from(affected) == Ok(wanted) { Ok(()) } else { Err(Error::Busy) }
}
