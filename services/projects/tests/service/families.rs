//! Transactions follow their project: it is not deleted under them, they go and come back with it,
//! and no sum counts them meanwhile.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    CreateTransactionRequest, DeleteProjectRequest, DeleteTransactionRequest,
    ListTransactionsRequest, Project, ProjectRelation, SumTransactionsRequest, Transaction,
    UndeleteProjectRequest, UndeleteTransactionRequest, project_relation,
};
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Reader};
use policy::{Desks, Tier};
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::support::{Other, Running, country, disbursement, on_both, project, reason, serve};

fn delete(force: bool) -> DeleteProjectRequest {
    DeleteProjectRequest { name: "projects/one".to_owned(), force, ..Default::default() }
}

fn undelete() -> UndeleteProjectRequest {
    UndeleteProjectRequest { name: "projects/one".to_owned(), ..Default::default() }
}

impl Running {
    async fn delete_project(&mut self, force: bool) -> Result<Project, Status> {
        self.projects.delete_project(delete(force)).await.map(tonic::Response::into_inner)
    }

    async fn standing(&mut self) -> Vec<Transaction> {
        let request = ListTransactionsRequest {
            parent: "projects/one".to_owned(),
            page_size: 1000,
            ..ListTransactionsRequest::default()
        };
        self.transactions.list_transactions(request).await.unwrap().into_inner().transactions
    }

    async fn summed(&mut self) -> Vec<String> {
        let sums = self.sums(SumTransactionsRequest::default()).await;
        sums.into_iter().map(|sum| sum.amount).collect()
    }
}

/// A project with two transactions, and one that was deleted by itself.
async fn recorded(url: &str) -> (Running, Vec<Transaction>) {
    let mut running = serve(url).await;
    running.create_project("one", project("One")).await;
    let mut all = Vec::new();
    for month in 1..=3 {
        all.push(running.create_transaction("projects/one", disbursement("10", month)).await);
    }
    let name = all[2].name.clone();
    let gone = DeleteTransactionRequest { name, ..DeleteTransactionRequest::default() };
    running.transactions.delete_transaction(gone).await.unwrap();
    (running, all)
}

#[tokio::test]
async fn a_project_with_transactions_is_deleted_only_with_force_and_they_with_it() {
    on_both(|url| async move {
        let (mut running, all) = recorded(&url).await;

        let refusal = running.delete_project(false).await.unwrap_err();
        let rehearsed = DeleteProjectRequest { validate_only: true, ..delete(true) };
        running.projects.delete_project(rehearsed).await.unwrap();
        let before = running.standing().await.len();
        let deleted = running.delete_project(true).await.unwrap();

        assert_eq!(
            (refusal.code(), reason(&refusal).as_str()),
            (Code::FailedPrecondition, "HAS_CHILDREN")
        );
        assert_eq!(before, 2);
        assert!(deleted.delete_time.is_some());
        assert!(running.standing().await.is_empty() && running.summed().await.is_empty());
        let one = UndeleteTransactionRequest { name: all[0].name.clone(), ..Default::default() };
        let alone = running.transactions.undelete_transaction(one).await.unwrap_err();
        assert_eq!(
            (alone.code(), reason(&alone).as_str()),
            (Code::FailedPrecondition, "PARENT_DELETED")
        );

        let back = running.projects.undelete_project(undelete()).await.unwrap().into_inner();

        assert_eq!((back.name.as_str(), back.delete_time), ("projects/one", None));
        let standing: Vec<_> = running.standing().await.into_iter().map(|it| it.name).collect();
        assert_eq!(standing.len(), 2);
        assert!(!standing.contains(&all[2].name), "what was deleted by itself stays deleted");
        assert_eq!(running.summed().await, ["20"]);
    })
    .await;
}

