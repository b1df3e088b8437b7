//! Conditions of a write, checked again within its transaction: what it was judged by may have
//! changed since.

use std::collections::BTreeSet;

use policy::Desks;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::children::{holds, standing};
use crate::columns::{hidden_literal, id, open_literal, v};
use crate::error::Error;
use crate::limited::Limited;
use crate::reader::Reader;
use crate::resource::Resource;

/// The maximum of names in one query.
const MAX_NAMES: usize = 500;

/// The conditions of a write. Where one no longer holds, the write is refused as `Busy`: its caller
/// judges again.
#[derive(Debug, Default)]
pub struct Expected {
    /// The record time up to which the caller knew the record, or an earlier one.
    since: i64,
    /// Queries that must find nothing.
    absent: Vec<SelectStatement>,
    /// Names of which none may have been deleted since.
    pub(crate) undeleted: Vec<String>,
    /// Names of which none may be written in the same transaction.
    pub(crate) apart: Vec<String>,
}

impl Expected {
    /// Has no condition yet, for a caller who reads the record at `since` or later.
    pub fn since(since: i64) -> Self {
        Self { since, ..Self::default() }
    }

    /// Adds that nothing of these names, or of what they are parts of, was deleted.
    #[must_use]
    pub fn undeleted(mut self, names: &[String]) -> Self {
        for name in names {
            let all = std::iter::successors(Some(name.as_str()), |part| {
                part.rsplitn(3, '/').nth(2).filter(|whole| whole.contains('/'))
            });
            self.undeleted.extend(all.map(ToOwned::to_owned));
        }
        self
    }

    /// Adds that no child of type `T` is current within a parent, as far as a reader may see.
    pub fn no_children<T: Resource>(&mut self, parent: &str, reader: &Reader) {
        let children = standing::<T>(parent, reader);
        self.absent.extend(children.map(|mut query| query.limit(1).take()));
    }

    /// Adds that what a new version lies within has these desks still.
    pub fn desks(&mut self, kind: &str, name: &str, desks: Desks) {
        let mut query = standing_under(kind, &[name.to_owned()]);
        query.and_where(Expr::col(id("desks")).ne(desks.bits()));
        self.absent.push(query);
        // All jobs of a transaction are looked at before the first of them is written.
        self.apart.push(name.to_owned());
    }

    /// Adds that no child of type `T` above PUBLIC was written within a parent after a record time.
    pub(crate) fn no_new_heir<T: Resource>(&mut self, parent: &str, since: i64) {
        let Some((_, field)) = T::PARENT else { return };
        let mut query = Query::select();
        query
            .expr(Expr::val(1))
            .from_as(id(T::KIND), id("v"))
            .and_where(v("recorded_to").eq(open_literal()))
            .and_where(v(field).eq(parent))
            .and_where(v("recorded_from").gt(since))
            .and_where(hidden_literal())
            .limit(1);
        self.absent.push(query);
    }

    /// Adds that no resource of a kind was written whose document holds the bytes of a name.
    pub fn no_referrer(&mut self, backend: DbBackend, kind: &str, name: &str) {
        let c = |column: &str| Expr::col((id("c"), id(column)));
        let same = v("uid").eq(c("uid")).and(v("revision").eq(c("revision")));
        let query = Query::select()
            .expr(Expr::val(1))
            .from_as(id("change"), id("c"))
            .join_as(JoinType::InnerJoin, id(kind), id("v"), same)
            .and_where(c("kind").eq(kind))
            .and_where(c("time").gt(self.since))
            .and_where(v("recorded_to").eq(open_literal()))
            .and_where(v("deleted").eq(false))
            .and_where(holds(backend, name))
            .limit(1)
            .take();
        self.absent.push(query);
    }

    /// Adds that the resource of this name is deleted still.
    pub fn deleted(&mut self, kind: &str, name: &str) {
        self.absent.push(current(kind, &[name.to_owned()], false));
    }

    /// Returns whether all of it holds: a statement for each condition, and one for all names where
    /// nothing was deleted.
    pub(crate) async fn holds(&self, db: &impl ConnectionTrait) -> Result<bool, Error> {
        for query in &self.absent {
            if db.query_one(&Limited(query)).await?.is_some() {
                return Ok(false);
            }
        }
        if self.undeleted.is_empty() {
            return Ok(true);
        }
        let deletions = Query::select()
            .column(id("kind"))
            .from(id("change"))
            .and_where(Expr::col(id("time")).gt(self.since))
            .and_where(Expr::col(id("operation")).eq("delete"))
            .take();
        // Mostly there are none. In order, so that the log is read from there on by its key.
        let first = deletions.clone().order_by(id("time"), Order::Asc).limit(1).take();
        if db.query_one(&Limited(&first)).await?.is_none() {
            return Ok(true);
        }
        // Not `DISTINCT`, for which SQLite would read the whole log by the index over kinds.
        let mut kinds = BTreeSet::new();
        for row in db.query_all(&deletions).await? {
            kinds.insert(row.try_get::<String>("", "kind")?);
        }
        for kind in kinds {
            for names in self.undeleted.chunks(MAX_NAMES) {
                let gone = current(&kind, names, true);
                if db.query_one(&Limited(&gone)).await?.is_some() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// One of these names that is deleted now, or is not.
fn current(kind: &str, names: &[String], deleted: bool) -> SelectStatement {
    let mut query = standing_under(kind, names);
    query.and_where(Expr::col(id("deleted")).eq(deleted)).take()
}

/// One of these names, as it is now.
fn standing_under(kind: &str, names: &[String]) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(id(kind))
        .and_where(Expr::col(id("name")).is_in(names))
        .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
        .limit(1)
        .take()
}
