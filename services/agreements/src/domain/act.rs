//! A legal act that is no agreement: a regulation, a decision, a programme.

use api::registan::agreements::v1 as wire;
use facts::Check;
use facts::wire::checked_date;
use standard::{Rules, Value};

use super::milestone::{Milestone, MilestoneKind};
use super::relation;

/// An act.
pub type Act = Value<wire::Act, OfActs>;

/// Neither an act nor what it rests on ends before it begins.
pub enum OfActs {}

impl Rules<wire::Act> for OfActs {
    fn check(act: &mut wire::Act, check: &mut Check) {
        let began = (act.in_force.as_ref(), "in_force");
        relation::ends_after(check, began, (act.ended.as_ref(), "ended"));
        for (place, relation) in act.relations.iter().enumerate() {
            let period = (relation.since.as_ref(), relation.until.as_ref());
            relation::check(check, place, period);
        }
    }
}

/// Returns the dates of an act as the events from which its status follows.
pub fn milestones(act: &wire::Act) -> Vec<Milestone> {
    let events = [
        (MilestoneKind::Adopted, &act.adopted),
        (MilestoneKind::InForce, &act.in_force),
        (MilestoneKind::Expired, &act.ended),
    ];
    let event = |(kind, date): (MilestoneKind, &Option<_>)| {
        Some(Milestone::new(kind, checked_date(date.as_ref())?))
    };
    events.into_iter().filter_map(event).collect()
}
