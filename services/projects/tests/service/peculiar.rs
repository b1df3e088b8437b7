//! Files with peculiarities that publishers have: all on one line, at second hand, with another
//! identifier than before, with thousands of transactions.

use api::registan::projects::v1::{
    CreateTransactionRequest, ListTransactionsRequest, Project, SumTransactionsRequest,
    UpdateProjectRequest,
};
use prost_types::FieldMask;

use crate::import::{changes, imported, paid, rules};
use crate::support::{Running, disbursement, messages, on_both, serve};

/// An activity on one line, with what stands after its reporting organisation.
fn activity(identifier: &str, reporting: &str, more: &str) -> String {
    format!(
        r#"<iati-activity default-currency="EUR" xml:lang="en"><iati-identifier>XI-{identifier}</iati-identifier><reporting-org type="40" {reporting}/><title><narrative>{identifier}</narrative></title>{more}<activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/></iati-activity>"#
    )
}

fn file(activities: &[String]) -> String {
    format!(r#"<iati-activities version="2.03">{}</iati-activities>"#, activities.concat())
}

fn many(count: usize) -> String {
    (1..=count).map(|number| paid(&number.to_string(), "2023-01-01")).collect()
}

const PUBLISHER: &str = r#"ref="XI-1""#;

async fn counted(running: &mut Running, project: &str) -> usize {
    let request = ListTransactionsRequest {
        parent: project.to_owned(),
        page_size: 1000,
        ..ListTransactionsRequest::default()
    };
    running.transactions.list_transactions(request).await.unwrap().into_inner().transactions.len()
}

async fn total(running: &mut Running) -> Vec<String> {
    let sums = running.sums(SumTransactionsRequest::default()).await;
    sums.into_iter().map(|sum| sum.amount).collect()
}

#[tokio::test]
async fn the_next_activity_on_the_line_gets_nothing_of_one_that_was_given_up() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        // A text that is longer than any may be.
        let long =
            format!("<description><narrative>{}</narrative></description>", "x".repeat(300_000));
        let first = activity("first", PUBLISHER, &(many(600) + &long));
        for next in [many(700), many(3)] {
            let next = activity("next", PUBLISHER, &next);

            let report = running.import(file(&[first.clone(), next]).as_bytes()).await;

            assert!(rules(&report).contains(&"read-in-part"), "{:?}", rules(&report));
            let projects = imported(&mut running).await;
            let [first, next] = &projects[..] else { panic!("{projects:?}") };
            assert_eq!(counted(&mut running, &first.name).await, 500);
            let kept = counted(&mut running, &next.name).await;
            assert!([700, 3].contains(&kept), "{kept}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_found_in_a_large_activity_itself_is_said_once() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let country = r#"<recipient-country code="kz"/>"#.to_owned();
        let large = activity("large", PUBLISHER, &(country + &many(1100)));

        let report = running.import(file(&[large]).as_bytes()).await;

        assert_eq!(rules(&report), ["country-repaired"]);
    })
    .await;
}

#[tokio::test]
async fn who_reports_at_second_hand_changes_nothing_of_what_the_publisher_reports() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let second = |who: &str, transactions: &str| {
            let reporting = format!(r#"ref="{who}" secondary-reporter="1""#);
            file(&[activity("shared", &reporting, transactions)])
        };
        let first = file(&[activity("shared", PUBLISHER, &many(4))]);

        let aggregated = running.import(second("XI-2", &many(2)).as_bytes()).await;
        let again = running.import(second("XI-2", &many(3)).as_bytes()).await;
        let published = running.import(first.as_bytes()).await;
        let late = running.import(second("XI-2", &many(1)).as_bytes()).await;

        assert_eq!(changes(&aggregated), [1, 0, 0, 0, 2, 0]);
        assert_eq!(changes(&again), [0, 1, 0, 0, 1, 0], "of what they reported themselves");
        assert_eq!(changes(&published), [0, 1, 0, 0, 1, 0]);
        assert_eq!(
            (changes(&late), rules(&late)),
            ([0, 0, 0, 1, 0, 0], vec!["secondary-reporter"])
        );
        assert!(late.findings[0].message.contains("as XI-1 has it"), "{:?}", late.findings);
        assert_eq!(total(&mut running).await, ["10"]);
    })
    .await;
}

#[tokio::test]
async fn an_activity_with_another_identifier_than_before_is_said() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(file(&[activity("old", PUBLISHER, &many(1))]).as_bytes()).await;
        let former_of = |id: &str| format!(r#"<other-identifier ref="XI-{id}" type="A3"/>"#);
        let former_and =
            |more: &str| file(&[activity("new", PUBLISHER, &(former_of("old") + more))]);
        let new = former_and(&many(1));

        let twice = running.try_import(messages("new.xml", true, new.as_bytes())).await.unwrap();
        let large = former_and(&many(1100));
        let large = running.try_import(messages("new.xml", true, large.as_bytes())).await.unwrap();
        let both = [activity("a", PUBLISHER, ""), activity("b", PUBLISHER, &former_of("a"))];
        let both = running.try_import(messages("a.xml", true, file(&both).as_bytes())).await;
        let project = imported(&mut running).await.remove(0);
        let renamed = Project { iati_identifier: "XI-new".to_owned(), ..project };
        let update = UpdateProjectRequest {
            project: Some(renamed),
            update_mask: Some(FieldMask { paths: vec!["iati_identifier".to_owned()] }),
            ..UpdateProjectRequest::default()
        };
        running.projects.update_project(update).await.unwrap();
        let followed = running.import(new.as_bytes()).await;

        for found in [&twice, &large, &both.unwrap()] {
            assert_eq!(rules(found), ["identifier-changed"]);
        }
        assert!(twice.findings[0].message.contains("stands as projects/xi-old-"), "{twice:?}");
        assert_eq!(changes(&followed), [0, 1, 0, 0, 0, 0]);
        // The last to write it was a person, and the file has another title.
        assert_eq!(rules(&followed), ["overwritten"]);
        assert_eq!(total(&mut running).await, ["1"]);
    })
    .await;
}

/// More than a statement of SQLite takes values.
#[tokio::test]
async fn former_identifiers_are_looked_up_however_many_they_are() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let of = |number: usize| {
            let former = |id| format!(r#"<other-identifier ref="XI-{number}-{id}" type="A3"/>"#);
            activity(&format!("n{number}"), PUBLISHER, &(0..900).map(former).collect::<String>())
        };
        let whole = file(&(0..40).map(of).collect::<Vec<_>>());

        let report = running.import(whole.as_bytes()).await;

        assert_eq!((report.created, rules(&report)), (40, vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_a_person_named_like_ours_stays() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let one = file(&[activity("one", PUBLISHER, &many(2))]);
        running.import(one.as_bytes()).await;
        let parent = imported(&mut running).await.remove(0).name;
        let request = CreateTransactionRequest {
            parent,
            transaction_id: "iati-correction-1".to_owned(),
            transaction: Some(disbursement("-1", 1)),
            ..CreateTransactionRequest::default()
        };
        running.transactions.create_transaction(request).await.unwrap();

        let again = running.import(one.as_bytes()).await;

        assert_eq!(changes(&again), [0, 0, 1, 0, 0, 0]);
        assert_eq!(total(&mut running).await, ["2"]);
    })
    .await;
}
