//! An edge, and the values by which a side table finds it.

use crate::spelling::Spelling;

/// The name of the other, and the relation to it.
pub type Edge = (String, &'static str);

/// Returns the value by which edges of one relation to a resource are found.
pub fn with_relation(name: &str, relation: &str) -> String {
    format!("{name} {relation}")
}

/// The values that a side table keeps for an edge: the other with all that it lies below, each
/// alone and with the relation.
pub(crate) fn kept(spelling: Spelling, (name, relation): Edge) -> Vec<String> {
    let names = spelling.kept(name).into_iter();
    names.flat_map(|name| [with_relation(&name, relation), name]).collect()
}
