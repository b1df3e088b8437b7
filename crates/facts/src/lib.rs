//! The values that recorded facts are made of, in every service: dates, amounts, codes and sources.
//!
//! - [`date`]: dates as exactly as their source gives them
//! - [`money`]: exact amounts
//! - [`region`]: regions of states
//! - [`total`]: sums of them, and how they are split so that the parts add up
//! - [`source`]: sources, confidence, identifiers, texts in a language
//! - [`mod@vocabulary`]: closed sets of words, with the numbers the wire has for them
//! - [`code`]: codes of countries, currencies, sectors
//! - [`check`]: reads a message into values and collects every violation on the way
//! - [`wire`]: these values ↔ the messages of `registan.type.v1`

pub mod check;
pub mod code;
pub mod date;
pub mod money;
pub mod region;
pub mod source;
pub mod total;
pub mod vocabulary;
pub mod wire;

pub use api::registan::r#type::v1::ErrorReason;
pub use check::{Check, Violation};
pub use date::{Day, End, PartialDate, Qualifier};
pub use money::{AmountKind, Money, StatedAmount};
pub use source::{Basis, Confidence, ExternalId, LocalizedText, Scheme, SourceRef};
