//! What a person or program was given.

use chronicle::{Field, Resource};
use facts::vocabulary::Vocabulary;
use facts::{Day, ErrorReason};
use policy::desk::Desk;
use policy::{Desks, Role, Tier};
use serde::{Deserialize, Serialize};

/// Microseconds.
const DAY: i64 = 86_400_000_000;

/// A grant; the contract says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each field is explained in the contract, registan/access/v1/grant.proto"
)]
pub struct Grant {
    pub name: String,
    pub subject: String,
    pub role: Role,
    pub for_desks: Vec<Desk>,
    pub up_to: Tier,
    pub resource: String,
    pub purpose: String,
    /// Microseconds since 1970 UTC; 0 stands where it was at fault, and is never recorded.
    pub expire_time: i64,
    pub note: String,
}

impl Resource for Grant {
    const KIND: &'static str = "grant";
    const PATTERN: &'static str = "grants/{grant}";

    fn name(&self) -> &str {
        &self.name
    }

    /// Only operators are answered with grants, and they read no more than the public.
    fn tier(&self) -> Tier {
        Tier::Public
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::sorted_text("subject", |grant| grant.subject.clone()),
            Field::choice("role", Role::WORDS, |grant| grant.role.word()),
            Field::choices("for_desks", Desk::WORDS, |grant| {
                grant.for_desks.iter().map(|desk| desk.word()).collect()
            }),
            Field::text("resource", |grant: &Self| grant.resource.clone()),
            Field::sorted_day("expire_time", |grant| {
                Day::at(grant.expire_time).map_or(0, |day| day.0.into())
            }),
        ]
    }
}

/// What is wrong with a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// For programs.
    pub reason: ErrorReason,
    /// For people.
    pub description: String,
}

impl Fault {
    fn new(field: &'static str, reason: ErrorReason, description: impl Into<String>) -> Self {
        Self { field, reason, description: description.into() }
    }
}

impl Grant {
    /// What is wrong with it, whenever it is written.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let without_desk = matches!(self.role, Role::Operator | Role::Auditor | Role::Unread);
        if self.for_desks.is_empty() && !without_desk {
            let description = format!("must not be empty for the role {}", self.role.word());
            faults.push(Fault::new("for_desks", ErrorReason::Required, description));
        }
        if self.up_to > self.role.ceiling() && self.role != Role::Unread {
            let most = self.role.ceiling().word();
            let description = format!("the role {} reads {most} at most", self.role.word());
            faults.push(Fault::new("up_to", ErrorReason::AboveRole, description));
        } else if self.up_to == Tier::Secret && self.resource.is_empty() {
            let description = "SECRET is given for one resource alone: name it in `resource`";
            faults.push(Fault::new("up_to", ErrorReason::SecretNeedsResource, description));
        }
        if self.up_to > Tier::Public && self.purpose.is_empty() {
            faults.push(Fault::new(
                "purpose",
                ErrorReason::Required,
                "must not be empty above PUBLIC",
            ));
        }
        faults
    }

    /// What is wrong with its expiry if it is written at `now` in place of `before`. An expiry that has passed may stay, so
    /// that the rest of an old grant can be put right.
    pub fn expiry_fault(&self, before: Option<&Self>, now: i64) -> Option<Fault> {
        if self.expire_time == 0 {
            return None;
        }
        let stays = before.is_some_and(|before| before.expire_time == self.expire_time);
        if self.expire_time <= now && !stays {
            let description = "has passed; delete a grant to take it back";
            return Some(Fault::new("expire_time", ErrorReason::Expired, description));
        }
        if self.expire_time > self.latest(now) {
            let (days, tier) = (self.most_days(), self.up_to.word());
            let description = format!("must be within {days} days for a grant up to {tier}");
            return Some(Fault::new("expire_time", ErrorReason::ExpiresTooLate, description));
        }
        None
    }

    /// As the rules of access use it, from the version recorded at `recorded`. Writes are checked one by one; should two at
    /// once have made a grant that holds for too long together, it still ends where it must.
    pub fn held(&self, recorded: i64) -> policy::Grant {
        policy::Grant {
            role: self.role,
            desks: self.for_desks.iter().fold(Desks::NONE, |desks, desk| desks.with(*desk)),
            tier: self.up_to,
            resource: (!self.resource.is_empty()).then(|| self.resource.clone()),
            expires: Some(self.expire_time.min(self.latest(recorded))),
        }
    }

    /// The last instant until which it may hold if it is written at `now`.
    fn latest(&self, now: i64) -> i64 {
        now.saturating_add(self.most_days() * DAY)
    }

    /// What could cost somebody liberty or life is given for a quarter of a year; the rest for a year, and a month to renew it
    /// in.
    const fn most_days(&self) -> i64 {
        if matches!(self.up_to, Tier::Secret) { 90 } else { 400 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_writes_at_once_give_nobody_longer_than_the_bound() {
        let secret = Grant {
            name: "grants/g1".to_owned(),
            subject: "https://login.example.org#ainura".to_owned(),
            role: Role::Monitor,
            for_desks: vec![Desk::Kz, Desk::Reg],
            up_to: Tier::Secret,
            resource: "activities/a1".to_owned(),
            purpose: "observes one trial".to_owned(),
            expire_time: 400 * DAY,
            note: String::new(),
        };
        let short = Grant { expire_time: 30 * DAY, ..secret.clone() };
        let plain = Grant { up_to: Tier::Confidential, resource: String::new(), ..secret.clone() };

        let held = secret.held(DAY);

        assert_eq!(held.expires, Some(91 * DAY));
        assert_eq!((held.tier, held.resource.as_deref()), (Tier::Secret, Some("activities/a1")));
        assert_eq!(Some(held.desks), Desks::parse("kz,reg"));
        assert_eq!(short.held(DAY).expires, Some(30 * DAY));
        assert_eq!((plain.held(DAY).expires, plain.held(DAY).resource), (Some(400 * DAY), None));
    }
}
