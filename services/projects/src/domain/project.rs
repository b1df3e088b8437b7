//! A thing that is funded: a project, a programme, an envelope, a pledge.

use std::ops::Deref;

use api::registan::projects::v1 as wire;
pub use api::registan::projects::v1::project::Kind;
use api::registan::projects::v1::project_date::Kind as DateKind;
use api::registan::r#type::v1::PartialDate;
use chronicle::Field;
use facts::{Check, ErrorReason, code};
use standard::{Rules, Value};

use super::kin::Kin;
use super::organization::{ALIASES, findable, participant};
use super::{roles, shares};

/// A project.
pub type Project = Value<wire::Project, OfProjects>;

/// Participants and relations name somebody or something, and shares add up.
pub enum OfProjects {}

impl Rules<wire::Project> for OfProjects {
    fn check(project: &mut wire::Project, check: &mut Check) {
        let mut missing = |field: String, is_named: bool, what: &str| {
            if !is_named {
                check.violation(&field, ErrorReason::Required, format!("{what} must be given"));
            }
        };
        for (place, one) in project.participants.iter().enumerate() {
            let names = [&one.organization, &one.r#ref, &one.display_name];
            let is_named = names.iter().any(|name| !name.is_empty());
            let what = "organization, ref or display_name";
            missing(format!("participants[{place}]"), is_named, what);
        }
        for (place, one) in project.relations.iter().enumerate() {
            let is_named = !(one.project.is_empty() && one.iati_identifier.is_empty());
            missing(format!("relations[{place}]"), is_named, "project or iati_identifier");
        }
        shares::check(&project.recipients, &mut project.sectors, check);
    }

    fn fields<T: Deref<Target = wire::Project>>() -> Vec<Field<T>> {
        vec![
            Field::sorted_day("start", |project: &T| facts::wire::sort_day(start(project))),
            Field::texts("participants", |project: &T| {
                project.participants.iter().flat_map(names).collect()
            })
            .naming(&["organizations/{organization}"])
            .spelled(participant)
            .known_by(ALIASES),
            Field::texts("recipients", |project: &T| {
                project.recipients.iter().map(|it| shares::area(it).to_owned()).collect()
            })
            .spelled(code::area),
            Field::texts("sectors", |project: &T| {
                project.sectors.iter().map(|sector| sector.code.clone()).collect()
            })
            .spelled(code::sector),
            Field::texts("relations", |project: &T| {
                let all = project.relations.iter();
                present(all.flat_map(|one| [&one.project, &one.iati_identifier]))
            })
            .naming(&["projects/{project}"])
            .spelled(related),
            Field::label("shares", |project: &T| {
                shares::label(&project.recipients, &project.sectors)
            }),
            Field::label("kin", |project: &T| Kin::of(project).label()),
            Field::label("roles", |project: &T| roles::label(&project.participants)),
        ]
    }
}

/// Returns when a project starts: the actual start, else the planned one.
fn start(project: &wire::Project) -> Option<&PartialDate> {
    let of = |kind| project.dates.iter().find(|date| date.kind() == kind);
    of(DateKind::ActualStart).or_else(|| of(DateKind::PlannedStart))?.date.as_ref()
}

/// Returns the identifier of a related project, as it was published, for sums look it up among
/// those of projects.
fn related(asked: &str) -> Result<String, &'static str> {
    if asked.starts_with("projects/") {
        return Err("a name like projects/{project}, or an identifier, is wanted");
    }
    Ok(asked.trim().to_owned())
}

/// Returns by what a participant is found: the recorded organization, and its identifier or else
/// its name as published.
fn names(one: &wire::Participant) -> Vec<String> {
    let published = if one.r#ref.is_empty() {
        findable(&one.display_name).unwrap_or_default()
    } else {
        &one.r#ref
    };
    let names = [&one.organization, published].into_iter();
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Returns the texts that are not empty.
fn present<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    texts.filter(|text| !text.is_empty()).cloned().collect()
}
