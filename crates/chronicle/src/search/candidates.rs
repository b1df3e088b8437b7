//! The resources that have all words of a query.
//!
//! One word drives: its rows are gone through, and each resource is looked up for the other words,
//! which are few rows by their key.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, SimpleExpr,
    UnionType,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;
use words::{Ask, MAX_WEIGHT};

use super::asked::Search;
use super::conditions::{begins, column, has, value, words_of};
use super::kinds::Searched;
use super::named::Named;
use crate::columns::{id, side, v};
use crate::error::Error;
use crate::filter::standing;
use crate::limited::Limited;

/// Of each kind so many are ranked.
const MOST_RANKED: usize = 200;
/// Rows that are counted of a word, to find the rarest.
const MOST_COUNTED: u64 = 2000;
/// Words that are counted: the longest.
const COUNTED_WORDS: usize = 6;
/// Rows of the rarest word that are looked at before it is given up: all that match are ranked
/// then.
const MOST_OF_RAREST: u64 = 500;
/// The weight of a word that only something named has.
const THROUGH: i64 = MAX_WEIGHT * 2 / 5;
/// Stems that so many resources have that they drive only where no other word does.
const FREQUENT: [&str; 22] = [
    "action",
    "agreement",
    "asia",
    "between",
    "central",
    "commiss",
    "communiti",
    "cooper",
    "council",
    "develop",
    "eu",
    "euro",
    "european",
    "human",
    "member",
    "parti",
    "partnership",
    "programm",
    "project",
    "republ",
    "state",
    "union",
];

/// A resource that has all words.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub kind: &'static str,
    pub uid: Uuid,
    pub name: String,
    pub through: Vec<String>,
    pub score: i64,
}

impl Candidate {
    /// The key by which candidates are sorted.
    pub fn rank(&self) -> (i64, &str) {
        (-self.score, &self.name)
    }
}

impl<'a> Search<'a> {
    /// The candidates of all kinds, the best first.
    pub(super) async fn ranked(&self) -> Result<Vec<Candidate>, Error> {
        let known = self.named().await?;
        let driven = self.driven(&known).await?;
        let mut ranked = BTreeMap::new();
        let most = if self.query.words.len() == 1 { MOST_RANKED as u64 } else { MOST_OF_RAREST };
        let dense = self.candidates(&driven, most, &known, &mut ranked).await?;
        // Their heaviest by a word that the query alone determines.
        let first = self.first();
        let again: Vec<_> = dense.into_iter().map(|searched| (searched, first)).collect();
        if self.query.words.len() > 1 && !again.is_empty() {
            for (searched, _) in &again {
                ranked.retain(|_, candidate: &mut Candidate| candidate.kind != searched.kind);
            }
            self.candidates(&again, MOST_RANKED as u64, &known, &mut ranked).await?;
        }
        let mut ranked: Vec<Candidate> = ranked.into_values().collect();
        ranked.sort_by(|one, other| one.rank().cmp(&other.rank()));
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        ranked.retain(|candidate| {
            let taken = left.entry(candidate.kind).or_default();
            *taken += 1;
            *taken <= MOST_RANKED
        });
        Ok(ranked)
    }

    /// The word that drives where many have all: the first that few are likely to have.
    fn first(&self) -> usize {
        let is_frequent = |stem: &String| FREQUENT.binary_search(&stem.as_str()).is_ok();
        let is_rare = |ask: &Ask| !ask.stems.iter().any(is_frequent);
        self.query.words.iter().position(is_rare).unwrap_or(0)
    }

    /// The kinds that may have all words, each with its rarest. One statement.
    async fn driven(&self, known: &Named) -> Result<Vec<(&'a Searched, usize)>, Error> {
        let mut counted: Vec<usize> = (0..self.query.words.len()).collect();
        counted.sort_by_key(|word| Reverse(self.query.words[*word].stems[0].len()));
        counted.truncate(COUNTED_WORDS);
        let mut counts = Query::select();
        for (place, searched) in self.kinds.iter().enumerate() {
            for word in &counted {
                let count = self.count(searched, *word, known);
                counts.expr_as(count, id(format!("c{place}_{word}")));
            }
        }
        let row = self.chronicle.db.query_one(&Limited(&counts)).await?;
        let row = row.ok_or_else(|| Error::Corrupt("a count gave no row".to_owned()))?;
        let mut driven = Vec::new();
        for (place, searched) in self.kinds.iter().enumerate() {
            let mut rarest = (i64::MAX, 0);
            for word in &counted {
                let count: i64 = row.try_get("", &format!("c{place}_{word}"))?;
                rarest = rarest.min((count, *word));
            }
            if rarest.0 > 0 {
                driven.push((*searched, rarest.1));
            }
        }
        Ok(driven)
    }