#[tokio::test]
async fn hidden_transactions_are_not_told_of_and_count_no_more() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("one", project("One")).await;
        let hidden = Transaction { tier: WireTier::Confidential.into(), ..disbursement("10", 1) };
        running.create_transaction("projects/one", hidden).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);

        assert_eq!(running.summed().await, ["10"]);
        assert_eq!(reason(&running.delete_project(false).await.unwrap_err()), "HAS_CHILDREN");
        low.projects.delete_project(delete(false)).await.unwrap();

        assert!(running.summed().await.is_empty());
        assert_eq!(running.standing().await.len(), 1, "nobody deleted what they may not see");
    })
    .await;
}

#[tokio::test]
async fn more_than_one_batch_of_transactions_goes_and_comes_back() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let name = running.import_many().await;
        let all = SumTransactionsRequest {
            filter: format!("project = \"{name}\""),
            ..SumTransactionsRequest::default()
        };
        let whole = running.sums(all.clone()).await;

        let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
        running.projects.delete_project(request).await.unwrap();
        let none = running.transactions.sum_transactions(all.clone()).await.unwrap_err();
        let request = UndeleteProjectRequest { name, ..UndeleteProjectRequest::default() };
        running.projects.undelete_project(request).await.unwrap();

        assert_eq!(reason(&none), "FILTER_NAMES_NOTHING");
        assert_eq!(whole[0].transactions, 1100);
        assert_eq!(running.sums(all).await, whole);
    })
    .await;
}

#[tokio::test]
async fn a_project_that_another_refers_to_is_deleted_only_with_force_and_hidden_ones_are_not_told_of()
 {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.create_project("one", project("One")).await;
        let relation = ProjectRelation {
            kind: project_relation::Kind::Child.into(),
            project: "projects/one".to_owned(),
            ..ProjectRelation::default()
        };
        let around = Project { relations: vec![relation], ..project("Around") };
        let hidden = Project { tier: WireTier::Confidential.into(), ..around.clone() };
        running.create_project("", hidden).await;
        let mut low = running.editor(Desks::ALL, Tier::Public);

        let refusal = running.delete_project(false).await.unwrap_err();
        let unseen = low.projects.delete_project(delete(false)).await.unwrap().into_inner();
        running.projects.undelete_project(undelete()).await.unwrap();
        running.create_project("around", around).await;
        let seen = low.projects.delete_project(delete(false)).await.unwrap_err();
        running.delete_project(true).await.unwrap();

        assert_eq!(reason(&refusal), "IS_REFERENCED");
        assert!(unseen.delete_time.is_some(), "hidden is as missing");
        assert_eq!(reason(&seen), "IS_REFERENCED");
        assert!(seen.message().contains("projects/around"), "{}", seen.message());
    })
    .await;
}

/// The record itself, as another process has it.
async fn record(url: &str) -> Chronicle {
    let db = chronicle::database::open(url).await.unwrap();
    Chronicle::open(db, Arc::new(SystemClock)).await.unwrap()
}

fn call(method: &'static str) -> Call {
    Call { caller: "test".to_owned(), method: method.into(), request: None }
}

impl Running {
    /// Imports a project with more transactions than one batch has, and returns its name.
    async fn import_many(&mut self) -> String {
        let many: String =
            (1..=1100).map(|one| crate::import::paid(&one.to_string(), "2023-01-01")).collect();
        self.import(crate::import::file(&many).as_bytes()).await;
        crate::import::imported(self).await.remove(0).name
    }

    /// How many transactions of a project stand, 1000 at most.
    async fn transactions(&mut self, name: &str) -> usize {
        let request = ListTransactionsRequest {
            parent: name.to_owned(),
            page_size: 1000,
            ..ListTransactionsRequest::default()
        };
        self.transactions.list_transactions(request).await.unwrap().into_inner().transactions.len()
    }

    async fn count(&mut self, name: &str) -> i64 {
        let filter = format!("project = \"{name}\"");
        let all = SumTransactionsRequest { filter, ..SumTransactionsRequest::default() };
        self.sums(all).await.iter().map(|sum| sum.transactions).sum()
    }
}

