//! What law stands between the European Union and a party on a day.

use chassis::Failure;
use facts::Day;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::Party;
use crate::domain::legal_basis::{self, LegalBasis};
use crate::{ops, store};

/// The legal basis, and the day and instant of the record it holds for.
pub struct Answer {
    /// The law.
    pub basis: LegalBasis,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The legal basis of a party, on a day (today if absent), at a record time (now if absent). Three queries, all at the
/// record time of the first.
pub async fn get_legal_basis(
    app: &App,
    party: &str,
    as_of: Option<Day>,
    read_time: Option<i64>,
) -> Result<Answer, Failure> {
    let chronicle = &app.records.chronicle;
    let (_, read_time) = app.records.find::<Party>(party.to_owned(), read_time).await?;
    let reader = standard::reader();
    let failed = |error| from_record("registan/Agreement", error);
    let agreements =
        store::agreements_of(chronicle, party, read_time, &reader).await.map_err(failed)?;
    let union = store::union_names(chronicle, read_time, &reader).await.map_err(failed)?;
    let as_of = ops::day_or_today(app, as_of);
    Ok(Answer { basis: legal_basis::on(agreements, &union, as_of), as_of, read_time })
}
