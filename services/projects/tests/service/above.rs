//! The part of a project that is left out of a sum because one above it is in the sum.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    Project, ProjectRelation, Recipient, SumTransactionsRequest, Transaction, UpdateProjectRequest,
    project_relation,
};
use api::registan::r#type::v1::{Date, ExternalId, external_id};
use policy::{Desks, Tier};

use crate::counted::{all, below, by, shown, sum, texts};
use crate::support::{country, disbursement, on_both, project, sector, serve};

/// Money of a child, below a parent that pays others: in the sum of its recipient, and in its row.
#[tokio::test]
async fn a_filter_by_recipient_or_sector_agrees_with_its_row() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let of = |project, place: &str, code: &str| Project {
            recipients: vec![country(place, "")],
            sectors: vec![sector(code, "")],
            ..project
        };
        running.create_project("over", of(project("Over"), "AF", "14020")).await;
        let child = of(below("Under", "projects/over", ""), "KZ", "21020");
        running.create_project("under", child).await;
        running.create_transaction("projects/over", disbursement("7", 1)).await;
        running.create_transaction("projects/under", disbursement("100", 1)).await;
        let recipients =
            |codes: &[&str]| SumTransactionsRequest { recipients: texts(codes), ..all() };
        let of_sector = |codes: &[&str]| SumTransactionsRequest { sectors: texts(codes), ..all() };
        let below = "counted_below: project 7(1)";

        assert_eq!(sum(&mut running, recipients(&["KZ"])).await, ["project =100(1)"]);
        assert_eq!(sum(&mut running, of_sector(&["21020"])).await, ["project =100(1)"]);
        assert_eq!(sum(&mut running, recipients(&["AF"])).await, [below]);
        assert_eq!(sum(&mut running, of_sector(&["14020"])).await, [below]);
        assert_eq!(sum(&mut running, recipients(&["AF", "KZ"])).await, ["project =100(1)", below]);
        let rows = sum(&mut running, by(&[Dimension::Recipient])).await;
        assert_eq!(rows, ["project KZ=100(1)", below]);
    })
    .await;
}

/// A payment to one state is no part of what another has, even where that is more.
#[tokio::test]
async fn what_the_project_above_has_for_others_is_told_apart() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("over", project("Over")).await;
        running.create_project("low", below("Low", "projects/over", "")).await;
        let region = Recipient { region_code: "619".to_owned(), ..Recipient::default() };
        let pay = |amount, recipients| Transaction { recipients, ..disbursement(amount, 1) };
        let kg = pay("700", vec![country("KG", "")]);
        running.create_transaction("projects/over", kg).await;
        running.create_transaction("projects/low", pay("100", vec![country("KZ", "")])).await;
        let of = |codes: &[&str]| SumTransactionsRequest { recipients: texts(codes), ..all() };
        let rows = by(&[Dimension::Recipient]);

        let both = sum(&mut running, of(&["619"])).await;
        let apart = sum(&mut running, rows.clone()).await;
        let one = sum(&mut running, of(&["KZ"])).await;
        running.create_transaction("projects/over", pay("100", vec![region])).await;
        let regional = sum(&mut running, of(&["619"])).await;

        let more = "more_than_parent: project 100(1)";
        assert_eq!(both, ["project =700(1)", more]);
        assert_eq!(apart, ["project KG=700(1)", more]);
        assert_eq!(one, [more], "as its row");
        let counted = "counted_in_parent: project 100(1)";
        assert_eq!(regional, ["project =800(2)", counted], "the state lies in the region");
    })
    .await;
}

/// The sum of two projects cannot be in one above that has less.
#[tokio::test]
async fn of_parent_and_children_the_level_that_has_more_is_counted_whatever_is_asked() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("over", project("Over")).await;
        for (id, year) in [("one", 2023), ("other", 2024)] {
            running.create_project(id, below(id, "projects/over", "")).await;
            running.create_transaction(&format!("projects/{id}"), paid_in(year, "5000")).await;
        }
        running.create_transaction("projects/over", paid_in(2023, "10")).await;
        let of_year = |year: i32| SumTransactionsRequest {
            filter: format!("year = {year}"),
            ..by(&[Dimension::Year])
        };
        let under = "counted_below: project 10(1)";
        assert_eq!(sum(&mut running, all()).await, ["project =10000(2)", under]);
        let years = by(&[Dimension::Year, Dimension::Project]);
        let rows = ["project projects/one=5000(1)", "project projects/other=5000(1)", under];
        assert_eq!(sum(&mut running, years.clone()).await, rows);
        assert_eq!(sum(&mut running, of_year(2023)).await, ["project =5000(1)", under]);
        assert_eq!(sum(&mut running, of_year(2024)).await, ["project =5000(1)"]);

        running.create_transaction("projects/over", paid_in(2023, "9990")).await;

        let counted = |what: &str| format!("counted_in_parent: project {what}");
        let whole = ["project =10000(2)".to_owned(), counted("10000(2)")];
        assert_eq!(sum(&mut running, all()).await, whole);
        assert_eq!(sum(&mut running, of_year(2024)).await, [counted("5000(1)")], "as its row");
        let alone =
            SumTransactionsRequest { filter: "project = \"projects/other\"".to_owned(), ..all() };
        assert_eq!(sum(&mut running, alone).await, ["project =5000(1)"]);
        let of_one = SumTransactionsRequest { project_filter: "title:\"one\"".to_owned(), ..all() };
        assert_eq!(sum(&mut running, of_one).await, ["project =5000(1)"]);
    })
    .await;
}

