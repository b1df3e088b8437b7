//! A legal act that is no agreement: a regulation, a decision, a programme.

use api::registan::agreements::v1 as wire;
use facts::Check;
use standard::{Rules, Value};

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
