//! Edges: to which resources one refers, and in which relation. A side table keeps them as
//! intervals of record time, so that what a resource refers to, and what refers to it, is found at
//! any instant by an index: one statement for each step of a walk, of whatever kinds the resources
//! are.

use std::collections::{BTreeSet, HashSet};

use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use uuid::Uuid;

use crate::Chronicle;
use crate::columns::{id, v};
pub use crate::edge::{Edge, with_relation};
use crate::error::Error;
use crate::filter::{At, sided, standing};
use crate::lane::Lane;
use crate::limited::Limited;
use crate::reader::{Reader, visible};
use crate::resource::Resource;
use crate::rows;
use crate::shown::Shown;

/// A step of a walk along edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The resources of these names.
    pub names: BTreeSet<String>,
    /// The references to these: names, alone or [`with_relation`].
    pub targets: BTreeSet<String>,
}

impl Step {
    /// Returns whether it leads nowhere.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.targets.is_empty()
    }
}

/// A kind of resources that walks pass through, and the field that holds its edges.
#[derive(Clone, Copy)]
pub struct Way {
    path: &'static str,
    near: fn(&'static str, &Step, At, &Reader) -> Vec<SelectStatement>,
}

impl Way {
    /// The resources `T` with the edges of a field.
    pub fn of<T: Resource>(path: &'static str) -> Self {
        Self { path, near: near::<T> }
    }
}

/// The versions of several kinds that a step leads to.
pub struct Near {
    rows: Vec<(String, QueryResult)>,
    /// The bytes of their documents.
    pub bytes: usize,
}

impl Near {
    /// How many they are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Chronicle {
    /// The versions that a step leads to at `at`, as far as a reader may see them, at most so many
    /// of them; nothing that is deleted. One query.
    pub async fn near(
        &self,
        ways: &[Way],
        step: &Step,
        at: At,
        reader: &Reader,
        most: u64,
    ) -> Result<Near, Error> {
        let mut parts = ways.iter().flat_map(|way| (way.near)(way.path, step, at, reader));
        let mut near = Near { rows: Vec::new(), bytes: 0 };
        let Some(mut query) = parts.next() else { return Ok(near) };
        for part in parts {
            query.union(UnionType::All, part);
        }
        query.limit(most);
        let turn = self.turn(Lane::Page).await;
        let rows = self.ask(Lane::Page, &Limited(&query)).await?;
        drop(turn);
        let mut known = HashSet::<Uuid>::new();
        for row in rows {
            if known.insert(row.try_get("", "uid")?) {
                near.bytes += rows::bytes(&row)?;
                near.rows.push((row.try_get("", "kind")?, row));
            }
        }
        Ok(near)
    }

    /// Shows those of the versions that are of a kind. A query for large documents, if there are
    /// any.
    pub async fn show_near<T: Resource>(
        &self,
        near: &Near,
        at: At,
        reader: &Reader,
    ) -> Result<Vec<Shown<T>>, Error> {
        let of_kind = near.rows.iter().filter(|(kind, _)| kind == T::KIND);
        let rows: Vec<&QueryResult> = of_kind.map(|(_, row)| row).collect();
        let found = self.load::<T>(Lane::Page, &rows).await?;
        self.show_all(reader, at, found).await
    }
}

/// The queries for the versions of a kind that a step leads to: by their names, and by their edges.
fn near<T: Resource>(
    path: &'static str,
    step: &Step,
    at: At,
    reader: &Reader,
) -> Vec<SelectStatement> {
    let seen = || {
        let mut query = Query::select();
        query.expr_as(Expr::cust(format!("'{}'", T::KIND)), id("kind"));
        rows::select(&mut query)
            .from_as(id(T::KIND), id("v"))
            .cond_where(standing("v", at))
            .cond_where(visible::<T>(&reader.clearance, at))
            .and_where(v("deleted").eq(false))
            .take()
    };
    let mut queries = Vec::new();
    if !step.names.is_empty() {
        queries.push(seen().and_where(v("name").is_in(padded(&step.names))).take());
    }
    if !step.targets.is_empty() {
        let value = Expr::col((id("s"), id("value"))).is_in(padded(&step.targets));
        let rows = Query::select().and_where(value).take();
        queries.push(seen().cond_where(sided::holds(T::KIND, path, rows, at, false)).take());
    }
    queries
}

/// The texts, the last of them repeated: few numbers of them, so that the prepared statement is
/// found again.
fn padded(texts: &BTreeSet<String>) -> Vec<&str> {
    let mut all: Vec<&str> = texts.iter().map(String::as_str).collect();
    if let Some(last) = all.last().copied() {
        all.resize(all.len().next_power_of_two(), last);
    }
    all
}
