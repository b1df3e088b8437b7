//! AIP-160 filters, typed against the fields of a resource. The crate aip-160 only parses; what it means in SQL is ours.

use aip_160::{Comparator, Expression, Restriction, Value, parse_filter_with_max_depth};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SimpleExpr};

use crate::error::Error;
use crate::resource::{Field, Read, Resource};
use crate::schema::{id, open_literal, side};

const MOST_BYTES: usize = 4096;
const MOST_DEPTH: usize = 32;
const MOST_TERMS: usize = 100;

/// When an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Now: the versions still open in the snapshot of the statement.
    Now,
    /// At a record time.
    Time(i64),
    /// Of the versions `v`: any; of what belongs to them: as it was in that version.
    Version,
}

/// The versions, or side rows, of the table `table` that stand at `at`.
pub fn standing(table: &str, at: At) -> Condition {
    let from = Expr::col((id(table), id("recorded_from")));
    let to = Expr::col((id(table), id("recorded_to")));
    match at {
        At::Now => Condition::all().add(to.eq(open_literal())),
        At::Time(time) => Condition::all().add(from.lte(time)).add(to.gt(time)),
        At::Version if table == "v" => Condition::all(),
        At::Version => {
            let recorded = Expr::col((id("v"), id("recorded_from")));
            Condition::all().add(from.lte(recorded.clone())).add(to.gt(recorded))
        }
    }
}

/// What a filter means for the versions `v` of a resource at `at`. An empty filter holds for all.
pub fn filter<T: Resource>(text: &str, at: At) -> Result<Condition, Error> {
    let invalid = |message: String| Error::invalid("filter", "FILTER_INVALID", message);
    if text.len() > MOST_BYTES {
        return Err(invalid(format!("filter is longer than {MOST_BYTES} bytes")));
    }
    // PostgreSQL keeps no text with it, and would answer with an error of its own.
    if let Some(byte) = text.find('\0') {
        return Err(invalid(format!("at byte {byte}: U+0000 is in no text of the record")));
    }
    let parsed = parse_filter_with_max_depth(text, MOST_DEPTH)
        .map_err(|error| invalid(error.to_string()))?;
    let Some(expression) = &parsed.expression else { return Ok(Condition::all()) };
    let mut compiler = Compiler { fields: T::fields(), kind: T::KIND, text, at, terms: 0 };
    compiler.expression(expression).map_err(invalid)
}

struct Compiler<'a, T> {
    fields: Vec<Field<T>>,
    kind: &'static str,
    text: &'a str,
    at: At,
    terms: usize,
}

