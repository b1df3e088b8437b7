//! Grants: what a person or program was given. Only operators are answered with grants, and they
//! read no more than the public.

use std::ops::Deref;
use std::sync::LazyLock;

use api::registan::access::v1 as wire;
use chronicle::Field;
use facts::vocabulary::Vocabulary;
use facts::{Check, Day, ErrorReason};
use policy::{Desks, Partnership, Role, Tier};
use prost_reflect::{MessageDescriptor, Value as Any};
use prost_types::Timestamp;
use standard::{Rules, Value};

/// Microseconds.
const DAY: i64 = 86_400_000_000;

/// A grant.
pub type Grant = Value<wire::Grant, OfGrants>;

/// A grant gives no more than its role can do, at desks that there are.
pub enum OfGrants {}

/// The name pattern of every resource of the contract: a grant may be for any of them, whoever
/// keeps it.
static PATTERNS: LazyLock<Vec<String>> =
    LazyLock::new(|| api::descriptors().all_messages().flat_map(|it| patterns(&it)).collect());

impl Rules<wire::Grant> for OfGrants {
    /// A reference to a grant would tell whether there is one.
    const REFERABLE: bool = false;

    fn check(grant: &mut wire::Grant, check: &mut Check) {
        grant.tier = Tier::Public.number();
        if grant.up_to == 0 {
            grant.up_to = Tier::Public.number();
        }
        if !grant.subject.is_empty() && !is_subject(&grant.subject) {
            let description = "must be an issuer and a subject: https://login.example.org#ainura";
            check.violation("subject", ErrorReason::SubjectInvalid, description);
        }
        let patterns: Vec<&str> = PATTERNS.iter().map(String::as_str).collect();
        check.name("resource", grant.resource.clone(), &patterns, false);
        for (place, name) in grant.for_desks.iter().enumerate() {
            if Partnership::current().desk(name).is_none() {
                let description = "is not a desk; `ListDesks` returns all of them";
                let field = format!("for_desks[{place}]");
                check.violation(&field, ErrorReason::UnknownValue, description);
            }
        }
        // Each once, in the order of their numbers.
        grant.for_desks = desks(grant).names();
        for fault in faults(grant) {
            fault.report(check);
        }
    }

    fn fields<T: Deref<Target = wire::Grant>>() -> Vec<Field<T>> {
        vec![
            Field::sorted_text("subject", |grant: &T| grant.subject.clone()),
            Field::texts("for_desks", |grant: &T| grant.for_desks.clone())
                .naming(&["desks/{desk}"]),
            Field::text("resource", |grant: &T| grant.resource.clone()),
            Field::sorted_day("expire_time", |grant: &T| {
                Day::at(expiry(grant)).map_or(0, |day| day.0.into())
            }),
        ]
    }
}

/// Finds the violations of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    field: &'static str,
    reason: ErrorReason,
    description: String,
}

impl Fault {
    fn new(field: &'static str, reason: ErrorReason, description: impl Into<String>) -> Self {
        Self { field, reason, description: description.into() }
    }

    /// Adds it to the violations of a request.
    pub fn report(self, check: &mut Check) {
        check.violation(self.field, self.reason, self.description);
    }
}

fn role(grant: &wire::Grant) -> Role {
    Role::from_number(grant.role).unwrap_or_default()
}

fn up_to(grant: &wire::Grant) -> Tier {
    Tier::from_number(grant.up_to).unwrap_or_default()
}

/// Returns its desks. One that is not known here gives nothing.
fn desks(grant: &wire::Grant) -> Desks {
    let partnership = Partnership::current();
    let desks = grant.for_desks.iter().filter_map(|name| partnership.desk(name));
    desks.map(policy::Desk::alone).fold(Desks::NONE, Desks::and)
}

/// Returns its expiry in microseconds since 1970 UTC; 0 where it has none that can be, which is
/// never recorded.
fn expiry(grant: &wire::Grant) -> i64 {
    let Some(Timestamp { seconds, nanos }) = grant.expire_time else { return 0 };
    seconds.saturating_mul(1_000_000).saturating_add(i64::from(nanos) / 1000)
}

