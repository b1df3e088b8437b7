//! The facts of a version besides its key and its document, in one column: what a row costs is its
//! columns.

use policy::{Desks, Tier};
use sea_orm::QueryResult;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, SelectStatement, SimpleExpr};

use crate::columns::id;
use crate::error::Error;

/// The name of the column.
const ABOUT: &str = "about";
/// Its words, with the size of the document before them, and after them the salt with the views.
const WORDS: [&str; 5] = ["created", "recorded_from", "deleted", "tier", "desks"];

/// Selects it from the table that `column` gives columns of.
pub(crate) fn select(
    query: &mut SelectStatement,
    column: impl Fn(&str) -> SimpleExpr,
) -> &mut SelectStatement {
    // A salt has hexadecimal digits alone, and views, which almost no version has, begin with a
    // bracket.
    let seal = column("salt").binary(BinOper::Custom("||"), column("views"));
    let bytes = Func::cust(id("octet_length")).arg(column("document"));
    let words = [Expr::cust("' '"), SimpleExpr::from(bytes)];
    let words = words.into_iter().chain(WORDS.map(column)).chain([seal]);
    query.expr_as(Func::cust(id("concat_ws")).args(words), id(ABOUT))
}

/// Selects none of it, in a part of a union.
pub(crate) fn select_none(query: &mut SelectStatement) -> &mut SelectStatement {
    query.expr_as(Expr::cust("''"), id(ABOUT))
}

/// The words of a row about its version.
pub(crate) struct About {
    /// The size of the document.
    pub bytes: usize,
    pub created: i64,
    pub recorded: i64,
    pub deleted: bool,
    pub tier: Tier,
    pub desks: Desks,
    text: String,
    /// Where the salt begins in the text, and where the views do.
    parts: [usize; 2],
}

impl About {
    /// Reads the column.
    pub fn read(row: &QueryResult) -> Result<Self, Error> {
        let text: String = row.try_get("", ABOUT)?;
        let wrong = || Error::Corrupt(format!("`{text}` does not tell of a version"));
        Self::of(&text).ok_or_else(wrong).map(|about| Self { text, ..about })
    }

    /// All but the text.
    fn of(text: &str) -> Option<Self> {
        let mut words = text.splitn(2 + WORDS.len(), ' ');
        let mut number = || words.next()?.parse::<i64>().ok();
        let (bytes, created, recorded) = (number()?, number()?, number()?);
        // As PostgreSQL writes it, and as SQLite does.
        let deleted = matches!(words.next()?, "t" | "1");
        let mut number = || words.next()?.parse::<i64>().ok();
        let (tier, desks) = (Tier::from_level(number()?), Desks::from_bits(number()?));
        let seal = words.next()?;
        let salt = text.len() - seal.len();
        let parts = [salt, salt + seal.find('[').unwrap_or(seal.len())];
        let (bytes, text) = (usize::try_from(bytes).ok()?, String::new());
        Some(Self { bytes, created, recorded, deleted, tier, desks, text, parts })
    }

    /// The salt of the etag.
    pub fn salt(&self) -> &str {
        &self.text[self.parts[0]..self.parts[1]]
    }

    /// The views, as their column holds them.
    pub fn views(&self) -> &str {
        &self.text[self.parts[1]..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> Option<About> {
        About::of(text).map(|about| About { text: text.to_owned(), ..about })
    }

    #[test]
    fn both_engines_write_the_same() {
        for deleted in ["t", "1"] {
            let text = format!("12 3 4 {deleted} 2 5 0a1b[null, {{\"etag\": \"x y\"}}]");

            let about = about(&text).unwrap();

            assert_eq!((about.bytes, about.created, about.recorded), (12, 3, 4));
            assert!(about.deleted);
            assert_eq!((about.tier, about.desks), (Tier::Restricted, Desks::from_bits(5)));
            assert_eq!((about.salt(), about.views()), ("0a1b", "[null, {\"etag\": \"x y\"}]"));
        }
    }

    #[test]
    fn an_old_version_has_no_salt() {
        for deleted in ["f", "0"] {
            let about = about(&format!("0 -3 4 {deleted} 1 0 ")).unwrap();

            assert_eq!((about.created, about.deleted), (-3, false));
            assert_eq!((about.salt(), about.views()), ("", ""));
        }
    }

    #[test]
    fn what_is_cut_short_tells_nothing() {
        for text in ["", "12", "12 3 4 t 2 5", "12 3 4 t two 5 0a"] {
            assert!(about(text).is_none(), "{text}");
        }
    }
}
