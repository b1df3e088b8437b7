//! Importing with less than all clearances: what an importer may not see or write stays as it is,
//! and is not revealed.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    DeleteProjectRequest, DeleteTransactionRequest, GetTransactionRequest, ImportIatiResponse,
    ListTransactionsRequest, Project, Transaction, UpdateProjectRequest, UpdateTransactionRequest,
};
use policy::{Desks, Tier};
use prost_types::FieldMask;
use tonic::Code;

use crate::import::{FIRST, changes, file, imported, paid, rules};
use crate::support::{Other, Running, country, messages, on_both, project, serve};

impl Other {
    async fn import(&mut self, file: &str) -> ImportIatiResponse {
        let stream = tokio_stream::iter(messages("file.xml", false, file.as_bytes()));
        self.projects.import_iati(stream).await.unwrap().into_inner()
    }
}

impl Running {
    /// Changes one field of a project.
    async fn change(&mut self, field: &str, project: Project) {
        let request = UpdateProjectRequest {
            project: Some(project),
            update_mask: Some(FieldMask { paths: vec![field.to_owned()] }),
            ..UpdateProjectRequest::default()
        };
        self.projects.update_project(request).await.unwrap();
    }

    async fn raise_transaction(&mut self, name: &str) {
        let transaction = Transaction {
            name: name.to_owned(),
            tier: WireTier::Confidential.into(),
            ..Transaction::default()
        };
        let request = UpdateTransactionRequest {
            transaction: Some(transaction),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateTransactionRequest::default()
        };
        self.transactions.update_transaction(request).await.unwrap();
    }

    async fn delete_transaction(&mut self, name: &str) {
        let name = name.to_owned();
        let request = DeleteTransactionRequest { name, ..DeleteTransactionRequest::default() };
        self.transactions.delete_transaction(request).await.unwrap();
    }

    /// The transactions of a project, deleted ones too, in no order that matters.
    async fn all(&mut self, parent: &str) -> Vec<Transaction> {
        let request = ListTransactionsRequest {
            parent: parent.to_owned(),
            show_deleted: true,
            order_by: "date".to_owned(),
            ..ListTransactionsRequest::default()
        };
        self.transactions.list_transactions(request).await.unwrap().into_inner().transactions
    }
}

/// Three transactions, each of another amount.
fn three() -> String {
    paid("100.10", "2023-01-01") + &paid("150", "2023-01-15") + &paid("200", "2023-02-01")
}

/// A record with the file imported; the name of the first project and its transactions by date.
async fn recorded(url: &str) -> (Running, String, Vec<Transaction>) {
    let mut running = serve(url).await;
    running.import(file(&three()).as_bytes()).await;
    let water = imported(&mut running).await.remove(0).name;
    let all = running.all(&water).await;
    (running, water, all)
}

