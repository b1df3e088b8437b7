//! Sums transactions, apart as asked, split so that the parts add up to the whole.

use std::collections::BTreeMap;

use chassis::Failure;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::sum::{self, Key, Splits, Sum};
use crate::store::{self, Apart};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// AIP-160, over transactions.
    pub filter: String,
    /// By year.
    pub years: bool,
    /// By project.
    pub projects: bool,
    /// By recipient and sector.
    pub splits: Splits,
    /// Record time; absent for now.
    pub read_time: Option<i64>,
}

/// The sums, in order, and the record time they hold for. One query, and, for who may read what is CONFIDENTIAL, one before.
pub async fn sum_transactions(
    app: &App,
    question: &Question,
) -> Result<(BTreeMap<Key, Sum>, i64), Failure> {
    let Question { filter, years, projects, splits, read_time } = question;
    let shares = splits.by_recipient || splits.by_sector_of.is_some();
    let apart = Apart { years: *years, projects: *projects, shares };
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let failed = |error| from_record("registan/Transaction", error);
    let read_time =
        store::disclose(chronicle, filter, *read_time, &reader).await.map_err(failed)?;
    let (groups, read_time) =
        store::groups(chronicle, filter, apart, read_time, &reader).await.map_err(failed)?;
    Ok((sum::allocate(groups, splits), read_time))
}
