//! Does the record still say what the log committed to? Reads everything, changes nothing, and
//! names the first that does not fit.
//!
//! - `checkpoint`: a place in the log, to be noted elsewhere
//! - `kind`: a kind of resource to check
//! - `fault`: what is wrong with a version

mod checkpoint;
mod fault;
mod kind;

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, TransactionTrait,
};

pub use self::checkpoint::Checkpoint;
use self::fault::fault;
pub use self::kind::Kind;
use crate::beside;
use crate::chain::{self, Link};
use crate::columns::{OPEN, id};
use crate::error::Error;
use crate::head::Head;
use crate::token::Keys;

/// The result of a verification: a checkpoint up to which all is right, or the first fault, in
/// words.
pub type Finding = Result<Checkpoint, String>;

/// [`chain::changes_with_versions`], and as `before_COLUMN` the version before; its document where
/// that decides anything.
fn with_before(kind: &Kind, after: i64) -> SelectStatement {
    let (v, p) = (
        |column: &str| Expr::col((id("v"), id(column))),
        |column: &str| Expr::col((id("p"), id(column))),
    );
    let before = p("uid").eq(v("uid")).and(p("revision").eq(v("revision").sub(1)));
    let mut query = chain::changes_with_versions(kind.name, after, &kind.columns);
    query.join_as(JoinType::LeftJoin, id(kind.name), id("p"), before);
    for column in ["revision", "created", "recorded_from", "deleted", "salt", "views"] {
        query.expr_as(p(column), id(format!("before_{column}")));
    }
    let decides = p("tier").ne(v("tier")).or(p("views").ne(""));
    let document =
        if kind.layered { p("document") } else { Expr::case(decides, p("document")).into() };
    query.expr_as(document, id("before_document")).to_owned()
}

/// Checks the record in a database: the chain of the log, each version against what the log
/// committed to, the columns and the values of many beside each document, that each version has its
/// line in the log, the totals against the versions, and that the head is the end of the log and
/// lets nobody miss what they may notice. `passes`: a checkpoint noted before. `progress` hears how
/// many lines and versions were checked. All of it sees one instant, also under concurrent writes.
pub async fn verify(
    db: &DatabaseConnection,
    kinds: &[Kind],
    passes: Option<&Checkpoint>,
    progress: impl Fn(u64),
) -> Result<Finding, Error> {
    let db = snapshot(db).await?;
    let (end, time) = match log(&db, kinds, passes, &progress).await? {
        Ok(end) => end,
        Err(finding) => return Ok(Err(finding)),
    };
    let head = Head::read(&db).await?;
    let mut noticed = [0; 3];
    for kind in kinds {
        if let Err(finding) = versions(&db, kind, &progress).await? {
            return Ok(Err(finding));
        }
        let of_kind = beside::noticed(&db, kind.name, kind.parent).await?;
        let early = (0..3).find(|place| head.seen[*place] < of_kind[*place]);
        if let Some(name) = early.map(|place| Head::SEEN[place]) {
            let what = kind.name;
            return Ok(Err(format!(
                "the head's time {name} is before that of the last {what} to be noticed"
            )));
        }
        // Not later than if parents hid nothing: that is how the head was moved once.
        let at_most = match kind.parent {
            Some(_) => beside::noticed(&db, kind.name, None).await?,
            None => of_kind,
        };
        for (latest, time) in noticed.iter_mut().zip(at_most) {
            *latest = Ord::max(*latest, time);
        }
    }
    if head.seq != end.seq || head.hash != end.hash {
        return Ok(Err(format!(
            "the head says change {}, the log ends with change {}: the end of the log was cut off or replaced",
            head.seq, end.seq
        )));
    }
    Ok(ahead(&head, time, noticed).map_or(Ok(end), Err))
}

/// In words, which of the head's times is not that of the last change, or of the last that can be
/// noticed: a watcher that was given a later one misses what comes before it. Rules that let a
/// reader notice less than the tiers of the versions say keep the times of the head back, and never
/// put them ahead.
fn ahead(head: &Head, last: i64, noticed: [i64; 3]) -> Option<String> {
    if head.time != last {
        return Some(format!("the head's time is {}, that of the last change {last}", head.time));
    }
    let late = (0..3).find(|place| head.seen[*place] > noticed[*place])?;
    let name = Head::SEEN[late];
    Some(format!("the head's time {name} is after that of the last change to be noticed"))
}

