//! Grant ↔ its message.

use std::sync::LazyLock;

use api::registan::access::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::{Check, ErrorReason};
use policy::desk::Desk;
use policy::{Desks, Tier};
use prost_reflect::{MessageDescriptor, Value};
use prost_types::Timestamp;
use standard::time::{micros, timestamp};
use standard::{Reference, Served, Stamp};

use crate::domain::Grant;
use crate::domain::grant::Fault;

/// The name pattern of every resource of the contract: a grant may be for any of them, whoever keeps it.
static PATTERNS: LazyLock<Vec<String>> =
    LazyLock::new(|| api::descriptors().all_messages().flat_map(|it| patterns(&it)).collect());

impl Served for Grant {
    type Message = wire::Grant;
    type Held = Self;
    type Sent = wire::Grant;
    const ORDER: &'static str = "subject";

    const REFERABLE: bool = false;

    /// An id that a person chose could tell who was given what.
    const SERVER_IDS: bool = true;

    fn read(check: &mut Check, name: String, message: wire::Grant) -> Self {
        let subject = check.required_text("subject", message.subject, 512);
        if !subject.is_empty() && !is_subject(&subject) {
            let description = "must be an issuer and a subject: https://login.example.org#ainura";
            check.violation("subject", ErrorReason::SubjectInvalid, description);
        }
        let patterns: Vec<&str> = PATTERNS.iter().map(String::as_str).collect();
        let grant = Self {
            name,
            subject,
            role: check.word("role", message.role),
            for_desks: read_desks(check, message.for_desks),
            up_to: check.optional_word("up_to", message.up_to).unwrap_or(Tier::Public),
            resource: check.name("resource", message.resource, &patterns, false),
            purpose: check.text("purpose", message.purpose, 1024),
            expire_time: read_expiry(check, message.expire_time),
            note: check.text("note", message.note, 4096),
        };
        for fault in grant.faults() {
            report(check, fault);
        }
        grant
    }

    fn send(shown: Shown<Self>) -> Result<wire::Grant, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Grant {
        let stamp = Stamp::of(&shown);
        let grant = shown.into_stored().value;
        wire::Grant {
            name: grant.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            subject: grant.subject,
            role: grant.role.number(),
            for_desks: grant.for_desks.into_iter().map(Desk::number).collect(),
            up_to: grant.up_to.number(),
            resource: grant.resource,
            purpose: grant.purpose,
            expire_time: Some(timestamp(grant.expire_time)),
            note: grant.note,
        }
    }

    /// None: a check of `resource` would tell whether it exists.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

/// What a grant gives, for its holder.
pub fn held_message(grant: policy::Grant) -> wire::HeldGrant {
    wire::HeldGrant {
        role: grant.role.number(),
        for_desks: grant.desks.numbers(),
        up_to: grant.tier.number(),
        resource: grant.resource.unwrap_or_default(),
        expire_time: grant.expires.map(timestamp),
    }
}

/// Tells `check` of a fault.
pub fn report(check: &mut Check, fault: Fault) {
    check.violation(fault.field, fault.reason, fault.description);
}

/// `ISSUER#SUB`; an issuer is a URL without a fragment, a subject may hold anything.
fn is_subject(text: &str) -> bool {
    text.split_once('#').is_some_and(|(issuer, subject)| !issuer.is_empty() && !subject.is_empty())
}

/// Each once, in the order of the contract.
fn read_desks(check: &mut Check, numbers: Vec<i32>) -> Vec<Desk> {
    let most = Desk::ALL.len();
    let desks = check.each("for_desks", most, numbers, |check, number| check.word("", number));
    desks.into_iter().fold(Desks::NONE, Desks::with).iter().collect()
}

fn read_expiry(check: &mut Check, time: Option<Timestamp>) -> i64 {
    let Some(time) = check.required("expire_time", time) else { return 0 };
    let instant = micros(Some(time)).ok().flatten().unwrap_or_default();
    if instant == 0 {
        check.violation("expire_time", ErrorReason::TimeInvalid, "is no instant after 1970");
    }
    instant
}

fn patterns(message: &MessageDescriptor) -> Vec<String> {
    let Some(resource) = api::descriptors().get_extension_by_name("google.api.resource") else {
        return Vec::new();
    };
    let options = message.options();
    let option = options.get_extension(&resource);
    let patterns = option.as_message().and_then(|it| it.get_field_by_name("pattern"));
    let patterns = patterns.as_deref().and_then(Value::as_list).unwrap_or_default();
    patterns.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}
