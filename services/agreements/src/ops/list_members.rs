//! The members of a group on a day.

use std::collections::BTreeMap;

use api::registan::agreements::v1::party::Kind;
use chassis::Failure;
use chassis::failure::Violation;
use facts::{Day, ErrorReason};
use standard::failure::from_record;

use crate::app::App;
use crate::domain::Party;
use crate::domain::membership::{self, Belongs};
use crate::{ops, store};

/// The parties of which a membership of a group is recorded, and the day and instant of the record
/// it holds for.
pub struct MembersOnDay {
    /// The answer for each, by its name.
    pub members: BTreeMap<String, Belongs>,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The members of a group on a day (today if absent), at a record time (now if absent). A group of
/// states that stands for the members of a union is looked up there, on its own day if it has one.
/// Where no membership is recorded, it is not known of the group itself who belongs to it.
pub async fn list_members(
    app: &App,
    group: &str,
    as_of: Option<Day>,
    read_time: Option<i64>,
) -> Result<MembersOnDay, Failure> {
    let (shown, read_time) =
        app.records.find_by::<Party>("group", group.to_owned(), read_time).await?;
    let group = shown.into_stored().value;
    let as_of = own_day(&group).unwrap_or_else(|| ops::day_or_today(app, as_of));
    let union = if group.members_of.is_empty() { &group.name } else { &group.members_of };
    let reader = standard::reader();
    let memberships = store::memberships_of(&app.records.chronicle, union, read_time, &reader)
        .await
        .map_err(|error| from_record("registan/Membership", error))?;
    let memberships = memberships.ok_or_else(|| too_many(union))?;
    let mut members = membership::members(&memberships, as_of);
    if members.is_empty() {
        if matches!(group.kind(), Kind::State | Kind::FormerState) {
            return Err(no_group());
        }
        let reason = "no memberships of it are recorded".to_owned();
        members.insert(group.name.clone(), Belongs::Unknown(reason));
    }
    Ok(MembersOnDay { members, as_of, read_time })
}

/// The refusal to name the members of a state.
fn no_group() -> Failure {
    let description = "must be a union, an organisation or a group of states: a state is no group";
    let violation = Violation::new("group", ErrorReason::PartyKindInvalid, description);
    Failure::invalid(vec![violation])
}

/// Returns the day that a group of states stands for, where it is always the same.
pub(super) fn own_day(group: &Party) -> Option<Day> {
    let day = i32::try_from(facts::wire::day(group.members_on.as_ref())).ok();
    day.filter(|day| *day != 0).map(Day)
}

/// The refusal to answer from more memberships than a page has.
pub(super) fn too_many(union: &str) -> Failure {
    let message = format!(
        "more than 1000 memberships are recorded of it: use ListMemberships with the filter group = \"{union}\""
    );
    Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message)
}
