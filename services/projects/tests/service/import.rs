//! Importing: what is recorded, what a second import does, what stays of others.

use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::{
    DeleteProjectRequest, GetProjectRequest, ImportIatiRequest, ImportIatiResponse,
    ListProjectsRequest, ListTransactionsRequest, Participant, Project, SumTransactionsRequest,
    Transaction, finding, project,
};
use api::registan::r#type::v1::external_id::Scheme;
use api::registan::r#type::v1::{Confidence, ExternalId, Money, StatedAmount};
use tonic::Code;

use crate::support::{
    Running, disbursement, messages, on_both, project, reason, serve, violations,
};

pub const FIRST: &str = "XI-IATI-TEST-WATER";

/// A file of two activities, the first with these transactions.
pub fn file(transactions: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="2.03">
<iati-activity default-currency="EUR" xml:lang="en">
<iati-identifier>{FIRST}</iati-identifier>
<reporting-org ref="XI-IATI-TEST" type="40"><narrative>A publisher</narrative></reporting-org>
<title><narrative xml:lang="ru">Чистая вода</narrative><narrative>Clean water</narrative></title>
<description><narrative>Wells in Naryn &amp; Osh</narrative></description>
<participating-org role="1" ref="XI-IATI-TEST" type="40"><narrative>A publisher</narrative></participating-org>
<other-identifier ref="W-1" type="A1"/>
<activity-status code="2"/>
<activity-date type="1" iso-date="2022-01-01"/><activity-date type="2" iso-date="2022-03-15"/>
<recipient-country code="KG" percentage="60"/><recipient-country code="TJ" percentage="40"/>
<sector vocabulary="1" code="14020"/>
{transactions}
<related-activity type="1" ref="XI-IATI-TEST-PARENT"/>
</iati-activity>
<iati-activity default-currency="EUR" xml:lang="en">
<iati-identifier>XI-IATI-TEST-ROADS</iati-identifier>
<reporting-org ref="XI-IATI-TEST" type="40"><narrative>A publisher</narrative></reporting-org>
<title><narrative>Roads</narrative></title>
<activity-status code="4"/><activity-date type="2" iso-date="2020-01-01"/>
{}
</iati-activity>
</iati-activities>"#,
        paid("5.5", "2023-06-01"),
    )
}

/// A disbursement.
pub fn paid(amount: &str, day: &str) -> String {
    format!(
        r#"<transaction><transaction-type code="3"/><transaction-date iso-date="{day}"/><value value-date="{day}">{amount}</value><receiver-org ref="KG-WATER"><narrative>Vodokanal</narrative></receiver-org></transaction>"#
    )
}

pub fn two() -> String {
    paid("100.10", "2023-01-01") + &paid("100.10", "2023-01-01") + &paid("200", "2023-02-01")
}

/// Projects created, updated, unchanged and skipped; transactions created and deleted.
pub fn changes(report: &ImportIatiResponse) -> [i64; 6] {
    [
        report.created,
        report.updated,
        report.unchanged,
        report.skipped,
        report.transactions_created,
        report.transactions_deleted,
    ]
}

/// The rules that were broken, in order.
pub fn rules(report: &ImportIatiResponse) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

pub async fn imported(running: &mut Running) -> Vec<Project> {
    let request =
        ListProjectsRequest { order_by: "title".to_owned(), ..ListProjectsRequest::default() };
    running.projects.list_projects(request).await.unwrap().into_inner().projects
}

async fn transactions(running: &mut Running, parent: &str) -> Vec<Transaction> {
    let request =
        ListTransactionsRequest { parent: parent.to_owned(), ..ListTransactionsRequest::default() };
    running.transactions.list_transactions(request).await.unwrap().into_inner().transactions
}

async fn total(running: &mut Running) -> String {
    let sums = running.sums(SumTransactionsRequest::default()).await;
    sums.iter()
        .map(|sum| format!("{} {}", sum.amount, sum.currency_code))
        .collect::<Vec<_>>()
        .join(", ")
}

