//! Sums of a kind by what questions tell apart, kept beside its versions: so a sum over a million
//! resources reads few rows.
//!
//! The totals stand at a place in the log. The statement that asks for them adds what was written
//! after it and takes away what that replaced, so its sums are those of the current versions, also
//! under concurrent writes. After some lines of its own a writer takes the place forward within the
//! transaction that it writes then, before the head: if it fails, so does that write, and if
//! another process was first, both run again. So most writes pay nothing, and what is to be added
//! stays little.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Func, JoinType, OnConflict, Order, Query, SelectStatement,
    SimpleExpr, UnionType,
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::{At, filter, filter_by, standing};
use crate::head::Head;
use crate::job::Job;
use crate::reader::{Reader, visible};
use crate::resource::Resource;
pub use crate::sums::{Summed, Totals};

/// Numbers of up to 18 digits are summed in two halves, so that no sum leaves 64 bits.
const BILLION: i64 = 1_000_000_000;
/// The column that says how many resources a total sums.
pub const COUNTED: &str = "counted";
/// The columns that decide who may see a resource; a total is of one tier and the same desks.
const SEEN: [&str; 2] = ["tier", "desks"];
/// Lines of the log after which the totals are taken forward.
const MOST_LINES: usize = 1000;
/// The table that says where in the log the totals of a kind stand.
pub(crate) const PLACE: &str = "totals_at";

impl Summed {
    fn of(self, field: &str) -> SimpleExpr {
        match self {
            Self::Whole => v(field),
            Self::Billions => v(field).div(BILLION),
            Self::Rest => v(field).modulo(BILLION),
        }
    }
}

/// The table of the totals of a kind.
pub(crate) fn table(kind: &str) -> String {
    format!("{kind}_total")
}

/// The rows of which a sum over the resources of a kind is made that stand undeleted at `at`, match
/// a filter and may be seen: `by`, `tier` and the sums of [`Resource::TOTALS`], and how many
/// resources each counts, in [`COUNTED`]. Rows may take away what others have too much: only what
/// counts more than none of a group is there. Totals, where the question tells apart no more than
/// they do; else one row for each resource.
pub fn summands<T: Resource>(
    text: &str,
    at: At,
    reader: &Reader,
) -> Result<SelectStatement, Error> {
    let Some(totals) = T::TOTALS else {
        return Err(Error::Corrupt(format!("{} has no totals", T::KIND)));
    };
    let seen = visible::<T>(&reader.clearance, at);
    if let Some(asked) = totals.serve::<T>(text, at, reader) {
        let mut query = Query::select();
        query.columns(totals.columns().map(|column| (id("v"), id(column))));
        let kept =
            totals.kept(T::KIND).union(UnionType::All, totals.since(T::KIND, &head())).to_owned();
        return Ok(query
            .from_subquery(kept, id("v"))
            .cond_where(seen)
            .cond_where(asked)
            .to_owned());
    }
    Ok(totals
        .each(1)
        .from_as(id(T::KIND), id("v"))
        .cond_where(standing("v", at))
        .cond_where(seen)
        .and_where(v("deleted").eq(false))
        .cond_where(filter::<T>(text, at)?)
        .to_owned())
}

impl Totals {
    /// Returns the condition of a filter on totals; nothing where they are not grouped by what it
    /// names, or by who may see what.
    fn serve<T: Resource>(&self, text: &str, at: At, reader: &Reader) -> Option<Condition> {
        let parent_is_told = T::PARENT.is_none_or(|(_, field)| self.by.contains(&field));
        if at != At::Now || reader.clearance.names_any() || !parent_is_told {
            return None;
        }
        filter_by::<T>(text, at, |path| self.by.contains(&path)).ok()
    }

