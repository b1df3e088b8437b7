//! Transactions above PUBLIC that tell no desk: they are of the desks of their project, whatever
//! becomes of it.

use std::sync::Arc;
use std::time::Duration;

use api::registan::options::v1::Tier as WireTier;
use api::registan::projects::v1::{
    CreateTransactionRequest, DeleteProjectRequest, DeleteTransactionRequest,
    GetTransactionRequest, ListTransactionRevisionsRequest, ListTransactionsRequest, Project,
    SumTransactionsRequest, Transaction, UndeleteProjectRequest, UndeleteTransactionRequest,
    UpdateProjectRequest, UpdateTransactionRequest, WatchTransactionsRequest,
};
use api::registan::r#type::v1::ChangeKind;
use chassis::clock::SystemClock;
use chronicle::verify::verify;
use chronicle::{Call, Chronicle, Entry, Reader};
use policy::{Desks, Tier};
use prost_types::FieldMask;
use sea_orm::ConnectionTrait;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::import::{FIRST, file, imported, paid};
use crate::support::{Other, Running, country, disbursement, on_both, project, reason, serve};

const PARENT: &str = "projects/one";

fn desk(word: &str) -> Desks {
    Desks::word(word).unwrap()
}

fn confidential(amount: &str) -> Transaction {
    Transaction { tier: WireTier::Confidential.into(), ..disbursement(amount, 1) }
}

/// A project of the Kazakh desk with a transaction of each tier that matters here.
async fn recorded(url: &str) -> (Running, Transaction) {
    let mut running = serve(url).await;
    let recipients = vec![country("KZ", "100")];
    running.create_project("one", Project { recipients, ..project("One") }).await;
    let public = running.create_transaction(PARENT, disbursement("1", 1)).await;
    assert!(public.desks.is_empty());
    let hidden = running.create_transaction(PARENT, confidential("10")).await;
    (running, hidden)
}

impl Running {
    async fn give(&mut self, parent: &str, code: &str) {
        self.try_give(parent, code).await.unwrap();
    }

    async fn try_give(&mut self, parent: &str, code: &str) -> Result<(), String> {
        let recipients = vec![country(code, "100")];
        let (name, etag) = (parent.to_owned(), "*".to_owned());
        let project = Project { name, etag, recipients, ..Project::default() };
        let request = UpdateProjectRequest {
            project: Some(project),
            update_mask: Some(FieldMask { paths: vec!["recipients".to_owned()] }),
            ..UpdateProjectRequest::default()
        };
        let given = self.projects.update_project(request).await;
        given.map(|_| ()).map_err(|status| reason(&status))
    }

    async fn change_transaction(&mut self, transaction: Transaction, path: &str) -> Transaction {
        let request = UpdateTransactionRequest {
            transaction: Some(transaction),
            update_mask: Some(FieldMask { paths: vec![path.to_owned()] }),
            ..UpdateTransactionRequest::default()
        };
        self.transactions.update_transaction(request).await.unwrap().into_inner()
    }
}

impl Other {
    async fn get(&mut self, name: &str) -> Result<Transaction, Code> {
        let request = GetTransactionRequest { name: name.to_owned(), ..Default::default() };
        let found = self.transactions.get_transaction(request).await;
        found.map(tonic::Response::into_inner).map_err(|status| status.code())
    }

    /// Returns whether each way to read a transaction shows it; all must agree.
    async fn sees(&mut self, name: &str) -> bool {
        let is_found = self.get(name).await.is_ok();
        let parent = name.rsplitn(3, '/').nth(2).unwrap().to_owned();
        let request = ListTransactionsRequest {
            parent: parent.clone(),
            show_deleted: true,
            ..ListTransactionsRequest::default()
        };
        let listed = self.transactions.list_transactions(request).await.unwrap().into_inner();
        let is_listed = listed.transactions.iter().any(|it| it.name == name);
        let request =
            ListTransactionRevisionsRequest { name: name.to_owned(), ..Default::default() };
        let revisions = self.transactions.list_transaction_revisions(request).await;
        assert_eq!([is_listed, revisions.is_ok()], [is_found; 2], "{name}");
        is_found
    }

    async fn sum(&mut self) -> Vec<String> {
        let sums = self.transactions.sum_transactions(SumTransactionsRequest::default()).await;
        sums.unwrap().into_inner().sums.into_iter().map(|sum| sum.amount).collect()
    }
}

/// Checks that the documents, the rows and the chain fit.
async fn fits(url: &str) {
    let db = chronicle::database::open(url).await.unwrap();
    let found = verify(&db, &projects::store::kinds(), None, |_| {}).await.unwrap();
    assert!(found.is_ok(), "{found:?}");
}

