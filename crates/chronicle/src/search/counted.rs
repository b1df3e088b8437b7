//! How a kind is searched: by all rows of a word that few resources have, or by some of the rows of
//! frequent words.
//!
//! Only rows of resources that the reader may see are counted, so that hidden ones decide nothing.

use std::cmp::Reverse;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, Func, Query, SimpleExpr};
use words::Ask;

use super::asked::Search;
use super::conditions::Union;
use super::forms::Forms;
use super::kinds::Searched;
use super::named::Named;
use crate::columns::id;
use crate::error::Error;
use crate::limited::Limited;

/// Rows of words that are gone through in a kind, at first. A word that has more is frequent.
pub(super) const MAX_ROWS: u64 = 500;
/// Words that are counted: the longest.
const COUNTED_WORDS: usize = 6;
/// Frequent words by whose rows is searched.
const MAX_DRIVERS: usize = 2;
/// Stems that so many resources have that others are taken before.
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

/// How a kind is searched.
pub(super) enum Way {
    /// By all rows of this word.
    All(usize),
    /// By the heaviest rows of these, since all words are frequent.
    Heaviest(Vec<usize>),
}

impl<'a> Search<'a> {
    /// The kinds among some that may have all words, and how each is searched: by no more than so
    /// many rows. One statement.
    pub(super) async fn ways(
        &self,
        kinds: &[&'a Searched],
        known: &Named,
        max_rows: u64,
    ) -> Result<Vec<(&'a Searched, Way)>, Error> {
        let mut counted: Vec<usize> = (0..self.query.words.len()).collect();
        counted.sort_by_key(|word| Reverse(self.query.words[*word].stems[0].len()));
        counted.truncate(COUNTED_WORDS);
        let mut counts = Query::select();
        for (place, searched) in kinds.iter().enumerate() {
            for word in &counted {
                let forms = self.forms(searched, *word, known);
                counts.expr_as(
                    self.count(searched, &forms, max_rows),
                    id(format!("c{place}_{word}")),
                );
            }
        }
        let row = self.chronicle.db.query_one(&Limited(&counts)).await?;
        let row = row.ok_or_else(|| Error::Corrupt("a count gave no row".to_owned()))?;
        let most = i64::try_from(max_rows).unwrap_or(i64::MAX);
        let mut ways = Vec::new();
        for (place, searched) in kinds.iter().enumerate() {
            let mut rarest = (i64::MAX, 0);
            for word in &counted {
                let count: i64 = row.try_get("", &format!("c{place}_{word}"))?;
                rarest = rarest.min((count, *word));
            }
            match rarest {
                (0, _) => (),
                (count, word) if count <= most => ways.push((*searched, Way::All(word))),
                _ => ways.push((*searched, Way::Heaviest(self.drivers()))),
            }
        }
        Ok(ways)
    }

    /// How many rows of a kind have a word, up to one more than are gone through.
    fn count(&self, searched: &Searched, forms: &Forms, max_rows: u64) -> SimpleExpr {
        let mut all = Union::default();
        for mut rows in self.rows_of(searched, forms) {
            all.add(rows.expr(Expr::cust("1")).take());
        }
        if all.is_empty() {
            return Expr::cust("0");
        }
        let all = all.rows().limit(max_rows + 1).take();
        let count =
            Query::select().expr(Func::count(Expr::cust("*"))).from_subquery(all, id("r")).take();
        SimpleExpr::from(count)
    }

    /// The words by whose rows is searched where all are frequent: those that fewer are likely to
    /// have. The query alone determines them.
    fn drivers(&self) -> Vec<usize> {
        let is_frequent = |stem: &String| FREQUENT.binary_search(&stem.as_str()).is_ok();
        let rank = |word: &usize| {
            let ask: &Ask = &self.query.words[*word];
            (ask.stems.iter().any(is_frequent), ask.prefix.is_some(), *word)
        };
        let mut words: Vec<usize> = (0..self.query.words.len()).collect();
        words.sort_by_key(rank);
        words.truncate(MAX_DRIVERS);
        words
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
