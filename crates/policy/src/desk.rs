//! The desks that a resource belongs to.

use crate::partnership::{Desk, Partnership};

/// A set of desks, as the bits of a number: bit `n - 1` is the desk of number `n`. Of a resource:
/// the empty set means that it belongs to no desk, and so to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Desks(i64);

impl Desks {
    /// Of no desk.
    pub const NONE: Self = Self(0);
    /// Every desk that there is or will be.
    pub const ALL: Self = Self((1 << 62) - 1);
    /// A desk that is not known here: somebody's, and so not everybody's. No desk has its bit.
    pub const ELSEWHERE: Self = Self(1 << 62);

    /// One desk, by its number.
    pub(crate) const fn numbered(number: u8) -> Self {
        match number {
            1..=62 => Self(1 << (number - 1)),
            _ => Self::ELSEWHERE,
        }
    }

    /// Returns the desk of a name, `desks/kz`.
    pub fn named(name: &str) -> Self {
        Partnership::current().desk(name).map_or(Self::ELSEWHERE, Desk::alone)
    }

    /// Returns the desks of these names; nothing if one of them is not known here.
    pub fn all_named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let partnership = Partnership::current();
        let mut desks = names.into_iter().map(|name| partnership.desk(name).map(Desk::alone));
        desks.try_fold(Self::NONE, |all, desk| Some(all.and(desk?)))
    }

    /// Returns the desk of the region, if there is one.
    pub fn region() -> Self {
        Partnership::current().region()
    }

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The desks that are in both.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// As a column holds it.
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// The set in a column. Bits that stand for no desk do not make it a set of none.
    pub const fn from_bits(bits: i64) -> Self {
        let known = Self(bits & Self::ALL.0);
        if bits == known.0 { known } else { known.and(Self::ELSEWHERE) }
    }

    /// True for a resource of no desk.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// True if a desk is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True if every desk of the other is in it.
    pub const fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Each desk in it that is known here, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = &'static Desk> {
        let desks = Partnership::current().desks().iter();
        desks.filter(move |desk| self.meets(desk.alone()))
    }

    /// Their names, `desks/kz`.
    pub fn names(self) -> Vec<String> {
        self.iter().map(|desk| desk.name().to_owned()).collect()
    }

    /// Their ids, as tokens have them: `kz`; `all` for every desk that there is or will be.
    pub fn words(self) -> Vec<&'static str> {
        if self == Self::ALL {
            return vec!["all"];
        }
        self.iter().map(|desk| desk.id.as_str()).collect()
    }

    /// The desk of a country code (ISO 3166-1 alpha-2, either case), or none: the id of a state is
    /// its country code.
    pub fn of_country(code: &str) -> Self {
        Partnership::current().desk_of(code)
    }

    /// The desks of these parties. Where parties of several desks take part, the region's too.
    pub fn of_parties<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let partnership = Partnership::current();
        let of = |name: &'a str| partnership.desk_of(name.strip_prefix("parties/").unwrap_or(name));
        let desks = names.into_iter().map(of).fold(Self::NONE, Self::and);
        if desks.0.count_ones() > 1 { desks.and(partnership.region()) } else { desks }
    }

    /// The desks named in a text such as `kz,uz`; `all` is each of them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut desks = text.split(',').map(|word| Self::word(word.trim()));
        desks.try_fold(Self::NONE, |all, desk| Some(all.and(desk?)))
    }

    /// The desk of an id, in either case; `all` is each of them.
    pub fn word(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("all") {
            return Some(Self::ALL);
        }
        let mut desks = Partnership::current().desks().iter();
        desks.find(|desk| desk.id.eq_ignore_ascii_case(word)).map(Desk::alone)
    }
}
