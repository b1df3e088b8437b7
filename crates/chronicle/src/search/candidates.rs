//! The resources that have all words of a query, the best of each kind.
//!
//! Few rows of words are gone through: all of a word that few resources have, or the heaviest of
//! frequent ones, and ten times as many of those that rarely meet. Each resource in them is looked
//! up for the other words, which are few rows by their key.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::asked::Search;
use super::conditions::{Union, column, is, of};
use super::counted::{MAX_ROWS, Way};
use super::forms::Forms;
use super::kinds::Searched;
use super::named::Named;
use super::weighed::{Driver, UID_AND_WEIGHT, weight_of};
use crate::columns::{id, v};
use crate::error::Error;
use crate::limited::Limited;

/// Of each kind so many are ranked.
pub(super) const MAX_RANKED: u64 = 200;
/// Where frequent words of a kind have found fewer, more of their rows are gone through.
const ENOUGH: u64 = 100;
/// So many rows then, of all such kinds together.
const MORE_ROWS: u64 = 5000;
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
pub(super) struct Ranked {
    pub candidates: Vec<Candidate>,
    /// By which names they may have been found.
    pub known: Named,
    /// True if a kind has more than were asked for.
    pub is_cut: bool,
    /// True if more may have all words.
    pub is_incomplete: bool,
}

/// The best of a kind.
struct Best<'a> {
    searched: &'a Searched,
    candidates: Vec<Candidate>,
    /// So many have all words, up to one more than are ranked.
    number: u64,
    /// True if all rows of a word were gone through.
    is_whole: bool,
}

impl<'a> Search<'a> {
    /// The candidates of all kinds: of each the best `most`.
    pub(super) async fn ranked(&self, most: u64) -> Result<Ranked, Error> {
        let known = self.named().await?;
        let best = self.look(&self.kinds, &known, most, MAX_ROWS).await?;
        let is_only = self.query.words.len() == 1;
        let is_enough = |it: &Best| it.is_whole || is_only || it.number >= ENOUGH;
        let (mut best, few): (Vec<_>, Vec<_>) = best.into_iter().partition(is_enough);
        if !few.is_empty() {
            let kinds: Vec<_> = few.iter().map(|it| it.searched).collect();
            let rows = Ord::max(MAX_ROWS, MORE_ROWS / few.len() as u64);
            best.extend(self.look(&kinds, &known, most, rows).await?);
        }
        let is_cut = best.iter().any(|it| it.number > most);
        let is_incomplete = best.iter().any(|it| !it.is_whole || it.number > MAX_RANKED);
        let mut candidates: Vec<_> = best.into_iter().flat_map(|it| it.candidates).collect();
        candidates.sort_by(|one, other| one.rank().cmp(&other.rank()));
        Ok(Ranked { candidates, known, is_cut, is_incomplete })
    }

    /// The best of some kinds, of each the best `most`, by so many rows of words.
    async fn look(
        &self,
        kinds: &[&'a Searched],
        known: &Named,
        most: u64,
        max_rows: u64,
    ) -> Result<Vec<Best<'a>>, Error> {
        let mut best = Vec::new();
        let mut all = Union::default();
        for (searched, way) in self.ways(kinds, known, max_rows).await? {
            let words = 0..self.query.words.len();
            let forms: Vec<Forms> = words.map(|it| self.forms(searched, it, known)).collect();
            let is_whole = matches!(way, Way::All(_));
            let drivers = match way {
                Way::All(word) => vec![self.all(searched, word, &forms[word], max_rows)],
                Way::Heaviest(words) => {
                    self.heaviest_of(searched, &forms, &words, max_rows).await?
                }
            };
            all.add(self.best(searched, &drivers, &forms, most));
            best.push(Best { searched, candidates: Vec::new(), number: 0, is_whole });
        }
        if all.is_empty() {
            return Ok(best);
        }
        for row in self.chronicle.db.query_all(&Limited(&all.rows())).await? {
            let kind: String = row.try_get("", "kind")?;
            let of_kind = best.iter_mut().find(|it| it.searched.kind == kind);
            let of_kind = of_kind.ok_or_else(|| Error::Corrupt(format!("{kind} was not asked")))?;
            let number: i64 = row.try_get("", "number")?;
            of_kind.number = u64::try_from(number).unwrap_or_default();
            of_kind.candidates.push(candidate(of_kind.searched, &row)?);
        }
        Ok(best)
    }