#[tokio::test]
async fn a_transaction_above_public_without_recipients_is_of_the_desks_of_its_project() {
    on_both(|url| async move {
        let (mut running, hidden) = recorded(&url).await;
        let mut own = running.editor(desk("kz"), Tier::Confidential);
        let mut other = running.editor(desk("uz"), Tier::Confidential);

        assert_eq!(hidden.desks, ["desks/kz"]);
        assert!(own.sees(&hidden.name).await && !other.sees(&hidden.name).await);
        assert_eq!(
            (own.sum().await, other.sum().await),
            (vec!["11".to_owned()], vec!["1".to_owned()])
        );
        assert_eq!(own.get(&hidden.name).await.unwrap().desks, ["desks/kz"], "once");
        let request = CreateTransactionRequest {
            parent: PARENT.to_owned(),
            transaction: Some(confidential("5")),
            ..CreateTransactionRequest::default()
        };
        let refused = other.transactions.create_transaction(request).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_GRANTED");

        // Its own recipients come before those of the project.
        let anew = Transaction { etag: "*".to_owned(), ..hidden.clone() };
        let recipients = vec![country("UZ", "100")];
        let given = Transaction { recipients, ..anew.clone() };
        assert_eq!(running.change_transaction(given, "recipients").await.desks, ["desks/uz"]);
        assert!(other.sees(&hidden.name).await && !own.sees(&hidden.name).await);
        let without = Transaction { recipients: Vec::new(), ..anew };
        assert_eq!(running.change_transaction(without, "recipients").await.desks, ["desks/kz"]);
        fits(&url).await;
    })
    .await;
}

#[tokio::test]
async fn what_changes_nothing_records_nothing() {
    on_both(|url| async move {
        let (mut running, hidden) = recorded(&url).await;

        let again = running.change_transaction(hidden.clone(), "value").await;

        assert_eq!((again.etag, again.desks), (hidden.etag, hidden.desks));
    })
    .await;
}

#[tokio::test]
async fn the_desks_of_a_project_change_and_with_them_those_of_its_transactions() {
    on_both(|url| async move {
        let (mut running, hidden) = recorded(&url).await;
        let gone = running.create_transaction(PARENT, confidential("20")).await.name;
        let delete = DeleteTransactionRequest { name: gone.clone(), ..Default::default() };
        running.transactions.delete_transaction(delete).await.unwrap();
        let mut before = running.editor(desk("kz"), Tier::Confidential);
        let mut after = running.editor(desk("uz"), Tier::Confidential);
        let request = WatchTransactionsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let mut watched = before.transactions.watch_transactions(request.clone()).await.unwrap();
        let mut watching = after.transactions.watch_transactions(request).await.unwrap();

        // Then both have what stood.
        watched.get_mut().message().await.unwrap();
        watching.get_mut().message().await.unwrap();

        running.give(PARENT, "UZ").await;

        for name in [&hidden.name, &gone] {
            assert!(after.sees(name).await && !before.sees(name).await, "{name}");
        }
        assert_eq!(
            (before.sum().await, after.sum().await),
            (vec!["1".to_owned()], vec!["11".to_owned()])
        );
        for (stream, kind) in
            [(watched.get_mut(), ChangeKind::Removed), (watching.get_mut(), ChangeKind::Added)]
        {
            loop {
                let message = stream.message().await.unwrap().unwrap();
                let is_it = message.transaction.is_some_and(|it| it.name == hidden.name);
                if message.kind == i32::from(kind) && is_it {
                    break;
                }
            }
        }
        let undelete = UndeleteTransactionRequest { name: gone.clone(), ..Default::default() };
        let back = running.transactions.undelete_transaction(undelete).await.unwrap().into_inner();
        assert_eq!(back.desks, ["desks/uz"]);
        fits(&url).await;
    })
    .await;
}

#[tokio::test]
async fn an_import_that_changes_the_desks_of_a_project_changes_those_of_its_transactions() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let of = paid("100", "2023-01-01");
        running.import(file(&of).as_bytes()).await;
        let water = imported(&mut running).await.into_iter().find(|it| it.iati_identifier == FIRST);
        let water = water.unwrap().name;
        let hidden = running.create_transaction(&water, confidential("10")).await;
        assert_eq!(hidden.desks, ["desks/kg", "desks/tj", "desks/reg"]);

        let moved = file(&of).replace("\"KG\"", "\"UZ\"").replace("\"TJ\"", "\"TM\"");
        running.import(moved.as_bytes()).await;

        let mut of_uz = running.editor(desk("uz"), Tier::Confidential);
        let mut of_kg = running.editor(desk("kg"), Tier::Confidential);
        assert!(of_uz.sees(&hidden.name).await && !of_kg.sees(&hidden.name).await);
        fits(&url).await;
    })
    .await;
}

#[tokio::test]
async fn transactions_of_before_get_the_desks_of_their_project() {
    on_both(|url| async move {
        let (running, _) = recorded(&url).await;
        drop(running);
        let db = chronicle::database::open(&url).await.unwrap();
        let record = Chronicle::open(db.clone(), Arc::new(SystemClock)).await.unwrap();
        let name = "projects/one/transactions/of-before";
        let message = Transaction { name: name.to_owned(), ..confidential("30") };
        let written = Entry::create(&projects::domain::Transaction::of(message)).unwrap();
        record.record(&Call::default(), vec![written]).await.unwrap();
        let before = record.last::<projects::domain::Transaction>(name, &Reader::system()).await;
        assert!(chronicle::Resource::desks(&before.unwrap().value).is_none());
        let undone = "DELETE FROM seaql_migrations WHERE version LIKE '%inherit_desks%'";
        db.execute_unprepared(undone).await.unwrap();

        let running = serve(&url).await;

        let mut own = running.editor(desk("kz"), Tier::Confidential);
        let mut other = running.editor(desk("uz"), Tier::Confidential);
        assert!(own.sees(name).await && !other.sees(name).await);
        fits(&url).await;
    })
    .await;
}

