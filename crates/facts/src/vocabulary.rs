//! Closed sets of words, such as the kinds of an agreement, with the numbers that the wire has for
//! them.

/// A closed set of words.
pub trait Vocabulary: Copy + Default + 'static {
    /// All of them, in the order of their numbers.
    const ALL: &'static [Self];
    /// The words, in the same order.
    const WORDS: &'static [&'static str];

    /// The number on the wire; 0 is never one of them.
    fn number(self) -> i32;

    /// The word, as in the contract without its prefix: `IN_FORCE`.
    fn word(self) -> &'static str;

    /// The one with this number.
    fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|item| item.number() == number)
    }
}

/// The words of an enum of the contract, without its prefix, with their numbers; in the same order.
#[derive(Debug)]
pub struct Words {
    /// The numbers; 0 is never one of them.
    pub numbers: &'static [i32],
    /// The words.
    pub words: &'static [&'static str],
}

impl Words {
    /// The word of a number.
    pub fn word(&self, number: i32) -> Option<&'static str> {
        let place = self.numbers.iter().position(|known| *known == number)?;
        self.words.get(place).copied()
    }
}

/// Declares a vocabulary. It is stored by its words, so that a document can be read without the
/// contract; the first one is the default, which nothing relies on.
#[macro_export]
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $number:literal $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$item_doc])* #[serde(rename = $word)] $item,)+
            /// Nothing yet: stands for an invalid value, and is never recorded.
            #[default]
            #[serde(skip)]
            Unread,
        }

        impl $crate::vocabulary::Vocabulary for $name {
            const ALL: &'static [Self] = &[$(Self::$item),+];
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn number(self) -> i32 {
                match self { $(Self::$item => $number,)+ Self::Unread => 0 }
            }

            fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)+ Self::Unread => "" }
            }
        }
    };
}
