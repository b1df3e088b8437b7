//! The one writer of a process. What waits while a transaction commits goes into the next one
//! together, so that many callers share a commit; each is answered on its own, and only after it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use machine::clock::Clock;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::apply::{Refusal, apply};
use crate::call::Call;
use crate::clock_check::ClockCheck;
use crate::columns::id;
use crate::connection::WriteConnection;
use crate::entry::Entry;
use crate::error::Error;
use crate::expected::Expected;
use crate::file::File;
use crate::growth::Growth;
use crate::head::Head;
use crate::job::{Job, Unwritten};
use crate::meters::Writes;
use crate::totals::Due;
use crate::unanswered::{ANSWER_TIMEOUT, unanswered};

/// Callers that share one transaction.
const MOST_JOBS: usize = 64;
/// A job of more entries than this is a large one.
const LARGE: usize = 64;
/// Callers that may wait; more wait outside.
const MOST_WAITING: usize = 1024;
/// How often a transaction runs again because another process moved the head.
const MOST_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_micros(500);
/// How often a transaction runs again because the database ended it for the sake of another.
const MAX_ABORTED: u32 = 10;
/// How often the log says that writes are refused for a wrong clock.
const CLOCK_LOG_INTERVAL: Duration = Duration::from_secs(30);
/// How long the first answer to a request id is kept (AIP-155).
const REQUEST_IDS_KEPT: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000_000;

/// The way to the writer.
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    meters: Arc<Writes>,
}

impl Writer {
    /// Starts it; it ends with the last way to it. `head` receives the record time of each commit.
    pub fn start(
        readers: DatabaseConnection,
        clock: Arc<dyn Clock>,
        head: Arc<watch::Sender<i64>>,
        growth: Arc<Growth>,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(MOST_WAITING);
        let meters = Arc::new(Writes::of(&readers));
        let run = Run {
            meters: Arc::clone(&meters),
            file: File::of(&readers),
            connection: WriteConnection::beside(readers),
            clock: ClockCheck::new(clock),
            raised: head,
            growth,
            head: None,
            totals: Due::default(),
            purged: 0,
            refused_by_clock: 0,
            clock_logged: None,
        };
        tokio::spawn(run.run(queue));
        Self { jobs, meters }
    }

    /// Writes all entries in one transaction, or none, and gives their record times once they are
    /// durable.
    pub async fn write(
        &self,
        call: Call,
        entries: Vec<Entry>,
        expected: Expected,
    ) -> Result<Vec<i64>, Unwritten> {
        self.send(call, entries, expected, None).await
    }

    /// Keeps the request id of a call that is answered by a version as it stands.
    pub async fn keep_answer(&self, call: Call, version: (Uuid, i64)) -> Result<(), Error> {
        let (entries, expected) = (Vec::new(), Expected::default());
        self.send(call, entries, expected, Some(version)).await?;
        Ok(())
    }

    async fn send(
        &self,
        call: Call,
        entries: Vec<Entry>,
        expected: Expected,
        answer: Option<(Uuid, i64)>,
    ) -> Result<Vec<i64>, Unwritten> {
        let gone = || Unwritten::Failed(Error::Corrupt("the writer has ended".to_owned()));
        let (done, times) = oneshot::channel();
        let (_queued, begun) = (self.meters.queue.hold(), Instant::now());
        let job = Job { call, entries, expected, answer, done };
        self.jobs.send(job).await.map_err(|_| gone())?;
        let times = times.await.map_err(|_| gone())?;
        self.meters.statements.note("COMMIT", begun.elapsed(), times.is_err());
        times
    }
}

