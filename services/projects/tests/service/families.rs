//! Transactions follow their project: it is not deleted under them, they go and come back with it,
//! and no sum counts them meanwhile.

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    DeleteProjectRequest, DeleteTransactionRequest, ListTransactionsRequest, Project,
    ProjectRelation, SumTransactionsRequest, Transaction, UndeleteProjectRequest,
    UndeleteTransactionRequest, project_relation,
};
use policy::{Desks, Tier};
use tonic::{Code, Status};

use crate::support::{Running, disbursement, on_both, project, reason, serve};

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
        let many: String = (1..=1100)
            .map(|number| crate::import::paid(&number.to_string(), "2023-01-01"))
            .collect();
        running.import(crate::import::file(&many).as_bytes()).await;
        let name = crate::import::imported(&mut running).await.remove(0).name;
        let all = SumTransactionsRequest {
            filter: format!("project = \"{name}\""),
            ..SumTransactionsRequest::default()
        };
        let whole = running.sums(all.clone()).await;

        let request = DeleteProjectRequest { name: name.clone(), ..delete(true) };
        running.projects.delete_project(request).await.unwrap();
        let none = running.sums(all.clone()).await;
        let request = UndeleteProjectRequest { name, ..UndeleteProjectRequest::default() };
        running.projects.undelete_project(request).await.unwrap();

        assert!(none.is_empty());
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
