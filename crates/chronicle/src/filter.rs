//! AIP-160 filters, typed against the fields of a resource. The crate aip-160 only parses; what it
//! means in SQL is ours.
//!
//! Here what stands at an instant, and how the parts of a filter are joined; `literal`: what a word
//! means for the field it is compared with; `function`: what a field is on a day; `edge`: to what
//! it refers, and how.

mod edge;
mod function;
mod literal;
pub(crate) mod sided;

use aip_160::{Comparable, Comparator, Expression, Restriction, parse_filter_with_max_depth};
use facts::ErrorReason;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};

pub(crate) use self::function::expect_timeless;
use crate::columns::{id, open_literal};
use crate::error::Error;
use crate::fold::nearest;
use crate::resource::{Field, Read, Resource};
use crate::spelling::{Meant, Spelling, snake};

const MOST_BYTES: usize = 4096;
const MOST_DEPTH: usize = 32;
const MOST_TERMS: usize = 100;
/// How to write a value that the grammar would take apart.
const QUOTED: &str =
    "what is not only letters, digits, `_` and `-` is quoted: external_ids:\"JOIN(2019) 9\"";

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

/// Returns the condition of a filter on the versions `v` of a resource at `at`. An empty filter
/// holds for all.
pub fn filter<T: Resource>(text: &str, at: At) -> Result<Condition, Error> {
    compiled::<T>(text, at).map(|(condition, _)| condition)
}

/// Returns the value that a text stands for, as in a filter: a name, or the one spelling of another
/// value; otherwise the problem.
pub fn meant<T: Resource>(path: &str, asked: &str) -> Result<String, String> {
    let field = T::fields().into_iter().find(|field| field.path == path);
    let spelling = field.map_or(Spelling::ANY, |field| field.spelling);
    let (Meant::Name(meant) | Meant::Value(meant)) = spelling.read(asked)?;
    Ok(meant)
}

/// Returns whether a filter asks for a field. One that is invalid does.
pub fn asks_for<T: Resource>(text: &str, path: &str) -> bool {
    filter_by::<T>(text, At::Now, |it| it != path).is_err()
}

/// As [`filter`], where only some fields can be asked for.
pub(crate) fn filter_by<T: Resource>(
    text: &str,
    at: At,
    can_be_asked: impl Fn(&str) -> bool,
) -> Result<Condition, Error> {
    let fields = T::fields().into_iter().filter(|field| can_be_asked(field.path)).collect();
    compiled_by(fields, T::KIND, text, at).map(|(condition, _)| condition)
}

/// Returns the terms of a filter of which one must hold where it holds.
pub(crate) fn terms<T: Resource>(text: &str) -> Result<Vec<Term>, Error> {
    compiled::<T>(text, At::Now).map(|(_, terms)| terms)
}

/// A value that a filter asks for.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// The field.
    pub path: &'static str,
    /// The value as it stands in the filter, and where.
    pub place: String,
    /// The wanted value.
    pub wanted: Wanted,
    /// The outermost choice of which it is an alternative; 0: it must hold.
    pub choice: usize,
}

/// The value that a term compares a field with.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The resource of this name.
    Name(String),
    /// This value.
    Value(String),
    /// A text that holds these words, folded.
    Words(String),
    /// Something else, of a choice: it is not looked into, and it may hold.
    Other,
}

impl From<Meant> for Wanted {
    fn from(meant: Meant) -> Self {
        match meant {
            Meant::Name(name) => Self::Name(name),
            Meant::Value(value) => Self::Value(value),
        }
    }
}

fn compiled<T: Resource>(text: &str, at: At) -> Result<(Condition, Vec<Term>), Error> {
    compiled_by(T::fields(), T::KIND, text, at)
}

fn compiled_by<T>(
    fields: Vec<Field<T>>,
    kind: &'static str,
    text: &str,
    at: At,
) -> Result<(Condition, Vec<Term>), Error> {
    let invalid = |message: String| Error::invalid("filter", ErrorReason::FilterInvalid, message);
    if text.len() > MOST_BYTES {
        return Err(invalid(format!("filter is longer than {MOST_BYTES} bytes")));
    }
    // PostgreSQL keeps no text with it, and would answer with an error of its own.
    if let Some(byte) = text.find('\0') {
        return Err(invalid(format!("at byte {byte}: U+0000 is in no text of the record")));
    }
    let parsed = parse_filter_with_max_depth(text, MOST_DEPTH)
        .map_err(|error| invalid(format!("{error}; {QUOTED}")))?;
    let Some(expression) = &parsed.expression else { return Ok((Condition::all(), Vec::new())) };
    let mut compiler = Compiler {
        fields,
        kind,
        text,
        at,
        terms: 0,
        asked: Vec::new(),
        negated: false,
        narrowed: false,
        choice: 0,
        choices: 0,
    };
    let condition = compiler.expression(expression).map_err(invalid)?;
    Ok((condition, compiler.asked))
}

struct Compiler<'a, T> {
    fields: Vec<Field<T>>,
    kind: &'static str,
    text: &'a str,
    at: At,
    terms: usize,
    asked: Vec<Term>,
    /// Inside of something that must not hold.
    negated: bool,
    /// Beside something that must hold and leaves few versions.
    narrowed: bool,
    /// The choice between alternatives that is looked into, by its number; 0: none.
    choice: usize,
    choices: usize,
}

