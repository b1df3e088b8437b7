//! The law between the European Union and a party on a day.

use chassis::Failure;
use facts::{Day, ErrorReason};
use prost::Message;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::legal_basis::{self, LegalBasis, Provisions};
use crate::domain::{Agreement, Party, Provision};
use crate::{ops, store};

/// The most bytes of the documents behind an answer: it must leave room for the rest of a brief.
const MOST_BYTES: usize = 3 << 19;

/// The legal basis, and the day and instant of the record it holds for.
pub struct Answer {
    /// The law.
    pub basis: LegalBasis,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The legal basis of a party, on a day (today if absent), at a record time (now if absent), of all
/// provisions or of those with one of these codes. All queries hold for the record time of the
/// first.
pub async fn get_legal_basis(
    app: &App,
    party: &str,
    codes: Vec<String>,
    as_of: Option<Day>,
    read_time: Option<i64>,
) -> Result<Answer, Failure> {
    let chronicle = &app.records.chronicle;
    let (shown, read_time) =
        app.records.find_by::<Party>("party", party.to_owned(), read_time).await?;
    let party = shown.into_stored().value;
    let reader = standard::reader();
    let failed = |error| from_record("registan/Agreement", error);
    let union = store::union_names(chronicle, read_time, &reader).await.map_err(failed)?;
    let mut names = party.predecessors.clone();
    names.push(party.name.clone());
    let (mut agreements, mut bytes) = (Vec::new(), 0);
    let take = |agreement: Agreement| {
        let agreement = legal_basis::needed(agreement.into_message());
        bytes += agreement.encoded_len();
        agreements.push(agreement);
        bytes <= MOST_BYTES
    };
    store::agreements_of(chronicle, &names, read_time, &reader, take).await.map_err(failed)?;
    let names: Vec<String> = agreements.iter().map(|agreement| agreement.name.clone()).collect();
    let mut provisions = Provisions { codes, ..Provisions::default() };
    let take = |provision: Provision| {
        bytes += provisions.add(provision.into_message());
        bytes <= MOST_BYTES
    };
    store::provisions_of(chronicle, &names, read_time, &reader, take).await.map_err(failed)?;
    if bytes > MOST_BYTES {
        let message = format!(
            "the legal basis is larger than an answer may be: list the agreements with the filter parties:\"{}\"",
            party.name
        );
        return Err(Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message));
    }
    let as_of = ops::day_or_today(app, as_of);
    let codes = provisions.codes.clone();
    let basis = legal_basis::on(agreements, provisions, &party, &union, as_of);
    if !codes.is_empty() && basis == LegalBasis::default() {
        expect_codes(app, &codes).await?;
    }
    Ok(Answer { basis, as_of, read_time })
}

/// Refuses to answer with nothing where a code does not exist.
async fn expect_codes(app: &App, codes: &[String]) -> Result<(), Failure> {
    let missing = app.records.references.missing(codes).await?;
    match missing.first() {
        Some(code) => Err(Failure::not_found("registan/Codebook", code)),
        None => Ok(()),
    }
}
