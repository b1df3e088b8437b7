//! Framework ↔ its message.

use std::collections::HashSet;

use api::registan::agreements::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::wire::{
    MOST_ITEMS, number, read_amounts, read_date, read_ids, read_required_source, write_all,
};
use facts::{Check, ErrorReason, check};
use policy::Tier;
use standard::{Parts, Reference, Served, Stamp};

use crate::domain::Framework;
use crate::domain::framework::Priority;

impl Served for Framework {
    type Message = wire::Framework;
    const ORDER: &'static str = "title";

    const REFERRED_BY: &'static [&'static str] = &["source", "framework"];

    const PARTS: Parts<Self> =
        &[("frameworks/{framework}/priorities/{priority}", Self::priority_names)];

    fn read(check: &mut Check, name: String, message: wire::Framework) -> Self {
        let party = &["parties/{party}"];
        let framework = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            kind: check.word("kind", message.kind),
            title: check.required_text("title", message.title, 1024),
            adopted_by: check.text("adopted_by", message.adopted_by, 256),
            adopted: read_date(check, "adopted", message.adopted),
            effective: read_date(check, "effective", message.effective),
            ended: read_date(check, "ended", message.ended),
            priorities: check.each("priorities", MOST_ITEMS, message.priorities, read_priority),
            parties: check.names("parties", message.parties, party),
            members: check.each("members", MOST_ITEMS, message.members, |check, member| {
                check.required_text("", member, 256)
            }),
            agreements: check.names("agreements", message.agreements, &["agreements/{agreement}"]),
            amounts: read_amounts(check, "amounts", message.amounts),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
        };
        check_tree(check, &framework.priorities);
        framework
    }

    fn write(shown: Shown<Self>) -> wire::Framework {
        let stamp = Stamp::of(&shown);
        let framework = shown.into_stored().value;
        wire::Framework {
            name: framework.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: framework.kind.number(),
            title: framework.title,
            adopted_by: framework.adopted_by,
            adopted: framework.adopted.map(Into::into),
            effective: framework.effective.map(Into::into),
            ended: framework.ended.map(Into::into),
            priorities: framework.priorities.into_iter().map(write_priority).collect(),
            parties: framework.parties,
            members: framework.members,
            agreements: framework.agreements,
            amounts: write_all(framework.amounts),
            external_ids: write_all(framework.external_ids),
            note: framework.note,
            source: Some(framework.source.into()),
            confidence: number(framework.confidence),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Reference::all("parties", &self.parties);
        references.extend(Reference::all("agreements", &self.agreements));
        references.extend(Reference::source(&self.source));
        references
    }
}

fn read_priority(check: &mut Check, message: wire::Priority) -> Priority {
    if !check::is_id(&message.priority_id) {
        check.violation(
            "priority_id",
            ErrorReason::IdInvalid,
            "must be [a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        );
    }
    Priority {
        priority_id: message.priority_id,
        code: check.text("code", message.code, 64),
        title: check.required_text("title", message.title, 1024),
        parent_id: message.parent_id,
    }
}

/// Ids are there once, and a parent comes before its children, so there is no circle.
fn check_tree(check: &mut Check, priorities: &[Priority]) {
    let mut seen = HashSet::new();
    for (place, priority) in priorities.iter().enumerate() {
        let field = format!("priorities[{place}]");
        if !priority.parent_id.is_empty() && !seen.contains(&priority.parent_id) {
            check.violation(
                &field,
                ErrorReason::ParentMissing,
                format!("its parent `{}` does not come before it", priority.parent_id),
            );
        }
        if !seen.insert(&priority.priority_id) {
            check.violation(
                &field,
                ErrorReason::DuplicateId,
                format!("`{}` is there twice", priority.priority_id),
            );
        }
    }
}

fn write_priority(priority: Priority) -> wire::Priority {
    wire::Priority {
        priority_id: priority.priority_id,
        code: priority.code,
        title: priority.title,
        parent_id: priority.parent_id,
    }
}
