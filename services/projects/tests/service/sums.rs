//! Sums of transactions: apart by what is asked, split so that they add up.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    CreateTransactionRequest, DeleteTransactionRequest, SumTransactionsRequest, Transaction,
    TransactionSum,
};
use api::registan::r#type::v1::SourceRef;
use chassis::clock::SystemClock;
use projects::domain::Transaction as Stored;
use rust_decimal::Decimal;

use crate::import::{file, paid, rules};
use crate::support::{
    Running, country, disbursement, on_both, project, reason, sector, serve, violations,
};

fn by(dimensions: &[Dimension]) -> SumTransactionsRequest {
    SumTransactionsRequest {
        group_by: dimensions.iter().map(|it| (*it).into()).collect(),
        ..SumTransactionsRequest::default()
    }
}

fn shown(sums: &[TransactionSum]) -> String {
    let row = |sum: &TransactionSum| {
        let parts = [&sum.recipient, &sum.sector, &sum.project];
        let key: Vec<_> =
            parts.into_iter().filter(|it| !it.is_empty()).map(String::as_str).collect();
        format!("{}={}({})", key.join("/"), sum.amount, sum.transactions)
    };
    sums.iter().map(row).collect::<Vec<_>>().join(" ")
}

fn totals(sums: &[TransactionSum]) -> BTreeMap<(i32, String), Decimal> {
    let mut totals: BTreeMap<_, Decimal> = BTreeMap::new();
    for sum in sums {
        let amount: Decimal = sum.amount.parse().unwrap();
        *totals.entry((sum.r#type, sum.currency_code.clone())).or_default() += amount;
    }
    totals.into_iter().map(|(key, total)| (key, total.normalize())).collect()
}

/// A project split by percent, one without shares, one with several recipients and no percentages.
async fn recorded(url: &str) -> Running {
    let mut running = serve(url).await;
    let mut split = project("Split");
    split.recipients = vec![country("KG", "33.33"), country("TJ", "33.33"), country("UZ", "33.34")];
    split.sectors = vec![sector("14020", "50"), sector("21020", "50")];
    let mut unsaid = project("Unsaid");
    unsaid.recipients = vec![country("KG", ""), country("TM", "")];
    for (id, one) in [("split", split), ("plain", project("Plain")), ("unsaid", unsaid)] {
        running.create_project(id, one).await;
    }
    for amount in ["100", "0.01", "-33.333333333"] {
        running.create_transaction("projects/split", disbursement(amount, 1)).await;
    }
    let own = Transaction { recipients: vec![country("TM", "")], ..disbursement("7", 2) };
    running.create_transaction("projects/split", own).await;
    running.create_transaction("projects/plain", disbursement("50.5", 3)).await;
    running.create_transaction("projects/unsaid", disbursement("20", 3)).await;
    running
}

#[tokio::test]
async fn shares_split_a_sum_and_nothing_is_guessed() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;

        let whole = running.sums(by(&[])).await;
        let recipients = running.sums(by(&[Dimension::Recipient])).await;
        let projects = running.sums(by(&[Dimension::Project])).await;

        assert_eq!(shown(&whole), "=144.176666667(6)");
        assert_eq!(
            shown(&recipients),
            "=70.5(2) KG=22.223333(3) TJ=22.223333(3) TM=7(1) UZ=22.230000667(3)"
        );
        assert_eq!(
            shown(&projects),
            "projects/plain=50.5(1) projects/split=73.676666667(4) projects/unsaid=20(1)"
        );
    })
    .await;
}

