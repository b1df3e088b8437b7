//! The forms that are kept of a resource for searches: those of its words, and the names it holds,
//! each under its tier. So a search goes through the rows of the tiers that its reader may read, and
//! through no others.

use policy::Tier;
use words::{MAX_WEIGHT, Term};

/// The weight of a word that only something named has.
const THROUGH: i64 = MAX_WEIGHT * 2 / 5;

/// Returns a form as it is kept of a resource of a tier: no word has these signs.
pub(crate) fn at_tier(tier: Tier, form: &str) -> String {
    match tier {
        Tier::Public => form.to_owned(),
        hidden => format!(":{}:{form}", hidden.level()),
    }
}

/// Returns the form of a name that a resource holds.
pub(crate) fn of_name(name: &str) -> String {
    format!("@{name}")
}

/// Returns the name of a form, whatever the tier; nothing for the form of a word.
pub(crate) fn name_in(form: &str) -> Option<&str> {
    form.split_once('@').map(|(_, name)| name)
}

/// Returns a form without its tier.
pub(crate) fn without_tier(form: &str) -> &str {
    form.rsplit(':').next().unwrap_or(form)
}

/// Returns what is kept of the words of a resource, and of the names by whose words it is found.
pub(crate) fn kept(tier: Tier, own: Vec<Term>, through: impl Iterator<Item = String>) -> Vec<Term> {
    let named = through.map(|name| Term { form: of_name(&name), weight: THROUGH });
    let all = own.into_iter().chain(named);
    match tier {
        Tier::Public => all.collect(),
        hidden => all.map(|term| Term { form: at_tier(hidden, &term.form), ..term }).collect(),
    }
}
