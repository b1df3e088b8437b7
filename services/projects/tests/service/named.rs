//! The names of imported transactions: each is that of what the transaction says, for ever.

use api::registan::projects::v1::ListTransactionsRequest;

use crate::import::file;
use crate::support::{on_both, serve};

/// Transactions that say all that one can say, less, and next to nothing.
const TRANSACTIONS: &str = r#"
<transaction ref="T/1"><transaction-type code="2"/><transaction-date iso-date="2022-02-28"/><value currency="USD" value-date="2022-03-01">-1234.500</value><description><narrative xml:lang="en">Pumps &quot;A&quot;</narrative><narrative xml:lang="ru">Насосы</narrative></description><provider-org ref="XI-IATI-EC_INTPA"><narrative>The Commission</narrative></provider-org><receiver-org ref="KG-WATER"><narrative>Vodokanal</narrative></receiver-org><sector vocabulary="1" code="14020"/><sector vocabulary="2" code="140"/><recipient-country code="KG"/></transaction>
<transaction><transaction-type code="11"/><transaction-date iso-date="2023-12-31"/><value value-date="2023-12-31">0.000000001</value><receiver-org><narrative>Vodokanal</narrative></receiver-org><recipient-region code="619" vocabulary="1"/></transaction>
<transaction><transaction-type code="3"/><transaction-date iso-date="2021-01-01"/><value value-date="2021-01-01">1000000</value></transaction>
<transaction><transaction-type code="3"/><transaction-date iso-date="2021-01-01"/><value value-date="2021-01-01">1000000</value></transaction>"#;

/// Computed by the program that kept transactions as JSON. Other names would record everything anew
/// that was imported before.
const NAMES: [&str; 4] = [
    "iati-4bd9d1bd4c93a9bf28296b31d2a1e02c",
    "iati-b82c224949f2027e948b320be521c533",
    "iati-b82c224949f2027e948b320be521c533-2",
    "iati-bdb255120a72821046b75e522dc5c74c",
];

#[tokio::test]
async fn what_is_imported_again_has_the_names_that_it_always_had() {
    on_both(|url| async move {
        let mut running = serve(&url).await;

        let report = running.import(file(TRANSACTIONS).as_bytes()).await;
        let request = ListTransactionsRequest {
            parent: "projects/-".to_owned(),
            ..ListTransactionsRequest::default()
        };
        let found = running.transactions.list_transactions(request).await.unwrap().into_inner();

        assert_eq!(report.transactions_created, 5, "{:?}", report.findings);
        let ids = found.transactions.iter().filter(|it| it.name.contains("water"));
        let mut ids: Vec<&str> = ids.filter_map(|it| it.name.rsplit('/').next()).collect();
        ids.sort_unstable();
        assert_eq!(ids, NAMES);
    })
    .await;
}
