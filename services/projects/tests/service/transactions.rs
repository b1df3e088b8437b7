//! Transactions: the standard methods under a parent.

use api::registan::projects::v1::{
    CreateTransactionRequest, DeleteTransactionRequest, ListTransactionsRequest, Transaction,
};
use api::registan::r#type::v1::{Date, Money};
use chassis::clock::SystemClock;
use tonic::Code;

use crate::support::{Running, country, disbursement, on_both, project, reason, serve, violations};

async fn two_projects(url: &str) -> Running {
    let mut running = serve(url).await;
    for (id, months) in [("water", 1..=5), ("roads", 3..=8)] {
        running.create_project(id, project(id)).await;
        for month in months {
            running.create_transaction(&format!("projects/{id}"), disbursement("10", month)).await;
        }
    }
    running
}

/// All transactions under a parent, two a page.
async fn walk(running: &mut Running, parent: &str, filter: &str) -> Vec<Transaction> {
    let mut request = ListTransactionsRequest {
        parent: parent.to_owned(),
        filter: filter.to_owned(),
        order_by: "date".to_owned(),
        page_size: 2,
        ..ListTransactionsRequest::default()
    };
    let mut all = Vec::new();
    loop {
        let page =
            running.transactions.list_transactions(request.clone()).await.unwrap().into_inner();
        assert!(page.transactions.len() <= 2);
        all.extend(page.transactions);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn transactions_are_paged_under_their_project_and_across_all() {
    on_both(|url| async move {
        let mut running = two_projects(&url).await;

        let water = walk(&mut running, "projects/water", "").await;
        let all = walk(&mut running, "projects/-", "").await;
        let late =
            walk(&mut running, "projects/-", "date >= \"2023-05-01\" project = \"projects/roads\"")
                .await;

        assert!(water.iter().all(|one| one.name.starts_with("projects/water/transactions/")));
        assert_eq!((water.len(), all.len(), late.len()), (5, 11, 4));
        let months: Vec<i32> = all.iter().map(|one| one.date.unwrap().month).collect();
        assert!(months.is_sorted(), "{months:?}");
    })
    .await;
}

#[tokio::test]
async fn a_transaction_needs_its_project_and_sound_values() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("water", project("Water")).await;
        let under = |parent: &str, transaction: Transaction| CreateTransactionRequest {
            parent: parent.to_owned(),
            transaction: Some(transaction),
            ..CreateTransactionRequest::default()
        };
        let money =
            Money { amount: "1,000".to_owned(), currency_code: "eur".to_owned(), value_date: None };
        let bad = Transaction {
            value: Some(money),
            date: None,
            recipients: vec![country("KG", "50")],
            ..disbursement("1", 1)
        };

        let orphan = running
            .transactions
            .create_transaction(under("projects/none", disbursement("1", 1)))
            .await
            .unwrap_err();
        let refusal = running
            .transactions
            .create_transaction(under("projects/water", bad))
            .await
            .unwrap_err();

        assert_eq!(
            (orphan.code(), reason(&orphan).as_str()),
            (Code::FailedPrecondition, "REFERENCE_MISSING")
        );
        let fields: Vec<_> =
            violations(&refusal).into_iter().map(|violation| violation.1).collect();
        assert_eq!(fields, ["REQUIRED", "AMOUNT_INVALID", "CURRENCY_INVALID", "PERCENTAGE_SUM"]);
        let year = i32::from(chassis::clock::today(&SystemClock).year()) + 1;
        let date = Some(Date { year, month: 1, day: 1 });
        let early = Transaction { date, ..disbursement("1", 1) };
        let early = running.transactions.create_transaction(under("projects/water", early)).await;
        let wrong = ("transaction.date".to_owned(), "IN_THE_FUTURE".to_owned());
        assert_eq!(violations(&early.unwrap_err()), [wrong]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_transaction_leaves_the_list() {
    on_both(|url| async move {
        let mut running = two_projects(&url).await;
        let first = walk(&mut running, "projects/water", "").await.remove(0);
        let delete =
            DeleteTransactionRequest { name: first.name, ..DeleteTransactionRequest::default() };

        running.transactions.delete_transaction(delete).await.unwrap();

        assert_eq!(walk(&mut running, "projects/water", "").await.len(), 4);
    })
    .await;
}