    /// Returns the keys by which totals are grouped.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.by.iter().copied().chain(SEEN)
    }

    /// The sums, and how many are summed.
    pub(crate) fn sums(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.sums.iter().map(|(column, ..)| *column).chain([COUNTED])
    }

    fn columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys().chain(self.sums())
    }

    /// The totals as they are kept.
    fn kept(&self, kind: &str) -> SelectStatement {
        Query::select()
            .columns(self.columns().map(|column| (id("k"), id(column))))
            .from_as(id(table(kind)), id("k"))
            .to_owned()
    }

    /// A row for each of the versions `v`: what it adds, so many times.
    fn each(&self, times: i64) -> SelectStatement {
        let times = |value: SimpleExpr| if times == 1 { value } else { value.mul(times) };
        let mut query = Query::select();
        query.columns(self.keys().map(|path| (id("v"), id(path))));
        for (column, field, summed) in self.sums {
            query.expr_as(times(summed.of(field)), id(*column));
        }
        query.expr_as(times(Expr::cust("1")), id(COUNTED)).to_owned()
    }

    /// Returns the difference that the lines of the log make after the position of the totals, up
    /// to `end`.
    fn since(&self, kind: &str, end: &SimpleExpr) -> SelectStatement {
        let replaced = self.lines(kind, -1, end, c("revision").sub(1));
        self.lines(kind, 1, end, c("revision")).union(UnionType::All, replaced).to_owned()
    }

    /// The undeleted versions of these lines, or of the revisions before them. The end is said
    /// because PostgreSQL, which has no statistics of what was just written, takes a range with two
    /// ends for small.
    fn lines(
        &self,
        kind: &str,
        times: i64,
        end: &SimpleExpr,
        revision: SimpleExpr,
    ) -> SelectStatement {
        let version = Condition::all().add(v("uid").eq(c("uid"))).add(v("revision").eq(revision));
        let place = Func::coalesce([Func::max(column("p", "time")).into(), Expr::val(0_i64)]);
        let place = Query::select()
            .expr(place)
            .from_as(id(PLACE), id("p"))
            .and_where(column("p", "kind").eq(kind))
            .to_owned();
        self.each(times)
            .from_as(id("change"), id("c"))
            .join_as(JoinType::InnerJoin, id(kind), id("v"), version)
            .and_where(c("kind").eq(kind))
            .and_where(c("time").gt(SimpleExpr::from(place)))
            .and_where(c("time").lte(end.clone()))
            .and_where(c("operation").ne("read"))
            .and_where(v("deleted").eq(false))
            .to_owned()
    }

    /// A key as the unique index of the totals has it.
    fn key(&self, path: &'static str, backend: DbBackend) -> SimpleExpr {
        let key = Expr::col(id(path));
        if backend == DbBackend::Postgres && self.long.contains(&path) {
            return Func::cust("md5").arg(key).into();
        }
        key
    }

    /// The statement that makes the unique index of the totals of a kind on PostgreSQL. On SQLite
    /// it is their primary key.
    pub(crate) fn unique(&self, kind: &str) -> String {
        let keys = self.keys().map(|key| {
            if self.long.contains(&key) { format!("md5(\"{key}\")") } else { format!("\"{key}\"") }
        });
        let (table, keys) = (table(kind), keys.collect::<Vec<_>>().join(", "));
        format!("CREATE UNIQUE INDEX \"{table}_key\" ON \"{table}\" ({keys})")
    }

    /// The rows of some summands, one of each group of what is told apart.
    fn grouped(&self, rows: SelectStatement) -> SelectStatement {
        let mut query = Query::select();
        for key in self.keys() {
            query.column((id("v"), id(key))).add_group_by([v(key)]);
            query.order_by((id("v"), id(key)), Order::Asc);
        }
        for column in self.sums() {
            query.expr_as(sum("v", column), id(column));
        }
        query.from_subquery(rows, id("v")).to_owned()
    }

    /// Takes the totals of a kind forward to `end`, the record time of the last line of the log
    /// that can be seen from here. Rows are taken in one order, so that two writers never wait for
    /// each other.
    pub(crate) async fn fold(
        &self,
        db: &impl ConnectionTrait,
        kind: &str,
        end: i64,
    ) -> Result<(), Error> {
        let since = self.grouped(self.since(kind, &Expr::val(end)));
        let mut grown = OnConflict::new();
        for key in self.keys() {
            grown.expr(self.key(key, db.get_database_backend()));
        }
        for column in self.sums() {
            let more = Expr::col((id("excluded"), id(column)));
            grown.value(id(column), Expr::col((id(table(kind)), id(column))).add(more));
        }
        let mut insert = Query::insert();
        insert.into_table(id(table(kind))).columns(self.columns().map(id)).on_conflict(grown);
        insert.select_from(since).map_err(|error| Error::Corrupt(error.to_string()))?;
        db.execute(&insert).await?;
        let moved = OnConflict::column(id("kind")).update_column(id("time")).to_owned();
        let mut place = Query::insert();
        place.into_table(id(PLACE)).columns(["kind", "time"].map(id)).on_conflict(moved);
        db.execute(place.values_panic([kind.into(), end.into()])).await?;
        Ok(())
    }

    /// Makes the totals of a kind anew from the whole log.
    pub(crate) async fn rebuild(&self, db: &impl ConnectionTrait, kind: &str) -> Result<(), Error> {
        db.execute(&Query::delete().from_table(id(table(kind))).to_owned()).await?;
        let place = Expr::col(id("kind")).eq(kind);
        db.execute(&Query::delete().from_table(id(PLACE)).and_where(place).to_owned()).await?;
        let end = Head::read(db).await?.time;
        self.fold(db, kind, end).await
    }

    /// Returns the first fault of the totals of a kind, in words: a total that is not the sum of
    /// the versions that stand, or a place in the log that was not reached, after which nothing
    /// that is written would be added.
    pub(crate) async fn fault(
        &self,
        db: &impl ConnectionTrait,
        kind: &str,
    ) -> Result<Option<String>, Error> {
        let beyond = Query::select()
            .column(id("kind"))
            .from(id(PLACE))
            .and_where(Expr::col(id("kind")).eq(kind))
            .and_where(Expr::col(id("time")).gt(head()))
            .to_owned();
        if db.query_one(&beyond).await?.is_some() {
            return Ok(Some(format!("the totals of {kind} stand after the last change")));
        }
        let standing = self
            .each(-1)
            .from_as(id(kind), id("v"))
            .cond_where(standing("v", At::Now))
            .and_where(v("deleted").eq(false))
            .to_owned();
        let all = self.kept(kind).union(UnionType::All, self.since(kind, &head())).to_owned();
        let mut query = self.grouped(all.clone().union(UnionType::All, standing).to_owned());
        let differs =
            self.sums().fold(Condition::any(), |any, column| any.add(sum("v", column).ne(0)));
        query.cond_having(differs).limit(1);
        let Some(row) = db.query_one(&query).await? else { return Ok(None) };
        let told = self.keys().map(|key| Ok(format!("{key} {}", text(&row, key)?)));
        let told = told.collect::<Result<Vec<_>, Error>>()?.join(", ");
        Ok(Some(format!("a total of {kind}, of {told}: it is not the sum")))
    }
}