/// A transaction that sees one instant and writes nothing. SQLite gives that with any.
async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return db.begin().await;
    }
    let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
    db.begin_with_config(Some(level), Some(mode)).await
}

/// The chain, link by link: its end, and the record time of the last change.
async fn log(
    db: &DatabaseTransaction,
    kinds: &[Kind],
    passes: Option<&Checkpoint>,
    progress: &impl Fn(u64),
) -> Result<Result<(Checkpoint, i64), String>, Error> {
    let (mut end, mut time) = (Checkpoint { seq: 0, hash: String::new() }, 0);
    loop {
        let page = Query::select()
            .columns(Link::COLUMNS.iter().copied().chain(["hash"]).map(id))
            .from(id("change"))
            .and_where(Expr::col(id("time")).gt(time))
            .order_by(id("time"), Order::Asc)
            .limit(chain::PAGE)
            .to_owned();
        let rows = db.query_all(&page).await?;
        for row in &rows {
            let link = Link::of(row)?;
            let said: String = row.try_get("", "hash")?;
            if link.seq != end.seq + 1 {
                return Ok(Err(missing(db, kinds, end.seq + 1).await?));
            }
            if kinds.iter().all(|kind| kind.name != link.kind) {
                return Ok(Err(format!("change {} is of no known kind: {}", link.seq, link.kind)));
            }
            time = link.time;
            end = Checkpoint { seq: link.seq, hash: link.hash(&end.hash) };
            if said != end.hash {
                return Ok(Err(format!(
                    "{}, revision {}: change {} does not follow from the one before: it, or its place, was altered",
                    named(db, &link).await?,
                    link.revision,
                    link.seq
                )));
            }
            if passes.is_some_and(|noted| noted.seq == end.seq && noted.hash != end.hash) {
                return Ok(Err(format!(
                    "change {} has another hash than was noted: the log was written anew",
                    end.seq
                )));
            }
        }
        progress(u64::try_from(rows.len()).unwrap_or(0));
        if rows.is_empty() {
            break;
        }
    }
    if let Some(noted) = passes.filter(|noted| noted.seq > end.seq) {
        return Ok(Err(format!(
            "the log ends with change {}, but change {} was noted: it was rolled back, {} changes are lost",
            end.seq,
            noted.seq,
            noted.seq - end.seq
        )));
    }
    Ok(Ok((end, time)))
}

/// Returns that a change is not in the log, and of which version it was, if one is there without
/// it.
async fn missing(db: &DatabaseTransaction, kinds: &[Kind], seq: i64) -> Result<String, Error> {
    let mut found = format!("change {seq} is missing from the log");
    for kind in kinds {
        if let Some(without) = orphan(db, kind).await? {
            found = format!("{without} ({found})");
        }
    }
    Ok(found)
}

/// The versions of one kind against their lines in the log.
async fn versions(
    db: &DatabaseTransaction,
    kind: &Kind,
    progress: &impl Fn(u64),
) -> Result<Result<(), String>, Error> {
    let keys = Keys::read(db).await?;
    let (mut after, mut counted) = (0, 0_i64);
    loop {
        let rows = db.query_all(&with_before(kind, after)).await?;
        let links = rows.iter().map(Link::of).collect::<Result<Vec<_>, _>>()?;
        let page = (after, links.last().map_or(after, |link| link.time));
        after = page.1;
        let mut sides = BTreeMap::new();
        for (path, dated) in &kind.sides {
            sides.insert(*path, beside::values(db, kind.name, (path, *dated), page).await?);
        }
        for (link, row) in links.iter().zip(&rows).filter(|(link, _)| link.operation != "read") {
            counted += 1;
            if let Some(what) = fault(kind, link, row, &sides, &keys)? {
                return Ok(Err(format!(
                    "{}, revision {} (change {}): {what}",
                    named(db, link).await?,
                    link.revision,
                    link.seq
                )));
            }
        }
        progress(u64::try_from(rows.len()).unwrap_or(0));
        if rows.is_empty() {
            break;
        }
    }
    for (path, _) in &kind.sides {
        if let Some(value) = beside::orphaned(db, kind.name, path).await? {
            let what = format!("{path} {value}: it begins or ends where no {} does", kind.name);
            return Ok(Err(what));
        }
    }
    if let Some(name) = gap(db, kind).await? {
        return Ok(Err(format!("{name}: one of its versions does not end where the next begins")));
    }
    if let Some(without) = orphan(db, kind).await? {
        return Ok(Err(without));
    }
    if let Some(totals) = kind.totals
        && let Some(what) = totals.fault(db, kind.name).await?
    {
        return Ok(Err(what));
    }
    let versions = count(db, kind).await?;
    Ok(if versions == counted {
        Ok(())
    } else {
        Err(format!("{versions} versions of {}, but {counted} in the log", kind.name))
    })
}

