//! The forms of a word of the query, of which a resource must have one.

use policy::Tier;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};

use super::asked::Search;
use super::conditions::{begins, column, is, value, words_of};
use super::kinds::Searched;
use super::named::Named;
use crate::columns::id;
use crate::filter::standing;
use crate::terms::of_name;

/// The forms of a word in a kind.
pub(super) struct Forms {
    /// Its stems.
    pub stems: Vec<String>,
    /// The names of what has the word, where the kind is found through them.
    pub names: Vec<String>,
    /// The beginning of a longer word.
    pub prefix: Option<String>,
}

impl Forms {
    /// The conditions of which a row `alias` must meet one, each of which an index answers: one of
    /// its texts, or of the names too.
    pub fn parts(&self, alias: &str, tiers: &[Tier], is_named: bool) -> Vec<Condition> {
        let mut whole = self.stems.clone();
        whole.extend(self.names.iter().filter(|_| is_named).cloned());
        let mut parts = vec![is(alias, &whole, tiers)];
        if let Some(prefix) = &self.prefix {
            parts.extend(tiers.iter().map(|tier| begins(alias, prefix, *tier)));
        }
        parts
    }
}

impl Search<'_> {
    /// The forms of a word in a kind.
    pub(super) fn forms(&self, searched: &Searched, word: usize, known: &Named) -> Forms {
        let ask = &self.query.words[word];
        let of_kinds = searched.through.iter().filter_map(|(_, kind)| known.get(kind));
        let mut names: Vec<String> =
            of_kinds.flat_map(|of| &of[word]).map(|name| of_name(name)).collect();
        // Two lists may name the same kind.
        names.sort();
        names.dedup();
        Forms { stems: ask.stems.clone(), names, prefix: ask.prefix.clone() }
    }

    /// The rows of words `d` of a kind that have a word.
    pub(super) fn rows_of(&self, searched: &Searched, forms: &Forms) -> Vec<SelectStatement> {
        let of = self.tiers_of(searched).into_iter();
        of.flat_map(|of| {
            let parts = forms.parts("d", &of.tiers, true).into_iter();
            parts.map(move |part| self.rows(searched, part, of.is_free)).collect::<Vec<_>>()
        })
        .collect()
    }

    /// Returns whether a resource has a word.
    pub(super) fn has(&self, searched: &Searched, forms: &Forms, uid: &SimpleExpr) -> Condition {
        let mut any = Condition::any();
        for part in forms.parts("x", &self.tiers(), true) {
            any = any.add(self.heaviest(searched, part, uid.clone()).is_not_null());
        }
        any
    }

    /// The weight that a word gives a resource: 0 where it has it not.
    pub(super) fn weight(
        &self,
        searched: &Searched,
        forms: &Forms,
        uid: &SimpleExpr,
    ) -> SimpleExpr {
        let parts = forms.parts("x", &self.tiers(), true).into_iter();
        let mut weights: Vec<SimpleExpr> = parts
            .map(|part| {
                let heaviest = self.heaviest(searched, part, uid.clone());
                Func::coalesce([heaviest, Expr::cust("0")]).into()
            })
            .collect();
        if weights.len() == 1 { weights.remove(0) } else { Func::greatest(weights).into() }
    }

    /// The form of the first name by which alone a resource has a word, or an empty text.
    pub(super) fn through(
        &self,
        searched: &Searched,
        forms: &Forms,
        uid: &SimpleExpr,
    ) -> SimpleExpr {
        let nothing = || Expr::cust("''").cast_as(id("text"));
        if forms.names.is_empty() {
            return nothing();
        }
        let tiers = self.tiers();
        let mut own = Condition::any();
        for part in forms.parts("x", &tiers, false) {
            own = own.add(self.heaviest(searched, part, uid.clone()).is_not_null());
        }
        let first = Query::select()
            .expr(Func::min(value("y")))
            .from_as(id(words_of(searched.kind)), id("y"))
            .and_where(column("y", "uid").eq(uid.clone()))
            .cond_where(is("y", &forms.names, &tiers))
            .cond_where(standing("y", self.at))
            .take();
        let first = Func::coalesce([SimpleExpr::from(first), nothing()]);
        Expr::case(own, nothing()).finally(first).into()
    }
}