    /// All rows of a word that few resources have.
    fn all(&self, searched: &Searched, word: usize, forms: &Forms, max_rows: u64) -> Driver {
        let rows = self.rows_of(searched, forms).into_iter();
        let rows =
            rows.map(|mut rows| rows.columns(of("d", UID_AND_WEIGHT)).limit(max_rows + 1).take());
        Driver { word, rows: rows.collect(), is_exact: true }
    }

    /// The heaviest rows of some words: by each form of them as many.
    ///
    /// Of an only word there are as many of each form as are ranked, and one: a row that is left
    /// out would rank nothing.
    async fn heaviest_of(
        &self,
        searched: &Searched,
        forms: &[Forms],
        words: &[usize],
        max_rows: u64,
    ) -> Result<Vec<Driver>, Error> {
        let mut by: Vec<(usize, Vec<String>)> = Vec::new();
        for word in words {
            let Forms { stems, names, prefix } = &forms[*word];
            let mut all: Vec<String> = stems.iter().chain(names).cloned().collect();
            if let Some(prefix) = prefix {
                all.extend(self.completed(searched, prefix, stems).await?);
            }
            all.truncate(MAX_FORMS / words.len());
            by.push((*word, all));
        }
        let is_only = forms.len() == 1;
        let number: usize = by.iter().map(|(_, forms)| forms.len()).sum();
        let each = if is_only { MAX_RANKED + 1 } else { max_rows / number.max(1) as u64 };
        let driver = |(word, by): (usize, Vec<String>)| Driver {
            word,
            is_exact: is_only || by.len() == 1,
            rows: by.iter().flat_map(|form| self.heaviest_rows(searched, form, each)).collect(),
        };
        Ok(by.into_iter().map(driver).collect())
    }

    /// The heaviest rows of a form, of each tier.
    fn heaviest_rows(&self, searched: &Searched, form: &String, each: u64) -> Vec<SelectStatement> {
        let mut all = Vec::new();
        for both in self.tiers_of(searched) {
            for tier in both.tiers {
                let is_it = is("d", std::slice::from_ref(form), &[tier]);
                let mut heaviest = self.rows(searched, is_it, both.is_free);
                heaviest
                    .columns(of("d", UID_AND_WEIGHT))
                    .order_by((id("d"), id("weight")), Order::Desc)
                    .order_by((id("d"), id("uid")), Order::Desc)
                    .limit(each);
                all.push(heaviest.take());
            }
        }
        all
    }

    /// The best of a kind, of the resources in some rows: those that have all words. Each with the
    /// number of all of them, up to one more than are ranked.
    fn best(
        &self,
        searched: &Searched,
        drivers: &[Driver],
        forms: &[Forms],
        most: u64,
    ) -> SelectStatement {
        let mut best = Query::select();
        best.expr_as(Expr::cust(format!("'{}'", searched.kind)), id("kind"))
            .columns(of("v", ["uid", "name"]))
            .from(id("w"));
        let mut sum = Expr::cust("0");
        for word in 0..forms.len() {
            let it = column("w", &weight_of(word));
            best.and_where(it.clone().gt(Expr::cust("0")));
            sum = sum.add(it);
        }
        best.expr_as(sum.div(Expr::cust(forms.len().to_string())), id("score"));
        self.with_versions(searched, &mut best, "w");
        best.and_where(v("deleted").eq(false))
            .order_by(id("score"), Order::Desc)
            .order_by((id("v"), id("name")), Order::Asc)
            .limit(MAX_RANKED + 1)
            .with_cte(self.weighed(searched, drivers, forms));
        let columns = of("b", ["kind", "uid", "name", "score"]);
        let mut first = Query::select();
        first
            .columns(columns)
            .expr_as(Expr::cust("COUNT(*) OVER ()"), id("number"))
            .from_subquery(best, id("b"))
            .order_by((id("b"), id("score")), Order::Desc)
            .order_by((id("b"), id("name")), Order::Asc)
            .limit(most);
        Query::select().column(Asterisk).from_subquery(first, id("f")).take()
    }
}

fn candidate(searched: &Searched, row: &QueryResult) -> Result<Candidate, Error> {
    Ok(Candidate {
        kind: searched.kind,
        uid: row.try_get("", "uid")?,
        name: row.try_get("", "name")?,
        score: row.try_get("", "score")?,
    })
}
