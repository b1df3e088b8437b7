//! The desks that a resource belongs to.

use facts::vocabulary;
use facts::vocabulary::Vocabulary;

vocabulary! {
    /// One desk a state, and one for the region. Explained in `registan.options.v1.Desk`.
    Desk {
        /// Kazakhstan.
        Kz = 1 "KZ",
        /// Kyrgyzstan.
        Kg = 2 "KG",
        /// Tajikistan.
        Tj = 3 "TJ",
        /// Turkmenistan.
        Tm = 4 "TM",
        /// Uzbekistan.
        Uz = 5 "UZ",
        /// The region as a whole.
        Reg = 6 "REG",
    }
}

/// A set of desks, as the bits of a number. Of a resource: the empty set means that it belongs to no desk, and so to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Desks(u8);

impl Desks {
    /// Of no desk.
    pub const NONE: Self = Self(0);
    /// Every desk.
    pub const ALL: Self = Self(0b11_1111);
    /// A desk that is not known here: somebody's, and so not everybody's.
    const ELSEWHERE: Self = Self(0b100_0000);

    /// One desk.
    pub fn one(desk: Desk) -> Self {
        Self::NONE.with(desk)
    }

    /// This and one more.
    #[must_use]
    pub fn with(self, desk: Desk) -> Self {
        let place = desk.number() - 1;
        let one = if (0..6).contains(&place) { Self(1 << place) } else { Self::ELSEWHERE };
        self.and(one)
    }

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As a column holds it.
    pub fn bits(self) -> i64 {
        self.0.into()
    }

    /// The set in a column. Bits that stand for no desk do not make it a set of none.
    pub fn from_bits(bits: i64) -> Self {
        let known = u8::try_from(bits & Self::ALL.bits()).map_or(Self::NONE, Self);
        if bits & !Self::ALL.bits() == 0 { known } else { known.and(Self::ELSEWHERE) }
    }

    /// The desk of a number on the wire.
    pub fn numbered(number: u64) -> Self {
        let desk = i32::try_from(number).ok().and_then(Desk::from_number);
        desk.map_or(Self::ELSEWHERE, Self::one)
    }

    /// True for a resource of no desk.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// True if a desk is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Each desk in it.
    pub fn iter(self) -> impl Iterator<Item = Desk> {
        Desk::ALL.iter().copied().filter(move |desk| self.meets(Self::one(*desk)))
    }

    /// Their numbers on the wire.
    pub fn numbers(self) -> Vec<i32> {
        self.iter().map(Desk::number).collect()
    }

    /// The desk of a country code (ISO 3166-1 alpha-2, either case), or none.
    pub fn of_country(code: &str) -> Self {
        let of_state = |desk: &&Desk| **desk != Desk::Reg && desk.word().eq_ignore_ascii_case(code);
        Desk::ALL.iter().find(of_state).map_or(Self::NONE, |desk| Self::one(*desk))
    }

    /// The desks of these parties: the id of a state is its country code. Where several states take part, the region's too.
    pub fn of_parties<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let desks = names
            .into_iter()
            .map(|name| Self::of_country(name.strip_prefix("parties/").unwrap_or(name)))
            .fold(Self::NONE, Self::and);
        if desks.iter().count() > 1 { desks.with(Desk::Reg) } else { desks }
    }

    /// The desks named in a text such as `kz,uz`; `all` is each of them.
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("all") {
            return Some(Self::ALL);
        }
        let mut desks = Self::NONE;
        for word in text.split(',').map(str::trim) {
            let known = Desk::ALL.iter().find(|desk| desk.word().eq_ignore_ascii_case(word))?;
            desks = desks.with(*known);
        }
        Some(desks)
    }
}