fn paid_in(year: i32, amount: &str) -> Transaction {
    let date = Some(Date { year, month: 3, day: 1 });
    Transaction { date, ..disbursement(amount, 1) }
}

#[tokio::test]
async fn a_descendant_is_found_by_name_and_by_identifier_from_either_side() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let identified =
            |id: &str, project: Project| Project { iati_identifier: format!("XI-{id}"), ..project };
        let child = ProjectRelation {
            kind: project_relation::Kind::Child.into(),
            iati_identifier: "XI-middle".to_owned(),
            ..ProjectRelation::default()
        };
        let top = Project { relations: vec![child], ..project("Top") };
        running.create_project("top", identified("top", top)).await;
        running.create_project("middle", identified("middle", project("Middle"))).await;
        running.create_project("low", below("Low", "", "XI-middle")).await;
        running.create_project("other", below("Other", "", "XI-elsewhere")).await;
        for (id, amount) in [("top", "7"), ("low", "5"), ("other", "3")] {
            running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
        }

        let answer = running.transactions.sum_transactions(all()).await.unwrap().into_inner();
        let then = SumTransactionsRequest { read_time: answer.read_time, ..all() };
        let (name, etag) = ("projects/low".to_owned(), "*".to_owned());
        let alone = Project { name, etag, ..Project::default() };
        let mask = prost_types::FieldMask { paths: texts(&["relations"]) };
        let request = UpdateProjectRequest {
            project: Some(alone),
            update_mask: Some(mask),
            ..UpdateProjectRequest::default()
        };
        running.projects.update_project(request).await.unwrap();

        let wanted = ["project =10(2)", "counted_in_parent: project 5(1)"];
        assert_eq!(shown(&answer), wanted);
        assert_eq!(sum(&mut running, all()).await, ["project =15(3)"]);
        assert_eq!(sum(&mut running, then).await, wanted, "as it was related then");
    })
    .await;
}

/// A file that names the parent as it was called before.
#[tokio::test]
async fn a_parent_is_found_by_a_former_identifier_that_nobody_else_has() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let scheme = external_id::Scheme::Iati.into();
        let value = "XX-DEVCO-9".to_owned();
        let former = ExternalId { scheme, value, ..ExternalId::default() };
        let parent = Project {
            iati_identifier: "XX-INTPA-9".to_owned(),
            external_ids: vec![former],
            ..project("Parent")
        };
        running.create_project("parent", parent).await;
        running.create_project("child", below("Child", "", "XX-DEVCO-9")).await;
        for (id, amount) in [("parent", "1000"), ("child", "400")] {
            running.create_transaction(&format!("projects/{id}"), disbursement(amount, 1)).await;
        }
        let before = sum(&mut running, all()).await;
        let other = Project { iati_identifier: "XX-DEVCO-9".to_owned(), ..project("Other") };
        running.create_project("other", other).await;

        assert_eq!(before, ["project =1000(1)", "counted_in_parent: project 400(1)"]);
        assert_eq!(sum(&mut running, all()).await, ["project =1400(2)"], "another has it");
    })
    .await;
}

/// A hidden project does not show by what is missing.
#[tokio::test]
async fn what_a_reader_may_not_see_takes_nothing_out_of_their_sums() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let confidential = |project| Project { tier: WireTier::Confidential.into(), ..project };
        running.create_project("open", project("Open")).await;
        let hidden = Transaction { tier: WireTier::Confidential.into(), ..disbursement("9", 1) };
        running.create_transaction("projects/open", hidden).await;
        running.create_project("low", below("Low", "projects/open", "")).await;
        running.create_transaction("projects/low", disbursement("5", 1)).await;
        running.create_project("apart", project("Apart")).await;
        running.create_transaction("projects/apart", disbursement("4", 1)).await;
        let child = |name: &str| ProjectRelation {
            kind: project_relation::Kind::Child.into(),
            project: name.to_owned(),
            ..ProjectRelation::default()
        };
        let over = Project { relations: vec![child("projects/apart")], ..project("Over") };
        let over = running.create_project("", confidential(over)).await.name;
        running.create_transaction(&over, disbursement("40", 1)).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);

        let seen = low.transactions.sum_transactions(all()).await.unwrap().into_inner();

        assert_eq!(shown(&seen), ["project =9(2)"]);
        assert_eq!(
            sum(&mut running, all()).await,
            ["project =49(2)", "counted_in_parent: project 9(2)"]
        );
    })
    .await;
}

/// The amounts added before a split decide the rounding: a hidden project that names one keeps it
/// apart for nobody.
#[tokio::test]
async fn whom_a_hidden_project_names_does_not_show_by_rounding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for id in ["one", "other"] {
            let halves = vec![country("KG", "50"), country("TJ", "50")];
            running.create_project(id, Project { recipients: halves, ..project(id) }).await;
            running.create_transaction(&format!("projects/{id}"), disbursement("0.01", 1)).await;
        }
        let mut low = running.editor(Desks::ALL, Tier::Public);
        let mut split = async || {
            let answer = low.transactions.sum_transactions(by(&[Dimension::Recipient])).await;
            shown(&answer.unwrap().into_inner())
        };

        let before = split().await;
        let hidden =
            Project { tier: WireTier::Confidential.into(), ..below("Hidden", "projects/one", "") };
        running.create_project("", hidden).await;

        assert_eq!(before, ["project KG=0.01(2)", "project TJ=0.01(2)"]);
        assert_eq!(split().await, before);
    })
    .await;
}