    /// How many rows of a kind have a word, up to a bound: whoever may see them.
    fn count(&self, searched: &Searched, word: usize, known: &Named) -> SimpleExpr {
        let bounded = |mut rows: SelectStatement| {
            rows.expr(Expr::cust("1")).limit(MOST_COUNTED);
            let count = Query::select()
                .expr(Func::count(Expr::cust("*")))
                .from_subquery(rows, id("r"))
                .take();
            SimpleExpr::from(count)
        };
        let ask = &self.query.words[word];
        let mut own = Query::select();
        own.from_as(id(words_of(searched.kind)), id("w"))
            .cond_where(has("w", ask))
            .cond_where(standing("w", self.at));
        let mut all = bounded(own);
        for (path, kind) in searched.through {
            let names = &known[kind][word];
            if names.is_empty() {
                continue;
            }
            let mut through = Query::select();
            through
                .from_as(id(side(searched.kind, path)), id("p"))
                .and_where(value("p").is_in(names))
                .cond_where(standing("p", self.at));
            all = all.add(bounded(through));
        }
        all
    }

    /// Adds the candidates of some kinds, each driven by a word; returns the kinds that have more
    /// than `most` rows of them. One statement; none for no kind.
    async fn candidates(
        &self,
        driven: &[(&'a Searched, usize)],
        most: u64,
        known: &Named,
        found: &mut BTreeMap<(&'static str, Uuid), Candidate>,
    ) -> Result<Vec<&'a Searched>, Error> {
        let mut all: Option<SelectStatement> = None;
        for (searched, word) in driven {
            for arm in self.arms(searched, *word, most + 1, known) {
                let scored = self.scored(searched, arm, known);
                match &mut all {
                    None => all = Some(scored),
                    Some(all) => {
                        all.union(UnionType::All, scored);
                    }
                }
            }
        }
        let Some(all) = all else { return Ok(Vec::new()) };
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        for row in self.chronicle.db.query_all(&Limited(&all)).await? {
            let kind: String = row.try_get("", "kind")?;
            let of = driven.iter().find(|(searched, _)| searched.kind == kind);
            let Some((searched, _)) = of else { continue };
            *rows.entry(searched.kind).or_default() += 1;
            let candidate = self.candidate(searched, &row)?;
            found.insert((candidate.kind, candidate.uid), candidate);
        }
        let is_dense = |kind: &str| rows.get(kind).is_some_and(|rows| *rows > most);
        let dense = driven.iter().filter(|(searched, _)| is_dense(searched.kind));
        Ok(dense.map(|(searched, _)| *searched).collect())
    }

    /// The statements that go through the rows of a word and keep the resources with the others,
    /// each in an order of its index: of the stem, of longer words, and of each name that has it.
    fn arms(
        &self,
        searched: &Searched,
        word: usize,
        limit: u64,
        known: &Named,
    ) -> Vec<SelectStatement> {
        let ask = &self.query.words[word];
        let words = words_of(searched.kind);
        let arm = |table: &str, is_it: Condition, order: &[&str]| {
            let mut arm = Query::select();
            arm.columns(["uid", "name"].map(|column| (id("v"), id(column))))
                .from_as(id(table), id("d"))
                .join_as(
                    JoinType::InnerJoin,
                    id(searched.kind),
                    id("v"),
                    v("uid").eq(column("d", "uid")),
                )
                .cond_where(is_it)
                .cond_where(standing("d", self.at))
                .cond_where(standing("v", self.at))
                .cond_where((searched.visible)(&self.reader.sight, self.at))
                .and_where(v("deleted").eq(false));
            for other in (0..self.query.words.len()).filter(|other| *other != word) {
                arm.cond_where(self.has_word(searched, other, known));
            }
            for name in order {
                arm.order_by((id("d"), id(*name)), Order::Desc);
            }
            arm.limit(limit).take()
        };
        let is = |text: &str| Condition::all().add(value("d").eq(text));
        let stems = ask.stems.iter();
        let mut arms: Vec<_> =
            stems.map(|stem| arm(&words, is(stem), &["weight", "uid"])).collect();
        if let Some(prefix) = &ask.prefix {
            let others = begins("d", prefix).add(value("d").is_not_in(&ask.stems));
            arms.push(arm(&words, others, &["value", "weight", "uid"]));
        }
        for (path, kind) in searched.through {
            let table = side(searched.kind, path);
            let names = known[kind][word].iter();
            arms.extend(names.map(|name| arm(&table, is(name), &["recorded_to", "uid"])));
        }
        arms
    }

    /// Returns whether the resource `v` has a word, itself or in what it names.
    fn has_word(&self, searched: &Searched, word: usize, known: &Named) -> Condition {
        let own = self.own(searched, word, v("uid"));
        let mut any = Condition::any().add(own.is_not_null());
        for (path, kind) in searched.through {
            let names = &known[kind][word];
            if !names.is_empty() {
                any = any.add(self.naming(searched, path, names, v("uid")).is_not_null());
            }
        }
        any
    }

    /// The weight that its own texts give a resource for a word. A query of one value, which
    /// planners do not make a join of.
    fn own(&self, searched: &Searched, word: usize, uid: SimpleExpr) -> SimpleExpr {
        let heaviest = Query::select()
            .expr(Func::max(column("x", "weight")))
            .from_as(id(words_of(searched.kind)), id("x"))
            .and_where(column("x", "uid").eq(uid))
            .cond_where(has("x", &self.query.words[word]))
            .cond_where(standing("x", self.at))
            .take();
        SimpleExpr::from(heaviest)
    }

    /// One of some names that a resource holds.
    fn naming(
        &self,
        searched: &Searched,
        path: &str,
        names: &[String],
        uid: SimpleExpr,
    ) -> SimpleExpr {
        let name = Query::select()
            .expr(Func::min(value("y")))
            .from_as(id(side(searched.kind, path)), id("y"))
            .and_where(column("y", "uid").eq(uid))
            .and_where(value("y").is_in(names))
            .cond_where(standing("y", self.at))
            .take();
        SimpleExpr::from(name)
    }

    /// The resources of an arm with what each word gives them.
    fn scored(&self, searched: &Searched, arm: SelectStatement, known: &Named) -> SelectStatement {
        let mut scored = Query::select();
        scored
            .expr_as(Expr::cust(format!("'{}'", searched.kind)), id("kind"))
            .columns(["uid", "name"].map(|name| (id("c"), id(name))))
            .from_subquery(arm, id("c"));
        for (word, _) in self.query.words.iter().enumerate() {
            let own = self.own(searched, word, column("c", "uid"));
            let own = Func::coalesce([own, Expr::cust("0")]);
            scored.expr_as(own, id(format!("own{word}")));
            let mut through = Expr::cust("''").cast_as(Alias::new("text"));
            for (path, kind) in searched.through {
                let names = &known[kind][word];
                if !names.is_empty() {
                    let name = self.naming(searched, path, names, column("c", "uid"));
                    through = Func::coalesce([name, through]).into();
                }
            }
            scored.expr_as(through, id(format!("through{word}")));
        }
        scored
    }

    fn candidate(&self, searched: &Searched, row: &QueryResult) -> Result<Candidate, Error> {
        let (mut sum, mut through) = (0, Vec::new());
        let words = self.query.words.len();
        for word in 0..words {
            let own: i64 = row.try_get("", &format!("own{word}"))?;
            let name: String = row.try_get("", &format!("through{word}"))?;
            sum += Ord::max(own, if name.is_empty() { 0 } else { THROUGH });
            if own == 0 && !name.is_empty() && !through.contains(&name) {
                through.push(name);
            }
        }
        through.sort();
        Ok(Candidate {
            kind: searched.kind,
            uid: row.try_get("", "uid")?,
            name: row.try_get("", "name")?,
            through,
            score: sum / i64::try_from(words).unwrap_or(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FREQUENT;

    #[test]
    fn frequent_stems_are_sorted_for_the_search() {
        assert!(FREQUENT.is_sorted());
    }
}
