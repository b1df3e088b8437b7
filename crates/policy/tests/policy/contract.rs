//! The contract: every method has a rule, every field of an answer has a tier, every resource says
//! whose it is.

use std::collections::HashSet;

use facts::vocabulary::Vocabulary;
use policy::{Rules, Tier};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::planted::{self, BAD, GOOD};

/// The first fields of every resource; redaction reads 1, 7 and 8.
const STAMP: [(u32, &str, &str); 8] = [
    (1, "name", "string"),
    (2, "uid", "string"),
    (3, "etag", "string"),
    (4, "create_time", "google.protobuf.Timestamp"),
    (5, "update_time", "google.protobuf.Timestamp"),
    (6, "delete_time", "google.protobuf.Timestamp"),
    (7, "tier", "registan.options.v1.Tier"),
    (8, "desks", "repeated string"),
];

/// All that a contract lacks, in order.
fn findings(pool: &DescriptorPool) -> Vec<String> {
    let rules = Rules::of(pool);
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for service in pool.services().filter(|it| it.package_name().starts_with("registan.")) {
        for method in service.methods() {
            match rules.get(&policy::rule::path(&method)) {
                None => found.push(format!("{} has no rule", method.full_name())),
                Some(rule) if rule.roles.is_empty() && !rule.anonymous => {
                    found.push(format!("{} can be called by nobody", method.full_name()));
                }
                Some(_) => {}
            }
            untold(pool, &method.output(), &mut seen, &mut found);
        }
    }
    found.sort();
    found
}

/// Collects what a message of an answer, and those in it, lack.
fn untold(
    pool: &DescriptorPool,
    message: &MessageDescriptor,
    seen: &mut HashSet<String>,
    found: &mut Vec<String>,
) {
    if !seen.insert(message.full_name().to_owned()) {
        return;
    }
    let resource = pool.get_extension_by_name("google.api.resource").expect("there are resources");
    if message.options().has_extension(&resource) {
        for (number, name, kind) in STAMP {
            let field = message.get_field(number);
            let is_so = field.is_some_and(|field| {
                field.name() == name
                    && written(&field) == kind
                    && tier(&field) == Some(Tier::Public)
            });
            if !is_so {
                found.push(format!(
                    "{}: {number} is not `{kind} {name}`, public",
                    message.full_name()
                ));
            }
        }
    }
    for field in message.fields() {
        if !message.is_map_entry() && tier(&field).is_none() {
            found.push(format!("{} has no tier", field.full_name()));
        }
        if let Kind::Message(inner) = field.kind() {
            let of_others = ["google.protobuf", "google.rpc"].contains(&inner.package_name());
            if inner.full_name() == "google.protobuf.Any" {
                found.push(format!("{} could hold anything", field.full_name()));
            } else if !of_others {
                untold(pool, &inner, seen, found);
            }
        }
    }
}

fn tier(field: &FieldDescriptor) -> Option<Tier> {
    let pool = field.parent_pool();
    let tier = pool.get_extension_by_name("registan.options.v1.tier").expect("there are tiers");
    Tier::from_number(field.options().get_extension(&tier).as_enum_number()?)
}

/// The type of a field as it stands in the contract.
fn written(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(of) => of.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    if field.is_list() { format!("repeated {kind}") } else { kind }
}

#[test]
fn every_method_has_a_rule_and_every_field_of_an_answer_a_tier() {
    let found = findings(api::descriptors());

    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_check_passes_what_keeps_to_the_contract() {
    assert_eq!(findings(&planted::pool(GOOD)), [""; 0]);
}

#[test]
fn the_check_finds_what_does_not() {
    let found = findings(&planted::pool(BAD));

    let mut expected = vec![
        "registan.planted.v1.BadService.Unruled has no rule".to_owned(),
        "registan.planted.v1.BadService.Nameless has no rule".to_owned(),
        "registan.planted.v1.BadService.Nobodys can be called by nobody".to_owned(),
        "registan.planted.v1.Leak.untold has no tier".to_owned(),
        "registan.planted.v1.Leak.unsaid has no tier".to_owned(),
        "registan.planted.v1.Deep.buried has no tier".to_owned(),
        "registan.planted.v1.Leak.any could hold anything".to_owned(),
        "registan.planted.v1.Crooked: 1 is not `string name`, public".to_owned(),
    ];
    for (number, name, kind) in &STAMP[2..] {
        expected
            .push(format!("registan.planted.v1.Crooked: {number} is not `{kind} {name}`, public"));
    }
    expected.sort();
    assert_eq!(found, expected);
}
