//! Every way to read what is CONFIDENTIAL leaves a line in the log, that of a write which writes
//! nothing too.

use api::registan::options::v1::Tier;
use api::registan::projects::v1::{
    CreateProjectRequest, CreateTransactionRequest, DeleteTransactionRequest,
    ListTransactionsRequest, Project, SumTransactionsRequest, Transaction, UpdateProjectRequest,
    UpdateTransactionRequest,
};
use prost_types::FieldMask;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tonic::Code;

use crate::support::{Running, disbursement, on_both, project, recording, serve};

/// Reads the log of readings.
pub struct Log {
    db: DatabaseConnection,
    read: usize,
}

impl Log {
    pub async fn at(url: &str) -> Self {
        Self { db: Database::connect(url).await.unwrap(), read: 0 }
    }

    /// The readings since the last look: kind, revision, and what the caller did.
    pub async fn next(&mut self) -> Vec<String> {
        let sql = "SELECT kind, revision, method FROM change WHERE operation = 'read' ORDER BY seq";
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let rows = self.db.query_all_raw(statement).await.unwrap();
        let new = rows[self.read..].iter().map(|row| {
            let text = |column: &str| row.try_get::<String>("", column).unwrap();
            let revision: i64 = row.try_get("", "revision").unwrap();
            format!("{} {revision} {}", text("kind"), text("method"))
        });
        let new = new.collect();
        self.read = rows.len();
        new
    }
}

pub fn confidential(amount: &str) -> Transaction {
    Transaction { tier: Tier::Confidential.into(), ..disbursement(amount, 1) }
}

/// A public project with a CONFIDENTIAL transaction, which is given, and a public one.
async fn recorded(url: &str) -> (Running, Transaction) {
    let mut running = serve(url).await;
    running.create_project("open", project("Open")).await;
    running.create_transaction("projects/open", disbursement("1", 1)).await;
    let secret = running.create_transaction("projects/open", confidential("7")).await;
    (running, secret)
}

/// Takes what is set of `transaction`.
fn update(transaction: &Transaction, validate_only: bool) -> UpdateTransactionRequest {
    UpdateTransactionRequest {
        transaction: Some(transaction.clone()),
        validate_only,
        ..UpdateTransactionRequest::default()
    }
}

#[tokio::test]
async fn a_write_that_writes_nothing_is_recorded_as_a_reading() {
    on_both(|url| async move {
        let (mut running, secret) = recorded(&url).await;
        let mut log = Log::at(&url).await;
        let one = ["transaction 1 projects.write"];
        let blank = Transaction { name: secret.name.clone(), ..Transaction::default() };
        let other = Transaction { r#ref: "other".to_owned(), ..blank.clone() };

        let tried = update(&other, true);
        let answer = running.transactions.update_transaction(tried).await.unwrap().into_inner();
        assert_eq!(answer.value, secret.value, "it tells what was not sent");
        assert_eq!(log.next().await, one, "an update that is only tried");

        let same = update(&blank, false);
        let answer = running.transactions.update_transaction(same).await.unwrap().into_inner();
        assert_eq!(answer.value, secret.value);
        assert_eq!(log.next().await, one, "an update that changes nothing");

        let delete = DeleteTransactionRequest {
            name: secret.name.clone(),
            validate_only: true,
            ..DeleteTransactionRequest::default()
        };
        running.transactions.delete_transaction(delete).await.unwrap();
        assert_eq!(log.next().await, one, "a deletion that is only tried");

        running.transactions.update_transaction(update(&other, false)).await.unwrap();
        assert!(log.next().await.is_empty(), "a write has its own line");
    })
    .await;
}

#[tokio::test]
async fn a_first_answer_told_again_is_recorded_as_a_reading() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        let mut log = Log::at(&url).await;
        let request = CreateTransactionRequest {
            parent: "projects/open".to_owned(),
            transaction: Some(confidential("9")),
            request_id: "6fa459ea-ee8a-4ca4-894e-db77e160355e".to_owned(),
            ..CreateTransactionRequest::default()
        };

        let first = running.transactions.create_transaction(request.clone()).await.unwrap();
        assert!(log.next().await.is_empty());
        let again = running.transactions.create_transaction(request).await.unwrap();

        assert_eq!(again.into_inner(), first.into_inner());
        assert_eq!(log.next().await, ["transaction 1 projects.write"]);
    })
    .await;
}

