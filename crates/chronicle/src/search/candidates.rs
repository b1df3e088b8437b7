//! The resources that have all words of a query, the best of each kind.
//!
//! Few rows of words are gone through: all of a word that few resources have, or the heaviest of
//! frequent ones. Each resource in them is looked up for the other words, which are few rows by
//! their key.

use std::collections::BTreeMap;

use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, Order, Query, SelectStatement, UnionType,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::asked::Search;
use super::conditions::{column, is};
use super::counted::{MAX_ROWS, Way};
use super::forms::Forms;
use super::kinds::Searched;
use super::named::Named;
use crate::columns::{id, v};
use crate::error::Error;
use crate::limited::Limited;

/// Of each kind so many are ranked.
const MAX_RANKED: u64 = 200;
/// Forms of frequent words by whose rows is searched, of each tier.
const MAX_FORMS: usize = 6;

/// A resource that has all words.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub kind: &'static str,
    pub uid: Uuid,
    pub name: String,
    pub score: i64,
}

impl Candidate {
    /// The key by which candidates are sorted.
    pub fn rank(&self) -> (i64, &str) {
        (-self.score, &self.name)
    }
}

/// The candidates, the best first.
#[derive(Default)]
pub(super) struct Ranked {
    pub candidates: Vec<Candidate>,
    /// By which names they may have been found.
    pub known: Named,
    /// True if more may have all words.
    pub is_incomplete: bool,
}