#[tokio::test]
async fn a_deletion_that_is_refused_deletes_nothing() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let name = running.import_many().await;
        // Its desks are not those of the others.
        let foreign =
            Transaction { recipients: vec![country("UZ", "100")], ..disbursement("1", 1) };
        running.create_transaction(&name, foreign).await;
        let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
        let rehearsed = DeleteProjectRequest { validate_only: true, ..request.clone() };
        let mut low = running.editor(Desks::of_country("KG"), Tier::Public);

        for request in [rehearsed, request.clone()] {
            let refused = low.projects.delete_project(request).await.unwrap_err();
            assert_eq!(reason(&refused), "NOT_GRANTED");
            assert_eq!(running.count(&name).await, 1101);
        }
        let found = running.projects.delete_project(request).await.unwrap().into_inner();
        assert!(found.delete_time.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_goes_on_where_it_was() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let (name, record) = (running.import_many().await, record(&url).await);
        let last = || async {
            record.last::<projects::domain::Project>(&name, &Reader::system()).await.unwrap()
        };

        // After the first of several transactions.
        record.delete(&call("DeleteProjectRequest"), last().await).await.unwrap();
        let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
        let alone = DeleteProjectRequest { force: false, ..request.clone() };
        let refused = running.projects.delete_project(alone).await.unwrap_err();
        assert_eq!(
            (reason(&refused).as_str(), running.transactions(&name).await),
            ("DELETED", 1000)
        );
        let went_on = running.projects.delete_project(request.clone()).await.unwrap().into_inner();
        assert!(went_on.delete_time.is_some());
        assert_eq!(running.transactions(&name).await, 0);
        let done = running.projects.delete_project(request).await.unwrap_err();
        assert_eq!(reason(&done), "DELETED");

        record.undelete(&call("UndeleteProjectRequest"), last().await).await.unwrap();
        let request = UndeleteProjectRequest { name: name.clone(), ..undelete() };
        let back = running.projects.undelete_project(request.clone()).await.unwrap().into_inner();
        assert!(back.delete_time.is_none());
        assert_eq!(running.count(&name).await, 1100);
        let done = running.projects.undelete_project(request).await.unwrap_err();
        assert_eq!(reason(&done), "ALREADY_EXISTS");
    })
    .await;
}

/// Creates transactions until their project is gone.
async fn create_on(mut other: Other, name: String) {
    loop {
        let request = CreateTransactionRequest {
            parent: name.clone(),
            transaction: Some(disbursement("1", 1)),
            ..CreateTransactionRequest::default()
        };
        if let Err(refused) = other.transactions.create_transaction(request).await {
            let reason = reason(&refused);
            assert!(["REFERENCE_MISSING", "PARENT_DELETED"].contains(&&*reason), "{refused:?}");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_created_in_a_project_that_is_being_deleted() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for round in 0..10 {
            let name = running.create_project(&format!("p{round}"), project("One")).await.name;
            let mut writers = JoinSet::new();
            for _ in 0..6 {
                let other = running.editor(Desks::ALL, Tier::Public);
                writers.spawn(create_on(other, name.clone()));
            }
            while running.transactions(&name).await == 0 {}

            let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
            running.projects.delete_project(request).await.unwrap();
            writers.join_all().await;

            assert_eq!(running.transactions(&name).await, 0, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_imported_into_a_project_that_is_being_deleted() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut name = String::new();
        for round in 1..=10 {
            let paid = |day: &str| crate::import::paid(&round.to_string(), day);
            running.import(crate::import::file(&paid("2023-01-01")).as_bytes()).await;
            name = crate::import::imported(&mut running).await.remove(0).name;
            let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
            let mut other = running.editor(Desks::ALL, Tier::Public);
            let file = crate::import::file(&(paid("2023-01-01") + &paid("2023-02-01")));

            let deleting =
                tokio::spawn(async move { other.projects.delete_project(request).await });
            running.import(file.as_bytes()).await;
            deleting.await.unwrap().unwrap();

            assert_eq!(running.transactions(&name).await, 0, "{round}");
            let request = UndeleteProjectRequest { name: name.clone(), ..undelete() };
            running.projects.undelete_project(request).await.unwrap();
        }
        assert!(running.count(&name).await > 0);
    })
    .await;
}
