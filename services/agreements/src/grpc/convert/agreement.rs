//! Agreement ↔ its message.

use api::registan::agreements::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::wire::{
    MOST_ITEMS, number, read_date, read_ids, read_required_date, read_required_source, read_source,
    read_texts, write_all,
};
use facts::{Check, ErrorReason};
use policy::Tier;
use standard::{Parts, Reference, Served, Stamp};

use crate::domain::Agreement;
use crate::domain::agreement::{AgreementParty, Participation, Provision, Relation};
use crate::domain::milestone::{self, Milestone};
use crate::domain::status::Status;

const PARTY: &[&str] = &["parties/{party}"];

impl Served for Agreement {
    type Message = wire::Agreement;
    type Held = Self;
    type Sent = wire::Agreement;
    const ORDER: &'static str = "title";

    fn parts() -> Parts<Self> {
        vec![("agreements/{agreement}/provisions/{provision}", Self::provision_names)]
    }

    fn read(check: &mut Check, name: String, message: wire::Agreement) -> Self {
        let agreement = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            kind: check.word("kind", message.kind),
            title: check.required_text("title", message.title, 1024),
            titles: read_texts(check, "titles", message.titles, 1024),
            binding: message.binding,
            mixed: message.mixed,
            parties: check.each("parties", MOST_ITEMS, message.parties, read_party),
            milestones: check.each("milestones", MOST_ITEMS, message.milestones, read_milestone),
            provisions: check.each("provisions", MOST_ITEMS, message.provisions, read_provision),
            relations: check.each("relations", MOST_ITEMS, message.relations, read_relation),
            participations: check.each(
                "participations",
                MOST_ITEMS,
                message.participations,
                read_participation,
            ),
            legal_basis: check.each(
                "legal_basis",
                MOST_ITEMS,
                message.legal_basis,
                |check, article| check.required_text("", article, 64),
            ),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
        };
        let ids = agreement.provisions.iter().map(|provision| provision.provision_id.as_str());
        check.ids("provisions", "provision_id", ids);
        if check.is_sound("milestones") {
            check_order(check, &agreement.milestones);
        }
        agreement
    }

    fn send(shown: Shown<Self>) -> Result<wire::Agreement, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Agreement {
        let stamp = Stamp::of(&shown);
        let agreement = shown.into_stored().value;
        wire::Agreement {
            name: agreement.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: agreement.kind.number(),
            title: agreement.title,
            titles: write_all(agreement.titles),
            binding: agreement.binding,
            mixed: agreement.mixed,
            parties: write_all(agreement.parties),
            milestones: write_all(agreement.milestones),
            provisions: write_all(agreement.provisions),
            relations: write_all(agreement.relations),
            participations: write_all(agreement.participations),
            legal_basis: agreement.legal_basis,
            external_ids: write_all(agreement.external_ids),
            note: agreement.note,
            source: Some(agreement.source.into()),
            confidence: number(agreement.confidence),
            status: None,
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        for (place, part) in self.parties.iter().enumerate() {
            references.push(Reference::new(format!("parties[{place}].party"), &part.party));
        }
        for (place, milestone) in self.milestones.iter().enumerate() {
            references.extend(Reference::optional(
                format!("milestones[{place}].party"),
                &milestone.party,
            ));
            references.extend(milestone.source.as_ref().and_then(Reference::source));
        }
        for provision in &self.provisions {
            references.extend(provision.source.as_ref().and_then(Reference::source));
        }
        for (place, relation) in self.relations.iter().enumerate() {
            references
                .push(Reference::new(format!("relations[{place}].agreement"), &relation.agreement));
        }
        for (place, participation) in self.participations.iter().enumerate() {
            references.push(Reference::new(
                format!("participations[{place}].party"),
                &participation.party,
            ));
            references.extend(participation.source.as_ref().and_then(Reference::source));
        }
        references.extend(Reference::source(&self.source));
        references
    }
}

fn read_party(check: &mut Check, message: wire::AgreementParty) -> AgreementParty {
    let party = check.name("party", message.party, PARTY, true);
    AgreementParty { party, role: check.optional_word("role", message.role) }
}