#[tokio::test]
async fn an_activity_becomes_a_project_with_its_transactions() {
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let report = running.import(file(&two()).as_bytes()).await;
        let water = imported(&mut running).await.remove(0);
        let moved = transactions(&mut running, &water.name).await;

        assert_eq!(changes(&report), [2, 0, 0, 0, 4, 0], "{report:?}");
        assert_eq!((report.activities, report.transactions), (2, 4));
        assert_eq!(report.bytes, i64::try_from(file(&two()).len()).unwrap());
        assert!(water.name.starts_with("projects/xi-iati-test-water-"), "{}", water.name);
        assert_eq!(
            (water.title.as_str(), water.titles[0].text.as_str()),
            ("Clean water", "Чистая вода")
        );
        assert_eq!(water.descriptions[0].text, "Wells in Naryn & Osh");
        assert_eq!((water.kind, water.status), (project::Kind::Project.into(), 2));
        assert_eq!(water.recipients[0].percentage, "60");
        assert_eq!(water.relations[0].iati_identifier, "XI-IATI-TEST-PARENT");
        assert_eq!(water.external_ids[0].value, "iati-A1:W-1");
        assert_eq!(
            water.source.unwrap().citation,
            "IATI file file.xml, reporting organisation XI-IATI-TEST"
        );
        assert_eq!(moved.len(), 3);
        assert_eq!(moved[0].receiver.as_ref().unwrap().r#ref, "KG-WATER");
        assert_eq!(total(&mut running).await, "405.7 EUR");
    })
    .await;
}

#[tokio::test]
async fn a_second_import_changes_nothing_whatever_the_file_is_called() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = file(&two());
        running.import(file.as_bytes()).await;
        let before = imported(&mut running).await;

        let second = running.import(file.as_bytes()).await;
        let renamed =
            running.try_import(messages("other.xml", false, file.as_bytes())).await.unwrap();

        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
        assert_eq!(changes(&renamed), [0, 0, 2, 0, 0, 0]);
        assert_eq!(imported(&mut running).await, before);
    })
    .await;
}

#[tokio::test]
async fn transactions_follow_the_file_and_those_of_others_stay() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(file(&two()).as_bytes()).await;
        let water = imported(&mut running).await.remove(0).name;
        running.create_transaction(&water, disbursement("1000", 1)).await;

        let fewer = running.import(file(&paid("100.10", "2023-01-01")).as_bytes()).await;
        let without = total(&mut running).await;
        let back = running.import(file(&two()).as_bytes()).await;

        assert_eq!(changes(&fewer), [0, 1, 1, 0, 0, 2]);
        assert_eq!(without, "1105.6 EUR");
        assert_eq!(changes(&back), [0, 1, 1, 0, 2, 0]);
        assert_eq!(total(&mut running).await, "1405.7 EUR");
    })
    .await;
}