#[tokio::test]
async fn a_first_answer_of_what_was_hidden_since_is_not_told_again() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut other = running.caller("https://login.example.org#ainura");
        let request_id = "6fa459ea-ee8a-4ca4-894e-db77e160355e".to_owned();
        let around = CreateProjectRequest {
            request_id: request_id.clone(),
            ..recording("one", project("One"))
        };
        let within = CreateTransactionRequest {
            parent: "projects/one".to_owned(),
            transaction: Some(disbursement("5", 1)),
            request_id,
            ..CreateTransactionRequest::default()
        };
        let mut made = String::new();
        for _ in 0..2 {
            other.projects.create_project(around.clone()).await.unwrap();
            let first = other.transactions.create_transaction(within.clone()).await.unwrap();
            made = first.into_inner().name;
        }

        let raised = Project {
            name: "projects/one".to_owned(),
            tier: Tier::Confidential.into(),
            ..Project::default()
        };
        let request = UpdateProjectRequest {
            project: Some(raised.clone()),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateProjectRequest::default()
        };
        running.projects.update_project(request.clone()).await.unwrap();

        let refused = other.projects.create_project(around.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists);
        let refused = other.transactions.create_transaction(within.clone()).await.unwrap_err();
        // Its name was made by the server: the caller has it from the first answer.
        assert_eq!(refused.code(), Code::NotFound, "what it lies within is hidden");
        assert!(refused.message().contains(&made), "{refused:?}");

        let lowered = Project { tier: Tier::Public.into(), ..raised };
        let request = UpdateProjectRequest { project: Some(lowered), ..request };
        running.projects.update_project(request).await.unwrap();
        let refused = other.projects.create_project(around).await.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists, "as it was it is hidden still");
        other.transactions.create_transaction(within).await.expect("it stands as it was");
    })
    .await;
}

#[tokio::test]
async fn a_sum_over_what_is_confidential_is_recorded_for_each_project() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        running.create_transaction("projects/open", confidential("8")).await;
        running.create_project("other", project("Other")).await;
        running.create_transaction("projects/other", disbursement("3", 1)).await;
        let mut log = Log::at(&url).await;
        let sum = |filter: &str| SumTransactionsRequest {
            filter: filter.to_owned(),
            ..SumTransactionsRequest::default()
        };

        let all = running.sums(sum("")).await;
        assert_eq!((all[0].amount.as_str(), all[0].transactions), ("19", 4));
        assert_eq!(log.next().await, ["project 1 SumTransactions"]);

        running.sums(sum("project = \"projects/other\"")).await;
        running.sums(sum("year = 1999")).await;
        assert!(log.next().await.is_empty(), "nothing of it is CONFIDENTIAL");
    })
    .await;
}

#[tokio::test]
async fn what_lies_within_something_confidential_is_recorded_too() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let hidden = Project { tier: Tier::Confidential.into(), ..project("Hidden") };
        let hidden = running.create_project("", hidden).await.name;
        running.create_transaction(&hidden, disbursement("5", 1)).await;
        let mut log = Log::at(&url).await;

        let list = ListTransactionsRequest { parent: hidden, ..ListTransactionsRequest::default() };
        let listed = running.transactions.list_transactions(list).await.unwrap().into_inner();
        assert_eq!(listed.transactions.len(), 1);
        assert_eq!(log.next().await, ["transaction 1 projects.read"]);
        running.sums(SumTransactionsRequest::default()).await;

        assert_eq!(log.next().await, ["project 1 SumTransactions"]);
    })
    .await;
}
