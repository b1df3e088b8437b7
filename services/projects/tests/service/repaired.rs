//! Numbers that are read in their one meaning, with a finding.

use api::registan::projects::v1::SumTransactionsRequest;

use crate::import::{changes, file, imported, paid, rules};
use crate::support::{on_both, serve};

#[tokio::test]
async fn an_amount_with_noise_behind_its_decimals_is_rounded() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let third = paid("33333.333333333336", "2023-01-01");
        let rest = paid("66666.666666666664", "2023-01-01");
        let none = paid("-0.0000000001", "2023-01-01");
        let file = file(&[third, rest, none].concat());

        let first = running.import(file.as_bytes()).await;
        let second = running.import(file.as_bytes()).await;

        assert_eq!(changes(&first), [2, 0, 0, 0, 4, 0]);
        assert_eq!(rules(&first), ["amount-repaired"; 3]);
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
        let message = &first.findings[0].message;
        assert!(
            message.contains("33333.333333333336 was rounded to 33333.333333333;"),
            "{message}"
        );
        let sums = running.sums(SumTransactionsRequest::default()).await;
        let amounts: Vec<&str> = sums.iter().map(|sum| sum.amount.as_str()).collect();
        assert_eq!(amounts, ["100005.5"]);
    })
    .await;
}

#[tokio::test]
async fn a_percentage_a_hair_above_100_keeps_its_country() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let shares = r#"<recipient-country code="KG" percentage="60"/><recipient-country code="TJ" percentage="40"/>"#;
        let whole = r#"<recipient-country code="KG" percentage="100.00001"/>"#;
        let file = file("").replace(shares, whole);

        let report = running.import(file.as_bytes()).await;

        assert_eq!(rules(&report), ["amount-repaired"]);
        let water = imported(&mut running).await.remove(0);
        let recipients = water.recipients.iter().map(|it| (&*it.country_code, &*it.percentage));
        assert_eq!(recipients.collect::<Vec<_>>(), [("KG", "100")]);
    })
    .await;
}

/// A name of before the share was read: the transaction is not recorded anew.
#[tokio::test]
async fn a_share_a_hair_above_100_names_its_transaction_as_none_does() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let sector = |share: &str| {
            let sector = format!(r#"<sector vocabulary="1" code="14020"{share}/></transaction>"#);
            file(&paid("7", "2023-01-01").replace("</transaction>", &sector))
        };
        running.import(sector("").as_bytes()).await;

        let report = running.import(sector(r#" percentage="100.00001""#).as_bytes()).await;

        assert_eq!(rules(&report), ["amount-repaired"]);
        assert_eq!(changes(&report), [0, 0, 2, 0, 0, 0]);
    })
    .await;
}
