//! The level of a published family that is counted, against a count that knows nothing of the
//! service: of each branch of the file's tree the level that has more, by hand of its XML.

use std::collections::BTreeMap;

use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{SumTransactionsRequest, SumTransactionsResponse};
use rust_decimal::Decimal;

use crate::counted::{all, by, texts};
use crate::support::{Running, with_unhcr};

/// By currency: what is counted, and what is left out.
const LEVELS: [(&str, &str, &str); 15] = [
    ("AUD", "72000000", "71000000"),
    ("CAD", "97262854.68", "29900000"),
    ("CHF", "55600000", "27479128.87"),
    ("CRC", "10290000", "0"),
    ("DKK", "1882150501.37", "269200535.46"),
    ("EUR", "701592111.49", "329884348.04"),
    ("GBP", "81675000", "12589892.90"),
    ("ISK", "350000000", "210000000"),
    ("JOD", "7688", "0"),
    ("JPY", "2777000000", "1486743000"),
    ("KWD", "5000", "0"),
    ("NOK", "715521928.73", "253756558.80"),
    ("NZD", "15000000", "1000000"),
    ("SEK", "2706000000", "397000000"),
    ("USD", "2361583268.37", "527164509.75"),
];

/// By recipient and currency, of what is counted.
const RECIPIENTS: [(&str, &str, &str); 5] = [
    ("BD", "EUR", "11888119"),
    ("KZ", "EUR", "866162"),
    ("KZ", "USD", "83962.23"),
    ("TJ", "EUR", "518170"),
    ("TJ", "USD", "342977"),
];

async fn ask(running: &mut Running, request: SumTransactionsRequest) -> SumTransactionsResponse {
    running.transactions.sum_transactions(request).await.unwrap().into_inner()
}

fn add<'a>(amounts: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (currency, amount) in amounts {
        *sums.entry(currency.to_owned()).or_default() += amount.parse::<Decimal>().unwrap();
    }
    sums
}

fn counted(answer: &SumTransactionsResponse) -> BTreeMap<String, Decimal> {
    add(answer.sums.iter().map(|sum| (sum.currency_code.as_str(), sum.amount.as_str())))
}

#[tokio::test]
async fn of_a_published_family_the_level_that_has_more_is_counted() {
    with_unhcr(|mut running| async move {
        let whole = ask(&mut running, all()).await;

        let wanted = add(LEVELS.into_iter().map(|(currency, sum, _)| (currency, sum)));
        assert_eq!(counted(&whole), wanted);
        let left = whole.left_out.iter();
        let mut left = add(left.map(|left| (left.currency_code.as_str(), left.amount.as_str())));
        for currency in ["CRC", "JOD", "KWD"] {
            left.entry(currency.into()).or_default();
        }
        let lost = add(LEVELS.into_iter().map(|(currency, _, left)| (currency, left)));
        assert_eq!(left, lost);
        for dimension in
            [Dimension::Recipient, Dimension::Sector, Dimension::Year, Dimension::Project]
        {
            let apart = ask(&mut running, by(&[dimension])).await;
            assert_eq!(counted(&apart), wanted, "{dimension:?}");
            assert_eq!(apart.left_out, whole.left_out, "{dimension:?}");
        }
        agree_on_recipients(&mut running).await;
    })
    .await;
}

/// Checks that the sums of a recipient are those of its rows.
async fn agree_on_recipients(running: &mut Running) {
    let rows = ask(running, by(&[Dimension::Recipient])).await;
    for code in ["BD", "ET", "KZ", "SY", "TJ"] {
        let of = SumTransactionsRequest { recipients: texts(&[code]), ..all() };
        let alone = counted(&ask(running, of).await);
        let row = rows.sums.iter().filter(|sum| sum.recipient == code);
        let row = add(row.map(|sum| (sum.currency_code.as_str(), sum.amount.as_str())));
        assert_eq!(alone, row, "{code}");
        for (_, currency, amount) in RECIPIENTS.into_iter().filter(|(it, ..)| *it == code) {
            assert_eq!(row.get(currency), Some(&amount.parse().unwrap()), "{code} {currency}");
        }
    }
}
