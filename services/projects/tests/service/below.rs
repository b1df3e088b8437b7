//! Projects below those that a filter selects, more than a statement names.

use api::registan::projects::v1::left_out_sum::Reason;
use api::registan::projects::v1::{Project, SumTransactionsRequest};

use crate::audited::{Log, confidential};
use crate::bases::EPCA;
use crate::counted::below;
use crate::import::paid;
use crate::support::{disbursement, on_both, project, serve};

const MANY: usize = 501;

/// So many contracts below one decision.
fn contracts() -> String {
    let one = |number: usize| {
        let paid = paid("1", "2023-01-01");
        format!(
            r#"<iati-activity default-currency="EUR" xml:lang="en">
<iati-identifier>XI-1-{number}</iati-identifier><reporting-org type="40" ref="XI-1"/>
<title><narrative>A contract</narrative></title><activity-status code="2"/>{paid}
<related-activity type="1" ref="XI-DECISION"/></iati-activity>"#
        )
    };
    let all: String = (0..MANY).map(one).collect();
    format!(r#"<iati-activities version="2.03">{all}</iati-activities>"#)
}

#[tokio::test]
async fn many_projects_below_one_that_is_selected_are_named_and_no_others() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let decision = Project {
            agreements: vec![EPCA.to_owned()],
            iati_identifier: "XI-DECISION".to_owned(),
            ..project("Decision")
        };
        running.create_project("decision", decision).await;
        running.import(contracts().as_bytes()).await;
        running.create_project("low", below("Low", "projects/decision", "")).await;
        running.create_transaction("projects/low", confidential("20")).await;
        running.create_project("over", project("Over")).await;
        running.create_project("aside", below("Aside", "projects/over", "")).await;
        running.create_transaction("projects/aside", confidential("7000")).await;
        running.create_transaction("projects/over", disbursement("30000", 1)).await;
        let mut log = Log::at(&url).await;
        log.next().await;

        let request = SumTransactionsRequest {
            project_filter: format!("agreements:\"{EPCA}\""),
            ..SumTransactionsRequest::default()
        };
        let answer = running.transactions.sum_transactions(request).await.unwrap().into_inner();

        let left = answer.left_out.iter().map(|left| (left.reason(), &*left.amount));
        assert_eq!(left.collect::<Vec<_>>(), [(Reason::NotSelected, "521")]);
        assert!(answer.sums.is_empty());
        assert_eq!(log.next().await, ["project 1 SumTransactions"], "of the one below alone");
    })
    .await;
}
