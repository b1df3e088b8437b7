//! No element of a file is dropped without a count.

use std::collections::BTreeMap;

use crate::import::{changes, file, imported, paid};
use crate::scan;
use crate::support::{Running, on_both, serve, unhcr};
use api::registan::projects::v1::{
    DeleteProjectRequest, ImportIatiResponse, ListProjectsRequest, ListTransactionsRequest,
    Project, Transaction,
};

/// Returns what a report lists as not kept, by path below the root; attributes too.
fn not_kept(report: &ImportIatiResponse) -> BTreeMap<&str, i64> {
    report.not_kept.iter().map(|it| (it.path.as_str(), it.count)).collect()
}

/// Each element of a file is kept or counted as not kept, and there are as many as another counted.
pub fn check_balance(file: &[u8], report: &ImportIatiResponse) {
    let lost: i64 = report.not_kept.iter().filter(|it| !it.attribute).map(|it| it.count).sum();
    assert_eq!(report.elements_kept + lost, report.elements, "{report:?}");
    let Some(counted) = scan::elements(file) else { return };
    if report.elements < counted.values().sum() {
        let stops = ["doctype", "too-deep", "piece-too-long", "not-well-formed", "truncated"];
        let stopped = report.findings.iter().any(|it| stops.contains(&it.rule.as_str()));
        assert!(stopped, "{} of {:?}", report.elements, counted.values().sum::<i64>());
        return;
    }
    assert_eq!(report.elements, counted.values().sum::<i64>());
    for lost in report.not_kept.iter().filter(|it| !it.attribute && it.path != "(others)") {
        let of = |path: &str| counted.get(path).copied().unwrap_or_default();
        let there = of(&lost.path) + of(&format!("iati-activities/{}", lost.path));
        assert!(lost.count <= there, "{lost:?} of {there}");
    }
}

async fn all_projects(running: &mut Running) -> Vec<Project> {
    let request = ListProjectsRequest { page_size: 1000, ..ListProjectsRequest::default() };
    running.projects.list_projects(request).await.unwrap().into_inner().projects
}

