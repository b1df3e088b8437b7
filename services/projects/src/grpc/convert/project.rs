//! Project ↔ its message.

use api::registan::projects::v1 as wire;
use chronicle::{Resource, Shown};
use facts::vocabulary::Vocabulary;
use facts::wire::{
    MOST_ITEMS, number, read_amounts, read_currency, read_ids, read_required_date,
    read_required_source, read_texts, write_all,
};
use facts::{Check, ErrorReason};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use super::shares::{read_recipients, read_sectors};
use crate::domain::Project;
use crate::domain::project::{Participant, ProjectDate, Relation};

const AGREEMENTS: &[&str] =
    &["agreements/{agreement}", "agreements/{agreement}/provisions/{provision}"];
const FRAMEWORKS: &[&str] =
    &["frameworks/{framework}", "frameworks/{framework}/priorities/{priority}"];

impl Served for Project {
    type Message = wire::Project;
    type Held = Self;
    type Sent = wire::Project;
    const ORDER: &'static str = "title";

    fn read(check: &mut Check, name: String, message: wire::Project) -> Self {
        Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            kind: check.word("kind", message.kind),
            title: check.required_text("title", message.title, 1024),
            titles: read_texts(check, "titles", message.titles, 1024),
            descriptions: read_texts(check, "descriptions", message.descriptions, 65536),
            status: check.optional_word("status", message.status),
            iati_identifier: check.text("iati_identifier", message.iati_identifier, 256),
            dates: check.each("dates", MOST_ITEMS, message.dates, read_project_date),
            participants: check.each(
                "participants",
                MOST_ITEMS,
                message.participants,
                read_participant,
            ),
            recipients: read_recipients(check, message.recipients),
            sectors: read_sectors(check, message.sectors),
            default_currency: read_currency(
                check,
                "default_currency",
                message.default_currency,
                false,
            ),
            amounts: read_amounts(check, "amounts", message.amounts),
            agreements: check.names("agreements", message.agreements, AGREEMENTS),
            frameworks: check.names("frameworks", message.frameworks, FRAMEWORKS),
            relations: check.each("relations", MOST_ITEMS, message.relations, read_relation),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
        }
    }

    fn send(shown: Shown<Self>) -> Result<wire::Project, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Project {
        let stamp = Stamp::of(&shown);
        let project = shown.into_stored().value;
        wire::Project {
            name: project.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: project.kind.number(),
            title: project.title,
            titles: write_all(project.titles),
            descriptions: write_all(project.descriptions),
            status: number(project.status),
            iati_identifier: project.iati_identifier,
            dates: write_all(project.dates),
            participants: write_all(project.participants),
            recipients: write_all(project.recipients),
            sectors: write_all(project.sectors),
            default_currency: project.default_currency,
            amounts: write_all(project.amounts),
            agreements: project.agreements,
            frameworks: project.frameworks,
            relations: write_all(project.relations),
            external_ids: write_all(project.external_ids),
            note: project.note,
            source: Some(project.source.into()),
            confidence: number(project.confidence),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        for (place, participant) in self.participants.iter().enumerate() {
            let field = format!("participants[{place}].organization");
            references.extend(Reference::optional(field, &participant.organization));
        }
        for (place, amount) in self.amounts.iter().enumerate() {
            let source = amount.source.as_ref().map_or("", |source| source.source.as_str());
            references
                .extend(Reference::optional(format!("amounts[{place}].source.source"), source));
        }
        references.extend(Reference::all("agreements", &self.agreements));
        references.extend(Reference::all("frameworks", &self.frameworks));
        for (place, relation) in self.relations.iter().enumerate() {
            references.extend(Reference::optional(
                format!("relations[{place}].project"),
                &relation.project,
            ));
        }
        references.extend(Reference::source(&self.source));
        references
    }
}

fn read_project_date(check: &mut Check, message: wire::ProjectDate) -> ProjectDate {
    ProjectDate {
        kind: check.word("kind", message.kind),
        date: read_required_date(check, "date", message.date),
    }
}

fn read_participant(check: &mut Check, message: wire::Participant) -> Participant {
    let organization = &["organizations/{organization}"];
    let participant = Participant {
        role: check.optional_word("role", message.role),
        organization: check.name("organization", message.organization, organization, false),
        reference: check.text("ref", message.r#ref, 256),
        display_name: check.text("display_name", message.display_name, 1024),
        confidence: check.optional_word("confidence", message.confidence),
    };
    let unnamed = [&participant.organization, &participant.reference, &participant.display_name]
        .into_iter()
        .all(String::is_empty);
    if unnamed {
        check.violation(
            "",
            ErrorReason::Required,
            "organization, ref or display_name must be given",
        );
    }
    participant
}

fn read_relation(check: &mut Check, message: wire::ProjectRelation) -> Relation {
    let relation = Relation {
        kind: check.word("kind", message.kind),
        project: check.name("project", message.project, &[Project::PATTERN], false),
        iati_identifier: check.text("iati_identifier", message.iati_identifier, 256),
        confidence: check.optional_word("confidence", message.confidence),
    };
    if relation.project.is_empty() && relation.iati_identifier.is_empty() {
        check.violation("", ErrorReason::Required, "project or iati_identifier must be given");
    }
    relation
}

impl From<ProjectDate> for wire::ProjectDate {
    fn from(date: ProjectDate) -> Self {
        Self { kind: date.kind.number(), date: Some(date.date.into()) }
    }
}

impl From<Participant> for wire::Participant {
    fn from(participant: Participant) -> Self {
        Self {
            role: number(participant.role),
            organization: participant.organization,
            r#ref: participant.reference,
            display_name: participant.display_name,
            confidence: number(participant.confidence),
        }
    }
}

impl From<Relation> for wire::ProjectRelation {
    fn from(relation: Relation) -> Self {
        Self {
            kind: relation.kind.number(),
            project: relation.project,
            iati_identifier: relation.iati_identifier,
            confidence: number(relation.confidence),
        }
    }
}
