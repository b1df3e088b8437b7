//! The words of texts: what a text is found by, in one form whatever their script, case and ending.
//!
//! - [`tokens`]: runs of letters and runs of digits, without case and diacritics, where they stand
//! - `latin`: letters of Cyrillic in Latin ones: `Кыргызстан` is `kyrgyzstan`
//! - [`Key`]: the forms of a token: its stem, and the whole of it
//! - [`terms`]: what is kept of the texts of a resource, each with its weight
//! - [`Query`]: what is asked: words that must all be there, the last perhaps not to its end, and
//!   phrases
//! - `number`: numbers of documents that are asked without their brackets
//! - [`snippet`]: the part of a text that matches, with the matches marked
//!
//! All of it is pure. Whoever changes what a text gives must fill the tables again.

mod key;
mod latin;
mod number;
mod query;
mod snippet;
mod terms;
mod token;

pub use key::Key;
pub use query::{Ask, MAX_BYTES, MAX_WORDS, Problem, Query};
pub use snippet::{Piece, snippet, title};
pub use terms::{MAX_WEIGHT, Said, Term, Weight, terms};
pub use token::{Token, tokens};
