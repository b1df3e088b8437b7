//! The trait by which the record knows a resource.
//!
//! A field is declared once: its path, its kind and how it is read off the value stand on one line,
//! so the index can neither hold a field that no filter knows nor miss one that a filter names.

use std::borrow::Cow;

use facts::Day;
use policy::{Desks, Tier};
use sea_orm::Value;
use words::{Said, Term};

use crate::columns::OPEN;
use crate::document::Document;
use crate::edge::{self, Edge};
use crate::fold::fold;
use crate::sides::{Beside, SideKind, SideValue};
use crate::spelling::{Aliases, Normal, Spelling};
use crate::sums::Totals;
use crate::terms;

/// The field that holds the words of a resource, and so the name of their table.
pub(crate) const WORDS: &str = "words";

/// A kind of thing the record keeps: agreements, projects, recommendations.
pub trait Resource: Document + Clone + PartialEq + Send + Sync + 'static {
    /// The table of its versions and its word in the change log: `agreement`.
    const KIND: &'static str;
    /// Its name pattern: `agreements/{agreement}`.
    const PATTERN: &'static str;

    /// Of a resource within another of the same service: the kind of that other, and the field that
    /// holds its name. Who may not see the one does not see what is in it.
    const PARENT: Option<(&'static str, &'static str)> = None;
    /// True if a field of its message is CONFIDENTIAL or above, so that showing it is recorded
    /// whatever its own tier.
    const AUDITED: bool = false;
    /// True if a field of its message lies above PUBLIC, so that readers of the same resource are
    /// shown more or less of it.
    const LAYERED: bool = false;

    /// True if a search finds it by its words.
    const SEARCHED: bool = false;
    /// Of what is searched: fields with many that name resources of the same service, by whose
    /// words it is found, too; each with the kind of those.
    const THROUGH: &'static [(&'static str, &'static str)] = &[];

    /// The sums that are kept of it, where sums are asked for.
    const TOTALS: Option<Totals> = None;

    /// Its name; never changes.
    fn name(&self) -> &str;

    /// Returns the name in a document, or why it cannot be decoded. To be overridden where it is
    /// found without the rest. Pure.
    fn name_in(document: &[u8]) -> Result<String, String> {
        Self::from_document(document).map(|value| value.name().to_owned())
    }

    /// How far the harm of a leak of it reaches. Pure.
    fn tier(&self) -> Tier;

    /// The desks it belongs to; none: all of them. Pure.
    fn desks(&self) -> Desks {
        Desks::NONE
    }

    /// Takes the desks of what it lies within for its own, where it lies above PUBLIC and tells none
    /// itself. Of a kind with a [`PARENT`](Self::PARENT) to be overridden. Pure.
    fn inherit(&mut self, _: Desks) {}

    /// Returns what readers of a tier are shown of it: without the fields that the contract puts
    /// above that tier. Of what is [`LAYERED`](Self::LAYERED) to be overridden. Pure.
    fn shown_at(&self, _: Tier) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    /// Returns the texts by whose words it is found, its title first: none that lies above PUBLIC.
    /// Of what is [`SEARCHED`](Self::SEARCHED) to be overridden. Pure.
    fn said(&self) -> Vec<Said<'_>> {
        Vec::new()
    }

    /// Every field that a filter, a sort or a sum may use. Pure.
    fn fields() -> Vec<Field<Self>>;
}

/// Days on which a field has one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// One of the words of the field.
    pub value: &'static str,
    /// The first of the days.
    pub from: Day,
    /// The day after the last; absent where there is no last.
    pub until: Option<Day>,
}

impl Period {
    fn kept(self) -> SideValue {
        let until = self.until.map_or(OPEN, |day| i64::from(day.0));
        let beside = Beside::Days(i64::from(self.from.0), until);
        SideValue { value: self.value.to_owned(), beside }
    }
}

fn weighed(term: Term) -> SideValue {
    SideValue { value: term.form, beside: Beside::Weight(term.weight) }
}

/// How a field is read off the value; the variant is its kind, and says whether it may be absent or
/// many.
pub(crate) enum Read<T> {
    Words(fn(&T) -> String),
    Text(fn(&T) -> String),
    OptionalText(fn(&T) -> Option<String>),
    Choice(&'static [&'static str], fn(&T) -> &'static str),
    OptionalChoice(&'static [&'static str], fn(&T) -> Option<&'static str>),
    Number(fn(&T) -> i64),
    Day(fn(&T) -> i64),
    Flag(fn(&T) -> bool),
    Texts(fn(&T) -> Vec<String>),
    Choices(&'static [&'static str], fn(&T) -> Vec<&'static str>),
    Periods(&'static [&'static str], fn(&T) -> Vec<Period>),
    Edges(&'static [&'static str], fn(&T) -> Vec<Edge>),
    Said(fn(&T) -> Vec<Term>),
}

