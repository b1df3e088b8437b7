//! Redaction against a slow and plain one, on messages of every shape.

use std::cell::Cell;

use policy::redact::Plan;
use policy::{Clearance, Redaction, Tier};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor,
};
use prost_reflect::{ReflectMessage, Value};

use crate::clearances::{NAMES, callers};
use crate::planted::{self, GOOD};

/// Makes a message of any shape out of any bytes; where they end, so does the message.
struct Maker<'a>(std::slice::Iter<'a, u8>);

impl Maker<'_> {
    fn number(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: u8) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let wanted = self.number();
            let stamp = ["name", "tier", "desks"].contains(&field.name());
            if (!stamp && wanted.is_multiple_of(3))
                || wanted == 0
                || (depth == 0 && holds_messages(&field))
            {
                continue;
            }
            let value = self.field(&field, depth);
            message.set_field(&field, value);
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: u8) -> Value {
        let count = self.number() % 3;
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
                let entries = (0..count).map(|number| {
                    let key = match key.kind() {
                        Kind::Int32 => MapKey::I32(number.into()),
                        _ => MapKey::String(number.to_string()),
                    };
                    (key, self.one(&value, depth))
                });
                Value::Map(entries.collect())
            }
            _ if field.is_list() => {
                Value::List((0..count).map(|_| self.one(field, depth)).collect())
            }
            _ => self.one(field, depth),
        }
    }

    fn one(&mut self, field: &FieldDescriptor, depth: u8) -> Value {
        let number = self.number();
        match field.kind() {
            Kind::Message(message) => {
                Value::Message(self.message(&message, depth.saturating_sub(1)))
            }
            Kind::Enum(_) => Value::EnumNumber(i32::from(number % 8)),
            Kind::String if field.name() == "name" => {
                Value::String(NAMES[usize::from(number) % NAMES.len()].to_owned())
            }
            Kind::String => Value::String("x".repeat(number.into())),
            Kind::Bytes => Value::Bytes(vec![number; number.into()].into()),
            Kind::Double => Value::F64(number.into()),
            Kind::Int64 => Value::I64(-i64::from(number)),
            Kind::Int32 => Value::I32(number.into()),
            Kind::Fixed32 => Value::U32(number.into()),
            Kind::Bool => Value::Bool(number % 2 == 1),
            other => panic!("no test makes {other:?}"),
        }
    }
}

fn holds_messages(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(_))
}

fn tier(field: &FieldDescriptor) -> Option<Tier> {
    use facts::vocabulary::Vocabulary;
    let tier = field.parent_pool().get_extension_by_name("registan.options.v1.tier")?;
    Tier::from_number(field.options().get_extension(&tier).as_enum_number()?)
}

/// Redaction as one would write it first: what may be read in this message, field by field.
fn plainly(message: &mut DynamicMessage, outside: Tier, clearance: &Clearance) {
    let descriptor = message.descriptor();
    if descriptor.package_name() == "google.protobuf" {
        return;
    }
    let level = level(message, outside, clearance);
    let set: Vec<_> = descriptor.fields().filter(|field| message.has_field(field)).collect();
    for field in set {
        if tier(&field).is_none_or(|tier| tier > level) {
            message.clear_field(&field);
            continue;
        }
        match message.get_field_mut(&field) {
            Value::Message(inner) => plainly(inner, level, clearance),
            Value::List(items) => {
                let messages = items.iter_mut().filter_map(Value::as_message_mut);
                messages.for_each(|inner| plainly(inner, level, clearance));
            }
            Value::Map(entries) => {
                let messages = entries.values_mut().filter_map(Value::as_message_mut);
                messages.for_each(|inner| plainly(inner, level, clearance));
            }
            _ => {}
        }
    }
}

fn level(message: &DynamicMessage, outside: Tier, clearance: &Clearance) -> Tier {
    let resource = message.descriptor().parent_pool().get_extension_by_name("google.api.resource");
    let resource = resource.expect("there are resources");
    if !message.descriptor().options().has_extension(&resource) {
        return outside;
    }
    let of_all = every_desk(clearance);
    if message.get_field_by_name("tier").and_then(|it| it.as_enum_number()) == Some(0) {
        return of_all;
    }
    let desks = message.get_field_by_name("desks").expect("a resource has desks").into_owned();
    let desks = desks.as_list().expect("several desks").iter();
    let desks = desks.map(|desk| policy::Desks::named(desk.as_str().expect("a name")));
    let desks = desks.fold(policy::Desks::NONE, policy::Desks::and);
    let name = message.get_field_by_name("name").expect("a resource has a name").into_owned();
    of_all.max(clearance.level(desks, name.as_str().expect("a text")))
}

/// Returns what may be read whatever the desk.
fn every_desk(clearance: &Clearance) -> Tier {
    let tiers = [Tier::Secret, Tier::Confidential, Tier::Restricted];
    tiers.into_iter().find(|tier| clearance.covers(*tier)).unwrap_or(Tier::Public)
}