#[tokio::test]
async fn an_import_leaves_hidden_transactions_alone() {
    on_both(|url| async move {
        let (mut running, water, moved) = recorded(&url).await;
        let (first, last) = (&moved[0].name, &moved[2].name);
        running.raise_transaction(first).await;
        running.raise_transaction(last).await;
        running.delete_transaction(last).await;
        let before = running.all(&water).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);

        let without = low.import(&file(&paid("150", "2023-01-15"))).await;
        let with = low.import(&file(&three())).await;

        assert_eq!(running.all(&water).await, before, "neither deleted nor brought back");
        assert_eq!(changes(&without), [0, 0, 2, 0, 0, 0], "{without:?}");
        assert_eq!(changes(&with), [0, 0, 2, 0, 0, 0], "{with:?}");
        // Standing or deleted, the finding about what lies under the name is the same.
        assert_eq!(rules(&with), ["name-taken", "name-taken"]);
        let told = |name: &str| {
            let message = format!("{name} is another transaction; this one was skipped");
            with.findings.iter().any(|finding| finding.message == message)
        };
        assert!(told(first) && told(last), "{with:?}");
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_comes_back_keeps_its_tier() {
    on_both(|url| async move {
        let (mut running, water, moved) = recorded(&url).await;
        running.raise_transaction(&moved[0].name).await;
        running.delete_transaction(&moved[0].name).await;

        let back = running.import(file(&three()).as_bytes()).await;

        assert_eq!(changes(&back), [0, 1, 1, 0, 1, 0]);
        let all = running.all(&water).await;
        let revived = all.iter().find(|it| it.name == moved[0].name).unwrap();
        assert_eq!(revived.tier, i32::from(WireTier::Confidential));
        assert_eq!(revived.delete_time, None);
        let mut low = running.editor(Desks::ALL, Tier::Public);
        let get =
            GetTransactionRequest { name: revived.name.clone(), read_time: None, known_by: None };
        let refusal = low.transactions.get_transaction(get).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_name_held_by_something_hidden_is_told_as_any_other_that_is_taken() {
    on_both(|url| async move {
        let (mut running, name, _) = recorded(&url).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);
        let named = |iati_identifier: &str| Project {
            name: name.clone(),
            iati_identifier: iati_identifier.to_owned(),
            tier: WireTier::Confidential.into(),
            ..Project::default()
        };
        running.change("iati_identifier", named("XI-OTHER")).await;
        let mut reports = vec![low.import(&file(&three())).await];
        running.change("tier", named("")).await;
        reports.push(low.import(&file(&three())).await);
        running.change("iati_identifier", named(FIRST)).await;
        reports.push(low.import(&file(&three())).await);
        let delete = DeleteProjectRequest { name, force: true, ..DeleteProjectRequest::default() };
        running.projects.delete_project(delete).await.unwrap();
        reports.push(low.import(&file(&three())).await);

        assert_eq!(
            (changes(&reports[0]), rules(&reports[0])),
            ([0, 0, 1, 1, 0, 0], vec!["name-taken"])
        );
        for report in &reports[1..] {
            let read_time = reports[0].read_time;
            let same = ImportIatiResponse { read_time, ..report.clone() };
            assert_eq!(same, reports[0], "the same, whatever holds the name");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_hidden_under_another_name_is_as_if_it_were_not_there() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let secret = Project {
            iati_identifier: FIRST.to_owned(),
            tier: WireTier::Confidential.into(),
            ..project("Water, not told")
        };
        let secret = running.create_project("", secret).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);

        let report = low.import(&file(&three())).await;

        assert_eq!(changes(&report), [2, 0, 0, 0, 4, 0], "{report:?}");
        assert_eq!(rules(&report), [""; 0]);
        let all = imported(&mut running).await;
        assert!(all.contains(&secret), "it stays as it was");
        assert_eq!(all.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_import_writes_no_transaction_of_a_desk_that_is_not_the_importers() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let country_of = |code: &str| {
            paid("7", "2023-05-01").replace(
                "</transaction>",
                &format!("<recipient-country code=\"{code}\"/></transaction>"),
            )
        };
        let both = file(&(country_of("TJ") + &country_of("KG")));
        let mut kyrgyz = running.editor(Desks::of_country("KG"), Tier::Public);

        let first = kyrgyz.import(&both).await;
        let whole = running.import(both.as_bytes()).await;
        let without = kyrgyz.import(&file("")).await;

        assert_eq!((changes(&first), rules(&first)), ([2, 0, 0, 0, 2, 0], vec!["not-granted"]));
        assert_eq!(changes(&whole), [0, 1, 1, 0, 1, 0]);
        assert_eq!((changes(&without), rules(&without)), ([0, 1, 1, 0, 0, 1], vec!["not-granted"]));
        let water = imported(&mut running).await.remove(0).name;
        let standing: Vec<_> =
            running.all(&water).await.into_iter().filter(|it| it.delete_time.is_none()).collect();
        assert_eq!(standing.len(), 1);
        assert_eq!(standing[0].recipients, [country("TJ", "")]);
    })
    .await;
}
