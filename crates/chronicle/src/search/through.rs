//! The names by which the hits of a page were found.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, ExprTrait, Func, JoinType, Query, SelectStatement};
use uuid::Uuid;

use super::asked::Search;
use super::candidates::Candidate;
use super::conditions::{Union, column, is, number, value, words_of};
use super::forms::Forms;
use super::kinds::{Searched, Texts};
use super::named::Named;
use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::standing;
use crate::limited::padded;
use crate::terms::name_in;

impl Search<'_> {
    /// By the uid of a hit the names by which alone it has a word, in their order. One statement a
    /// kind, and none for a kind that is found by its own words alone.
    pub(super) async fn through(
        &self,
        hits: &[(Candidate, Texts)],
        known: &Named,
    ) -> Result<BTreeMap<Uuid, Vec<String>>, Error> {
        let mut found: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for searched in &self.kinds {
            let words = 0..self.query.words.len();
            let mut forms: Vec<Forms> = words.map(|it| self.forms(searched, it, known)).collect();
            forms.retain(|forms| !forms.names.is_empty());
            let of_kind = hits.iter().filter(|(hit, _)| hit.kind == searched.kind);
            let uids: Vec<Uuid> = of_kind.map(|(hit, _)| hit.uid).collect();
            if forms.is_empty() || uids.is_empty() {
                continue;
            }
            let (mut names, mut own) = (BTreeMap::new(), BTreeSet::new());
            for row in self.chronicle.db.query_all(&self.had(searched, uids, &forms)).await? {
                let key: (Uuid, i32) = (row.try_get("", "uid")?, row.try_get("", "word")?);
                if row.try_get::<i32>("", "own")? == 1 {
                    own.insert(key);
                } else {
                    names.insert(key, row.try_get::<String>("", "value")?);
                }
            }
            for ((uid, _), form) in names.into_iter().filter(|(key, _)| !own.contains(key)) {
                found.entry(uid).or_default().extend(name_in(&form).map(str::to_owned));
            }
        }
        for names in found.values_mut() {
            names.sort();
            names.dedup();
        }
        Ok(found)
    }

    /// Which of some resources have which words by their own texts, and which by a name, with the
    /// first.
    fn had(&self, searched: &Searched, uids: Vec<Uuid>, forms: &[Forms]) -> SelectStatement {
        let (tiers, uids) = (self.tiers(), padded(uids));
        let mut all = Union::default();
        let mut add = |word: usize, own: usize, part: Condition| {
            let rows = Query::select()
                .column((id("x"), id("uid")))
                .expr_as(number(word), id("word"))
                .expr_as(number(own), id("own"))
                .expr_as(Func::min(value("x")), id("value"))
                .from_as(id(searched.kind), id("v"))
                // SQLite keeps the order of a cross join: it would go through all rows of a name.
                .join_as(
                    JoinType::CrossJoin,
                    id(words_of(searched.kind)),
                    id("x"),
                    Condition::all(),
                )
                .and_where(v("uid").is_in(uids.clone()))
                .cond_where(standing("v", self.at))
                .and_where(column("x", "uid").eq(v("uid")))
                .cond_where(self.by_resource())
                .cond_where(part)
                .cond_where(standing("x", self.at))
                .group_by_col((id("x"), id("uid")))
                .take();
            all.add(rows);
        };
        for (word, forms) in forms.iter().enumerate() {
            add(word, 0, is("x", &forms.names, &tiers));
            for part in forms.parts("x", &tiers, false) {
                add(word, 1, part);
            }
        }
        all.rows()
    }
}
