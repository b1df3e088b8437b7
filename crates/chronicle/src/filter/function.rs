//! Functions of a field and a day: `status_on("2024-01-17") = IN_FORCE`.

use aip_160::{Arg, Comparable, Comparator, Expression, Function, Restriction};
use facts::ErrorReason;
use sea_orm::sea_query::{BinOper, Condition, Expr, ExprTrait, Query, SimpleExpr};

use super::literal::day;
use super::{At, Compiler, MOST_DEPTH, parse_filter_with_max_depth};
use crate::columns::id;
use crate::error::Error;
use crate::fold::nearest;
use crate::resource::{Field, Read};
use crate::spelling::snake;

/// A day as an example.
const EXAMPLE: &str = "2024-01-17";

impl<T> Field<T> {
    /// How a filter asks for it.
    pub(super) fn call(&self) -> String {
        if self.dated() { format!("{}_on(\"{EXAMPLE}\")", self.path) } else { self.path.to_owned() }
    }
}

impl<T> Compiler<'_, T> {
    /// A comparison of what a field is on a day.
    pub(super) fn on_day(
        &self,
        function: &Function,
        restriction: &Restriction,
    ) -> Result<Condition, String> {
        let (field, words) = self.function(function)?;
        let (name, day) = (function.name.join("."), self.day_of(field, function)?);
        let Some(argument) = restriction.arg.as_value() else {
            return Err(self.at_byte(&name, &wanted(field, words)));
        };
        let text = argument.as_str();
        let word = || self.word(field.path, words, text);
        let values = match restriction.comparator {
            Comparator::Has if text == "*" => words.to_vec(),
            Comparator::Has | Comparator::Equal => vec![word()?],
            Comparator::NotEqual => {
                let other = word()?;
                words.iter().copied().filter(|word| *word != other).collect()
            }
            _ => return Err(self.at_byte(&name, "a value on a day is asked with `=` or `!=`")),
        };
        let s = |column: &str| Expr::col((id("s"), id(column)));
        let each = self.narrowed || self.at == At::Version;
        // Of few versions each is looked at. The index over values, which SQLite would take, finds
        // those of all.
        let value: SimpleExpr = if each {
            s("value").binary(BinOper::Custom("||"), Expr::cust("''"))
        } else {
            s("value")
        };
        let mut rows = Query::select();
        rows.and_where(match values.as_slice() {
            [one] => value.eq(*one),
            several => value.is_in(several.iter().copied()),
        });
        rows.and_where(s("valid_from").lte(day)).and_where(s("valid_to").gt(day));
        Ok(self.holds_of(field, rows, each))
    }

    /// The field that a function asks for, and its words.
    fn function(
        &self,
        function: &Function,
    ) -> Result<(&Field<T>, &'static [&'static str]), String> {
        let name = function.name.join(".");
        let path = snake(&name);
        let path = path.strip_suffix("_on").unwrap_or_default();
        for field in &self.fields {
            if let Read::Periods(words, _) = field.read
                && field.path == path
            {
                return Ok((field, words));
            }
        }
        let dated: Vec<_> = self.fields.iter().filter(|field| field.dated()).collect();
        let known = dated.iter().map(|field| field.call()).collect::<Vec<_>>();
        if known.is_empty() {
            return Err(self.at_byte(&name, "no functions are known here"));
        }
        let meant = nearest(path, dated.iter().map(|field| field.path));
        let meant = dated.iter().find(|field| Some(field.path) == meant);
        let meant = meant.map(|field| format!("; did you mean `{}`?", field.call()));
        let said = format!(
            "unknown function{}; known are: {}",
            meant.unwrap_or_default(),
            known.join(", ")
        );
        Err(self.at_byte(&name, &said))
    }

    /// The day in a call.
    fn day_of(&self, field: &Field<T>, function: &Function) -> Result<i64, String> {
        let [argument] = function.args.as_slice() else {
            let said = format!("one day is wanted: {}", field.call());
            return Err(self.at_byte(&function.name.join("."), &said));
        };
        let text =
            argument.as_value().map_or_else(|| argument.to_string(), |it| it.as_str().into());
        day(&text).map_err(|said| self.at_byte(&text, &said))
    }

    /// Returns the problem of a field that has one value a day, where no day is given.
    pub(super) fn without_day(&self, path: &str, argument: &Arg) -> Option<String> {
        let first = snake(path.split('.').next().unwrap_or_default());
        let field = self.fields.iter().find(|field| field.dated() && field.path == first)?;
        let call = field.call();
        Some(self.at_byte(path, &format!("a day is wanted: write {call} = {argument}")))
    }

    /// Returns the problem of a word or a call that is compared with nothing, if it is meant for a
    /// field that has one value a day.
    pub(super) fn uncompared(&self, word: &Comparable) -> Option<String> {
        match word {
            Comparable::Function(function) => Some(match self.function(function) {
                Ok((field, words)) => self.at_byte(&function.name.join("."), &wanted(field, words)),
                Err(said) => said,
            }),
            Comparable::Member(_) => {
                let path = word.field_path()?;
                let is_meant = |field: &&Field<T>| {
                    field.dated() && snake(&path).trim_end_matches("_on") == field.path
                };
                let field = self.fields.iter().find(is_meant)?;
                let Read::Periods(words, _) = field.read else { return None };
                Some(self.at_byte(&path, &wanted(field, words)))
            }
        }
    }
}

fn wanted<T>(field: &Field<T>, words: &[&str]) -> String {
    let call = field.call();
    format!("a day and one value are wanted: {call} = WORD; known are: {}", words.join(", "))
}

/// Refuses a filter that asks what something is on a day, where only what was known by a day is
/// asked for: it would be answered by all that is recorded.
pub(crate) fn expect_timeless(text: &str) -> Result<(), Error> {
    let parsed = parse_filter_with_max_depth(text, MOST_DEPTH);
    // What cannot be read is refused by its own reason.
    let expression = parsed.ok().and_then(|filter| filter.expression);
    let Some(name) = expression.as_ref().and_then(called) else { return Ok(()) };
    let byte = text.find(&name).unwrap_or(0);
    let message = format!(
        "at byte {byte}, `{name}`: cannot be asked together with `known_by`, for it would follow \
         from all that is recorded; leave it out, and compare what is answered"
    );
    Err(Error::invalid("filter", ErrorReason::FilterInvalid, message))
}

/// The name of the first function in a filter.
fn called(expression: &Expression) -> Option<String> {
    match expression {
        Expression::And(parts) | Expression::Sequence(parts) | Expression::Or(parts) => {
            parts.iter().find_map(called)
        }
        Expression::Not(part) => called(part),
        Expression::Restriction(Restriction { comparable: Comparable::Function(it), .. })
        | Expression::Global(Comparable::Function(it)) => Some(it.name.join(".")),
        Expression::Restriction(_) | Expression::Global(_) => None,
    }
}
