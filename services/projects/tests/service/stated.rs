//! What a file states replaces what was recorded: edits by hand of what it states are overwritten,
//! with a finding.

use api::registan::options::v1::Tier;
use api::registan::projects::v1::{
    CreateOrganizationRequest, DeleteTransactionRequest, ListTransactionsRequest, Organization,
    SumTransactionsRequest, Transaction, TransactionParty, UpdateTransactionRequest,
};
use prost_types::FieldMask;

use crate::import::{changes, paid, rules};
use crate::support::{Running, citation, messages, on_both, serve};

const CHILD: &str = "XI-C";

fn activity(identifier: &str, currency: &str, stated: &str, transactions: &str) -> String {
    format!(
        r#"<iati-activity {currency} xml:lang="en"><iati-identifier>{identifier}</iati-identifier>
<reporting-org ref="XI-1" type="40"/>{stated}{transactions}</iati-activity>"#
    )
}

fn file(activities: &[String]) -> String {
    format!(r#"<iati-activities version="2.03">{}</iati-activities>"#, activities.concat())
}

const EUR: &str = r#"default-currency="EUR""#;

/// A file of one activity with these transactions.
fn single(title: &str, transactions: &str) -> String {
    let stated = format!(
        r#"<title><narrative>{title}</narrative></title><activity-status code="2"/><activity-date type="2" iso-date="2022-03-15"/>"#
    );
    file(&[activity(CHILD, EUR, &stated, transactions)])
}

async fn transactions(running: &mut Running) -> Vec<Transaction> {
    let parent = "projects/-".to_owned();
    let request = ListTransactionsRequest { parent, ..ListTransactionsRequest::default() };
    running.transactions.list_transactions(request).await.unwrap().into_inner().transactions
}

async fn edit(running: &mut Running, transaction: Transaction) {
    let request = UpdateTransactionRequest {
        transaction: Some(Transaction { etag: String::new(), ..transaction }),
        update_mask: Some(FieldMask { paths: vec!["*".to_owned()] }),
        ..UpdateTransactionRequest::default()
    };
    running.transactions.update_transaction(request).await.unwrap();
}

async fn delete(running: &mut Running, transaction: &Transaction) {
    let name = transaction.name.clone();
    let request = DeleteTransactionRequest { name, ..DeleteTransactionRequest::default() };
    running.transactions.delete_transaction(request).await.unwrap();
}

async fn total(running: &mut Running) -> Vec<String> {
    let sums = running.sums(SumTransactionsRequest::default()).await;
    sums.into_iter().map(|sum| sum.amount).collect()
}

fn with_amount(transaction: &Transaction, amount: &str) -> Transaction {
    let mut edited = transaction.clone();
    amount.clone_into(&mut edited.value.as_mut().unwrap().amount);
    edited
}

#[tokio::test]
async fn an_edited_transaction_is_again_as_the_file_has_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &(paid("6", "2023-01-01") + &paid("1", "2023-01-01")));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.into_iter();
        let six = six.into_iter().find(|it| it.value.as_ref().unwrap().amount == "6").unwrap();
        edit(&mut running, with_amount(&six, "66")).await;

        let dry = running.try_import(messages("a.xml", true, file.as_bytes())).await.unwrap();
        let edited = total(&mut running).await;
        let first = running.import(file.as_bytes()).await;
        let second = running.import(file.as_bytes()).await;

        for report in [&dry, &first] {
            assert_eq!(changes(report), [0, 1, 0, 0, 0, 0]);
            assert_eq!(report.transactions_updated, 1);
            assert_eq!(rules(report), ["overwritten"]);
            assert!(report.findings[0].message.contains(&six.name), "{report:?}");
        }
        assert_eq!((changes(&second), second.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!(second.transactions_updated, 0);
        assert_eq!((edited, total(&mut running).await), (vec!["67".into()], vec!["7".into()]));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_comes_back_is_as_the_file_has_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &paid("6", "2023-01-01"));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.remove(0);
        edit(&mut running, with_amount(&six, "66")).await;
        delete(&mut running, &six).await;

        let back = running.import(file.as_bytes()).await;
        let again = running.import(file.as_bytes()).await;
        running.import(single("Wells", "").as_bytes()).await;
        let unedited = running.import(file.as_bytes()).await;
        delete(&mut running, &six).await;
        let by_hand = running.import(file.as_bytes()).await;

        assert_eq!(changes(&back), [0, 1, 0, 0, 1, 0]);
        assert_eq!(rules(&back), ["overwritten"]);
        assert_eq!((changes(&again), again.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!((changes(&unedited), unedited.findings.len()), ([0, 1, 0, 0, 1, 0], 0));
        assert_eq!(changes(&by_hand), [0, 1, 0, 0, 1, 0]);
        assert_eq!(rules(&by_hand), ["overwritten"]);
        assert!(by_hand.findings[0].message.contains("deleted by hand"), "{by_hand:?}");
        let now = transactions(&mut running).await.remove(0);
        assert_eq!((now.uid, now.value), (six.uid, six.value));
    })
    .await;
}

#[tokio::test]
async fn what_no_file_can_state_of_a_transaction_stays() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let file = single("Wells", &paid("6", "2023-01-01"));
        running.import(file.as_bytes()).await;
        let six = transactions(&mut running).await.remove(0);
        let organization = Organization {
            display_name: "Vodokanal".to_owned(),
            source: Some(citation("a list of organizations")),
            ..Organization::default()
        };
        let request = CreateOrganizationRequest {
            organization: Some(organization),
            organization_id: "water".to_owned(),
            ..CreateOrganizationRequest::default()
        };
        running.organizations.create_organization(request).await.unwrap();
        let receiver = TransactionParty {
            organization: "organizations/water".to_owned(),
            ..six.receiver.clone().unwrap()
        };
        let tier = Tier::Restricted.into();
        let linked = Transaction { receiver: Some(receiver), tier, ..six };
        edit(&mut running, linked.clone()).await;

        let same = running.import(file.as_bytes()).await;
        edit(&mut running, with_amount(&linked, "66")).await;
        let edited = running.import(file.as_bytes()).await;
        let now = transactions(&mut running).await.remove(0);

        assert_eq!((changes(&same), same.findings.len()), ([0, 0, 1, 0, 0, 0], 0));
        assert_eq!(edited.transactions_updated, 1);
        assert_eq!((now.receiver, now.tier), (linked.receiver, linked.tier));
        assert_eq!(now.value, linked.value);
    })
    .await;
}
