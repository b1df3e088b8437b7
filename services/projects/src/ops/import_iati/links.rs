//! Relations between activities as links between recorded projects, whichever of them came first:
//! what a batch names is looked up before it is recorded, and who named what came with it is
//! updated after.

use std::collections::BTreeSet;

use chassis::Failure;
use chronicle::{Chronicle, Entry, Stored};
use ingest::{Import, MAX_BYTES, Names, Pages, Prepared, Target};
use standard::{Step, refused};

use super::Iati;
use crate::domain::Project;
use crate::store;

/// Sets the links of these projects that can be set. A query, if they name an activity that is not
/// among them.
pub async fn resolve(
    chronicle: &Chronicle,
    targets: &mut [Target<'_, Iati>],
) -> Result<(), Failure> {
    let wanted: BTreeSet<&str> =
        targets.iter().flat_map(|target| unresolved(target.value())).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut names = ingest::names(targets);
    let elsewhere: Vec<String> = wanted
        .into_iter()
        .filter(|identifier| !names.contains_key(*identifier))
        .map(str::to_owned)
        .collect();
    if !elsewhere.is_empty() {
        names.extend(
            store::public_projects_of(chronicle, &elsewhere).await.map_err(refused::<Project>)?,
        );
    }
    for target in targets {
        if let Some(linked) = linked(target.value(), target.name(), &names) {
            target.becomes = Some(linked);
        }
    }
    Ok(())
}

/// Links what is recorded and names one of these identifiers without a link, a page at a time, each
/// in a transaction of its own. `batch` is what they came with, of which the links are set already.
/// What the caller may not write stays as it is.
pub async fn announce(
    import: Import<'_>,
    public: &Names,
    batch: &[Prepared<Iati>],
) -> Result<(), Failure> {
    let chronicle = import.chronicle;
    let (identifiers, names): (Vec<_>, Vec<_>) = public.iter().unzip();
    let besides: Vec<String> = batch.iter().map(|it| it.parent.name.clone()).collect();
    let mut pages = Pages::default();
    loop {
        let page =
            store::projects_naming(chronicle, &identifiers, &names, &besides, pages.after).await;
        let page = page.map_err(refused::<Project>)?;
        let Some(last) = page.last().map(|stored| stored.uid) else { return Ok(()) };
        let now = chronicle.now();
        let entries: Vec<Entry> =
            page.iter().filter_map(|stored| entry(stored, public, now)).collect();
        let written = entries.is_empty() || import.write::<Project>(entries).await?;
        pages.next::<Project>(last, written)?;
    }
}

/// Returns the write that links a recorded project to one of these; nothing if it names none of
/// them, or the caller may not write it.
fn entry(stored: &Stored<Project>, public: &Names, now: i64) -> Option<Entry> {
    let linked = linked(&stored.value, &stored.value.name, public)?;
    Step::Update(stored, &linked).entry(None, now).ok()
}

/// The identifiers that a project names without a link.
fn unresolved(project: &Project) -> impl Iterator<Item = &str> {
    let open = project.relations.iter().filter(|it| it.project.is_empty());
    open.map(|it| it.iati_identifier.as_str()).filter(|identifier| !identifier.is_empty())
}

/// A project with the links that can be set; nothing if there is none, or no room for them. None
/// leads to itself.
fn linked(project: &Project, name: &str, names: &Names) -> Option<Project> {
    let of = |identifier: &str| names.get(identifier).filter(|other| *other != name);
    unresolved(project).find_map(of)?;
    let mut project = (**project).clone();
    for relation in project.relations.iter_mut().filter(|it| it.project.is_empty()) {
        if let Some(other) = of(&relation.iati_identifier) {
            relation.project.clone_from(other);
        }
    }
    let project = Project::of(project);
    (ingest::size(&project) <= MAX_BYTES).then_some(project)
}
