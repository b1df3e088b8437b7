//! Resources that have a word of the query, for those that name them: `parties/kg` has "Kirghiz".

use std::collections::BTreeMap;

use policy::Tier;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};

use super::asked::Search;
use super::conditions::{Union, begins, is};
use super::kinds::Searched;
use crate::columns::{id, v};
use crate::error::Error;
use crate::limited::Limited;

/// The most names that a word stands for, the heaviest of them, whichever word is looked at first.
const MAX_NAMES: u64 = 16;
/// Rows of longer words of which the heaviest are taken, in the order of the alphabet.
const MAX_LONGER: u64 = 64;
/// Parts of one statement.
const MAX_PARTS: usize = 100;

/// By kind: of each word of the query the names of those that have it, the heaviest first.
pub(super) type Named = BTreeMap<&'static str, Vec<Vec<String>>>;

impl Search<'_> {
    /// Returns what has a word, of the kinds that others are found through, as far as the reader
    /// may see. One statement, for many words a few; none where there is no such kind.
    pub(super) async fn named(&self) -> Result<Named, Error> {
        let mut found = Named::new();
        for (_, kind) in self.kinds.iter().flat_map(|searched| searched.through) {
            found.insert(*kind, vec![Vec::new(); self.query.words.len()]);
        }
        let mut parts = Vec::new();
        for searched in self.all.iter().filter(|searched| found.contains_key(searched.kind)) {
            for word in 0..self.query.words.len() {
                parts.extend(self.of_word(searched, word));
            }
        }
        let mut rows = Vec::new();
        for some in parts.chunks_mut(MAX_PARTS) {
            let mut all = Union::default();
            for part in some {
                all.add(std::mem::take(part));
            }
            for row in self.chronicle.db.query_all(&Limited(&all.rows())).await? {
                let (kind, word): (String, i32) =
                    (row.try_get("", "kind")?, row.try_get("", "word")?);
                let (weight, name): (i64, String) =
                    (row.try_get("", "weight")?, row.try_get("", "name")?);
                rows.push((kind, word, -weight, name));
            }
        }
        rows.sort();
        for (kind, word, _, name) in rows {
            let of_kind = found.get_mut(kind.as_str());
            let names = of_kind.and_then(|of| of.get_mut(usize::try_from(word).ok()?));
            let has_room = |names: &&mut Vec<String>| {
                !names.contains(&name) && (names.len() as u64) < MAX_NAMES
            };
            if let Some(names) = names.filter(has_room) {
                names.push(name);
            }
        }
        Ok(found)
    }

    /// The heaviest of a kind that have a word, by each of its forms; of longer words the first.
    fn of_word(&self, searched: &Searched, word: usize) -> Vec<SelectStatement> {
        let ask = &self.query.words[word];
        let part = |is_it: Condition, order: [(&str, Order); 3], limit: u64| {
            let mut heaviest = self.rows(searched, is_it, true);
            self.with_versions(searched, &mut heaviest, "d");
            heaviest
                .column((id("v"), id("name")))
                .column((id("d"), id("weight")))
                .and_where(v("deleted").eq(false));
            for (column, order) in order {
                heaviest.order_by((id("d"), id(column)), order);
            }
            Query::select()
                .expr_as(Expr::cust(format!("'{}'", searched.kind)), id("kind"))
                .expr_as(Expr::cust(word.to_string()), id("word"))
                .columns(["name", "weight"].map(|column| (id("h"), id(column))))
                .from_subquery(heaviest.limit(limit).take(), id("h"))
                .take()
        };
        let downwards = ["value", "weight", "uid"].map(|column| (column, Order::Desc));
        let upwards = ["value", "weight", "uid"].map(|column| (column, Order::Asc));
        let of_tier = |tier: Tier| {
            let stems = ask.stems.iter().map(|stem| is("d", std::slice::from_ref(stem), &[tier]));
            let mut parts: Vec<_> =
                stems.map(|is_it| part(is_it, downwards.clone(), MAX_NAMES)).collect();
            let longer = ask.prefix.iter().map(|prefix| begins("d", prefix, tier));
            parts.extend(longer.map(|is_it| part(is_it, upwards.clone(), MAX_LONGER)));
            parts
        };
        self.tiers().into_iter().flat_map(of_tier).collect()
    }
}
