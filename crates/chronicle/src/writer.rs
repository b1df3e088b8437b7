//! The one writer of a process. What waits while a transaction commits goes into the next one together, so that many callers
//! share a commit; each is answered on its own, and only after it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::apply::{Refusal, apply};
use crate::entry::Entry;
use crate::error::Error;
use crate::head::Head;
use crate::schema::id;
use crate::write::Call;

/// Callers that share one transaction.
const MOST_JOBS: usize = 64;
/// Callers that may wait; more wait outside.
const MOST_WAITING: usize = 1024;
/// How often a transaction runs again because another process moved the head.
const MOST_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_micros(500);
/// How long the first answer to a request id is kept (AIP-155).
const REQUEST_IDS_KEPT: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000_000;

/// What one caller wants written, whole or not at all.
pub(crate) struct Job {
    pub call: Call,
    pub entries: Vec<Entry>,
    done: oneshot::Sender<Result<Vec<i64>, Error>>,
}

/// The way to the writer.
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts it; it ends with the last way to it. `head` is told the record time of each commit.
    pub fn start(
        db: DatabaseConnection,
        clock: Arc<dyn Clock>,
        head: Arc<watch::Sender<i64>>,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(MOST_WAITING);
        tokio::spawn(Run { db, clock, raised: head, head: None, purged: 0 }.run(queue));
        Self(jobs)
    }

    /// Writes all entries in one transaction, or none, and gives their record times once they are durable.
    pub async fn write(&self, call: Call, entries: Vec<Entry>) -> Result<Vec<i64>, Error> {
        let gone = || Error::Corrupt("the writer has ended".to_owned());
        let (done, answer) = oneshot::channel();
        self.0.send(Job { call, entries, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

struct Run {
    db: DatabaseConnection,
    clock: Arc<dyn Clock>,
    raised: Arc<watch::Sender<i64>>,
    /// The head after our last commit. If it is not the head any more, the transaction notices.
    head: Option<Head>,
    purged: i64,
}

impl Run {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut waiting: Vec<Job> = Vec::new();
        loop {
            if waiting.is_empty() && queue.recv_many(&mut waiting, MOST_JOBS).await == 0 {
                return;
            }
            while waiting.len() < MOST_JOBS
                && let Ok(job) = queue.try_recv()
            {
                waiting.push(job);
            }
            let (together, later) = apart(waiting);
            waiting = later;
            self.serve(together).await;
        }
    }

    async fn serve(&mut self, mut jobs: Vec<Job>) {
        // Who has gone was told nothing, and nothing is written for them.
        jobs.retain(|job| !job.done.is_closed());
        while !jobs.is_empty() {
            match self.transaction(&jobs).await {
                Ok(times) => {
                    for (job, times) in jobs.drain(..).zip(times) {
                        let _gone = job.done.send(Ok(times));
                    }
                }
                // Whoever lost a race is refused; the others try again without them.
                Err(Refusal::Conflict(Some(lost))) if lost < jobs.len() => {
                    let _gone = jobs.swap_remove(lost).done.send(Err(Error::Busy));
                }
                Err(Refusal::Conflict(_) | Refusal::Moved) if jobs.len() > 1 => {
                    for job in jobs.drain(..) {
                        let alone = self.transaction(std::slice::from_ref(&job)).await;
                        let times = alone.map(|mut times| times.pop().unwrap_or_default());
                        let _gone = job.done.send(times.map_err(Into::into));
                    }
                }
                // Not tried again: a transaction that failed at its commit may have been committed.
                Err(refusal) => {
                    let error = Error::from(refusal);
                    for job in jobs.drain(..) {
                        let _gone = job.done.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn transaction(&mut self, jobs: &[Job]) -> Result<Vec<Vec<i64>>, Refusal> {
        for tried in 0..MOST_TRIES {
            // Others were first again and again: let them pass.
            if tried > 2 {
                tokio::time::sleep(PAUSE * tried).await;
            }
            let head = match self.head.take() {
                Some(head) => head,
                None => Head::read(&self.db).await?,
            };
            match self.once(jobs, &head).await {
                Ok((times, head)) => {
                    self.raised.send_if_modified(|time| {
                        let later = head.time > *time;
                        *time = Ord::max(*time, head.time);
                        later
                    });
                    self.head = Some(head);
                    return Ok(times);
                }
                Err(Refusal::Moved) => {}
                Err(refusal) => {
                    self.head = matches!(refusal, Refusal::Conflict(_)).then_some(head);
                    return Err(refusal);
                }
            }
        }
        Err(Refusal::Moved)
    }

    async fn once(&mut self, jobs: &[Job], head: &Head) -> Result<(Vec<Vec<i64>>, Head), Refusal> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let now = self.clock.now();
        let transaction = self.db.begin_with_options(options).await?;
        self.purge_request_ids(&transaction, now).await?;
        match apply(&transaction, jobs, head, now).await {
            Ok(written) => {
                transaction.commit().await?;
                Ok(written)
            }
            Err(refusal) => {
                transaction.rollback().await?;
                Err(refusal)
            }
        }
    }

    /// Once an hour, within a write: forgets the request ids that are too old.
    async fn purge_request_ids(
        &mut self,
        db: &impl ConnectionTrait,
        now: i64,
    ) -> Result<(), Error> {
        if now - self.purged < HOUR {
            return Ok(());
        }
        let old = Expr::col(id("time")).lt(now - REQUEST_IDS_KEPT);
        db.execute(&Query::delete().from_table(id("request")).and_where(old).to_owned()).await?;
        self.purged = now;
        Ok(())
    }
}

/// Those that can share a transaction, and those that touch the same resource or carry the same request id as one of them.
fn apart(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut names: HashSet<(&'static str, String)> = HashSet::new();
    let mut requests = HashSet::new();
    jobs.into_iter().partition(|job| {
        let request =
            job.call.request.map(|(id, _)| (job.call.caller.clone(), job.call.method.clone(), id));
        let touched = job
            .entries
            .iter()
            .filter_map(|entry| Some((entry.kind, entry.version.as_ref()?.name.clone())));
        let touched: Vec<_> = touched.collect();
        let free = touched.iter().all(|name| !names.contains(name))
            && request.as_ref().is_none_or(|request| !requests.contains(request));
        if free {
            names.extend(touched);
            requests.extend(request);
        }
        free
    })
}