/// The highest tier of any field that is set, however deep; nothing where one has no tier.
fn highest(message: &DynamicMessage) -> Option<Tier> {
    if message.descriptor().package_name() == "google.protobuf" {
        return Some(Tier::Public);
    }
    let mut all = Tier::Public;
    for (field, value) in message.fields() {
        all = all.max(tier(&field)?);
        let inner = match value {
            Value::Message(inner) => vec![inner],
            Value::List(items) => items.iter().filter_map(Value::as_message).collect(),
            Value::Map(entries) => entries.values().filter_map(Value::as_message).collect(),
            _ => Vec::new(),
        };
        for inner in inner {
            all = all.max(highest(inner)?);
        }
    }
    Some(all)
}

fn left(plan: &Plan, bytes: &[u8], clearance: &Clearance) -> Vec<u8> {
    plan.redact(bytes, clearance).expect("well formed").unwrap_or_else(|| bytes.to_vec())
}

/// A message and the plan for it: of the planted contract, and of our own.
fn messages(pools: &[(DescriptorPool, Redaction)]) -> Vec<(MessageDescriptor, Plan)> {
    let mut all = Vec::new();
    for (pool, redaction) in pools {
        for service in pool.services() {
            let own = ["GoodService", "ActivityService", "PartnershipService", "ProjectService"];
            for method in service.methods().filter(|_| own.contains(&service.name())) {
                all.push((method.output(), redaction.plan(&policy::rule::path(&method))));
            }
        }
    }
    all
}

fn pools() -> Vec<(DescriptorPool, Redaction)> {
    let pools = [planted::pool(GOOD), api::descriptors().clone()];
    pools.map(|pool| (pool.clone(), Redaction::of(&pool))).into()
}

#[test]
fn redaction_is_what_one_would_write_first() {
    let pools = pools();
    let messages = messages(&pools);
    let taken = Cell::new(0);
    let config = crate::clearances::cases(10_000);
    let inputs = (0..messages.len(), vec(any::<u8>(), 0..400), callers(), callers());

    TestRunner::new(config)
        .run(&inputs, |(which, bytes, some, more)| {
            let (descriptor, plan) = &messages[which];
            let message = Maker(bytes.iter()).message(descriptor, 3);
            let bytes = message.encode_to_vec();
            let clearance = some.clearance(0);
            let mut slow = message.clone();
            plainly(&mut slow, every_desk(&clearance), &clearance);
            let slow = DynamicMessage::decode(descriptor.clone(), slow.encode_to_vec().as_slice());
            let slow = slow.expect("what was made is a message");

            let first = left(plan, &bytes, &clearance);
            let decoded = DynamicMessage::decode(descriptor.clone(), first.as_slice());
            let decoded = decoded.expect("what is left is a message");

            prop_assert!(decoded == slow, "{} {:?}", descriptor.full_name(), first);
            prop_assert!(highest(&decoded).is_some_and(|highest| highest <= clearance.top()));
            prop_assert_eq!(
                plan.redact(&first, &clearance),
                Ok(None),
                "a second pass finds nothing"
            );
            taken.set(taken.get() + u32::from(first != bytes));
            if plan.is_clean(&clearance) {
                prop_assert_eq!(plan.redact(&bytes, &clearance), Ok(None));
            }
            // A caller with more grants sees no less: redacting for them first changes nothing.
            let mut both = some.clone();
            both.grants.extend(more.grants);
            let wider = left(plan, &bytes, &both.clearance(0));
            prop_assert_eq!(&left(plan, &wider, &clearance), &first);
            Ok(())
        })
        .expect("redaction keeps its promises");
    eprintln!("of 10 000 messages {} were redacted", taken.get());
    assert!(taken.get() > 2_000, "{} messages are too few", taken.get());
}

#[test]
fn no_bytes_make_it_panic_or_show_more() {
    let pools = pools();
    let messages = messages(&pools);
    let config = crate::clearances::cases(20_000);
    let inputs =
        (0..messages.len(), vec(any::<u8>(), 0..200), vec((any::<usize>(), any::<u8>()), 0..4));

    TestRunner::new(config)
        .run(&inputs, |(which, bytes, edits)| {
            let (descriptor, plan) = &messages[which];
            let mut message = Maker(bytes.iter()).message(descriptor, 2).encode_to_vec();
            for (place, byte) in edits {
                let place = place % message.len().max(1);
                if let Some(there) = message.get_mut(place) {
                    *there = byte;
                }
            }
            for input in [&bytes, &message] {
                let Ok(Some(left)) = plan.redact(input, &Clearance::public()) else { continue };
                prop_assert_eq!(plan.redact(&left, &Clearance::public()), Ok(None));
                if let Ok(left) = DynamicMessage::decode(descriptor.clone(), left.as_slice()) {
                    prop_assert_eq!(highest(&left), Some(Tier::Public));
                }
            }
            Ok(())
        })
        .expect("no bytes make it panic");
}
