//! The record of one service, open.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use machine::clock::Clock;
use policy::Tier;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{DatabaseConnection, Statement};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::columns::id;
use crate::error::Error;
use crate::growth::Growth;
use crate::head::{Head, LastHeads};
use crate::lane::Lanes;
use crate::meters::{Heads, Pools, Watches};
use crate::reader::Reader;
use crate::readers::Readers;
use crate::token::Keys;
use crate::writer::Writer;

/// How often a process asks whether another one wrote, while somebody watches.
const LOOK: Duration = Duration::from_millis(100);
/// How long it waits for the answer before it asks again, on another connection.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);

/// The record of one service.
pub struct Chronicle {
    /// The database, for the queries of the service's own.
    pub db: DatabaseConnection,
    pub(crate) keys: Keys,
    pub(crate) writer: Writer,
    pub(crate) lanes: Lanes,
    pub(crate) readers: Readers,
    pub(crate) growth: Arc<Growth>,
    pub(crate) watches: Watches,
    _pools: Arc<Pools>,
    clock: Arc<dyn Clock>,
    /// The record time of the first change, and its tier, once they are known.
    first: OnceLock<(i64, Tier)>,
    /// The heads that readers were answered with.
    pub(crate) heads: LastHeads,
    /// The record time of the newest change this process knows of: wakes those who watch, and tells
    /// them no more.
    moves: Arc<watch::Sender<i64>>,
    _look: JoinSet<()>,
}

impl Chronicle {
    /// Opens the record in a database whose migrations have run. Must be called in a runtime.
    pub async fn open(db: DatabaseConnection, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let keys = Keys::read(&db).await?;
        let Head { seq, time, .. } = Head::read(&db).await?;
        let head = Arc::new(watch::Sender::new(time));
        Heads::of(&db).reached(seq, time);
        let growth = Arc::new(Growth::from(seq));
        let lanes = Lanes::at(&db);
        let mut tasks = JoinSet::new();
        tasks.spawn(look(db.clone(), Arc::clone(&head)));
        Ok(Self {
            writer: Writer::start(
                db.clone(),
                Arc::clone(&clock),
                Arc::clone(&head),
                Arc::clone(&growth),
            ),
            keys,
            watches: Watches::of(&db),
            _pools: Pools::watch(db.clone(), lanes.apart().clone()),
            lanes,
            readers: Readers::of(&db),
            growth,
            db,
            clock,
            first: OnceLock::new(),
            heads: LastHeads::default(),
            moves: head,
            _look: tasks,
        })
    }

    /// Calls `note` with each statement of a read, long pages and streams apart, for tests that
    /// count them.
    pub fn note_reads(&mut self, note: impl Fn(&Statement) + Send + Sync + 'static) {
        self.readers.note(Box::new(note));
    }

    /// The clock's time, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Today (UTC) by the clock, for questions that name no day.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The record time of the last change that a reader can notice.
    pub async fn head(&self, reader: &Reader) -> Result<i64, Error> {
        let column = Head::column(&reader.clearance);
        let query =
            Query::select().expr_as(Expr::col(id(column)), id("head")).from(id("head")).to_owned();
        let row = self.readers.query_one(&query).await?.ok_or_else(crate::error::no_head)?;
        Ok(row.try_get("", "head")?)
    }

    /// The record time of the newest change this process knows of.
    pub fn known_head(&self) -> i64 {
        *self.moves.borrow()
    }

    /// The record time of the first change, where this reader could notice it; nothing in an empty
    /// record either. Asked once. That nothing is refused, though something public is recorded,
    /// tells that something hidden was recorded before it, and no more: not what, nor when.
    pub(crate) async fn first(&self, reader: &Reader) -> Result<Option<i64>, Error> {
        if let Some(first) = self.first.get() {
            return Ok(noticed(*first, reader));
        }
        let query = Query::select()
            .columns(["time", "kind", "uid"].map(id))
            .from(id("change"))
            .order_by(id("time"), Order::Asc)
            .limit(1)
            .to_owned();
        let Some(row) = self.readers.query_one(&query).await? else { return Ok(None) };
        let uid: Uuid = row.try_get("", "uid")?;
        let version = Query::select()
            .column(id("tier"))
            .from(id(row.try_get::<String>("", "kind")?))
            .and_where(Expr::col(id("uid")).eq(uid))
            .and_where(Expr::col(id("revision")).eq(1))
            .to_owned();
        let created = self.readers.query_one(&version).await?;
        let lost = || Error::Corrupt("what was recorded first is gone".to_owned());
        let tier = Tier::from_level(created.ok_or_else(lost)?.try_get("", "tier")?);
        let first = (row.try_get("", "time")?, tier);
        Ok(noticed(*self.first.get_or_init(|| first), reader))
    }

    /// Wakes when the record has moved, by whatever process.
    pub(crate) fn wake(&self) -> watch::Receiver<i64> {
        self.moves.subscribe()
    }
}

/// The time of a change of something of a tier, where a reader can notice it.
fn noticed((time, tier): (i64, Tier), reader: &Reader) -> Option<i64> {
    Head::is_noticed(tier, &reader.clearance).then_some(time)
}

/// Looks whether another process wrote. A look that fails is made again: those who watch notice
/// nothing but a delay.
async fn look(db: DatabaseConnection, head: Arc<watch::Sender<i64>>) {
    let meters = Heads::of(&db);
    let mut turn = tokio::time::interval(LOOK);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        if head.receiver_count() == 0 {
            continue;
        }
        let known = *head.borrow();
        if let Ok(Ok(found)) = timeout(LOOK_TIMEOUT, Head::read(&db)).await {
            head.send_if_modified(|time| {
                // Earlier than what was known before: the record went back, and those who watch
                // must see whether to a past of theirs.
                let moved = found.time > *time || (found.time < known && *time == known);
                if moved {
                    *time = found.time;
                    meters.reached(found.seq, found.time);
                }
                moved
            });
        }
    }
}
