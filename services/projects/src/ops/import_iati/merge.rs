//! Merges what a file says into what was recorded before.

use api::registan::options::v1::Tier;
use api::registan::projects::v1 as wire;
use api::registan::projects::v1::project_date::Kind;
use api::registan::projects::v1::{Participant, ProjectDate, ProjectRelation};
use api::registan::r#type::v1::{Confidence, ExternalId};

use super::project::is_of_file;
use super::reporter::is_of_another;
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

/// Returns the fields that a project has other values of than it is to have; links that it gets do
/// not count.
pub fn overwritten(recorded: &Project, becomes: &Project) -> Vec<&'static str> {
    let stated = |relations: &[ProjectRelation]| -> Vec<(i32, String)> {
        relations.iter().map(|it| (it.kind, it.iati_identifier.clone())).collect()
    };
    let taking_part = |project: &Project| -> Vec<(i32, String, String)> {
        let parts = project.participants.iter();
        parts.map(|it| (it.role, it.r#ref.clone(), it.display_name.clone())).collect()
    };
    let currency = |project: &Project| -> Vec<String> {
        let currency = Some(&project.default_currency).filter(|it| !it.is_empty());
        currency.into_iter().cloned().collect()
    };
    let differs = [
        ("title", recorded.title != becomes.title),
        ("titles", is_lost(&recorded.titles, &becomes.titles)),
        ("descriptions", is_lost(&recorded.descriptions, &becomes.descriptions)),
        ("status", recorded.status != 0 && recorded.status != becomes.status),
        ("dates", is_lost(&recorded.dates, &becomes.dates)),
        ("participants", is_lost(&taking_part(recorded), &taking_part(becomes))),
        ("recipients", is_lost(&recorded.recipients, &becomes.recipients)),
        ("sectors", is_lost(&recorded.sectors, &becomes.sectors)),
        ("default_currency", is_lost(&currency(recorded), &currency(becomes))),
        ("relations", is_lost(&stated(&recorded.relations), &stated(&becomes.relations))),
        ("external_ids", is_lost(&recorded.external_ids, &becomes.external_ids)),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// Returns whether one of the values is not there any more.
fn is_lost<T: PartialEq>(recorded: &[T], becomes: &[T]) -> bool {
    recorded.iter().any(|value| !becomes.contains(value))
}

/// The recorded project as the file has it, under the source of before. What IATI has no place for
/// stays: kind, amounts, links, note, confidence. All else is what the file states, and empty where
/// it states nothing; but for the title, which a project must have. Merging the same file again
/// changes nothing.
fn merge(recorded: &wire::Project, file: &wire::Project) -> wire::Project {
    let mut merged = recorded.clone();
    if !file.titles.is_empty() {
        merged.title.clone_from(&file.title);
    }
    merged.titles.clone_from(&file.titles);
    merged.descriptions.clone_from(&file.descriptions);
    merged.status = file.status;
    merged.iati_identifier.clone_from(&file.iati_identifier);
    merged.dates = dates(&file.dates, &recorded.dates);
    merged.participants = participants(&file.participants, &recorded.participants);
    // The desks follow from them, and without any it would be of all: who may read what is hidden
    // is decided by nobody's silence.
    if !file.recipients.is_empty() || recorded.tier <= i32::from(Tier::Public) {
        merged.recipients.clone_from(&file.recipients);
    }
    merged.sectors.clone_from(&file.sectors);
    merged.default_currency.clone_from(&file.default_currency);
    merged.relations = relations(&file.relations, &recorded.relations);
    merged.external_ids = external_ids(&file.external_ids, &recorded.external_ids);
    merged
}

/// Merges dates: those of a kind that IATI does not have stay.
fn dates(file: &[ProjectDate], recorded: &[ProjectDate]) -> Vec<ProjectDate> {
    let announced = recorded.iter().filter(|date| date.kind() == Kind::Announced);
    file.iter().chain(announced).cloned().collect()
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
    let is_link = |one: &&Participant| one.r#ref.is_empty() && one.display_name.is_empty();
    participants.extend(recorded.iter().filter(is_link).cloned());
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
    relations.extend(recorded.iter().filter(|one| one.iati_identifier.is_empty()).cloned());
    relations
}

/// Merges identifiers: one that no file gives in that form stays, and so does one that somebody
/// judged.
fn external_ids(file: &[ExternalId], recorded: &[ExternalId]) -> Vec<ExternalId> {
    let same = |one: &ExternalId, other: &ExternalId| {
        one.scheme == other.scheme && one.value == other.value
    };
    let stays = |one: &&ExternalId| {
        !is_of_file(one)
            || one.confidence() != Confidence::Unspecified
            || file.iter().any(|it| same(it, one))
    };
    let mut ids: Vec<ExternalId> = recorded.iter().filter(stays).cloned().collect();
    let new = file.iter().filter(|id| !recorded.iter().any(|known| same(known, id)));
    ids.extend(new.cloned());
    ids
}

#[cfg(test)]
mod tests {
    use api::registan::projects::v1::participant::Role;
    use api::registan::projects::v1::{Recipient, Sector};
    use api::registan::r#type::v1::LocalizedText;
    use api::registan::r#type::v1::external_id::Scheme;

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

    #[test]
    fn what_a_file_does_not_state_is_emptied_and_the_rest_stays() {
        let id = |scheme: Scheme, value: &str, confidence: Confidence| ExternalId {
            scheme: scheme.into(),
            value: value.to_owned(),
            confidence: confidence.into(),
        };
        let date = |kind: Kind| ProjectDate { kind: kind.into(), date: None };
        let kept = wire::Project {
            title: "A title".to_owned(),
            iati_identifier: "XI-1".to_owned(),
            note: "A note".to_owned(),
            dates: vec![date(Kind::Announced)],
            participants: vec![linked("organizations/other", Participant::default())],
            relations: vec![relation("projects/own", "")],
            external_ids: vec![
                id(Scheme::Cris, "2019/041-701", Confidence::Unspecified),
                id(Scheme::Other, "list:1", Confidence::Unspecified),
                id(Scheme::Iati, "XI-0", Confidence::Likely),
            ],
            ..wire::Project::default()
        };
        let mut recorded = wire::Project { status: 2, ..kept.clone() };
        recorded.default_currency = "EUR".to_owned();
        recorded.titles.push(LocalizedText::default());
        recorded.descriptions.push(LocalizedText::default());
        recorded.dates.push(date(Kind::ActualStart));
        recorded.participants.push(participant(Role::Funding, "XI-1", ""));
        recorded.recipients.push(Recipient::default());
        recorded.sectors.push(Sector::default());
        recorded.relations.push(relation("projects/two", "XI-2"));
        recorded.external_ids.push(id(Scheme::Iati, "XI-OLD", Confidence::Unspecified));
        recorded.external_ids.push(id(Scheme::Other, "iati-A1:W-1", Confidence::Unspecified));
        let iati_identifier = kept.iati_identifier.clone();
        let file = wire::Project { iati_identifier, ..wire::Project::default() };

        let merged = merge(&recorded, &file);

        assert_eq!(merged, kept);
        let lost = overwritten(&Project::of(recorded), &Project::of(merged));
        assert_eq!(
            lost,
            [
                "titles",
                "descriptions",
                "status",
                "dates",
                "participants",
                "recipients",
                "sectors",
                "default_currency",
                "relations",
                "external_ids"
            ]
        );
    }
}
