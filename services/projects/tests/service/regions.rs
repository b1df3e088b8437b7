//! Regions of other vocabularies than that of the DAC: nobody known has their shares.

use api::registan::options::v1::Tier;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    GetTransactionRequest, LeftOutSum, ListProjectsRequest, Project, Recipient,
    SumTransactionsRequest, left_out_sum,
};

use crate::import::{changes, imported, paid, rules};
use crate::stated::{edit, single, transactions};
use crate::support::{Running, messages, on_both, project, recording, serve, violations};

fn file(recipients: &str, region: &str) -> String {
    let paid = paid("100", "2023-01-01");
    let paid = paid.replace("</transaction>", &format!("{region}</transaction>"));
    format!(
        r#"<iati-activities version="2.03"><iati-activity default-currency="EUR" xml:lang="en"><iati-identifier>XI-1</iati-identifier><reporting-org type="40" ref="XI"/><title><narrative>Wells</narrative></title><activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/>{recipients}{paid}</iati-activity></iati-activities>"#
    )
}

async fn recorded(running: &mut Running) -> Vec<String> {
    let all = imported(running).await.remove(0).recipients.into_iter();
    all.map(|it| format!("{}{} {}", it.country_code, it.region_code, it.percentage)).collect()
}

/// Returns how much each recipient has.
async fn split(running: &mut Running) -> Vec<String> {
    let group_by = vec![Dimension::Recipient.into()];
    let request = SumTransactionsRequest { group_by, ..SumTransactionsRequest::default() };
    let sums = running.sums(request).await.into_iter();
    sums.map(|sum| format!("{}={}", sum.recipient, sum.amount)).collect()
}

/// Returns how much Turkmenistan has, and why it has not the rest.
async fn of_one(running: &mut Running) -> (Vec<String>, Vec<left_out_sum::Reason>) {
    let recipients = vec!["TM".to_owned()];
    let request = SumTransactionsRequest { recipients, ..SumTransactionsRequest::default() };
    let answer = running.transactions.sum_transactions(request).await.unwrap().into_inner();
    let sums = answer.sums.into_iter().map(|sum| sum.amount).collect();
    (sums, answer.left_out.iter().map(LeftOutSum::reason).collect())
}

const BOTH: &str = r#"<recipient-country code="TM" percentage="50"/><recipient-country code="UZ" percentage="50"/>"#;
const ONE: &str = r#"<recipient-country code="TM"/>"#;
const REGION: &str = r#"<recipient-region code="145" vocabulary="2"/>"#;
const WHOLE: &str = r#"<recipient-region code="143" vocabulary="2" percentage="100"/>"#;

#[tokio::test]
async fn the_money_of_a_region_of_another_vocabulary_goes_to_nobody_who_is_known() {
    use left_out_sum::Reason::Regional;
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let (one, both) = (ONE.to_owned() + REGION, BOTH.to_owned() + WHOLE);
        let half = one.replace("TM\"", "TM\" percentage=\"50\"");
        for (recipients, region, stand, parts, of_tm, left_out) in [
            (BOTH, REGION, &["TM 50", "UZ 50"][..], &["2:145=100"][..], &[][..], &[Regional][..]),
            (BOTH, &one, &["TM 50", "UZ 50"], &["TM=100"], &["100"], &[]),
            (&half, "", &["TM 50", "2:145 "], &["=50", "TM=50"], &["50"], &[Regional]),
            (&one, "", &["TM "], &["TM=100"], &["100"], &[]),
            // Each vocabulary states all shares anew.
            (&both, "", &["TM 50", "UZ 50"], &["TM=50", "UZ=50"], &["50"], &[]),
            (WHOLE, "", &["2:143 100"], &["2:143=100"], &[], &[Regional]),
        ] {
            let of_tm: Vec<String> = of_tm.iter().map(|it: &&str| (*it).to_owned()).collect();
            let file = file(recipients, region);

            let first = running.import(file.as_bytes()).await;
            let second = running.import(file.as_bytes()).await;

            let found = rules(&first).into_iter().filter(|it| *it == "region-vocabulary");
            assert_eq!(found.count(), 1, "{file}");
            assert_eq!(changes(&second), [0, 0, 1, 0, 0, 0], "{file}");
            assert_eq!(recorded(&mut running).await, stand, "{file}");
            assert_eq!(split(&mut running).await, parts, "{file}");
            assert_eq!(of_one(&mut running).await, (of_tm, left_out.to_vec()), "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_region_of_another_vocabulary_can_be_recorded_and_found() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let of = |region_code: &str| {
            let region_code = region_code.to_owned();
            let recipients = vec![Recipient { region_code, ..Recipient::default() }];
            Project { recipients, ..project("Wells") }
        };
        running.create_project("wells", of("2:145")).await;

        let filter = "recipients:\"2:145\"".to_owned();
        let request = ListProjectsRequest { filter, ..ListProjectsRequest::default() };
        let found = running.projects.list_projects(request).await.unwrap().into_inner().projects;
        let refused = running.projects.create_project(recording("b", of("1:619"))).await;

        assert_eq!(found.len(), 1);
        let wrong = violations(&refused.unwrap_err());
        let field = "project.recipients[0].region_code".to_owned();
        assert_eq!(wrong, [(field, "REGION_INVALID".to_owned())]);
    })
    .await;
}

/// So many are recorded in parts.
fn many(region: &str) -> String {
    let one = |amount: i64| paid(&amount.to_string(), "2023-01-01");
    let all: String = (1..=501).map(one).collect();
    single("Wells", &all.replace("</transaction>", &format!("{region}</transaction>")))
}

#[tokio::test]
async fn a_transaction_gets_its_region_under_its_name_and_stays_hidden() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(many("").as_bytes()).await;
        let mut hidden = transactions(&mut running).await.remove(0);
        hidden.tier = Tier::Restricted.into();
        edit(&mut running, hidden.clone()).await;
        let mut other = running.editor(policy::Desks::ALL, policy::Tier::Public);
        let file = many(REGION);

        let sent = tokio_stream::iter(messages("a.xml", false, file.as_bytes()));
        let of_other = other.projects.import_iati(sent).await.unwrap().into_inner();
        let of_one = running.import(file.as_bytes()).await;
        let again = running.import(file.as_bytes()).await;

        let rules_of_other: Vec<&str> = rules(&of_other);
        assert_eq!(rules_of_other.iter().filter(|it| **it == "name-taken").count(), 1);
        assert_eq!((changes(&of_other), of_other.transactions_updated), ([0, 1, 0, 0, 0, 0], 500));
        assert_eq!((changes(&of_one), of_one.transactions_updated), ([0, 1, 0, 0, 0, 0], 1));
        assert_eq!(changes(&again), [0, 0, 1, 0, 0, 0]);
        let request = GetTransactionRequest { name: hidden.name, ..Default::default() };
        let found = running.transactions.get_transaction(request).await.unwrap().into_inner();
        assert_eq!((found.tier(), &*found.recipients[0].region_code), (Tier::Restricted, "2:145"));
        assert!(!rules(&of_other).contains(&"overwritten"), "{of_other:?}");
    })
    .await;
}