impl<T> Compiler<'_, T> {
    fn expression(&mut self, expression: &Expression) -> Result<Condition, String> {
        match expression {
            Expression::And(parts) | Expression::Sequence(parts) => {
                let around = self.narrowed;
                self.narrowed |= parts.iter().any(|part| self.narrows(part));
                let joined = self.join(Condition::all(), parts);
                self.narrowed = around;
                joined
            }
            Expression::Or(parts) => {
                let around = self.choice;
                if around == 0 {
                    self.choices += 1;
                    self.choice = self.choices;
                }
                let joined = self.join(Condition::any(), parts);
                self.choice = around;
                joined
            }
            Expression::Not(part) => {
                self.negated = !self.negated;
                let holds = self.expression(part)?;
                self.negated = !self.negated;
                Ok(holds.not())
            }
            Expression::Global(word) => Err(self.uncompared(word).unwrap_or_else(|| {
                let wanted = "a field and a comparison are wanted, such as `title:\"Kazakhstan\"`";
                self.at_byte(&word.to_string(), &format!("{wanted}; {QUOTED}"))
            })),
            Expression::Restriction(restriction) => self.restriction(restriction),
        }
    }

    /// Returns whether a part that must hold asks for what a field with many values has: few
    /// versions have one of them.
    fn narrows(&self, part: &Expression) -> bool {
        let Expression::Restriction(restriction) = part else { return false };
        let path = restriction.comparable.field_path().map(|path| snake(&path));
        let presence = restriction.arg.as_value().is_none_or(|value| value.as_str() == "*");
        let is_many = |field: &Field<T>| field.many() && Some(field.path) == path.as_deref();
        !presence && self.fields.iter().any(is_many)
    }

    fn join(&mut self, start: Condition, parts: &[Expression]) -> Result<Condition, String> {
        let mut joined = start;
        for part in parts {
            joined = joined.add(self.expression(part)?);
        }
        Ok(joined)
    }

    /// The syntax tree carries no positions: the first place where the words stand is the best
    /// there is.
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
        if let Comparable::Function(function) = &restriction.comparable {
            if self.choice > 0 {
                let (path, place, choice) = ("", String::new(), self.choice);
                self.asked.push(Term { path, place, wanted: Wanted::Other, choice });
            }
            return self.on_day(function, restriction);
        }
        let Some(path) = restriction.comparable.field_path() else {
            let said = "a field is not quoted";
            return Err(self.at_byte(&restriction.comparable.to_string(), said));
        };
        if let Some(said) = self.without_day(&path, &restriction.arg) {
            return Err(said);
        }
        let place = self.field(&path)?;
        let Some(argument) = restriction.arg.as_value() else {
            let said = format!("one plain value is wanted on the right; {QUOTED}");
            return Err(self.at_byte(&path, &said));
        };
        let field = &self.fields[place];
        let is_many = field.many();
        let (condition, wanted) = if is_many {
            self.has(field, restriction.comparator, argument.as_str())?
        } else {
            self.compare(field, restriction.comparator, argument)?
        };
        let path = field.path;
        let wanted = wanted.filter(|_| !self.negated);
        if let Some(wanted) = wanted.or((self.choice > 0).then_some(Wanted::Other)) {
            let place = self.at_byte(argument.as_str(), "");
            self.asked.push(Term { path, place, wanted, choice: self.choice });
        }
        Ok(condition)
    }

    /// The place of a field, by its path or by the name that JSON has for it.
    fn field(&self, path: &str) -> Result<usize, String> {
        let snake = snake(path);
        let of = |path: &str| {
            self.fields.iter().position(|field| field.path == path && field.filterable)
        };
        of(path).or_else(|| of(&snake)).ok_or_else(|| {
            let known: Vec<_> = self.fields.iter().filter(|field| field.filterable).collect();
            let meant = nearest(&snake, known.iter().map(|field| field.path));
            let meant = known.iter().find(|field| Some(field.path) == meant);
            let meant = meant.map(|field| format!("; did you mean `{}`?", field.call()));
            let known: Vec<_> = known.iter().map(|field| field.call()).collect();
            let said = format!(
                "unknown field{}; known are: {}",
                meant.unwrap_or_default(),
                known.join(", ")
            );
            self.at_byte(path, &said)
        })
    }

    fn has(
        &self,
        field: &Field<T>,
        comparator: Comparator,
        value: &str,
    ) -> Result<(Condition, Option<Wanted>), String> {
        if comparator != Comparator::Has {
            return Err(self.at_byte(field.path, "a list is asked with `:`"));
        }
        let mut rows = Query::select();
        let mut asked = None;
        if value != "*" {
            let (kept, wanted) = match field.read {
                Read::Choices(words, _) => (self.word(field.path, words, value)?.to_owned(), None),
                Read::Edges(words, _) => self.edge(field, words, value)?,
                _ => {
                    let meant = field.spelling.read(value);
                    let meant = meant.map_err(|said| self.at_byte(value, &said))?;
                    let (Meant::Name(kept) | Meant::Value(kept)) = meant.clone();
                    (kept, Some(meant.into()))
                }
            };
            let value: SimpleExpr = Expr::col((id("s"), id("value")));
            rows.and_where(match field.aliases {
                Some(aliases) => aliases.same(&value, &kept, self.at),
                None => value.eq(kept),
            });
            asked = wanted;
        }
        Ok((self.holds_of(field, rows, self.at == At::Version), asked))
    }

    /// That one of the rows of the side table `s` of a field belongs to the version; `each`: looked
    /// for by the version, and not the versions by the rows.
    fn holds_of(&self, field: &Field<T>, rows: SelectStatement, each: bool) -> Condition {
        sided::holds(self.kind, field.path, rows, self.at, each)
    }
}