#[tokio::test]
async fn a_project_recorded_under_another_name_takes_up_the_file_and_keeps_its_own() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let amount = StatedAmount {
            kind: 1,
            money: Some(Money {
                amount: "9".to_owned(),
                currency_code: "EUR".to_owned(),
                value_date: None,
            }),
            ..StatedAmount::default()
        };
        let curated = Project {
            iati_identifier: FIRST.to_owned(),
            kind: project::Kind::Umbrella.into(),
            note: "Looked up by hand".to_owned(),
            agreements: vec!["agreements/epca".to_owned()],
            amounts: vec![amount],
            participants: vec![Participant {
                display_name: "Somebody else".to_owned(),
                confidence: Confidence::Likely.into(),
                ..Participant::default()
            }],
            external_ids: vec![ExternalId {
                scheme: Scheme::Other.into(),
                value: "iati-A1:W-1".to_owned(),
                confidence: Confidence::Likely.into(),
            }],
            ..project("Water, as we call it")
        };
        let before = running.create_project("water", curated).await;

        let first = running.import(file(&two()).as_bytes()).await;
        let second = running.import(file(&two()).as_bytes()).await;
        let get = GetProjectRequest {
            name: "projects/water".to_owned(),
            read_time: None,
            known_by: None,
        };
        let after = running.projects.get_project(get).await.unwrap().into_inner();

        assert_eq!(before.participants[0].confidence(), Confidence::Likely);
        assert_eq!(changes(&first), [1, 1, 0, 0, 4, 0]);
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
        assert_eq!(
            (after.kind, &after.note, &after.agreements, &after.amounts, &after.external_ids),
            (before.kind, &before.note, &before.agreements, &before.amounts, &before.external_ids)
        );
        assert_eq!(
            (after.title.as_str(), after.participants[0].r#ref.as_str()),
            ("Clean water", "XI-IATI-TEST")
        );
        assert_eq!(transactions(&mut running, "projects/water").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_project_stays_deleted() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(file(&two()).as_bytes()).await;
        let name = imported(&mut running).await.remove(0).name;
        let delete = DeleteProjectRequest { name, force: true, ..DeleteProjectRequest::default() };
        running.projects.delete_project(delete).await.unwrap();

        let report = running.import(file(&two()).as_bytes()).await;

        assert_eq!(changes(&report), [0, 0, 1, 1, 0, 0]);
        assert_eq!(rules(&report), ["project-deleted"]);
        assert_eq!(imported(&mut running).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn validate_only_reports_all_and_records_nothing() {
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let report =
            running.try_import(messages("a.xml", true, file(&two()).as_bytes())).await.unwrap();

        assert_eq!(changes(&report), [2, 0, 0, 0, 4, 0]);
        assert!(imported(&mut running).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_stream_out_of_order_is_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let sound = messages("a.xml", false, file("").as_bytes());
        let data = |bytes: usize| ImportIatiRequest { part: Some(Part::Data(vec![b' '; bytes])) };
        let nothing = ImportIatiRequest { part: None };

        for stream in [
            vec![],
            vec![data(1)],
            vec![nothing.clone()],
            [sound.clone(), vec![nothing]].concat(),
            [sound.clone(), sound.clone()].concat(),
            [sound.clone(), vec![data((1 << 20) + 1)]].concat(),
        ] {
            let refusal = running.try_import(stream).await.unwrap_err();
            assert_eq!(
                (refusal.code(), violations(&refusal)[0].1.as_str()),
                (Code::InvalidArgument, "IMPORT_STREAM_INVALID")
            );
        }
        let nameless = running.try_import(messages("", false, b"")).await.unwrap_err();
        assert_eq!(
            violations(&nameless),
            [("options.file_name".to_owned(), "REQUIRED".to_owned())]
        );
        let huge = running.try_import([sound, vec![data(3 << 20)]].concat()).await.unwrap_err();
        assert_eq!(huge.code(), Code::ResourceExhausted, "{huge:?}");
        assert_eq!(reason(&huge), "REQUEST_TOO_LARGE");
    })
    .await;
}

#[tokio::test]
async fn what_the_contract_cannot_hold_is_a_finding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let long = file("").replace("Clean water", &"w".repeat(2000));
        let unknown = paid("1", "2023-01-01").replace("code=\"3\"", "code=\"99\"");
        let large = paid("1000000000000000001", "2023-01-01");
        let file = long.replace("<related-activity", &format!("{unknown}{large}<related-activity"));
        let file = file.replace("TEST-ROADS", &"r".repeat(300));

        let report = running.import(file.as_bytes()).await;

        assert_eq!(changes(&report), [1, 0, 0, 1, 0, 0]);
        for rule in ["text-cut", "type-unknown", "amount-out-of-range", "identifier-too-long"] {
            assert!(rules(&report).contains(&rule), "{rule}: {:?}", report.findings);
        }
        let code = report.findings.iter().find(|it| it.rule == "code-unknown").unwrap();
        assert!(!code.message.contains("read"), "it was not taken: {}", code.message);
        assert!(imported(&mut running).await[0].title.len() <= 1024);
        let errors =
            report.finding_counts.iter().find(|it| it.severity() == finding::Severity::Error);
        assert!(errors.is_some_and(|errors| errors.count >= 3));
        assert_eq!(
            report.findings.iter().map(|it| it.line).max(),
            report.findings.last().map(|it| it.line)
        );
    })
    .await;
}

#[tokio::test]
async fn the_sample_of_this_repository_is_sound() {
    let sample = include_bytes!("../../../../samples/iati-central-asia.xml");
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let first = running.import(sample).await;
        let second = running.import(sample).await;

        assert!(first.created > 0 && first.transactions_created > 0);
        assert_eq!(first.findings, []);
        assert_eq!(changes(&second), [0, 0, first.created, 0, 0, 0]);
    })
    .await;
}
