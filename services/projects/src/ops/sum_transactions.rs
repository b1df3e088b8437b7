//! Sums transactions, apart as asked, split so that the parts add up to the whole, and none counted twice.

use chassis::Failure;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::family::Families;
use crate::domain::project::Kind;
use crate::domain::sum::{self, Splits, Sums};
use crate::store::{self, Apart};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// AIP-160, over transactions.
    pub filter: String,
    /// Of projects of these kinds; empty: of all.
    pub kinds: Vec<Kind>,
    /// By year.
    pub years: bool,
    /// By project.
    pub projects: bool,
    /// By recipient, sector and participant, and of which of them.
    pub splits: Splits,
    /// Record time; absent for now.
    pub read_time: Option<i64>,
}

/// The sums, in order, and the record time they hold for. One query; one more where projects with transactions name others,
/// and, for who may read what is CONFIDENTIAL, one before.
pub async fn sum_transactions(app: &App, question: &Question) -> Result<(Sums, i64), Failure> {
    let Question { filter, kinds, years, projects, splits, read_time } = question;
    let apart = Apart {
        years: *years,
        projects: *projects,
        shares: splits.need_shares(),
        roles: splits.need_roles(),
    };
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let failed = |error| from_record("registan/Transaction", error);
    let read_time =
        store::disclose(chronicle, filter, *read_time, &reader).await.map_err(failed)?;
    let selection = store::Selection { filter, kinds };
    let (mut groups, read_time) =
        store::groups(chronicle, selection, apart, read_time, &reader).await.map_err(failed)?;
    groups.retain(|group| splits.has(group));
    let families = if groups.iter().any(|group| !group.member.is_empty()) {
        let members = store::members(chronicle, read_time, &reader).await.map_err(failed)?;
        Families::new(&members)
    } else {
        Families::default()
    };
    Ok((sum::allocate(&groups, splits, &families), read_time))
}
