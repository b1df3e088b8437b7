//! Reads IATI activity files (2.01 to 2.03) as a stream: no service, no database.
//!
//! [`Reader`] takes any `std::io::Read` and gives whole activities, each with its findings, in
//! the order of the file. It never panics, never follows entities, and holds one activity at a
//! time.
//!
//! Bad input:
//!
//! - A record that cannot be used (1.x, no identifier, a second one with the same identifier) is
//!   skipped, and one finding says so.
//! - A value that cannot be read for sure is left out, with what cannot be without it; one that
//!   has a single sensible reading is repaired. A finding says which.
//! - Broken markup, the end of the file inside an element, a DOCTYPE and broken limits end the
//!   reading. The activities before it are delivered, the one it is in is not.
//! - Bytes that do not fit the encoding are read as U+FFFD, with a finding for the file and one
//!   for each text they stand in. The byte order mark beats the declared encoding; without
//!   either it is UTF-8.
//!
//! Every element is counted, and whether the record has a place for what it says:
//! [`Activity::elements`] and [`Transaction::elements`] do, what [`Reader::census`] counts does
//! not, nor do attributes there.
//!
//! Limits: 64 open elements; 1 MiB for one tag, comment or run of text; 256 KiB for one text that
//! is read; 256 attributes of at most 64 KiB each; 16 MiB of text, 100 000 parts and 1000 findings
//! for one activity; 1000 paths of at most 256 bytes are counted one by one. The file has none.

mod activity;
mod amount;
mod attributes;
mod budget;
mod check;
mod codes;
mod date;
mod draft;
mod encoding;
mod finding;
mod kept;
mod limits;
mod money;
mod node;
mod notes;
mod reader;
mod shares;
mod source;
mod stop;
mod text;
mod transaction;
mod version;

pub use activity::{
    Activity, ActivityDate, Budget, Money, Narrative, Org, OtherIdentifier, ParticipatingOrg,
    RecipientCountry, RecipientRegion, RelatedActivity, Sector, Transaction,
};
pub use date::Date;
pub use finding::Rule;
pub use formats::{Census, Elements, Finding, Severity, Totals};
pub use reader::Reader;

/// An event of the reader; parts only [in parts](Reader::in_parts).
pub type Event = formats::Event<Activity>;
