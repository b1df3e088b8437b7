//! Merges what a file says into what was recorded before.

use api::registan::projects::v1 as wire;
use api::registan::projects::v1::project_date::Kind;
use api::registan::projects::v1::{Participant, ProjectDate, ProjectRelation};
use api::registan::r#type::v1::ExternalId;

use super::project::is_of_another;
use crate::domain::Project;

/// Returns the new value of a recorded project; nothing if the file says nothing new. The same
/// facts from a file of another name are no news, unless somebody else reports them.
pub fn news(recorded: &Project, file: &Project) -> Option<Project> {
    let mut merged = merge(recorded, file);
    if merged == **recorded && !is_of_another(recorded, file) {
        return None;
    }
    merged.source.clone_from(&file.source);
    Some(Project::of(merged))
}

/// The recorded project as the file has it, under the source of before. What IATI has no place for
/// stays: kind, amounts, links, note, confidence; and so does what this file says nothing of.
/// Merging the same file again changes nothing.
fn merge(recorded: &wire::Project, file: &wire::Project) -> wire::Project {
    let mut merged = recorded.clone();
    if !file.titles.is_empty() {
        merged.title.clone_from(&file.title);
    }
    take(&mut merged.titles, file.titles.clone());
    take(&mut merged.descriptions, file.descriptions.clone());
    if file.status != 0 {
        merged.status = file.status;
    }
    merged.iati_identifier.clone_from(&file.iati_identifier);
    take(&mut merged.dates, dates(&file.dates, &recorded.dates));
    take(&mut merged.participants, participants(&file.participants, &recorded.participants));
    take(&mut merged.recipients, file.recipients.clone());
    take(&mut merged.sectors, file.sectors.clone());
    if !file.default_currency.is_empty() {
        merged.default_currency.clone_from(&file.default_currency);
    }
    take(&mut merged.relations, relations(&file.relations, &recorded.relations));
    for id in &file.external_ids {
        let is_it = |known: &ExternalId| known.scheme == id.scheme && known.value == id.value;
        if !merged.external_ids.iter().any(is_it) {
            merged.external_ids.push(id.clone());
        }
    }
    merged
}

/// Takes what a file says, if it says something.
fn take<T>(recorded: &mut Vec<T>, file: Vec<T>) {
    if !file.is_empty() {
        *recorded = file;
    }
}

/// Merges dates: those of a kind that IATI does not have stay.
fn dates(file: &[ProjectDate], recorded: &[ProjectDate]) -> Vec<ProjectDate> {
    let mut dates = file.to_vec();
    if !dates.is_empty() {
        dates.extend(recorded.iter().filter(|date| date.kind() == Kind::Announced).cloned());
    }
    dates
}

/// The links to recorded organizations stay: of a participant by its reference, else by its role
/// and its name; and so does a participant that is nothing but a link, for no file has one.
fn participants(file: &[Participant], recorded: &[Participant]) -> Vec<Participant> {
    let mut participants = file.to_vec();
    for participant in &mut participants {
        let is_it = |one: &&Participant| {
            let is_named = !participant.r#ref.is_empty()
                || (one.role, &one.display_name) == (participant.role, &participant.display_name);
            is_named && one.r#ref == participant.r#ref && !one.organization.is_empty()
        };
        if let Some(linked) = recorded.iter().find(is_it) {
            participant.organization.clone_from(&linked.organization);
            participant.confidence = linked.confidence;
        }
    }
    if !participants.is_empty() {
        let is_link = |one: &&Participant| one.r#ref.is_empty() && one.display_name.is_empty();
        participants.extend(recorded.iter().filter(is_link).cloned());
    }
    participants
}

/// The links to recorded projects stay, and so do relations without an identifier, which no file
/// has.
fn relations(file: &[ProjectRelation], recorded: &[ProjectRelation]) -> Vec<ProjectRelation> {
    let mut relations = file.to_vec();
    for relation in &mut relations {
        let linked = recorded
            .iter()
            .find(|one| one.iati_identifier == relation.iati_identifier && !one.project.is_empty());
        if let Some(linked) = linked {
            relation.project.clone_from(&linked.project);
            relation.confidence = linked.confidence;
        }
    }
    if !relations.is_empty() {
        relations.extend(recorded.iter().filter(|one| one.iati_identifier.is_empty()).cloned());
    }
    relations
}

#[cfg(test)]
mod tests {
    use api::registan::projects::v1::participant::Role;
    use api::registan::r#type::v1::Confidence;

    use super::*;

    fn participant(role: Role, reference: &str, name: &str) -> Participant {
        Participant {
            role: role.into(),
            r#ref: reference.to_owned(),
            display_name: name.to_owned(),
            ..Participant::default()
        }
    }

    fn linked(to: &str, participant: Participant) -> Participant {
        let (organization, confidence) = (to.to_owned(), Confidence::Likely.into());
        Participant { organization, confidence, ..participant }
    }

    fn relation(project: &str, identifier: &str) -> ProjectRelation {
        ProjectRelation {
            project: project.to_owned(),
            iati_identifier: identifier.to_owned(),
            ..ProjectRelation::default()
        }
    }

    #[test]
    fn the_same_file_again_leaves_the_links_that_people_set() {
        use Role::{Funding, Implementing};
        let file = wire::Project {
            participants: vec![
                participant(Funding, "XI-1", "A bank"),
                participant(Implementing, "", "Vodokanal"),
                participant(Funding, "", "Vodokanal"),
            ],
            relations: vec![relation("", "XI-2"), relation("", "XI-3")],
            ..wire::Project::default()
        };
        let recorded = wire::Project {
            participants: vec![
                linked("organizations/bank", participant(Funding, "XI-1", "The bank")),
                linked("organizations/water", participant(Implementing, "", "Vodokanal")),
                participant(Funding, "", "Vodokanal"),
                linked("organizations/other", participant(Funding, "", "")),
                linked("organizations/gone", participant(Funding, "XI-4", "Gone")),
            ],
            relations: vec![relation("projects/two", "XI-2"), relation("projects/own", "")],
            ..wire::Project::default()
        };

        let merged = merge(&recorded, &file);

        let names = |project: &wire::Project| {
            let all = project.participants.iter();
            all.map(|it| format!("{} {}", it.organization, it.display_name)).collect::<Vec<_>>()
        };
        assert_eq!(
            names(&merged),
            [
                "organizations/bank A bank",
                "organizations/water Vodokanal",
                " Vodokanal",
                "organizations/other "
            ]
        );
        assert_eq!(merged.participants[1].confidence(), Confidence::Likely);
        let relations =
            [relation("projects/two", "XI-2"), relation("", "XI-3"), relation("projects/own", "")];
        assert_eq!(merged.relations, relations);
        assert_eq!(merge(&merged, &file), merged);
    }
}