/// A field that a filter, a sort or a sum may use.
pub struct Field<T> {
    pub(crate) path: &'static str,
    pub(crate) read: Read<T>,
    pub(crate) spelling: Spelling,
    pub(crate) sortable: bool,
    pub(crate) filterable: bool,
    pub(crate) aliases: Option<Aliases>,
}

impl<T> Field<T> {
    const fn new(path: &'static str, read: Read<T>) -> Self {
        let spelling = Spelling::ANY;
        Self { path, read, spelling, sortable: false, filterable: true, aliases: None }
    }

    /// A text in words: kept folded, so that it is asked and sorted without regard to case and
    /// accents. An empty one matches no comparison.
    pub fn words(path: &'static str, read: fn(&T) -> String) -> Self {
        Self::new(path, Read::Words(read))
    }

    /// A text, asked as it is written. An empty one matches no comparison.
    pub fn text(path: &'static str, read: fn(&T) -> String) -> Self {
        Self::new(path, Read::Text(read))
    }

    /// A text that may be absent; an absent one, and an empty one is one, matches no comparison.
    pub fn optional_text(path: &'static str, read: fn(&T) -> Option<String>) -> Self {
        Self::new(path, Read::OptionalText(read))
    }

    /// One of a closed set of words; a filter that names another is refused.
    pub fn choice(
        path: &'static str,
        words: &'static [&'static str],
        read: fn(&T) -> &'static str,
    ) -> Self {
        Self::new(path, Read::Choice(words, read))
    }

    /// One of a closed set of words that may be absent; an absent one matches no comparison.
    pub fn optional_choice(
        path: &'static str,
        words: &'static [&'static str],
        read: fn(&T) -> Option<&'static str>,
    ) -> Self {
        Self::new(path, Read::OptionalChoice(words, read))
    }

    /// A number. 0 is none, and matches no comparison.
    pub fn number(path: &'static str, read: fn(&T) -> i64) -> Self {
        Self::new(path, Read::Number(read))
    }

    /// Yes or no.
    pub fn flag(path: &'static str, read: fn(&T) -> bool) -> Self {
        Self::new(path, Read::Flag(read))
    }

    /// Several texts, kept in a side table; asked with `:`.
    pub fn texts(path: &'static str, read: fn(&T) -> Vec<String>) -> Self {
        Self::new(path, Read::Texts(read))
    }

    /// The words of the texts of a [searched](Resource::SEARCHED) resource and the names by whose
    /// words it is found, kept in a side table: a search asks for them, and no filter.
    pub fn said() -> Self
    where
        T: Resource,
    {
        let said = |it: &T| {
            let fields = if T::THROUGH.is_empty() { Vec::new() } else { T::fields() };
            let is_through = |field: &&Self| T::THROUGH.iter().any(|(path, _)| *path == field.path);
            let named = fields.iter().filter(is_through).flat_map(|field| field.values(it));
            terms::kept(it.tier(), words::terms(&it.said()), named.map(|side| side.value))
        };
        Self { filterable: false, ..Self::new(WORDS, Read::Said(said)) }
    }

    /// Several of a closed set of words, kept in a side table; asked with `:`.
    pub fn choices(
        path: &'static str,
        words: &'static [&'static str],
        read: fn(&T) -> Vec<&'static str>,
    ) -> Self {
        Self::new(path, Read::Choices(words, read))
    }

    /// One of a closed set of words on each day, kept in a side table; asked with a day:
    /// `path_on("2024-01-17") = WORD`. No two of its periods share a day.
    pub fn periods(
        path: &'static str,
        words: &'static [&'static str],
        read: fn(&T) -> Vec<Period>,
    ) -> Self {
        Self::new(path, Read::Periods(words, read))
    }

    /// To which resources it refers, each with one of a closed set of relations, kept in a side
    /// table: asked with `:` by the other, or by the other and the relation. Its patterns say what
    /// the others are ([`naming`](Self::naming)).
    pub fn edges(
        path: &'static str,
        relations: &'static [&'static str],
        read: fn(&T) -> Vec<Edge>,
    ) -> Self {
        Self::new(path, Read::Edges(relations, read))
    }

    /// The same field, whose values have one spelling: what is asked is brought to it, and so is
    /// what a side table keeps; what has none is refused. A single text is recorded in that
    /// spelling, or is asked exactly as it is.
    #[must_use]
    pub fn spelled(mut self, normal: Normal) -> Self {
        self.spelling.normal = Some(normal);
        self
    }

    /// The same field, whose values are found by other names of what they refer to, too.
    #[must_use]
    pub const fn known_by(mut self, aliases: Aliases) -> Self {
        self.aliases = Some(aliases);
        self
    }

    /// The same field, whose values are names of these patterns, or else spelled. What is asked
    /// must be one; in a side table it finds what lies below it, too.
    #[must_use]
    pub const fn naming(mut self, patterns: &'static [&'static str]) -> Self {
        self.spelling.patterns = patterns;
        self
    }

    /// Words to sort by. Only what is single and always there can be: absent values sort
    /// differently on the two engines.
    pub fn sorted_words(path: &'static str, read: fn(&T) -> String) -> Self {
        Self { sortable: true, ..Self::words(path, read) }
    }

    /// A text to sort by, as it is written.
    pub fn sorted_text(path: &'static str, read: fn(&T) -> String) -> Self {
        Self { sortable: true, ..Self::text(path, read) }
    }

    /// A number to sort by.
    pub fn sorted_number(path: &'static str, read: fn(&T) -> i64) -> Self {
        Self { sortable: true, ..Self::number(path, read) }
    }

    /// A day to sort by, as the number `yyyymmdd`; 0 where it is absent, and then no comparison
    /// matches it.
    pub fn sorted_day(path: &'static str, read: fn(&T) -> i64) -> Self {
        Self { sortable: true, ..Self::new(path, Read::Day(read)) }
    }

    /// A number for the service's own sums; callers cannot ask for it.
    pub fn measure(path: &'static str, read: fn(&T) -> i64) -> Self {
        Self { filterable: false, ..Self::number(path, read) }
    }

    /// A text for the service's own grouping; callers cannot ask for it.
    pub fn label(path: &'static str, read: fn(&T) -> String) -> Self {
        Self { filterable: false, ..Self::text(path, read) }
    }

    /// Returns the name of the field in filters and orders.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// True if a filter may ask for it.
    pub const fn is_filterable(&self) -> bool {
        self.filterable
    }

    /// True if a list may be ordered by it.
    pub const fn is_sortable(&self) -> bool {
        self.sortable
    }

    pub(crate) const fn many(&self) -> bool {
        matches!(
            self.read,
            Read::Texts(_)
                | Read::Choices(..)
                | Read::Periods(..)
                | Read::Edges(..)
                | Read::Said(_)
        )
    }

    /// The kind of its side table.
    pub(crate) const fn sides(&self) -> SideKind {
        match self.read {
            Read::Periods(..) => SideKind::Days,
            Read::Said(_) => SideKind::Words,
            _ => SideKind::Values,
        }
    }

    /// True if it has one value a day.
    pub(crate) const fn dated(&self) -> bool {
        matches!(self.read, Read::Periods(..))
    }

    /// The value of a single field; `None` for one with many.
    pub(crate) fn value(&self, of: &T) -> Option<Value> {
        match &self.read {
            Read::Words(read) => Some(fold(&read(of)).into()),
            Read::Text(read) => Some(read(of).into()),
            Read::OptionalText(read) => Some(read(of).filter(|text| !text.is_empty()).into()),
            Read::Choice(_, read) => Some(read(of).into()),
            Read::OptionalChoice(_, read) => Some(read(of).into()),
            Read::Number(read) | Read::Day(read) => Some(read(of).into()),
            Read::Flag(read) => Some(read(of).into()),
            Read::Texts(_)
            | Read::Choices(..)
            | Read::Periods(..)
            | Read::Edges(..)
            | Read::Said(_) => None,
        }
    }

    /// The values of a field with many, sorted and without repeats; empty for a single one.
    pub(crate) fn values(&self, of: &T) -> Vec<SideValue> {
        let mut all: Vec<SideValue> = match &self.read {
            Read::Texts(read) => {
                let kept = read(of).into_iter().flat_map(|value| self.spelling.kept(value));
                kept.map(SideValue::from).collect()
            }
            Read::Choices(_, read) => {
                read(of).into_iter().map(|word| SideValue::from(word.to_owned())).collect()
            }
            Read::Periods(_, read) => read(of).into_iter().map(Period::kept).collect(),
            Read::Edges(_, read) => {
                let kept = read(of).into_iter().flat_map(|edge| edge::kept(self.spelling, edge));
                kept.map(SideValue::from).collect()
            }
            Read::Said(read) => read(of).into_iter().map(weighed).collect(),
            _ => Vec::new(),
        };
        all.sort();
        all.dedup();
        all
    }
}