impl<T> Compiler<'_, T> {
    fn expression(&mut self, expression: &Expression) -> Result<Condition, String> {
        match expression {
            Expression::And(parts) | Expression::Sequence(parts) => {
                self.join(Condition::all(), parts)
            }
            Expression::Or(parts) => self.join(Condition::any(), parts),
            Expression::Not(part) => Ok(self.expression(part)?.not()),
            Expression::Global(word) => Err(self.at_byte(
                &word.to_string(),
                "a field and a comparison are wanted, such as `title:\"Kazakhstan\"`",
            )),
            Expression::Restriction(restriction) => self.restriction(restriction),
        }
    }

    fn join(&mut self, start: Condition, parts: &[Expression]) -> Result<Condition, String> {
        let mut joined = start;
        for part in parts {
            joined = joined.add(self.expression(part)?);
        }
        Ok(joined)
    }

    /// The syntax tree carries no positions: the first place where the words stand is the best there is.
    fn at_byte(&self, word: &str, message: &str) -> String {
        let byte =
            self.text.find(word).or_else(|| self.text.find(word.trim_matches('"'))).unwrap_or(0);
        format!("at byte {byte}, `{word}`: {message}")
    }

    fn restriction(&mut self, restriction: &Restriction) -> Result<Condition, String> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(format!("filter has more than {MOST_TERMS} terms"));
        }
        let Some(path) = restriction.comparable.field_path() else {
            return Err(
                self.at_byte(&restriction.comparable.to_string(), "functions are not known")
            );
        };
        let Some(field) = self.fields.iter().find(|field| field.path == path && field.filterable)
        else {
            let known: Vec<_> =
                self.fields.iter().filter(|f| f.filterable).map(|f| f.path).collect();
            return Err(
                self.at_byte(&path, &format!("unknown field; known are: {}", known.join(", ")))
            );
        };
        let Some(argument) = restriction.arg.as_value() else {
            return Err(self.at_byte(&path, "one plain value is wanted on the right"));
        };
        if field.many() {
            return self.has(field, restriction.comparator, argument.as_str());
        }
        let column: SimpleExpr = Expr::col((id("v"), id(field.path)));
        if argument.as_str() == "*" && restriction.comparator == Comparator::Has {
            return Ok(Condition::all().add(Self::present(field, column)));
        }
        let (value, contains) = self.argument(field, argument)?;
        self.compare(field, column, restriction.comparator, value, contains)
    }

    /// The value of a comparison in the kind of its field, and whether `:` looks inside it.
    fn argument(&self, field: &Field<T>, argument: &Value) -> Result<(SimpleExpr, bool), String> {
        let text = argument.as_str();
        match field.read {
            Read::Choice(words, _) | Read::OptionalChoice(words, _) => {
                Ok((Expr::val(self.word(words, text)?), false))
            }
            Read::Number(_) => match argument.as_i64() {
                Some(number) => Ok((Expr::val(number), false)),
                None => Err(self.at_byte(text, "a whole number is wanted")),
            },
            Read::Day(_) => match day(text) {
                Some(day) => Ok((Expr::val(day), false)),
                None => Err(self.at_byte(text, "a day is wanted, in quotes: \"2024-01-17\"")),
            },
            Read::Flag(_) => match argument.as_bool() {
                Some(flag) => Ok((Expr::val(flag), false)),
                None => Err(self.at_byte(text, "true or false is wanted")),
            },
            _ => Ok((Expr::val(text), true)),
        }
    }

    fn word(&self, words: &[&'static str], text: &str) -> Result<&'static str, String> {
        let found = words.iter().find(|word| **word == text);
        found.copied().ok_or_else(|| {
            self.at_byte(text, &format!("unknown value; known are: {}", words.join(", ")))
        })
    }

    fn present(field: &Field<T>, column: SimpleExpr) -> SimpleExpr {
        if matches!(field.read, Read::Day(_)) { column.ne(0) } else { column.is_not_null() }
    }

    /// An absent value matches nothing, and its negation matches it: the logic stays two-valued.
    fn compare(
        &self,
        field: &Field<T>,
        column: SimpleExpr,
        comparator: Comparator,
        value: SimpleExpr,
        contains: bool,
    ) -> Result<Condition, String> {
        let present = Self::present(field, column.clone());
        let holds = match comparator {
            Comparator::Equal => column.eq(value),
            Comparator::NotEqual => column.ne(value),
            Comparator::LessThan => column.lt(value),
            Comparator::LessThanOrEqual => column.lte(value),
            Comparator::GreaterThan => column.gt(value),
            Comparator::GreaterThanOrEqual => column.gte(value),
            // Contains, by case, the same on both engines: LIKE folds ASCII case on SQLite only.
            Comparator::Has if contains => {
                let without =
                    Func::cust(Alias::new("replace")).args([column.clone(), value, Expr::val("")]);
                Expr::expr(without).ne(column)
            }
            Comparator::Has => {
                return Err(self.at_byte(field.path, "`:` is for texts and lists; use `=`"));
            }
        };
        Ok(Condition::all().add(present).add(holds))
    }

    fn has(
        &self,
        field: &Field<T>,
        comparator: Comparator,
        value: &str,
    ) -> Result<Condition, String> {
        if comparator != Comparator::Has {
            return Err(self.at_byte(field.path, "a list is asked with `:`"));
        }
        // IN, not EXISTS: SQLite then starts from the side table when that is the short way.
        let mut rows = Query::select();
        let at = match self.at {
            At::Time(time) => Some(time),
            At::Now | At::Version => None,
        };
        rows.column((id("s"), id("uid")))
            .from_as(id(side(self.kind, field.path)), id("s"))
            .cond_where(standing("s", self.at));
        if value != "*" {
            let wanted = match field.read {
                Read::Choices(words, _) => self.word(words, value)?.to_owned(),
                Read::Identifiers(normal, _) => normal(value),
                _ => value.to_owned(),
            };
            let value: SimpleExpr = Expr::col((id("s"), id("value")));
            rows.and_where(match field.aliases {
                Some(aliases) => aliases.same(&value, &wanted, self.at),
                None => value.eq(wanted),
            });
        }
        let uid = Expr::col((id("v"), id("uid")));
        let Some(time) = at else { return Ok(Condition::all().add(uid.in_subquery(rows))) };
        // With when the version that stands then began: so each is found at once, however many there are of it.
        let began = Query::select()
            .expr(Expr::col((id("b"), id("recorded_from"))).max())
            .from_as(id(self.kind), id("b"))
            .and_where(Expr::col((id("b"), id("uid"))).eq(Expr::col((id("s"), id("uid")))))
            .and_where(Expr::col((id("b"), id("recorded_from"))).lte(time))
            .to_owned();
        rows.expr(Expr::from(began));
        let version = Expr::tuple([uid, Expr::col((id("v"), id("recorded_from")))]);
        Ok(Condition::all().add(version.in_subquery(rows)))
    }
}

/// `2024-01-17` → 20240117.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let shape = parts.next().is_none() && year.len() == 4 && month.len() == 2 && day.len() == 2;
    let digits =
        [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !(shape && digits) {
        return None;
    }
    let (month_number, day_number): (i64, i64) = (month.parse().ok()?, day.parse().ok()?);
    let within = (1..=12).contains(&month_number) && (1..=31).contains(&day_number);
    within.then(|| {
        year.parse::<i64>().ok().map(|year| year * 10_000 + month_number * 100 + day_number)
    })?
}
