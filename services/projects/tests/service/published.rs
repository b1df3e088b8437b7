//! Files others published, beside the repository, against what an independent reader counted.

use std::collections::BTreeMap;
use std::fs;

use api::registan::projects::v1::{ImportIatiResponse, SumTransactionsRequest};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::import::changes;
use crate::scan;
use crate::support::{Running, messages, on_both, serve};

/// Rules of findings by which a transaction is not recorded.
const LOST: [&str; 9] = [
    "type-missing",
    "type-unknown",
    "date-missing",
    "date-invalid",
    "amount-missing",
    "amount-invalid",
    "amount-out-of-range",
    "currency-missing",
    "currency-invalid",
];

/// The sums of a file that was imported alone and what is left out of them, as `3|USD` → amount.
async fn sums(running: &mut Running) -> BTreeMap<String, Decimal> {
    let answer = running.transactions.sum_transactions(SumTransactionsRequest::default()).await;
    let answer = answer.unwrap().into_inner();
    let counted = answer.sums.into_iter().map(|sum| (sum.r#type, sum.currency_code, sum.amount));
    let left = answer.left_out.into_iter().map(|sum| (sum.r#type, sum.currency_code, sum.amount));
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (kind, currency, amount) in counted.chain(left) {
        *sums.entry(format!("{kind}|{currency}")).or_default() +=
            amount.parse::<Decimal>().unwrap();
    }
    sums.into_iter().map(|(key, amount)| (key, amount.normalize())).collect()
}

fn expected_sums(expected: &Value) -> BTreeMap<String, Decimal> {
    let sums = expected["sum_by_type_currency"].as_object().unwrap().iter();
    let row = |(key, sum): (&String, &Value)| {
        let amount: Decimal = sum.as_str().unwrap().parse().unwrap();
        (key.clone(), amount.normalize())
    };
    sums.map(row).collect()
}

fn count(report: &ImportIatiResponse, rules: &[&str]) -> i64 {
    let found = report.findings.iter().filter(|it| rules.contains(&it.rule.as_str())).count();
    i64::try_from(found).unwrap()
}

async fn compare(running: &mut Running, name: &str, expected: &Value, report: &ImportIatiResponse) {
    let skips =
        ["version-one", "identifier-missing", "identifier-duplicate", "identifier-too-long"];
    if expected["root"] != "iati-activities" {
        assert_eq!(count(report, &["not-iati", "organisation-file"]), 1, "{name}");
        assert_eq!(report.elements_kept, 0, "{name}");
        return;
    }
    assert_eq!(expected["activities"], report.activities, "{name}");
    assert_eq!(expected["transactions"], report.transactions, "{name}");
    assert_eq!(report.created + report.skipped, report.activities, "{name}");
    assert_eq!(count(report, &skips), report.skipped, "{name}: {:?}", report.findings.first());
    if report.skipped == 0 {
        let lost = report.transactions - report.transactions_created;
        assert!(lost <= count(report, &LOST), "{name}: {:?}", report.findings);
        if lost == 0 {
            assert_eq!(sums(running).await, expected_sums(expected), "{name}");
        }
    }
}

#[tokio::test]
async fn every_published_file_gives_the_sums_an_independent_reader_counted() {
    let Some(data) = testkit::shared_data() else { return };
    let text = fs::read_to_string(data.join("EXPECTED.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    for (name, expected) in all["iati"].as_object().unwrap() {
        let file = fs::read(data.join(name)).unwrap();
        let file = &file;
        on_both(|url| async move {
            let mut running = serve(&url).await;

            let first = running.try_import(messages(name, false, file)).await.unwrap();
            let second = running.try_import(messages(name, false, file)).await.unwrap();

            // That those kept and not kept add up to it is checked with every import.
            let counted = scan::elements(file).expect("it is well-formed");
            assert_eq!(first.elements, counted.values().sum::<i64>(), "{name}");
            assert_eq!(second.not_kept, first.not_kept, "{name}");
            compare(&mut running, name, expected, &first).await;
            assert_eq!(changes(&second), [0, 0, first.created, first.skipped, 0, 0], "{name}");
        })
        .await;
    }
}
