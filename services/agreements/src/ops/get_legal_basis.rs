//! The law between the European Union and a party on a day.

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::r#type::v1::PartialDate;
use chassis::Failure;
use chassis::failure::Violation;
use facts::{Day, ErrorReason};
use prost::Message;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::legal_basis::{self, LegalBasis, Provisions};
use crate::domain::membership::{self, Belongs};
use crate::domain::{Agreement, Party, Provision};
use crate::ops::list_members::own_day;
use crate::ops::sources_end::sources_end;
use crate::{ops, store};

/// The most bytes of the documents behind an answer: it must leave room for the rest of a brief.
const MOST_BYTES: usize = 3 << 19;

/// The request for a legal basis.
#[derive(Debug, Default)]
pub struct Question {
    /// The party.
    pub party: String,
    /// Only provisions with one of these codes; none: all.
    pub codes: Vec<String>,
    /// The day in the world; absent for today.
    pub as_of: Option<Day>,
    /// The record time; absent for now.
    pub read_time: Option<i64>,
    /// The day on which it was known; absent for all that is recorded.
    pub known_by: Option<Day>,
}

/// The legal basis, and the day and instant of the record it holds for.
pub struct Answer {
    /// The law.
    pub basis: LegalBasis,
    /// The date of the newest source of it, where the day is later.
    pub sources_end: Option<PartialDate>,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The legal basis of a party. All queries hold for the record time of the first.
pub async fn get_legal_basis(app: &App, question: Question) -> Result<Answer, Failure> {
    let chronicle = &app.records.chronicle;
    let (shown, read_time) =
        app.records.find_by::<Party>("party", question.party, question.read_time).await?;
    let party = shown.into_stored().value;
    let reader = standard::reader();
    let union = async {
        let names = store::union_names(chronicle, read_time, &reader).await;
        names.map_err(|error| from_record("registan/Agreement", error))
    };
    let mut room = Room { bytes: 0, party: party.name.clone() };
    let mut names = party.predecessors.clone();
    names.push(party.name.clone());
    let agreements = agreements(app, &names, read_time, &mut room);
    let (union, agreements) = tokio::try_join!(union, agreements)?;
    if agreements.is_empty() {
        expect_no_region(&party)?;
        expect_no_member(app, &party, read_time).await?;
    }
    let agreements = app.records.known(agreements, question.known_by, read_time).await?;
    let names: Vec<String> = agreements.iter().map(|agreement| agreement.name.clone()).collect();
    let found = provisions(app, &names, read_time, &mut room).await?;
    let found = app.records.known(found, question.known_by, read_time).await?;
    let mut unseen = question.codes.clone();
    let mut provisions = Provisions { codes: question.codes, ..Provisions::default() };
    for provision in found {
        unseen.retain(|code| !provision.codes.contains(code));
        provisions.add(provision);
    }
    expect_codes(app, &unseen).await?;
    let as_of = ops::day_or_today(app, question.as_of);
    let basis = legal_basis::on(agreements, provisions, &party, &union, as_of);
    let sources_end = sources_end(app, &basis, as_of, read_time).await?;
    Ok(Answer { basis, sources_end, as_of, read_time })
}

/// The bytes that were read for an answer about a party.
struct Room {
    bytes: usize,
    party: String,
}

impl Room {
    const fn take(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.bytes <= MOST_BYTES
    }

    fn expect(&self) -> Result<(), Failure> {
        if self.bytes <= MOST_BYTES {
            return Ok(());
        }
        let message = format!(
            "the legal basis is larger than an answer may be: list the agreements with the filter parties:\"{}\"",
            self.party
        );
        Err(Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message))
    }
}

/// The agreements of these parties, as far as a legal basis needs them.
async fn agreements(
    app: &App,
    parties: &[String],
    read_time: i64,
    room: &mut Room,
) -> Result<Vec<wire::Agreement>, Failure> {
    let mut agreements = Vec::new();
    let take = |agreement: Agreement| {
        let agreement = legal_basis::needed(agreement.into_message());
        let fits = room.take(agreement.encoded_len());
        agreements.push(agreement);
        fits
    };
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let read = store::agreements_of(chronicle, parties, read_time, &reader, take).await;
    read.map_err(|error| from_record("registan/Agreement", error))?;
    room.expect()?;
    Ok(agreements)
}

/// The provisions of these agreements.
async fn provisions(
    app: &App,
    agreements: &[String],
    read_time: i64,
    room: &mut Room,
) -> Result<Vec<wire::Provision>, Failure> {
    let mut provisions = Vec::new();
    let take = |provision: Provision| {
        let provision = provision.into_message();
        let fits = room.take(provision.encoded_len());
        provisions.push(provision);
        fits
    };
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let read = store::provisions_of(chronicle, agreements, read_time, &reader, take).await;
    read.map_err(|error| from_record("registan/Agreement", error))?;
    room.expect()?;
    Ok(provisions)
}

/// Refuses a region that is party to nothing: to say so of it would read as if nothing bound its
/// states.
fn expect_no_region(party: &Party) -> Result<(), Failure> {
    if party.kind() != PartyKind::Region {
        return Ok(());
    }
    let description = format!(
        "{} is a region and party to nothing itself: name one of its states, or ask for its brief",
        party.name
    );
    let violation = Violation::new("party", ErrorReason::PartyKindInvalid, description);
    Err(Failure::invalid(vec![violation]))
}

/// Refuses a state that is party to agreements only as one of a group: which of them bind it
/// follows from protocols and from when it joined and left, which nobody has looked up.
async fn expect_no_member(app: &App, party: &Party, read_time: i64) -> Result<(), Failure> {
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let failed = |error| from_record("registan/Membership", error);
    let own = store::memberships_by(chronicle, &party.name, read_time, &reader).await;
    let own = own.map_err(failed)?;
    if own.is_empty() {
        return Ok(());
    }
    let groups = store::groups_of_states(chronicle, read_time, &reader).await.map_err(failed)?;
    let has = |group: &&Party| {
        let own = own.iter().filter(|one| one.group == group.members_of);
        let on = |day| membership::members(own, day).into_values().any(|it| it != Belongs::No);
        own_day(group).is_none_or(on)
    };
    let mut names: Vec<&str> = groups.iter().filter(has).map(|group| group.name.as_str()).collect();
    names.sort_unstable();
    if names.is_empty() {
        return Ok(());
    }
    let description = format!(
        "{} is party to agreements only as one of {}: name the partner instead, or list agreements \
         with the filter parties:\"{}\"",
        party.name,
        names.join(", "),
        names[0]
    );
    let violation = Violation::new("party", ErrorReason::PartyKindInvalid, description);
    Err(Failure::invalid(vec![violation]))
}

/// Refuses codes that do not exist: no provision that was found has them.
async fn expect_codes(app: &App, codes: &[String]) -> Result<(), Failure> {
    if codes.is_empty() {
        return Ok(());
    }
    let missing = app.records.references.missing(codes).await?;
    match missing.first() {
        Some(code) => Err(Failure::not_found("registan/Codebook", code)),
        None => Ok(()),
    }
}