impl Search<'_> {
    /// The candidates of all kinds.
    pub(super) async fn ranked(&self) -> Result<Ranked, Error> {
        let known = self.named().await?;
        let mut ranked = Ranked::default();
        let mut all: Option<SelectStatement> = None;
        for (searched, way) in self.ways(&known).await? {
            let words = 0..self.query.words.len();
            let forms: Vec<Forms> = words.map(|it| self.forms(searched, it, &known)).collect();
            let uids = match way {
                Way::All(word) => self.all(searched, &forms[word]),
                Way::Heaviest(drivers) => {
                    ranked.is_incomplete = true;
                    self.heaviest_of(searched, &forms, &drivers).await?
                }
            };
            let best = self.best(searched, uids, &forms);
            match &mut all {
                None => all = Some(best),
                Some(all) => {
                    all.union(UnionType::All, best);
                }
            }
        }
        ranked.known = known;
        let Some(all) = all else { return Ok(ranked) };
        let mut of_kind: BTreeMap<&str, u64> = BTreeMap::new();
        for row in self.chronicle.db.query_all(&Limited(&all)).await? {
            let candidate = self.candidate(&row)?;
            let number = of_kind.entry(candidate.kind).or_default();
            *number += 1;
            if *number <= MAX_RANKED {
                ranked.candidates.push(candidate);
            } else {
                ranked.is_incomplete = true;
            }
        }
        ranked.candidates.sort_by(|one, other| one.rank().cmp(&other.rank()));
        Ok(ranked)
    }

    /// The resources of all rows of a word that few have.
    fn all(&self, searched: &Searched, forms: &Forms) -> SelectStatement {
        let rows = self.rows_of(searched, forms).into_iter();
        uids(rows.map(|mut rows| rows.column((id("d"), id("uid"))).limit(MAX_ROWS + 1).take()))
    }

    /// The resources of the heaviest rows of some words: by each form of them as many.
    async fn heaviest_of(
        &self,
        searched: &Searched,
        forms: &[Forms],
        drivers: &[usize],
    ) -> Result<SelectStatement, Error> {
        let mut by: Vec<String> = Vec::new();
        for driver in drivers {
            let Forms { stems, names, prefix } = &forms[*driver];
            let mut all: Vec<String> = stems.iter().chain(names).cloned().collect();
            if let Some(prefix) = prefix {
                all.extend(self.completed(searched, prefix, stems).await?);
            }
            all.truncate(MAX_FORMS / drivers.len());
            by.extend(all);
        }
        let each = MAX_ROWS / by.len().max(1) as u64;
        let mut rows = Vec::new();
        for of in self.tiers_of(searched) {
            for tier in of.tiers {
                for form in &by {
                    let is_it = is("d", std::slice::from_ref(form), &[tier]);
                    let mut heaviest = self.rows(searched, is_it, of.is_free);
                    heaviest
                        .column((id("d"), id("uid")))
                        .order_by((id("d"), id("weight")), Order::Desc)
                        .order_by((id("d"), id("uid")), Order::Desc)
                        .limit(each);
                    rows.push(heaviest.take());
                }
            }
        }
        Ok(uids(rows.into_iter()))
    }

    /// The best of a kind, of some uids: those that have all words.
    ///
    /// The weights are looked up once, before the versions: a planner that made one query of both
    /// would look them up for each of their uses.
    fn best(&self, searched: &Searched, uids: SelectStatement, forms: &[Forms]) -> SelectStatement {
        let weight = |word: usize| format!("w{word}");
        let mut weighed = Query::select();
        weighed.column((id("a"), id("uid"))).from_subquery(uids, id("a"));
        let mut sum = Expr::cust("0");
        let mut best = Query::select();
        best.expr_as(Expr::cust(format!("'{}'", searched.kind)), id("kind"))
            .columns(["uid", "name"].map(|name| (id("v"), id(name))));
        for (word, forms) in forms.iter().enumerate() {
            let looked_up = self.weight(searched, forms, &column("a", "uid"));
            weighed.expr_as(looked_up, id(weight(word)));
            let it = column("w", &weight(word));
            best.and_where(it.clone().gt(Expr::cust("0")));
            sum = sum.add(it);
        }
        let once = CommonTableExpression::new()
            .table_name(id("w"))
            .query(weighed)
            .materialized(true)
            .to_owned();
        best.expr_as(sum.div(Expr::cust(forms.len().to_string())), id("score")).from(id("w"));
        self.with_versions(searched, &mut best, "w");
        best.and_where(v("deleted").eq(false))
            .order_by(id("score"), Order::Desc)
            .order_by((id("v"), id("name")), Order::Asc)
            .limit(MAX_RANKED + 1)
            .with_cte(once);
        let columns = ["kind", "uid", "name", "score"].map(|name| (id("b"), id(name)));
        Query::select().columns(columns).from_subquery(best, id("b")).take()
    }

    fn candidate(&self, row: &QueryResult) -> Result<Candidate, Error> {
        let kind: String = row.try_get("", "kind")?;
        let searched = self.kinds.iter().find(|searched| searched.kind == kind);
        let searched = searched.ok_or_else(|| Error::Corrupt(format!("{kind} was not asked")))?;
        Ok(Candidate {
            kind: searched.kind,
            uid: row.try_get("", "uid")?,
            name: row.try_get("", "name")?,
            score: row.try_get("", "score")?,
        })
    }
}

/// The uids in some statements, each of them once.
fn uids(all: impl Iterator<Item = SelectStatement>) -> SelectStatement {
    let mut uids: Option<SelectStatement> = None;
    for rows in all {
        let mut one = Query::select();
        one.column((id("s"), id("uid"))).from_subquery(rows, id("s"));
        match &mut uids {
            None => uids = Some(one),
            Some(uids) => {
                uids.union(UnionType::Distinct, one);
            }
        }
    }
    // Of one statement alone a resource may be in several rows.
    let mut once = Query::select();
    once.distinct().column((id("u"), id("uid")));
    once.from_subquery(uids.unwrap_or_else(none), id("u")).take()
}

/// No uid.
fn none() -> SelectStatement {
    Query::select()
        .expr_as(Expr::cust("NULL"), id("uid"))
        .cond_where(Condition::all().add(Expr::cust("1 = 0")))
        .take()
}
