//! The ledger of an agreement on a day.

use api::registan::agreements::v1::{Agreement as Message, RatificationLedger};
use chassis::Failure;
use facts::{Day, ErrorReason};
use prost::Message as _;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::ledger::{self, Group, Recorded, Unions};
use crate::domain::{Agreement, Membership, Party, Ratification};
use crate::ops::list_members::{own_day, too_many};
use crate::{ops, store};

/// The most bytes of the ratifications behind an answer.
const MAX_BYTES: usize = 3 << 19;

/// Returns the ledger of an agreement, on a day (today if absent), at a record time (now if
/// absent), and that record time. All queries hold for the record time of the first.
pub async fn who_is_missing(
    app: &App,
    agreement: &str,
    as_of: Option<Day>,
    read_time: Option<i64>,
) -> Result<(RatificationLedger, i64), Failure> {
    let chronicle = &app.records.chronicle;
    let (shown, read_time) =
        app.records.find_by::<Agreement>("agreement", agreement.to_owned(), read_time).await?;
    let agreement = shown.into_stored().value.into_message();
    let reader = standard::reader();
    let failed = |error| from_record("registan/Ratification", error);
    let (mut ratifications, mut bytes) = (Vec::new(), 0);
    let take = |one: Ratification| {
        let one = one.into_message();
        bytes += one.encoded_len();
        ratifications.push(one);
        bytes <= MAX_BYTES
    };
    let names = [agreement.name.clone()];
    let found = store::ratifications_of(chronicle, &names, read_time, &reader, take).await;
    found.map_err(failed)?;
    if bytes > MAX_BYTES {
        let message = format!(
            "the ledger is larger than an answer may be: list the ratifications of {}",
            agreement.name
        );
        return Err(Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message));
    }
    let unions = store::unions(chronicle, read_time, &reader).await.map_err(failed)?;
    let unions = Unions(unions.into_iter().map(Party::into_message).collect());
    let groups = groups(app, &agreement, read_time).await?;
    let as_of = ops::day_or_today(app, as_of);
    let name = agreement.name.clone();
    let ledger = ledger::on(&Recorded { agreement, ratifications, groups, unions }, as_of);
    Ok((RatificationLedger { agreement: name, ..ledger }, read_time))
}

/// Returns the groups of states among the parties of an agreement, with the memberships that say
/// who belongs to them.
async fn groups(app: &App, agreement: &Message, read_time: i64) -> Result<Vec<Group>, Failure> {
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    if agreement.parties.is_empty() {
        return Ok(Vec::new());
    }
    let all = store::groups_of_states(chronicle, read_time, &reader).await;
    let all = all.map_err(|error| from_record("registan/Party", error))?;
    let mut groups: Vec<Group> = Vec::new();
    let mut known: Option<(String, Vec<Membership>)> = None;
    for party in all {
        if !agreement.parties.iter().any(|one| one.party == party.name) {
            continue;
        }
        let union = party.members_of.as_str();
        if known.as_ref().is_none_or(|(of, _)| of != union) {
            let found = store::memberships_of(chronicle, union, read_time, &reader).await;
            let found = found.map_err(|error| from_record("registan/Membership", error))?;
            known = Some((union.to_owned(), found.ok_or_else(|| too_many(union))?));
        }
        let memberships = known.as_ref().map(|(_, all)| all.clone()).unwrap_or_default();
        groups.push(Group { name: party.name.clone(), on: own_day(&party), memberships });
    }
    Ok(groups)
}
