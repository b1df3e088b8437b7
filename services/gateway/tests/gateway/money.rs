//! The money of a brief: its sums, what is left out of them, and when that is a gap.

use api::registan::agreements::v1::party;
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::projects::v1::left_out_sum::Reason;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{
    CreateTransactionRequest, ProjectRelation, Recipient, Transaction, project_relation,
    transaction,
};
use api::registan::r#type::v1::{Date, Money};

use crate::briefs::{ask, gaps, party, projects};
use crate::record::{Record, citation, project};

async fn pay(record: &Record, project: &str, amount: &str, recipients: Vec<Recipient>) {
    pay_in(record, 2020, project, amount, recipients).await;
}

async fn pay_in(
    record: &Record,
    year: i32,
    project: &str,
    amount: &str,
    recipients: Vec<Recipient>,
) {
    let value =
        Money { amount: amount.to_owned(), currency_code: "EUR".to_owned(), ..Money::default() };
    let transaction = Transaction {
        r#type: transaction::Type::Disbursement.into(),
        date: Some(Date { year, month: 1, day: 1 }),
        value: Some(value),
        recipients,
        source: Some(citation()),
        ..Transaction::default()
    };
    let request = CreateTransactionRequest {
        parent: project.to_owned(),
        transaction: Some(transaction),
        ..CreateTransactionRequest::default()
    };
    let mut client = TransactionServiceClient::new(record.channel());
    client.create_transaction(request).await.expect("it is recorded");
}

#[tokio::test]
async fn money_of_the_region_is_named_in_the_brief_of_a_state_and_summed_in_that_of_the_region() {
    let record = Record::start().await;
    party(&record, "region-619", party::Kind::Region).await;
    projects(&record, &[&[]]).await;
    let country = |code: &str| Recipient { country_code: code.to_owned(), ..Recipient::default() };
    let region = Recipient { region_code: "619".to_owned(), ..Recipient::default() };
    pay(&record, "projects/p0", "1", vec![]).await;
    pay(&record, "projects/p0", "20", vec![region]).await;
    pay(&record, "projects/p0", "300", vec![country("KZ"), country("TM")]).await;
    pay(&record, "projects/p0", "4000", vec![country("KZ"), country("AF")]).await;
    let money = async |party: &str, year| {
        let brief = ask(record.channel(), party, Some([year, 6, 1])).await.unwrap();
        let money = brief.money.unwrap();
        let sums: Vec<_> = money.sums.iter().map(|sum| sum.amount.clone()).collect();
        let left = money.left_out.iter().map(|left| (left.reason(), left.amount.clone()));
        let has_gap = gaps(money.status.as_ref()).contains(&GapKind::MoneyNotAttributed);
        (sums.join(" "), left.collect::<Vec<_>>(), has_gap)
    };
    let left = |reason, amount: &str| (reason, amount.to_owned());

    let (sums, left_out, has_gap) = money("parties/kz", 2020).await;
    assert_eq!((sums.as_str(), has_gap), ("1", true));
    let unshared = left(Reason::ShareNotSaid, "4300");
    assert_eq!(left_out, [left(Reason::Regional, "20"), unshared]);

    let (sums, left_out, has_gap) = money("parties/region-619", 2020).await;
    assert_eq!((sums.as_str(), has_gap), ("321", true));
    assert_eq!(left_out, [left(Reason::ShareNotSaid, "4000")]);

    let (sums, left_out, has_gap) = money("parties/kz", 2019).await;
    assert_eq!((sums.as_str(), left_out.len(), has_gap), ("", 0, false));
}

/// Two projects for Kazakhstan, one below the other.
async fn parent_and_child() -> Record {
    let record = Record::start().await;
    projects(&record, &[&[]]).await;
    let parent = ProjectRelation {
        kind: project_relation::Kind::Parent.into(),
        project: "projects/p0".to_owned(),
        ..ProjectRelation::default()
    };
    let mut below = project(1, "kz");
    below.project.as_mut().expect("there is one").relations = vec![parent];
    let mut client = ProjectServiceClient::new(record.channel());
    client.create_project(below).await.expect("it is recorded");
    record
}

/// The sums of a brief, what is left out of them, and what the money lacks.
async fn money(record: &Record, party: &str) -> (String, Vec<(Reason, String)>, Vec<GapKind>) {
    let brief = ask(record.channel(), party, None).await.expect("it is answered");
    let money = brief.money.expect("it has a money part");
    let sums: Vec<_> = money.sums.iter().map(|sum| sum.amount.clone()).collect();
    let left = money.left_out.iter().map(|left| (left.reason(), left.amount.clone()));
    (sums.join(" "), left.collect(), gaps(money.status.as_ref()))
}

#[tokio::test]
async fn money_that_the_project_above_cannot_hold_makes_a_brief_partial() {
    let record = parent_and_child().await;
    let left = |reason, amount: &str| vec![(reason, amount.to_owned())];
    pay(&record, "projects/p0", "10", vec![]).await;

    pay(&record, "projects/p1", "10", vec![]).await;
    let counted = left(Reason::CountedInParent, "10");
    assert_eq!(money(&record, "parties/kz").await, ("10".to_owned(), counted, vec![]));

    pay(&record, "projects/p1", "0.01", vec![]).await;
    let (open, below) = (vec![GapKind::MoneyNotAttributed], left(Reason::CountedBelow, "10"));
    assert_eq!(money(&record, "parties/kz").await, ("10.01".to_owned(), below, open));
}

/// A brief of a day when only the one below had any.
#[tokio::test]
async fn money_that_the_project_above_has_later_makes_a_brief_partial() {
    let record = parent_and_child().await;
    pay(&record, "projects/p1", "100", vec![]).await;
    pay_in(&record, 2023, "projects/p0", "1000", vec![]).await;

    let brief = ask(record.channel(), "parties/kz", Some([2021, 6, 1])).await.unwrap();

    let money = brief.money.unwrap();
    let left: Vec<_> =
        money.left_out.iter().map(|left| (left.reason(), left.amount.as_str())).collect();
    assert_eq!((money.sums.len(), left), (0, vec![(Reason::CountedInParent, "100")]));
    assert!(gaps(money.status.as_ref()).contains(&GapKind::MoneyNotAttributed));
}

#[tokio::test]
async fn money_that_the_project_above_has_for_another_state_makes_a_brief_partial() {
    let record = parent_and_child().await;
    party(&record, "region-619", party::Kind::Region).await;
    let kg = Recipient { country_code: "KG".to_owned(), ..Recipient::default() };
    pay(&record, "projects/p0", "700", vec![kg]).await;
    pay(&record, "projects/p1", "100", vec![]).await;

    let left = vec![(Reason::MoreThanParent, "100".to_owned())];
    let open = vec![GapKind::MoneyNotAttributed];
    let region = money(&record, "parties/region-619").await;
    assert_eq!(region, ("700".to_owned(), left.clone(), open.clone()));
    assert_eq!(money(&record, "parties/kz").await, (String::new(), left, open));
}