async fn all_transactions(running: &mut Running) -> Vec<Transaction> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTransactionsRequest {
            parent: "projects/-".to_owned(),
            page_size: 1000,
            page_token,
            ..ListTransactionsRequest::default()
        };
        let page = running.transactions.list_transactions(request).await.unwrap().into_inner();
        all.extend(page.transactions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Checks that what is not kept is counted, and that all the rest is in the record.
#[tokio::test]
async fn what_is_not_counted_as_lost_stands_in_the_record() {
    let Some(file) = unhcr() else { return };
    on_both(|url| {
        let file = &file;
        async move {
            let mut running = serve(&url).await;
            let counted = scan::elements(file).unwrap();
            let in_file = |path: &str| {
                counted.get(&format!("iati-activities/iati-activity{path}")).copied().unwrap_or(0)
            };

            let report = running.import(file).await;

            let lost = not_kept(&report);
            let lost = |path: &str| {
                lost.get(format!("iati-activity{path}").as_str()).copied().unwrap_or(0)
            };
            let counts = ["/budget", "/location", "/document-link"].map(&lost);
            assert_eq!(counts, [416, 558, 1443]);
            for path in counted.keys() {
                let below = path.strip_prefix("iati-activities/iati-activity").unwrap_or("");
                if ["/budget", "/location", "/document-link", "/result"]
                    .iter()
                    .any(|whole| below.starts_with(whole))
                {
                    assert_eq!(lost(below), in_file(below), "{below}");
                }
            }
            let projects = all_projects(&mut running).await;
            let transactions = all_transactions(&mut running).await;
            for (path, recorded) in
                of_projects(&projects).into_iter().chain(of_transactions(&transactions))
            {
                let recorded = i64::try_from(recorded).unwrap();
                assert_eq!(in_file(path) - lost(path), recorded, "{path}");
            }
        }
    })
    .await;
}

/// How many of each path the record holds.
fn of_projects(all: &[Project]) -> Vec<(&'static str, usize)> {
    let sum = |count: fn(&Project) -> usize| all.iter().map(count).sum();
    vec![
        ("", all.len()),
        ("/iati-identifier", sum(|it| usize::from(!it.iati_identifier.is_empty()))),
        ("/title/narrative", sum(|it| it.titles.len())),
        ("/description/narrative", sum(|it| it.descriptions.len())),
        ("/activity-status", sum(|it| usize::from(it.status != 0))),
        ("/activity-date", sum(|it| it.dates.len())),
        ("/participating-org", sum(|it| it.participants.len())),
        (
            "/participating-org/narrative",
            sum(|it| it.participants.iter().filter(|one| !one.display_name.is_empty()).count()),
        ),
        (
            "/recipient-country",
            sum(|it| it.recipients.iter().filter(|one| !one.country_code.is_empty()).count()),
        ),
        (
            "/recipient-region",
            sum(|it| it.recipients.iter().filter(|one| !one.region_code.is_empty()).count()),
        ),
        ("/sector", sum(|it| it.sectors.len())),
        ("/related-activity", sum(|it| it.relations.len())),
        ("/other-identifier", sum(|it| it.external_ids.len())),
    ]
}

fn of_transactions(all: &[Transaction]) -> Vec<(&'static str, usize)> {
    let sum = |count: fn(&Transaction) -> usize| all.iter().map(count).sum();
    vec![
        ("/transaction", all.len()),
        ("/transaction/transaction-type", all.len()),
        ("/transaction/transaction-date", all.len()),
        ("/transaction/value", all.len()),
        ("/transaction/provider-org", sum(|it| usize::from(it.provider.is_some()))),
        ("/transaction/receiver-org", sum(|it| usize::from(it.receiver.is_some()))),
        ("/transaction/description/narrative", sum(|it| it.descriptions.len())),
        ("/transaction/sector", sum(|it| it.sectors.len())),
    ]
}

#[tokio::test]
async fn what_there_is_no_place_for_is_reported_by_path() {
    let budget = "<budget><period-start iso-date=\"2023-01-01\"/><period-end iso-date=\"2023-12-31\"/>\
                  <value currency=\"EUR\" value-date=\"2023-01-01\">5</value></budget>\
                  <location ref=\"A\"><name><narrative>Osh</narrative></name></location>";
    let odd = paid("7", "2023-01-01").replace("code=\"3\"", "code=\"77\"");
    on_both(|url| {
        let text = file(&format!("{budget}{odd}"));
        async move {
            let mut running = serve(&url).await;

            let first = running.import(text.as_bytes()).await;
            let again = running.import(text.as_bytes()).await;

            let expected = BTreeMap::from([
                ("iati-activity/budget", 1),
                ("iati-activity/budget/period-end", 1),
                ("iati-activity/budget/period-start", 1),
                ("iati-activity/budget/value", 1),
                ("iati-activity/location", 1),
                ("iati-activity/location/name", 1),
                ("iati-activity/location/name/narrative", 1),
                ("iati-activity/participating-org/@type", 1),
                ("iati-activity/reporting-org/@type", 2),
                ("iati-activity/reporting-org/narrative", 2),
                ("iati-activity/transaction", 1),
                ("iati-activity/transaction/receiver-org", 1),
                ("iati-activity/transaction/receiver-org/narrative", 1),
                ("iati-activity/transaction/transaction-date", 1),
                ("iati-activity/transaction/transaction-type", 1),
                ("iati-activity/transaction/value", 1),
            ]);
            assert_eq!(not_kept(&first), expected);
            assert_eq!(not_kept(&again), expected);
            assert!(first.findings.iter().all(|it| !it.message.contains("was kept")));
        }
    })
    .await;
}

#[tokio::test]
async fn an_attribute_that_is_not_taken_is_reported_where_its_element_is_recorded() {
    let long = format!("ref=\"{}\"", "X".repeat(300));
    let text = file(&paid("7", "2023-01-01"))
        .replace("default-currency=\"EUR\"", "default-currency=\"EURO\"")
        .replace("<value ", "<value currency=\"EUR\" ")
        .replace("<transaction>", &format!("<transaction {long}>"))
        .replace("role=\"1\" ref=\"XI-IATI-TEST\"", &format!("role=\"1\" {long}"))
        .replace("ref=\"KG-WATER\"", &long);
    on_both(|url| {
        let text = text.clone();
        async move {
            let mut running = serve(&url).await;

            let report = running.import(text.as_bytes()).await;

            let lost = not_kept(&report);
            for (path, count) in [
                ("iati-activity/@default-currency", 2),
                ("iati-activity/participating-org/@ref", 1),
                ("iati-activity/transaction/@ref", 2),
                ("iati-activity/transaction/receiver-org/@ref", 2),
            ] {
                assert_eq!(lost.get(path), Some(&count), "{path} of {lost:?}");
            }
            check_balance(text.as_bytes(), &report);
        }
    })
    .await;
}

#[tokio::test]
async fn of_an_activity_that_is_skipped_nothing_is_kept() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(file("").as_bytes()).await;
        let name = imported(&mut running).await.remove(0).name;
        let delete = DeleteProjectRequest { name, force: true, ..DeleteProjectRequest::default() };
        running.projects.delete_project(delete).await.unwrap();

        let report = running.import(file(&paid("3", "2023-01-01")).as_bytes()).await;

        assert_eq!(changes(&report), [0, 0, 1, 1, 0, 0]);
        assert_eq!(not_kept(&report)["iati-activity"], 1);
        assert_eq!(not_kept(&report)["iati-activity/transaction/value"], 1);
    })
    .await;
}

#[tokio::test]
async fn what_stands_between_many_transactions_is_counted_with_the_last_of_them_or_not_kept() {
    let many = |count: usize| -> String {
        (0..count).map(|number| paid(&number.to_string(), "2023-01-01")).collect()
    };
    let between = "<sector vocabulary=\"2\" code=\"140\"/>";
    let text = file(&format!("{}{between}{}", many(700), many(400)));
    let broken = text[..text.rfind("<related-activity").unwrap()].to_owned();
    on_both(|url| {
        let (text, broken) = (text.clone(), broken.clone());
        async move {
            let mut running = serve(&url).await;

            let begun = running.import(broken.as_bytes()).await;
            let whole = running.import(text.as_bytes()).await;

            // The root, and each transaction with its type, date and value, the receiver and its
            // name.
            assert_eq!(begun.elements_kept, 1 + 1000 * 6);
            assert_eq!(not_kept(&begun)["iati-activity/sector"], 2);
            assert_eq!(imported(&mut running).await[0].sectors.len(), 2);
            assert!(!not_kept(&whole).contains_key("iati-activity/sector"));
        }
    })
    .await;
}
