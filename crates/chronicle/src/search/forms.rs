//! The forms of a word of the query, of which a resource must have one.

use policy::Tier;
use sea_orm::sea_query::{Condition, SelectStatement};

use super::asked::Search;
use super::conditions::{begins, is};
use super::kinds::Searched;
use super::named::Named;
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
}
