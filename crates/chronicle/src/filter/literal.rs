//! The meaning of a literal for the field that it is compared with: an enum value, a day, a name, a
//! text.

use std::collections::BTreeSet;

use aip_160::{Comparator, Value};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, LikeExpr, SimpleExpr};

use super::{Compiler, Wanted};
use crate::columns::id;
use crate::fold::{fold, nearest};
use crate::resource::{Field, Read};
use crate::spelling::Meant;

type Compared = (SimpleExpr, Option<Wanted>);

/// The maximum of letters beyond ASCII that are folded for one comparison: an expression of SQLite
/// has a maximum depth.
const MAX_LETTERS: usize = 100;

impl<T> Compiler<'_, T> {
    /// A comparison of a single field. An absent value matches nothing, and its negation matches
    /// it: the logic stays two-valued.
    pub(super) fn compare(
        &self,
        field: &Field<T>,
        comparator: Comparator,
        argument: &Value,
    ) -> Result<(Condition, Option<Wanted>), String> {
        let column: SimpleExpr = Expr::col((id("v"), id(field.path)));
        let present = match field.read {
            Read::Day(_) | Read::Number(_) => column.clone().ne(0),
            Read::Words(_) | Read::Text(_) => column.clone().ne(""),
            _ => column.clone().is_not_null(),
        };
        let text = argument.as_str();
        if text == "*" && comparator == Comparator::Has {
            return Ok((Condition::all().add(present), None));
        }
        let (holds, wanted) = match field.read {
            Read::Words(_) => self.words(column, comparator, argument)?,
            Read::Text(_) | Read::OptionalText(_) => self.text(field, column, comparator, text)?,
            Read::Choice(words, _) | Read::OptionalChoice(words, _) => {
                (ordered(column, comparator, self.word(field.path, words, text)?), None)
            }
            Read::Number(_) => {
                let number: Option<i64> = text.parse().ok();
                let number =
                    number.ok_or_else(|| self.at_byte(text, "a whole number is wanted"))?;
                (ordered(column, comparator, number), None)
            }
            Read::Flag(_) => {
                let flag: Option<bool> = text.to_lowercase().parse().ok();
                let flag = flag.ok_or_else(|| self.at_byte(text, "true or false is wanted"))?;
                (ordered(column, comparator, flag), None)
            }
            _ => {
                let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
                let day = day(text).map_err(|said| {
                    let (first, last) = (format!("{text}-01-01"), format!("{text}-12-31"));
                    let between = format!(
                        "{said}; a year lies between two: >= \"{first}\" AND … <= \"{last}\""
                    );
                    self.at_byte(text, if is_year { &between } else { &said })
                })?;
                (ordered(column, comparator, day), None)
            }
        };
        Ok((Condition::all().add(present).add(holds), wanted))
    }

    /// A comparison of words, without regard to case and accents; a quoted `*` at either end stands
    /// for anything.
    fn words(
        &self,
        column: SimpleExpr,
        comparator: Comparator,
        argument: &Value,
    ) -> Result<Compared, String> {
        let text = argument.as_str();
        let (starts, ends) = (text.starts_with('*'), text.ends_with('*'));
        let words = fold(text.trim_matches('*'));
        if words.is_empty() {
            return Err(self.at_byte(text, "a value is wanted; `:*` asks whether there is one"));
        }
        let any = |open: bool| if open { "%" } else { "" };
        let has = comparator == Comparator::Has;
        let pattern = format!("{}{}{}", any(starts || has), escaped(&words), any(ends || has));
        let like = LikeExpr::new(pattern).escape('\\');
        let holds = match comparator {
            Comparator::Has => column.like(like),
            Comparator::Equal if starts || ends => column.like(like),
            Comparator::NotEqual if starts || ends => column.not_like(like),
            _ => ordered(column, comparator, words.as_str()),
        };
        let asks = matches!(comparator, Comparator::Has | Comparator::Equal);
        Ok((holds, asks.then_some(Wanted::Words(words))))
    }

    /// A comparison of a text that is recorded in one spelling, if it has one.
    fn text(
        &self,
        field: &Field<T>,
        column: SimpleExpr,
        comparator: Comparator,
        text: &str,
    ) -> Result<Compared, String> {
        let meant = field.spelling.read(text).map_err(|said| self.at_byte(text, &said))?;
        let asks = matches!(comparator, Comparator::Has | Comparator::Equal);
        let wanted = asks.then(|| meant.clone().into());
        let value = match meant {
            Meant::Name(name) => {
                if !asks && comparator != Comparator::NotEqual {
                    return Err(self.at_byte(text, "a name is asked with `=`"));
                }
                let same = self.same(field, &column, &name);
                return Ok((if asks { same } else { same.not() }, wanted));
            }
            Meant::Value(value) => value,
        };
        let known = || self.same(field, &column, &value);
        let holds = match comparator {
            Comparator::Equal if field.aliases.is_some() => known(),
            Comparator::NotEqual if field.aliases.is_some() => known().not(),
            Comparator::Has if field.spelling.normal.is_some() => {
                let known = field.aliases.map(|_| known());
                let letters: String = value.chars().flat_map(char::to_lowercase).collect();
                let pattern = format!("%{}%", escaped(&letters));
                let holds =
                    lower(column.clone(), &letters).like(LikeExpr::new(pattern).escape('\\'));
                known.into_iter().fold(holds, SimpleExpr::or)
            }
            // By case, the same on both engines: LIKE folds ASCII case on SQLite only.
            Comparator::Has => {
                let replace = Func::cust(Alias::new("replace"));
                Expr::expr(replace.args([column.clone(), value.into(), Expr::val("")])).ne(column)
            }
            Comparator::Equal if value != text => column.is_in([value.as_str(), text]),
            Comparator::NotEqual if value != text => column.is_not_in([value.as_str(), text]),
            _ => ordered(column, comparator, value),
        };
        Ok((holds, wanted.filter(|_| field.spelling.normal.is_some())))
    }

    /// That a column holds a value, or another name of what it refers to.
    fn same(&self, field: &Field<T>, column: &SimpleExpr, value: &str) -> SimpleExpr {
        match field.aliases {
            Some(aliases) => aliases.same(column, value, self.at),
            None => column.clone().eq(value),
        }
    }

    /// The word of a vocabulary, in any case, also as answers print it: `KIND_PROTOCOL`.
    pub(super) fn word(
        &self,
        path: &str,
        words: &[&'static str],
        text: &str,
    ) -> Result<&'static str, String> {
        let plain = text.trim().to_uppercase().replace(['-', ' '], "_");
        let own = path.rsplit('.').next().unwrap_or_default().to_uppercase();
        let last = own.rsplit('_').next().unwrap_or_default();
        let prefixes = ["KIND", "STATE", own.as_str(), last, last.trim_end_matches('S')];
        let printed = prefixes.iter().filter_map(|prefix| {
            plain.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'))
        });
        let is_said = |word: &&&str| plain == **word || printed.clone().any(|it| it == **word);
        words.iter().find(is_said).copied().ok_or_else(|| {
            let meant = nearest(&plain, words.iter().copied());
            let meant = meant.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
            self.at_byte(text, &format!("unknown value{meant}; known are: {}", words.join(", ")))
        })
    }
}