#[tokio::test]
async fn every_way_to_tell_apart_adds_up_to_the_same() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let all = [Dimension::Recipient, Dimension::Sector, Dimension::Year, Dimension::Project];
        let whole = totals(&running.sums(by(&[])).await);

        for chosen in 1..16_u32 {
            let dimensions: Vec<_> =
                (0..4).filter(|bit| chosen >> bit & 1 == 1).map(|bit| all[bit]).collect();
            let sums = running.sums(by(&dimensions)).await;
            assert_eq!(totals(&sums), whole, "{dimensions:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_sum_obeys_its_filter_and_its_instant_and_leaves_out_the_deleted() {
    on_both(|url| async move {
        let mut running = recorded(&url).await;
        let extra = running.create_transaction("projects/plain", disbursement("1000", 4)).await;
        let then = extra.update_time;
        let delete =
            DeleteTransactionRequest { name: extra.name, ..DeleteTransactionRequest::default() };
        running.transactions.delete_transaction(delete).await.unwrap();
        let plain = |read_time| SumTransactionsRequest {
            filter: "project = \"projects/plain\"".to_owned(),
            read_time,
            ..SumTransactionsRequest::default()
        };
        let none = SumTransactionsRequest {
            filter: "year = 1999".to_owned(),
            ..SumTransactionsRequest::default()
        };

        assert_eq!(shown(&running.sums(plain(None)).await), "=50.5(1)");
        assert_eq!(shown(&running.sums(plain(then)).await), "=1050.5(2)");
        let empty = running.transactions.sum_transactions(none).await.unwrap().into_inner();
        assert!(empty.sums.is_empty() && empty.read_time.is_some());
    })
    .await;
}

/// Records amounts that no request may carry, as an old record can hold them.
async fn record_huge(url: &str, project: &str, count: usize) {
    let db = chronicle::database::open(url).await.unwrap();
    let record = chronicle::Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
    let source = SourceRef { citation: "an old record".to_owned(), ..SourceRef::default() };
    let entries = (0..count).map(|number| {
        let transaction = Transaction {
            name: format!("{project}/transactions/t{number}"),
            tier: 1,
            source: Some(source.clone()),
            ..disbursement("999999999999999999.999999999", 1)
        };
        chronicle::Entry::create(&Stored::of(transaction)).unwrap()
    });
    record.record(&chronicle::Call::default(), entries.collect()).await.unwrap();
}

#[tokio::test]
async fn sums_of_huge_amounts_are_exact_and_take_nothing_from_others() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut rich = project("Rich");
        rich.recipients = vec![country("KG", "33.33"), country("TJ", "33.33"), country("UZ", "33.34")];
        running.create_project("rich", rich).await;
        running.create_project("plain", project("Plain")).await;
        record_huge(&url, "projects/rich", 200).await;
        let mut som = disbursement("5", 1);
        som.value.as_mut().unwrap().currency_code = "KGS".to_owned();
        running.create_transaction("projects/plain", som).await;

        let whole = running.sums(by(&[])).await;
        let split = running.sums(by(&[Dimension::Recipient, Dimension::Sector])).await;

        assert_eq!(shown(&whole), "=199999999999999999999.9999998(200) =5(1)");
        assert_eq!(
            shown(&split),
            "KG=66660000000000000000(200) TJ=66659999999999999999.9999999(200) UZ=66679999999999999999.9999999(200) =5(1)"
        );
    })
    .await;
}

#[tokio::test]
async fn an_amount_that_nobody_can_mean_is_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("rich", project("Rich")).await;
        running.create_transaction("projects/rich", disbursement("-1000000000000000", 1)).await;
        let request = CreateTransactionRequest {
            parent: "projects/rich".to_owned(),
            transaction: Some(disbursement("1000000000000000.01", 1)),
            ..CreateTransactionRequest::default()
        };

        let refusal = running.transactions.create_transaction(request).await.unwrap_err();
        let file = file(&paid("1000000000000001", "2023-01-01"));
        let report = running.import(file.as_bytes()).await;

        let wanted = [("transaction.value.amount".to_owned(), "AMOUNT_IMPLAUSIBLE".to_owned())];
        assert_eq!(violations(&refusal), wanted);
        assert_eq!(rules(&report), ["amount-out-of-range"]);
    })
    .await;
}

#[tokio::test]
async fn bad_questions_are_refused() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let filter = SumTransactionsRequest {
            filter: "units > 3".to_owned(),
            ..SumTransactionsRequest::default()
        };
        let group =
            SumTransactionsRequest { group_by: vec![99], ..SumTransactionsRequest::default() };

        for (request, wanted) in [(filter, "FILTER_INVALID"), (group, "GROUP_BY_INVALID")] {
            let refusal = running.transactions.sum_transactions(request).await.unwrap_err();
            assert_eq!(reason(&refusal), wanted);
        }
    })
    .await;
}
