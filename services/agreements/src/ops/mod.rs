//! One file per operation that is more than a standard method.

mod calendar;
mod duties;
mod get_legal_basis;
mod get_lineage;
mod held_grants;
pub mod import_participations;
mod list_beneficiaries;
mod list_due;
mod list_members;
mod list_overdue;
mod sources_end;
mod who_is_missing;

pub use calendar::calendar;
pub use duties::Ground;
pub use get_legal_basis::{Answer, Question, get_legal_basis};
pub use get_lineage::{LineageOnDay, get_lineage};
pub use held_grants::held_grants;
pub use list_beneficiaries::{BenefitsOnDay, list_beneficiaries};
pub use list_due::{AllDue, Due, interval, list_due};
pub use list_members::{MembersOnDay, list_members};
pub use list_overdue::{Overdue, list_overdue};
pub use who_is_missing::who_is_missing;

use chassis::clock::today;
use chronicle::AsOf;
use facts::Day;

use crate::app::App;

/// The day asked for, or today (UTC).
pub fn day_or_today(app: &App, asked: Option<Day>) -> Day {
    as_of(app, asked).day()
}

/// The day asked for, with today (UTC), which a first page without one is for.
pub fn as_of(app: &App, asked: Option<Day>) -> AsOf {
    AsOf { asked, today: today(app.records.chronicle.clock()).into() }
}
