//! Relations between activities lead to the recorded projects, whichever of them came first.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    ListProjectsRequest, Project, ProjectRelation, UpdateProjectRequest,
};
use policy::{Desks, Tier};

use crate::import::changes;
use crate::support::{Running, messages, on_both, project, recording, serve, with_unhcr};

/// A file of these activities, each with the others that it names.
fn file(activities: &[(&str, &[&str])]) -> Vec<u8> {
    let activity = |(identifier, others): &(&str, &[&str])| {
        let named = |other: &&str| format!(r#"<related-activity type="3" ref="XI-{other}"/>"#);
        let related = others.iter().map(named).collect::<Vec<_>>().concat();
        format!(
            r#"<iati-activity xml:lang="en"><iati-identifier>XI-{identifier}</iati-identifier>
<reporting-org ref="XI-1" type="40"/><title><narrative>{identifier}</narrative></title>
<activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/>{related}</iati-activity>"#
        )
    };
    let all: String = activities.iter().map(activity).collect();
    format!(r#"<iati-activities version="2.03">{all}</iati-activities>"#).into_bytes()
}

/// The relations of the project with this title.
async fn relations(running: &mut Running, title: &str) -> Vec<ProjectRelation> {
    let filter = format!("title = \"{title}\"");
    let request = ListProjectsRequest { filter, ..ListProjectsRequest::default() };
    let mut found = running.projects.list_projects(request).await.unwrap().into_inner().projects;
    assert_eq!(found.len(), 1, "{title}");
    found.remove(0).relations
}

/// Where they lead, by the title at the end of the name that an import gives; empty where they lead
/// nowhere.
async fn links(running: &mut Running, title: &str) -> Vec<String> {
    let slug = |name: &str| name.split('-').nth(1).unwrap_or_default().to_owned();
    relations(running, title).await.iter().map(|it| slug(&it.project)).collect()
}

impl Running {
    /// Takes the links from the relations of the project with this title.
    async fn unlink(&mut self, title: &str) -> Vec<ProjectRelation> {
        let filter = format!("title = \"{title}\"");
        let request = ListProjectsRequest { filter, ..ListProjectsRequest::default() };
        let found = self.projects.list_projects(request).await.unwrap().into_inner().projects;
        let mut project = found[0].clone();
        for relation in &mut project.relations {
            relation.project.clear();
        }
        let request = UpdateProjectRequest { project: Some(project), ..Default::default() };
        self.projects.update_project(request).await.unwrap().into_inner().relations
    }
}

#[tokio::test]
async fn relations_lead_to_activities_before_and_after_in_the_file() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = file(&[("one", &["two", "gone"]), ("two", &["one", "two"])]);

        let first = running.import(&file).await;
        let one = links(&mut running, "one").await;
        let two = links(&mut running, "two").await;
        let second = running.import(&file).await;

        assert_eq!(changes(&first), [2, 0, 0, 0, 0, 0]);
        assert_eq!(
            (one, two),
            (vec!["two".to_owned(), String::new()], vec!["one".to_owned(), String::new()])
        );
        assert_eq!(relations(&mut running, "one").await[1].iati_identifier, "XI-gone");
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
    })
    .await;
}

#[tokio::test]
async fn a_relation_is_resolved_when_the_other_arrives_and_when_it_was_there() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(&file(&[("early", &["late", "never"])])).await;
        let before = links(&mut running, "early").await;

        let dry = running.try_import(messages("b.xml", true, &file(&[("late", &["early"])]))).await;
        let after_dry_run = links(&mut running, "early").await;
        running.import(&file(&[("late", &["early"])])).await;

        assert_eq!(changes(&dry.unwrap()), [1, 0, 0, 0, 0, 0]);
        assert_eq!([before, after_dry_run], [["", ""], ["", ""]]);
        assert_eq!(links(&mut running, "early").await, ["late", ""]);
        assert_eq!(links(&mut running, "late").await, ["early"]);
        let again = running.import(&file(&[("early", &["late", "never"])])).await;
        assert_eq!(changes(&again), [0, 0, 1, 0, 0, 0]);

        // As an import leaves it that breaks off before it has told those of before.
        let unlinked = running.unlink("early").await;
        assert_eq!(unlinked.len(), 2);
        let told = running.import(&file(&[("late", &["early"])])).await;
        assert_eq!(changes(&told), [0, 0, 1, 0, 0, 0]);
        assert_eq!(links(&mut running, "early").await, ["late", ""]);
    })
    .await;
}

/// A project recorded by hand, or by an older program, is found when a file that names it comes
/// again.
#[tokio::test]
async fn a_project_recorded_by_hand_is_found_by_its_identifier_but_not_a_hidden_one() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let naming = file(&[("one", &["byhand", "hidden"])]);
        running.import(&naming).await;
        let recorded = |identifier: &str, tier: WireTier| Project {
            iati_identifier: format!("XI-{identifier}"),
            tier: tier.into(),
            ..project(identifier)
        };
        running.create_project("x-byhand", recorded("byhand", WireTier::Public)).await;
        let hidden = recording("", recorded("hidden", WireTier::Restricted));
        let mut editor = running.editor(Desks::ALL, Tier::Restricted);
        editor.projects.create_project(hidden).await.unwrap();

        let again = running.import(&naming).await;

        assert_eq!(changes(&again), [0, 1, 0, 0, 0, 0]);
        assert_eq!(links(&mut running, "one").await, ["byhand", ""]);
    })
    .await;
}

#[tokio::test]
async fn a_large_activity_is_linked_too_and_those_that_name_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let many: String = (1..=700)
            .map(|number| crate::import::paid(&number.to_string(), "2023-01-01"))
            .collect();
        let large = String::from_utf8(file(&[("large", &["small"])])).unwrap();
        let large = large.replace(
            "<related",
            &format!("{}<related", many.replace("<value ", "<value currency=\"EUR\" ")),
        );
        running.import(&file(&[("small", &["large"])])).await;

        let report = running.import(large.as_bytes()).await;

        assert_eq!(changes(&report), [1, 0, 0, 0, 700, 0], "{:?}", report.findings);
        assert_eq!(links(&mut running, "small").await, ["large"]);
        assert_eq!(links(&mut running, "large").await, ["small"]);
    })
    .await;
}

/// As many as an independent reader finds: all that are in the file.
#[tokio::test]
async fn no_relation_of_a_published_file_is_left_that_could_be_resolved() {
    with_unhcr(|mut running| async move {
        let request = ListProjectsRequest { page_size: 1000, ..ListProjectsRequest::default() };
        let all = running.projects.list_projects(request).await.unwrap().into_inner().projects;
        let named = |identifier: &str| all.iter().find(|it| it.iati_identifier == identifier);
        let mut resolved = 0;
        for relation in all.iter().flat_map(|it| &it.relations) {
            let other = named(&relation.iati_identifier).map_or("", |it| it.name.as_str());
            assert_eq!(relation.project, other, "{}", relation.iati_identifier);
            resolved += usize::from(!relation.project.is_empty());
        }
        assert_eq!(resolved, 266);
    })
    .await;
}
