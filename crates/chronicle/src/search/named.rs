//! Resources that have a word of the query, for those that name them: `parties/kg` has "Kirghiz".

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement, UnionType};

use super::asked::Search;
use super::conditions::{has, words_of};
use super::kinds::Searched;
use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::standing;
use crate::limited::Limited;

/// The most names that a word stands for, the heaviest of them, whichever word is looked at first.
const MOST_NAMES: u64 = 16;

/// By kind: of each word of the query the names of those that have it, the heaviest first.
pub(super) type Named = BTreeMap<&'static str, Vec<Vec<String>>>;

impl Search<'_> {
    /// Returns what has a word, of the kinds that others are found through, as far as the reader
    /// may see. One statement; none where there is no such kind.
    pub(super) async fn named(&self) -> Result<Named, Error> {
        let mut found = Named::new();
        for (_, kind) in self.kinds.iter().flat_map(|searched| searched.through) {
            found.insert(*kind, vec![Vec::new(); self.query.words.len()]);
        }
        let mut all: Option<SelectStatement> = None;
        for searched in self.all.iter().filter(|searched| found.contains_key(searched.kind)) {
            for word in 0..self.query.words.len() {
                let one = self.of_word(searched, word);
                match &mut all {
                    None => all = Some(one),
                    Some(all) => {
                        all.union(UnionType::All, one);
                    }
                }
            }
        }
        let Some(all) = all else { return Ok(found) };
        let mut rows = Vec::new();
        for row in self.chronicle.db.query_all(&Limited(&all)).await? {
            let (kind, word): (String, i32) = (row.try_get("", "kind")?, row.try_get("", "word")?);
            let (weight, name): (i64, String) =
                (row.try_get("", "weight")?, row.try_get("", "name")?);
            rows.push((kind, word, -weight, name));
        }
        rows.sort();
        for (kind, word, _, name) in rows {
            let of_kind = found.get_mut(kind.as_str());
            let names = of_kind.and_then(|of| of.get_mut(usize::try_from(word).ok()?));
            let has_room = |names: &&mut Vec<String>| {
                !names.contains(&name) && (names.len() as u64) < MOST_NAMES
            };
            if let Some(names) = names.filter(has_room) {
                names.push(name);
            }
        }
        Ok(found)
    }

    /// The heaviest of a kind that have a word.
    fn of_word(&self, searched: &Searched, word: usize) -> SelectStatement {
        let heaviest = Query::select()
            .column((id("v"), id("name")))
            .column((id("w"), id("weight")))
            .from_as(id(words_of(searched.kind)), id("w"))
            .join_as(
                JoinType::InnerJoin,
                id(searched.kind),
                id("v"),
                v("uid").eq(Expr::col((id("w"), id("uid")))),
            )
            .cond_where(has("w", &self.query.words[word]))
            .cond_where(standing("w", self.at))
            .cond_where(standing("v", self.at))
            .cond_where((searched.visible)(&self.reader.sight, self.at))
            .and_where(v("deleted").eq(false))
            .order_by((id("w"), id("weight")), Order::Desc)
            .order_by((id("v"), id("name")), Order::Asc)
            .limit(MOST_NAMES)
            .take();
        Query::select()
            .expr_as(Expr::cust(format!("'{}'", searched.kind)), id("kind"))
            .expr_as(Expr::cust(word.to_string()), id("word"))
            .columns(["name", "weight"].map(|column| (id("h"), id(column))))
            .from_subquery(heaviest, id("h"))
            .take()
    }
}