/// Returns what is wrong with it, whenever it is written.
fn faults(grant: &wire::Grant) -> Vec<Fault> {
    let (role, up_to, mut faults) = (role(grant), up_to(grant), Vec::new());
    let without_desk = matches!(role, Role::Operator | Role::Auditor | Role::Unread);
    if grant.for_desks.is_empty() && !without_desk {
        let description = format!("must not be empty for the role {}", role.word());
        faults.push(Fault::new("for_desks", ErrorReason::Required, description));
    }
    if up_to > role.ceiling() && role != Role::Unread {
        let most = role.ceiling().word();
        let description = format!("the role {} reads {most} at most", role.word());
        faults.push(Fault::new("up_to", ErrorReason::AboveRole, description));
    } else if up_to == Tier::Secret && grant.resource.is_empty() {
        let description = "SECRET is given for one resource alone: name it in `resource`";
        faults.push(Fault::new("up_to", ErrorReason::SecretNeedsResource, description));
    }
    if up_to > Tier::Public && grant.purpose.is_empty() {
        let description = "must not be empty above PUBLIC";
        faults.push(Fault::new("purpose", ErrorReason::Required, description));
    }
    faults
}

/// Returns what is wrong with the expiry of a grant that is written at `now` in place of `before`.
/// An expiry that has passed may stay, so that the rest of an old grant can be put right.
pub fn expiry_fault(grant: &wire::Grant, before: Option<&wire::Grant>, now: i64) -> Option<Fault> {
    let expiry = grant.expire_time.map(|_| expiry(grant))?;
    let stays = before.is_some_and(|before| before.expire_time == grant.expire_time);
    if expiry <= now && !stays {
        let description = "has passed; delete a grant to take it back";
        return Some(Fault::new("expire_time", ErrorReason::Expired, description));
    }
    if expiry > latest(grant, now) {
        let (days, tier) = (most_days(grant), up_to(grant).word());
        let description = format!("must be within {days} days for a grant up to {tier}");
        return Some(Fault::new("expire_time", ErrorReason::ExpiresTooLate, description));
    }
    None
}

/// Returns a grant as the rules of access use it, from the version recorded at `recorded`. Writes
/// are checked one by one; should two at once have made a grant that holds for too long together,
/// it still ends where it must.
pub fn held(grant: &wire::Grant, recorded: i64) -> policy::Grant {
    policy::Grant {
        role: role(grant),
        desks: desks(grant),
        tier: up_to(grant),
        resource: (!grant.resource.is_empty()).then(|| grant.resource.clone()),
        expires: Some(expiry(grant).min(latest(grant, recorded))),
    }
}

/// The last instant until which it may hold if it is written at `now`.
fn latest(grant: &wire::Grant, now: i64) -> i64 {
    now.saturating_add(most_days(grant) * DAY)
}

/// The longest time of a grant, in days: what could cost somebody liberty or life is given for a
/// quarter of a year; the rest for a year, and a month to renew it in.
fn most_days(grant: &wire::Grant) -> i64 {
    if up_to(grant) == Tier::Secret { 90 } else { 400 }
}

/// `ISSUER#SUB`; an issuer is a URL without a fragment, a subject may hold anything.
fn is_subject(text: &str) -> bool {
    text.split_once('#').is_some_and(|(issuer, subject)| !issuer.is_empty() && !subject.is_empty())
}

fn patterns(message: &MessageDescriptor) -> Vec<String> {
    let Some(resource) = api::descriptors().get_extension_by_name("google.api.resource") else {
        return Vec::new();
    };
    let options = message.options();
    let option = options.get_extension(&resource);
    let patterns = option.as_message().and_then(|it| it.get_field_by_name("pattern"));
    let patterns = patterns.as_deref().and_then(Any::as_list).unwrap_or_default();
    patterns.iter().filter_map(Any::as_str).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp { seconds: number * DAY / 1_000_000, nanos: 0 }
    }

    #[test]
    fn two_writes_at_once_give_nobody_longer_than_the_bound() {
        let secret = wire::Grant {
            subject: "https://login.example.org#ainura".to_owned(),
            role: Role::Monitor.number(),
            for_desks: vec!["desks/kz".to_owned(), "desks/reg".to_owned()],
            up_to: Tier::Secret.number(),
            resource: "activities/a1".to_owned(),
            expire_time: Some(day(400)),
            ..wire::Grant::default()
        };
        let short = wire::Grant { expire_time: Some(day(30)), ..secret.clone() };
        let up_to = Tier::Confidential.number();
        let plain = wire::Grant { up_to, resource: String::new(), ..secret.clone() };

        let given = held(&secret, DAY);

        assert_eq!(given.expires, Some(91 * DAY));
        assert_eq!((given.tier, given.resource.as_deref()), (Tier::Secret, Some("activities/a1")));
        assert_eq!(Some(given.desks), Desks::parse("kz,reg"));
        assert_eq!(held(&short, DAY).expires, Some(30 * DAY));
        let plain = held(&plain, DAY);
        assert_eq!((plain.expires, plain.resource), (Some(400 * DAY), None));
    }
}