/// The number of versions of a kind.
async fn count(db: &DatabaseTransaction, kind: &Kind) -> Result<i64, Error> {
    let count = Query::select()
        .expr_as(
            Expr::expr(Func::count(Expr::col(id("uid")))).cast_as(id("bigint")),
            id("versions"),
        )
        .from(id(kind.name))
        .to_owned();
    let row = db.query_one(&count).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "versions"))?)
}

/// The name of a resource of which a version does not end where the next begins, or the last has an
/// end, if there is one.
async fn gap(db: &DatabaseTransaction, kind: &Kind) -> Result<Option<String>, Error> {
    let (v, n) = (
        |column: &str| Expr::col((id("v"), id(column))),
        |column: &str| Expr::col((id("n"), id(column))),
    );
    let next = n("uid").eq(v("uid")).and(n("revision").eq(v("revision").add(1)));
    let begins = Func::coalesce([n("recorded_from"), Expr::val(OPEN)]);
    let query = Query::select()
        .column((id("v"), id("name")))
        .from_as(id(kind.name), id("v"))
        .join_as(JoinType::LeftJoin, id(kind.name), id("n"), next)
        .and_where(v("recorded_to").ne(Expr::expr(begins)))
        .limit(1)
        .to_owned();
    Ok(match db.query_one(&query).await? {
        Some(row) => Some(row.try_get("", "name")?),
        None => None,
    })
}

/// The name of the resource of a change; its kind and uid where no version of it is left.
async fn named(db: &DatabaseTransaction, link: &Link) -> Result<String, Error> {
    let query = Query::select()
        .column(id("name"))
        .from(id(&link.kind))
        .and_where(Expr::col(id("uid")).eq(link.uid))
        .order_by(id("revision"), Order::Desc)
        .limit(1)
        .to_owned();
    Ok(match db.query_one(&query).await? {
        Some(row) => row.try_get("", "name")?,
        None => format!("{} {}", link.kind, link.uid),
    })
}

/// A version that has no line in the log, in words, if there is one.
async fn orphan(db: &DatabaseTransaction, kind: &Kind) -> Result<Option<String>, Error> {
    let (v, c) = (
        |column: &str| Expr::col((id("v"), id(column))),
        |column: &str| Expr::col((id("c"), id(column))),
    );
    let same = c("uid").eq(v("uid")).and(c("revision").eq(v("revision")));
    let its = c("time").eq(v("recorded_from")).and(same);
    let query = Query::select()
        .columns(["name", "revision"].map(|column| (id("v"), id(column))))
        .from_as(id(kind.name), id("v"))
        .join_as(JoinType::LeftJoin, id("change"), id("c"), its)
        .and_where(c("time").is_null())
        .order_by((id("v"), id("recorded_from")), Order::Asc)
        .limit(1)
        .to_owned();
    let Some(row) = db.query_one(&query).await? else { return Ok(None) };
    let (name, revision): (String, i64) = (row.try_get("", "name")?, row.try_get("", "revision")?);
    Ok(Some(format!("{name}, revision {revision}: it has no line in the log")))
}