/// The value of a column, be it text or a number.
fn text(row: &QueryResult, column: &str) -> Result<String, Error> {
    match row.try_get::<String>("", column) {
        Ok(text) => Ok(text),
        Err(_) => Ok(row.try_get::<i64>("", column)?.to_string()),
    }
}

/// When the totals of each kind are due to be taken forward: by how many lines this process wrote
/// since. At first it knows nothing, and they are.
#[derive(Debug, Default)]
pub(crate) struct Due(HashMap<&'static str, usize>);

impl Due {
    /// The kinds whose totals are to be taken forward in the transaction of these jobs.
    pub fn with(&self, jobs: &[Job]) -> Vec<(&'static str, Totals)> {
        let mut due: Vec<(&'static str, Totals)> = Vec::new();
        for (kind, totals, lines) in written(jobs) {
            let before = self.0.get(kind).copied().unwrap_or(MOST_LINES);
            if before + lines > MOST_LINES {
                due.push((kind, totals));
            }
        }
        due
    }

    /// Takes note that these jobs are written, and with them the totals that were due.
    pub fn note(&mut self, jobs: &[Job], taken: &[(&'static str, Totals)]) {
        for (kind, _, lines) in written(jobs) {
            if taken.iter().any(|(it, _)| *it == kind) {
                self.0.insert(kind, 0);
            } else if let Some(known) = self.0.get_mut(kind) {
                *known += lines;
            }
        }
    }
}

/// The kinds of these jobs that have totals, with how many lines each writes; in order, so that two
/// writers never wait for each other.
fn written(jobs: &[Job]) -> impl Iterator<Item = (&'static str, Totals, usize)> {
    let mut kinds: BTreeMap<&'static str, (Totals, usize)> = BTreeMap::new();
    for entry in jobs.iter().flat_map(|job| &job.entries) {
        if let Some(totals) = entry.totals {
            kinds.entry(entry.kind).or_insert((totals, 0)).1 += 1;
        }
    }
    kinds.into_iter().map(|(kind, (totals, lines))| (kind, totals, lines))
}

fn head() -> SimpleExpr {
    let head = Query::select().expr(column("h", "time")).from_as(id("head"), id("h")).to_owned();
    SimpleExpr::from(head)
}

fn column(table: &str, path: &str) -> SimpleExpr {
    Expr::col((id(table), id(path)))
}

fn c(path: &str) -> SimpleExpr {
    column("c", path)
}

/// The sum of a column, as a number of 64 bits.
pub fn sum(table: &str, path: &str) -> SimpleExpr {
    Expr::expr(Func::sum(column(table, path))).cast_as(id("bigint"))
}