struct Run {
    meters: Arc<Writes>,
    /// The file that is written to, where it is one.
    file: Option<File>,
    connection: WriteConnection,
    clock: ClockCheck,
    raised: Arc<watch::Sender<i64>>,
    growth: Arc<Growth>,
    /// The head after our last commit. If it is not the head any more, the transaction notices.
    head: Option<Head>,
    totals: Due,
    purged: i64,
    /// How many transactions were refused for a wrong clock since the process started.
    refused_by_clock: u64,
    clock_logged: Option<Instant>,
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
        loop {
            // A caller that has gone gets no answer, and nothing is written for it.
            jobs.retain(|job| !job.done.is_closed());
            if jobs.is_empty() {
                return;
            }
            match self.transaction(&jobs).await {
                Ok(times) => {
                    for (job, times) in jobs.drain(..).zip(times) {
                        let _gone = job.done.send(Ok(times));
                    }
                }
                // A write that lost a race is refused; the others try again without it.
                Err(Refusal::Lost(lost)) if lost < jobs.len() => {
                    let busy = Unwritten::Failed(Error::Busy);
                    let _gone = jobs.swap_remove(lost).done.send(Err(busy));
                }
                Err(Refusal::Taken | Refusal::Moved) if jobs.len() > 1 => {
                    for job in jobs.drain(..) {
                        Box::pin(self.serve(vec![job])).await;
                    }
                }
                // Nothing of it was written: it waits as long as its callers do.
                Err(Refusal::Failed(error)) if self.waits_for_lock(&error) => tracing::warn!(
                    "writes wait for a lock that another session of PostgreSQL holds, such as a \
                     migration: pg_blocking_pids() names it"
                ),
                // Not tried again: a transaction that failed at its commit may have been committed.
                Err(refusal) => {
                    let error = Unwritten::from(refusal);
                    for job in jobs.drain(..) {
                        let _gone = job.done.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Writes jobs in one transaction. What is written to a file that has left its place meanwhile
    /// is not acknowledged: nobody finds it.
    async fn transaction(&mut self, jobs: &[Job]) -> Result<Vec<Vec<i64>>, Refusal> {
        self.expect_file()?;
        let times = self.tries(jobs).await?;
        self.expect_file()?;
        Ok(times)
    }

    fn expect_file(&self) -> Result<(), Refusal> {
        self.file.as_ref().map_or(Ok(()), File::expect).map_err(Refusal::Failed)
    }

    async fn tries(&mut self, jobs: &[Job]) -> Result<Vec<Vec<i64>>, Refusal> {
        let (begun, mut aborted) = (Instant::now(), 0);
        for tried in 0..MOST_TRIES {
            // Others were first again and again: let them pass.
            if tried > 2 {
                tokio::time::sleep(PAUSE * tried).await;
            }
            let known = self.head.take();
            let is_known = known.is_some();
            let head = match known {
                Some(head) => head,
                None => self.read_head().await?,
            };
            let now = match self.clock.now(head.time) {
                Ok(now) => now,
                // Perhaps what it was compared with is too old.
                Err(_) if is_known => continue,
                Err(why) => return Err(self.refuse_clock(why)),
            };
            match self.in_time(jobs, &head, now).await {
                Ok((times, head)) => {
                    self.raised.send_if_modified(|time| {
                        let later = head.time > *time;
                        *time = Ord::max(*time, head.time);
                        later
                    });
                    self.growth.reached(head.seq);
                    self.meters.head.reached(head.seq, head.time);
                    self.meters.batch.note(u64::try_from(jobs.len()).unwrap_or(u64::MAX));
                    self.meters.commit.time(begun.elapsed());
                    self.head = Some(head);
                    return Ok(times);
                }
                Err(Refusal::Moved) => self.meters.moved.one(),
                // Nothing of it was committed, so it can run again.
                Err(Refusal::Failed(error)) if error.is_aborted() => {
                    aborted += 1;
                    self.meters.aborted.one();
                    tracing::warn!(
                        aborted,
                        "a transaction runs again: a deadlock, or a halt of this process, ended it"
                    );
                    if aborted == MAX_ABORTED {
                        return Err(Refusal::Failed(Error::Busy));
                    }
                }
                Err(refusal) => {
                    let is_kept = matches!(refusal, Refusal::Taken | Refusal::Lost(_));
                    self.head = is_kept.then_some(head);
                    return Err(refusal);
                }
            }
        }
        Err(Refusal::Moved)
    }

    /// Runs a transaction, and gives it up where a server of PostgreSQL went away without a word:
    /// the driver would wait for its answer for ever. It may have been committed all the same.
    async fn in_time(
        &mut self,
        jobs: &[Job],
        head: &Head,
        now: i64,
    ) -> Result<(Vec<Vec<i64>>, Head), Refusal> {
        if self.connection.get().get_database_backend() == DbBackend::Sqlite {
            return self.once(jobs, head, now).await;
        }
        match timeout(ANSWER_TIMEOUT, self.once(jobs, head, now)).await {
            Ok(done) => done,
            Err(_) => Err(self.unanswered().await),
        }
    }

    /// True if another session held a lock for longer than PostgreSQL waits. A SQLite file that is
    /// locked is left to the callers.
    fn waits_for_lock(&self, error: &Error) -> bool {
        let is_sqlite = self.connection.get().get_database_backend() == DbBackend::Sqlite;
        !is_sqlite && error.is_locked()
    }

    /// Takes another connection, for the database does not answer on this one.
    async fn unanswered(&mut self) -> Refusal {
        self.connection.replace().await;
        unanswered().into()
    }

    async fn read_head(&mut self) -> Result<Head, Refusal> {
        let read = timeout(ANSWER_TIMEOUT, Head::read_with_clock(self.connection.get())).await;
        let Ok(read) = read else { return Err(self.unanswered().await) };
        match read {
            Ok((head, server)) => {
                if let Some(server) = server {
                    self.clock.compare_with(server);
                }
                Ok(head)
            }
            Err(error) => {
                self.connection.replace().await;
                Err(error.into())
            }
        }
    }

    /// Tells the operator that nothing is written, now and then, and the caller each time.
    fn refuse_clock(&mut self, why: String) -> Refusal {
        self.refused_by_clock += 1;
        self.meters.refused_by_clock.one();
        if self.clock_logged.is_none_or(|at| at.elapsed() >= CLOCK_LOG_INTERVAL) {
            self.clock_logged = Some(Instant::now());
            let refused_writes = self.refused_by_clock;
            tracing::error!(refused_writes, "clock skew: {why}; writes are refused, check NTP");
        }
        Refusal::Failed(Error::ClockWrong(why))
    }

    async fn once(
        &mut self,
        jobs: &[Job],
        head: &Head,
        now: i64,
    ) -> Result<(Vec<Vec<i64>>, Head), Refusal> {
        let transaction = match self.connection.begin().await {
            Ok(transaction) => transaction,
            Err(error) => {
                self.connection.replace().await;
                return Err(error.into());
            }
        };
        let due = self.totals.with(jobs);
        let outcome = match self.purge_request_ids(&transaction, now).await {
            Ok(()) => apply(&transaction, jobs, head, now, &due).await,
            Err(error) => Err(error.into()),
        };
        let ended = match &outcome {
            Ok(_) => transaction.commit().await,
            Err(_) => transaction.rollback().await,
        };
        // After an error a rollback that succeeded is not trusted either: SQLite may have rolled
        // back before.
        if ended.is_err() || matches!(outcome, Err(Refusal::Failed(_))) {
            self.connection.replace().await;
        }
        if outcome.is_ok() && ended.is_ok() {
            self.totals.note(jobs, &due);
        }
        match (outcome, ended) {
            // It may have been committed all the same.
            (Ok(_), Err(error)) => Err(error.into()),
            // Whatever became of the rollback: what is not committed is gone with the connection.
            (outcome, _) => outcome,
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

/// Divides jobs: those that can share a transaction, and those that write the same resource as one
/// of them, need one that it writes or write one that it needs, or carry the same request id. Only
/// one large job goes into a transaction, so that a single write or reading waits for one of them,
/// however many there are.
fn apart(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut large = false;
    let (mut names, mut needed) = (HashSet::new(), HashSet::new());
    let mut requests = HashSet::new();
    jobs.into_iter().partition(|job| {
        let request =
            job.call.request.map(|(id, _)| (job.call.caller.clone(), job.call.method.clone(), id));
        let free = job.names().all(|name| !(names.contains(name) || needed.contains(name)))
            && job.needs().all(|name| !names.contains(name))
            && request.as_ref().is_none_or(|request| !requests.contains(request))
            && !(large && job.entries.len() > LARGE);
        if free {
            large |= job.entries.len() > LARGE;
            names.extend(job.names().map(ToOwned::to_owned));
            needed.extend(job.needs().map(ToOwned::to_owned));
            requests.extend(request);
        }
        free
    })
}
