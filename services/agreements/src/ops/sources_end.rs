//! Until when the sources of an answer can report what happened.

use std::collections::BTreeSet;

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1::{PartialDate, SourceRef};
use chassis::Failure;
use chronicle::At;
use facts::Day;
use facts::wire::checked_date;
use standard::failure::from_record;
use standard::reader;

use crate::app::App;
use crate::domain::legal_basis::LegalBasis;
use crate::domain::{Source, source};

/// Names in one query.
const MAX_NAMES: usize = 1000;

/// Returns the date of the newest source of a legal basis, where the day that it holds for is later
/// than all of them. A source without a date, or one that the caller may not read, says nothing.
pub async fn sources_end(
    app: &App,
    basis: &LegalBasis,
    as_of: Day,
    read_time: i64,
) -> Result<Option<PartialDate>, Failure> {
    let names: Vec<String> = sources(basis).into_iter().collect();
    let (chronicle, reader, at) = (&app.records.chronicle, reader(), At::Time(read_time));
    let failed = |error| from_record("registan/Source", error);
    let mut newest = None;
    for some in names.chunks(MAX_NAMES) {
        let found = chronicle.stood::<Source>(some, at, &reader).await;
        let mut found = found.map_err(failed)?;
        found.retain(|one| !one.deleted);
        // Its date is sent: a reading.
        let shown = chronicle.show_all(&reader, at, found).await.map_err(failed)?;
        let ends = shown.iter().filter_map(|one| end(&one.value));
        newest = newest.into_iter().chain(ends).max_by_key(facts::PartialDate::latest);
    }
    Ok(newest.filter(|end| end.latest() < as_of).map(Into::into))
}

/// The names of the sources of a legal basis.
fn sources(basis: &LegalBasis) -> BTreeSet<String> {
    let of_agreement = |agreement: &wire::Agreement| -> Vec<Option<SourceRef>> {
        let milestones = agreement.milestones.iter().map(|one| one.source.clone());
        milestones.chain([agreement.source.clone()]).collect()
    };
    let entries = basis.entries().flat_map(|entry| {
        let provisions = entry.provisions.iter().map(|(one, _)| one.source.clone());
        of_agreement(&entry.agreement).into_iter().chain(provisions)
    });
    let names = entries.flatten().map(|one| one.source);
    names.filter(|name| !name.is_empty()).collect()
}

/// The date up to which a source can report what happened.
fn end(source: &wire::Source) -> Option<facts::PartialDate> {
    checked_date(source::published(source).as_ref())
}