fn ordered(column: SimpleExpr, comparator: Comparator, value: impl Into<SimpleExpr>) -> SimpleExpr {
    let value = value.into();
    match comparator {
        Comparator::Equal | Comparator::Has => column.eq(value),
        Comparator::NotEqual => column.ne(value),
        Comparator::LessThan => column.lt(value),
        Comparator::LessThanOrEqual => column.lte(value),
        Comparator::GreaterThan => column.gt(value),
        Comparator::GreaterThanOrEqual => column.gte(value),
    }
}

/// A text as a pattern that stands for itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A text in lower case, as far as it is to be compared with these small letters: SQLite folds
/// ASCII alone, so each other one takes the place of its capital.
fn lower(column: SimpleExpr, letters: &str) -> SimpleExpr {
    let others: BTreeSet<char> = letters.chars().filter(|letter| !letter.is_ascii()).collect();
    let lowered = Expr::expr(Func::lower(column));
    others.into_iter().take(MAX_LETTERS).fold(lowered, |text, letter| {
        let capital: String = letter.to_uppercase().collect();
        if capital.chars().flat_map(char::to_lowercase).ne([letter]) {
            return text;
        }
        let replace = Func::cust(Alias::new("replace"));
        Expr::expr(replace.args([text, capital.into(), letter.to_string().into()]))
    })
}

/// `2024-01-17` → 20240117.
pub(super) fn day(text: &str) -> Result<i64, String> {
    let wanted = "a day is wanted, in quotes: \"2024-01-17\"";
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let number = |part: &str| part.parse::<i32>().unwrap_or_default();
    match parts[..] {
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            let day = facts::Day::new(number(year), number(month), number(day));
            day.map(|day| i64::from(day.0)).ok_or_else(|| format!("no such day; {wanted}"))
        }
        _ => Err(wanted.to_owned()),
    }
}
