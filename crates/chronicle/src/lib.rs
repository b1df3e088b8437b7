//! The record: one write path and one read path for every resource of every service.
//!
//! The modules:
//! - [`resource`]: what a resource must say of itself; [`Document`]: the bytes that are kept of it
//! - [`schema`]: the tables made from that, the same on SQLite and PostgreSQL; `sides`: rows of the
//!   side tables
//! - [`database`]: opening either engine the way the record needs it; `readers`: the connections of
//!   single reads
//! - [`pulse`](fn@pulse) and `file`: whether it is there; `address`: how it is reached, when that
//!   changes
//! - `meters`: what is counted of the record and its database
//! - [`desks`]: the desks that a database was written with
//!
//! Writing:
//! - [`entry`]: a version and its line in the change log, ready to be written; `within`: what it
//!   lies within, `heirs`: whose desks that has; [`Expected`]: its conditions, checked when it is
//!   written
//! - [`write`](mod@write): Create, Update, Delete, Undelete; all or nothing
//! - `writer`, `connection`, `apply`, `head`, `chain`: the one writer of a process, its connection,
//!   its transaction, the row that orders writers, the hash chain over the log
//! - `clock_check`: refuses to record by a clock that is wrong
//!
//! Reading, each answer at an instant of the record, for a reader who may not see everything:
//! - [`reader`]: who reads, and what they may see
//! - `layers`: what a version is to readers who are not shown all of it
//! - [`shown`]: the one way out, and what the log keeps of it
//! - [`Held`]: the value of a version: the resource, or [`Kept`], its document not decoded
//! - [`read`]: Get and List, each one statement, an empty page two; `rows`: as many documents as an
//!   answer has room for; `about`: what a row says besides
//! - [`revisions`]: what was written of a resource, by whom
//! - [`difference`]: what changed between two instants
//! - [`changes`]: a snapshot, then every change, without a gap; `watched` asks for it, `sent` knows
//!   what its reader was sent
//! - [`filter`] and [`order`]: what a caller asks, typed against the resource; `spelling`,
//!   [`fold`](mod@fold): in how many ways it may be written; [`doubt`]: why it found nothing
//! - [`edges`]: to what a resource refers, and what refers to it
//! - [`Chronicle::search`]: resources of several kinds by their words, the best first; `terms`:
//!   what is kept of them for it
//! - [`token`]: page and resume tokens, sealed; `mark` binds them to what had happened
//! - [`Lane`]: what reads much waits for its turn, what reads little does not
//! - [`totals`]: sums that are kept, so that a sum over very many reads few rows
//! - [`verify`]: does the record still say what the log committed to?
//! - [`log`]: who wrote or read what, for those who watch over it
//! - [`State`]: how far the record has come, for those who operate it
//!
//! Record time is a number: microseconds since 1970 UTC, strictly growing, so that it is the
//! position in the change log, the instant of a read and its proof at once.

mod about;
mod address;
mod aliases;
mod among;
mod apply;
mod beside;
mod call;
mod chain;
pub mod changes;
pub mod children;
mod chronicle;
mod clock_check;
mod columns;
mod connection;
mod cursor;
pub mod database;
mod derive;
pub mod desks;
pub mod difference;
mod document;
pub mod doubt;
mod edge;
pub mod edges;
pub mod entry;
pub mod error;
mod expected;
mod file;
pub mod filter;
pub mod fold;
mod growth;
mod head;
mod heirs;
mod held;
mod insert;
mod job;
mod lane;
mod layers;
mod limited;
pub mod log;
mod mark;
mod meters;
pub mod order;
mod pulse;
pub mod read;
pub mod reader;
mod readers;
pub mod resource;
pub mod revisions;
mod rows;
pub mod schema;
mod search;
mod sent;
pub mod shown;
mod sides;
mod spelling;
mod state;
mod sums;
mod terms;
pub mod token;
pub mod totals;
mod unanswered;
pub mod verify;
mod watched;
mod within;
pub mod write;
mod writer;

pub use aliases::Aliases;
pub use call::Call;
pub use changes::{Event, Watcher};
pub use chronicle::Chronicle;
pub use difference::Difference;
pub use document::Document;
pub use entry::Entry;
pub use error::{DatabaseFailure, Error};
pub use expected::Expected;
pub use filter::At;
pub use fold::fold;
pub use held::{Guard, Held, Kept};
pub use lane::Lane;
pub use layers::Stored;
pub use pulse::pulse;
pub use read::{AsOf, ListRequest, Page};
pub use reader::Reader;
pub use resource::{Field, Period, Resource};
pub use revisions::Revision;
pub use search::{Found, Hit, SearchRequest, Searched};
pub use sent::EventKind;
pub use shown::Shown;
pub use spelling::Normal;
pub use state::State;
pub use words::{Piece, Said, Weight};

/// The most connections that one process opens to PostgreSQL: for short reads, for long pages and
/// streams, to write, and the one that looks whether the database is there.
pub const POSTGRES_CONNECTIONS: usize = database::POSTGRES_CONNECTIONS.1 as usize
    + lane::POSTGRES[1]
    + lane::POSTGRES[2]
    + connection::POSTGRES_CONNECTIONS as usize
    + 1;
