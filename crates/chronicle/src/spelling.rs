//! How the values of a field are written, and what of that a caller may leave open.

use facts::check::matches_pattern;

/// Where the names of what a field refers to are kept: in the fields of a resource of the same
/// service.
#[derive(Clone, Copy, Debug)]
pub struct Aliases {
    /// The kind of that resource.
    pub kind: &'static str,
    /// Its fields with one name each, besides `name` itself.
    pub single: &'static [&'static str],
    /// Its fields with many.
    pub many: &'static [&'static str],
}

/// The one spelling of a value, or, of what cannot be one, what is wanted.
pub type Normal = fn(&str) -> Result<String, &'static str>;

/// How the values of a field are written. Without patterns and a normal form: as the caller likes.
#[derive(Clone, Copy)]
pub(crate) struct Spelling {
    /// Of names: what they look like.
    pub patterns: &'static [&'static str],
    /// Of other values: their one spelling.
    pub normal: Option<Normal>,
}

/// The meaning of a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The resource of this name.
    Name(String),
    /// This value.
    Value(String),
}

impl Spelling {
    /// Any spelling is another value.
    pub const ANY: Self = Self { patterns: &[], normal: None };

    /// The values that a side table keeps for a value: a name with all that it lies below, anything
    /// else in its one spelling.
    pub fn kept(self, value: String) -> Vec<String> {
        if self.is_name(&value) {
            let below = std::iter::successors(Some(value.as_str()), |name| {
                name.rsplitn(3, '/').nth(2).filter(|above| above.contains('/'))
            });
            return below.map(ToOwned::to_owned).collect();
        }
        let normal = self.normal.and_then(|normal| normal(&value).ok());
        vec![normal.unwrap_or(value)]
    }

    /// Returns the meaning of a literal, or the remedy.
    pub fn read(self, text: &str) -> Result<Meant, String> {
        if text.trim().is_empty() {
            return Err("a value is wanted; `:*` asks whether there is one".to_owned());
        }
        let name = text.trim().trim_matches('/').to_lowercase();
        if self.is_name_or_above(&name) {
            return Ok(Meant::Name(name));
        }
        match self.normal {
            Some(normal) => normal(text).map(Meant::Value).map_err(ToOwned::to_owned),
            None if self.patterns.is_empty() => Ok(Meant::Value(text.to_owned())),
            None => Err(self.advice(&name)),
        }
    }

    /// Returns whether a text is a name of these patterns.
    pub fn is_name(self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| matches_pattern(text, pattern))
    }

    fn is_name_or_above(self, text: &str) -> bool {
        let depth = text.split('/').count();
        let above = |pattern: &&str| {
            let parts: Vec<&str> = pattern.split('/').take(depth).collect();
            depth.is_multiple_of(2) && matches_pattern(text, &parts.join("/"))
        };
        self.patterns.iter().any(above)
    }

    /// How to write a name, from something that is none.
    fn advice(self, text: &str) -> String {
        let pattern = self.patterns.first().copied().unwrap_or_default();
        let collection = pattern.split('/').next().unwrap_or_default();
        let id: String = text
            .chars()
            .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
            .collect();
        let last = id.rsplit('/').next().unwrap_or_default().trim_matches('-');
        let name = format!("{collection}/{last}");
        if text.contains('/') || !matches_pattern(&name, &format!("{collection}/{{id}}")) {
            return format!("a name like {} is wanted", self.patterns.join(" or "));
        }
        format!("a name is wanted: write \"{name}\"")
    }
}

/// `displayName` → `display_name`: a field by the name that JSON has for it.
pub(crate) fn snake(path: &str) -> String {
    let mut snake = String::with_capacity(path.len());
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Spelling =
        Spelling { patterns: &["lists/{list}", "lists/{list}/items/{item}"], normal: None };

    #[test]
    fn a_name_is_kept_with_all_that_it_lies_below() {
        assert_eq!(NAMES.kept("lists/a/items/b".into()), ["lists/a/items/b", "lists/a"]);
        assert_eq!(NAMES.kept("lists/a".into()), ["lists/a"]);
        assert_eq!(NAMES.kept("odd".into()), ["odd"]);
    }

    #[test]
    fn what_is_no_name_is_refused_with_one() {
        assert_eq!(NAMES.read("Lists/A/"), Ok(Meant::Name("lists/a".into())));
        for (text, said) in [
            ("a", "write \"lists/a\""),
            ("Big One", "write \"lists/big-one\""),
            ("things/a", "a name like lists/{list}"),
            ("lists/a/items", "a name like lists/{list}"),
            ("", "a value is wanted"),
            ("12", "a name like"),
        ] {
            let refused = NAMES.read(text).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