fn read_milestone(check: &mut Check, message: wire::Milestone) -> Milestone {
    let milestone = Milestone {
        kind: check.word("kind", message.kind),
        date: read_required_date(check, "date", message.date),
        party: check.name("party", message.party, PARTY, false),
        place: check.text("place", message.place, 256),
        note: check.text("note", message.note, 1024),
        source: read_source(check, "source", message.source),
        confidence: check.optional_word("confidence", message.confidence),
        preferred: message.preferred,
        scope: check.text("scope", message.scope, 1024),
    };
    if !milestone.scope.is_empty() && check.is_sound("kind") && !milestone.kind.has_scope() {
        let description = "must be empty: only SUSPENDED and PROVISIONALLY_APPLIED have a scope";
        check.violation("scope", ErrorReason::ScopeNotAllowed, description);
    }
    milestone
}

/// Names both milestones of a pair that stands in the wrong order. Only where all could be read: a date that
/// could not be read is none.
fn check_order(check: &mut Check, milestones: &[Milestone]) {
    for (first, second) in milestone::misplaced(milestones) {
        for (place, other, relation) in [(first, second, "after"), (second, first, "before")] {
            let (kind, other_kind) = (milestones[place].kind.word(), milestones[other].kind.word());
            let description =
                format!("{kind} cannot come {relation} {other_kind}, which is milestones[{other}]");
            check.violation(
                &format!("milestones[{place}].date"),
                ErrorReason::OrderInvalid,
                description,
            );
        }
    }
}

fn read_provision(check: &mut Check, message: wire::Provision) -> Provision {
    Provision {
        provision_id: message.provision_id,
        kind: check.word("kind", message.kind),
        article: check.required_text("article", message.article, 64),
        summary: check.text("summary", message.summary, 4096),
        source: read_source(check, "source", message.source),
        confidence: check.optional_word("confidence", message.confidence),
    }
}

fn read_relation(check: &mut Check, message: wire::Relation) -> Relation {
    Relation {
        kind: check.word("kind", message.kind),
        agreement: check.name("agreement", message.agreement, &["agreements/{agreement}"], true),
        note: check.text("note", message.note, 1024),
    }
}

fn read_participation(check: &mut Check, message: wire::Participation) -> Participation {
    Participation {
        party: check.name("party", message.party, PARTY, true),
        kind: check.word("kind", message.kind),
        date: read_date(check, "date", message.date),
        stated: read_date(check, "stated", message.stated),
        note: check.text("note", message.note, 4096),
        source: read_source(check, "source", message.source),
        confidence: check.optional_word("confidence", message.confidence),
        preferred: message.preferred,
    }
}

/// The status of an agreement, as its message.
pub fn status_message(status: Status) -> wire::AgreementStatus {
    wire::AgreementStatus {
        state: status.state.number(),
        as_of: Some(status.as_of.into()),
        since: status.since.map(Into::into),
        uncertain: status.uncertain,
        at_least: status.range.map_or(0, |(first, _)| first.number()),
        at_most: status.range.map_or(0, |(_, last)| last.number()),
        reason: status.reason,
        suspended: status.suspended,
        applied: status.applied,
    }
}

impl From<AgreementParty> for wire::AgreementParty {
    fn from(part: AgreementParty) -> Self {
        Self { party: part.party, role: number(part.role) }
    }
}

impl From<Milestone> for wire::Milestone {
    fn from(milestone: Milestone) -> Self {
        Self {
            unattributed: milestone.is_unattributed(),
            kind: milestone.kind.number(),
            date: Some(milestone.date.into()),
            party: milestone.party,
            place: milestone.place,
            note: milestone.note,
            source: milestone.source.map(Into::into),
            confidence: number(milestone.confidence),
            preferred: milestone.preferred,
            scope: milestone.scope,
        }
    }
}

impl From<Provision> for wire::Provision {
    fn from(provision: Provision) -> Self {
        Self {
            provision_id: provision.provision_id,
            kind: provision.kind.number(),
            article: provision.article,
            summary: provision.summary,
            source: provision.source.map(Into::into),
            confidence: number(provision.confidence),
        }
    }
}

impl From<Relation> for wire::Relation {
    fn from(relation: Relation) -> Self {
        Self { kind: relation.kind.number(), agreement: relation.agreement, note: relation.note }
    }
}

impl From<Participation> for wire::Participation {
    fn from(participation: Participation) -> Self {
        Self {
            party: participation.party,
            kind: participation.kind.number(),
            date: participation.date.map(Into::into),
            stated: participation.stated.map(Into::into),
            note: participation.note,
            source: participation.source.map(Into::into),
            confidence: number(participation.confidence),
            preferred: participation.preferred,
        }
    }
}
