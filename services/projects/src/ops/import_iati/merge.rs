//! Merges what a file says into what was recorded before.

use crate::domain::Project;
use crate::domain::project::{DateKind, Participant, ProjectDate, Relation};

/// Returns the new value of a recorded project; nothing if the file says nothing new. The same facts from a file of another name are no news.
pub fn news(recorded: &Project, file: &Project) -> Option<Project> {
    let merged = merge(recorded, file);
    let source = recorded.source.clone();
    let news = (Project { source, ..merged.clone() }) != *recorded;
    news.then_some(merged)
}

/// The recorded project as the file has it. What IATI has no place for stays: kind, amounts, links, note, confidence; and so
/// does what this file says nothing of. Merging the same file again changes nothing.
fn merge(recorded: &Project, file: &Project) -> Project {
    let recorded = recorded.clone();
    let file = file.clone();
    let titled = !file.titles.is_empty();
    let mut external_ids = recorded.external_ids;
    for id in file.external_ids {
        if !external_ids.iter().any(|known| known.is(&id)) {
            external_ids.push(id);
        }
    }
    Project {
        name: recorded.name,
        tier: recorded.tier,
        kind: recorded.kind,
        title: if titled { file.title } else { recorded.title },
        titles: said(file.titles, recorded.titles),
        descriptions: said(file.descriptions, recorded.descriptions),
        status: file.status.or(recorded.status),
        iati_identifier: file.iati_identifier,
        dates: dates(file.dates, recorded.dates),
        participants: participants(file.participants, recorded.participants),
        recipients: said(file.recipients, recorded.recipients),
        sectors: said(file.sectors, recorded.sectors),
        default_currency: if file.default_currency.is_empty() {
            recorded.default_currency
        } else {
            file.default_currency
        },
        amounts: recorded.amounts,
        agreements: recorded.agreements,
        frameworks: recorded.frameworks,
        relations: relations(file.relations, recorded.relations),
        external_ids,
        note: recorded.note,
        source: file.source,
        confidence: recorded.confidence,
    }
}

fn said<T>(file: Vec<T>, recorded: Vec<T>) -> Vec<T> {
    if file.is_empty() { recorded } else { file }
}

/// Merges dates: those of a kind that IATI does not have stay.
fn dates(file: Vec<ProjectDate>, recorded: Vec<ProjectDate>) -> Vec<ProjectDate> {
    if file.is_empty() {
        return recorded;
    }
    let announced = recorded.into_iter().filter(|date| date.kind == DateKind::Announced);
    file.into_iter().chain(announced).collect()
}

/// The links to recorded organizations stay.
fn participants(file: Vec<Participant>, recorded: Vec<Participant>) -> Vec<Participant> {
    let mut participants = file;
    for participant in participants.iter_mut().filter(|one| !one.reference.is_empty()) {
        let linked = recorded
            .iter()
            .find(|one| one.reference == participant.reference && !one.organization.is_empty());
        if let Some(linked) = linked {
            participant.organization.clone_from(&linked.organization);
            participant.confidence = linked.confidence;
        }
    }
    said(participants, recorded)
}

/// The links to recorded projects stay.
fn relations(file: Vec<Relation>, recorded: Vec<Relation>) -> Vec<Relation> {
    let mut relations = file;
    for relation in &mut relations {
        let linked = recorded
            .iter()
            .find(|one| one.iati_identifier == relation.iati_identifier && !one.project.is_empty());
        if let Some(linked) = linked {
            relation.project.clone_from(&linked.project);
            relation.confidence = linked.confidence;
        }
    }
    said(relations, recorded)
}