/// Records transactions until it is told to stop; returns how many.
async fn create_on(mut other: Other, stop: CancellationToken) -> usize {
    let mut created = 0;
    // Not without end: the project goes with all of them, and never while more come than it takes.
    while !stop.is_cancelled() && created < 40 {
        let request = CreateTransactionRequest {
            parent: PARENT.to_owned(),
            transaction: Some(confidential("5")),
            ..CreateTransactionRequest::default()
        };
        match other.transactions.create_transaction(request).await {
            Ok(_) => created += 1,
            Err(status) => assert_eq!(reason(&status), "BUSY"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    created
}

/// Raises a transaction of before, as often as others come first.
async fn raise(mut other: Other, name: String) {
    loop {
        let (name, tier) = (name.clone(), WireTier::Confidential.into());
        let request = UpdateTransactionRequest {
            transaction: Some(Transaction { name, tier, ..Transaction::default() }),
            update_mask: Some(FieldMask { paths: vec!["tier".to_owned()] }),
            ..UpdateTransactionRequest::default()
        };
        match other.transactions.update_transaction(request).await {
            Ok(_) => return,
            Err(status) => assert_eq!(reason(&status), "BUSY"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_misses_that_its_project_goes_to_another_desk() {
    on_both(|url| async move {
        let (mut running, _) = recorded(&url).await;
        let (mut writers, stop) = (JoinSet::new(), CancellationToken::new());
        for _ in 0..3 {
            let other = running.editor(Desks::ALL, Tier::Confidential);
            writers.spawn(create_on(other, stop.clone()));
        }
        let mut public = Vec::new();
        for month in 1..=10 {
            let one = running.create_transaction(PARENT, disbursement("5", month)).await;
            public.push(one.name);
        }
        let (mut raised, mut done) = (JoinSet::new(), 0);
        for (round, name) in public.into_iter().enumerate() {
            raised.spawn(raise(running.editor(Desks::ALL, Tier::Confidential), name));
            let code = if round % 2 == 0 { "UZ" } else { "KZ" };
            while let Err(refused) = running.try_give(PARENT, code).await {
                assert_eq!(refused, "BUSY");
            }
            done += 1;
        }
        raised.join_all().await;
        stop.cancel();
        let created: usize = writers.join_all().await.into_iter().sum();

        let mut own = running.editor(desk("kz"), Tier::Confidential);
        let mut other = running.editor(desk("uz"), Tier::Confidential);
        let sum = |of: usize| vec![of.to_string()];
        let all = 1 + 10 + 5 * (created + done);
        assert_eq!((own.sum().await, other.sum().await), (sum(all), sum(1)));
        fits(&url).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_comes_before_the_desks_of_its_project() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        for round in 0..15 {
            let name = format!("projects/p{round}");
            let mut writers = JoinSet::new();
            for _ in 0..6 {
                let (mut other, parent) =
                    (running.editor(desk("uz"), Tier::Confidential), name.clone());
                writers.spawn(async move {
                    let transaction = Some(confidential("5"));
                    let request =
                        CreateTransactionRequest { parent, transaction, ..Default::default() };
                    let created = other.transactions.create_transaction(request).await;
                    created.map(|_| ()).map_err(|status| reason(&status))
                });
            }
            let project = Project { recipients: vec![country("KZ", "100")], ..project("One") };
            running.create_project(&format!("p{round}"), project).await;

            for created in writers.join_all().await {
                let refused = created.unwrap_err();
                assert!(
                    ["REFERENCE_MISSING", "NOT_GRANTED", "BUSY"].contains(&&*refused),
                    "{refused}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_with_a_project_comes_back_after_its_desks_changed() {
    on_both(|url| async move {
        let (mut running, hidden) = recorded(&url).await;
        let name = PARENT.to_owned();
        let delete = DeleteProjectRequest { name, force: true, ..Default::default() };
        running.projects.delete_project(delete).await.unwrap();
        let undelete = UndeleteProjectRequest { name: PARENT.to_owned(), ..Default::default() };
        let mut low = running.editor(Desks::ALL, Tier::Public);
        low.projects.undelete_project(undelete.clone()).await.unwrap();
        running.give(PARENT, "UZ").await;

        running.projects.undelete_project(undelete).await.unwrap();

        let mut other = running.editor(desk("uz"), Tier::Confidential);
        let back = other.get(&hidden.name).await.unwrap();
        assert_eq!((back.delete_time, back.desks), (None, vec!["desks/uz".to_owned()]));
        fits(&url).await;
    })
    .await;
}
