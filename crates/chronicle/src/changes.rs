//! A snapshot, then every change after it in the order of its commit: nothing is missed, nothing comes twice, whoever writes.
//!
//! The log is the truth and is read by position; being woken only says when to look. A watcher holds one batch at a time, so a
//! slow one costs no more than a fast one.

use std::marker::PhantomData;
use std::sync::Arc;

use sea_orm::sea_query::{
    Asterisk, Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use crate::Chronicle;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::filter::At;
use crate::head::Head;
use crate::read::{ListRequest, VERSION, arguments, matching, no_head, v};
use crate::reader::{Reader, visible};
use crate::resource::{Resource, Stored};
use crate::schema::id;
use crate::shown::{Recorded, Shown};

/// Items of a snapshot, or lines of the log, that are read at a time.
const BATCH: u64 = 100;
/// How long a resume token is good for, in microseconds: seven days.
pub const RETENTION: i64 = 7 * 24 * 3_600_000_000;

/// Where a watcher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// In the snapshot of a record time, after a resource.
    Snapshot(i64, Uuid),
    /// After a record time.
    Changes(i64),
}

/// What a resume token holds.
#[derive(Serialize, Deserialize)]
struct Resume {
    place: Place,
    /// When it was given, in microseconds since 1970 UTC; with a list: the instant of the list, so that the same list gives
    /// the same token.
    issued: i64,
    /// Filter and parent, as [`arguments`] gives them.
    arguments: [i64; 2],
}

/// What happened to a resource, as its watcher sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It stands in the snapshot.
    Standing,
    /// It is new, or matches the filter from now on, or may be seen from now on.
    Added,
    /// It was changed.
    Changed,
    /// It was deleted, or no longer matches the filter, or may no longer be seen.
    Removed,
}

/// One event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<S> {
    /// What happened.
    pub kind: EventKind,
    /// The resource, whatever its version.
    pub uid: Uuid,
    /// Its name.
    pub name: String,
    /// The version that stands now; absent for what was removed.
    pub stored: Option<S>,
    /// The record time of the change; of the snapshot for what stood in it.
    pub time: i64,
    /// From where a watch goes on after this event.
    pub resume_token: String,
}

impl<T> Event<Stored<T>> {
    fn show(self, recorded: &Recorded) -> Event<Shown<T>> {
        let Self { kind, uid, name, stored, time, resume_token } = self;
        let stored = stored.map(|stored| recorded.show(stored));
        Event { kind, uid, name, stored, time, resume_token }
    }
}

/// Somebody who watches one kind of resource.
pub struct Watcher<T> {
    chronicle: Arc<Chronicle>,
    request: ListRequest,
    /// Of the request.
    arguments: [i64; 4],
    reader: Reader,
    place: Option<Place>,
    /// The record time up to which everything was told, as far as this reader can notice; absent before the first look.
    told: Option<i64>,
    wake: watch::Receiver<i64>,
    of: PhantomData<fn() -> T>,
}

impl Chronicle {
    /// Watches what matches a filter: from the start, with a snapshot, or from a resume token of a watch or a list with the
    /// same filter.
    pub fn watch<T: Resource>(
        self: &Arc<Self>,
        request: ListRequest,
        resume_token: &str,
        reader: Reader,
    ) -> Result<Watcher<T>, Error> {
        // Refused at once, and not with the first change.
        matching::<T>(&request, At::Version)?;
        let arguments = arguments(&request);
        let place = match resume_token {
            "" => None,
            token => Some(self.resume::<T>(arguments, token)?),
        };
        let (chronicle, wake) = (Arc::clone(self), self.wake());
        let of = PhantomData;
        Ok(Watcher { chronicle, request, arguments, reader, place, told: None, wake, of })
    }

    /// The token from which a watch goes on at a place.
    pub(crate) fn resume_token<T: Resource>(
        &self,
        arguments: [i64; 4],
        place: Place,
        issued: i64,
    ) -> Result<String, Error> {
        let [filter, _, _, parent] = arguments;
        let resume = Resume { place, issued, arguments: [filter, parent] };
        self.keys.seal(&format!("watch {}", T::KIND), &resume)
    }

    fn resume<T: Resource>(&self, arguments: [i64; 4], token: &str) -> Result<Place, Error> {
        let resume: Resume =
            self.keys.open(&format!("watch {}", T::KIND), "resume_token", token)?;
        let [filter, _, _, parent] = arguments;
        let [of_filter, of_parent] = &resume.arguments;
        let other = [("filter", *of_filter != filter), ("parent", *of_parent != parent)];
        let changed = other.iter().find(|(_, differs)| *differs).map(|(argument, _)| argument);
        if let Some(argument) = changed {
            let message = format!(
                "`{argument}` differs from that of the token; start again without resume_token"
            );
            return Err(Error::invalid("resume_token", "RESUME_TOKEN_MISMATCH", message));
        }
        let (Place::Snapshot(time, _) | Place::Changes(time)) = resume.place;
        // Where nothing has happened since, no token is too old.
        if resume.issued < self.now() - RETENTION && self.known_head() > time {
            return Err(Error::TokenExpired);
        }
        Ok(resume.place)
    }
}

impl<T: Resource> Watcher<T> {
    /// The next events, as many as are read at a time; none when nothing more has happened yet.
    pub async fn next(&mut self) -> Result<Vec<Event<Shown<T>>>, Error> {
        let events = match self.place {
            None => self.snapshot(None).await?,
            Some(Place::Snapshot(read_time, after)) => {
                let arguments = self.arguments;
                self.snapshot(Some(Cursor {
                    read_time,
                    asked: None,
                    arguments,
                    after: Vec::new(),
                    uid: after,
                }))
                .await?
            }
            Some(Place::Changes(after)) => self.changes(after).await?,
        };
        let shown = events.iter().filter_map(|event| event.stored.as_ref());
        let readings = self.reader.readings(At::Version, shown);
        let recorded = self.chronicle.disclose(&self.reader, readings).await?;
        Ok(events.into_iter().map(|event| event.show(&recorded)).collect())
    }

    /// Waits until the record has moved.
    pub async fn moved(&mut self) {
        if self.wake.changed().await.is_err() {
            // The record is closed: whoever serves it ends this watch too.
            std::future::pending::<()>().await;
        }
    }

    /// True once the snapshot is through.
    pub const fn is_current(&self) -> bool {
        matches!(self.place, Some(Place::Changes(_)))
    }

    /// The record time up to which everything was told, as far as this reader can notice; 0 before the first [`Self::next`].
    pub fn read_time(&self) -> i64 {
        self.told.unwrap_or(0)
    }

    /// From where a watch goes on after all that was told.
    pub fn resume_token(&self) -> Result<String, Error> {
        match self.place {
            Some(place) => self.token(place),
            None => Ok(String::new()),
        }
    }

    fn token(&self, place: Place) -> Result<String, Error> {
        self.chronicle.resume_token::<T>(self.arguments, place, self.chronicle.now())
    }

    async fn snapshot(&mut self, cursor: Option<Cursor>) -> Result<Vec<Event<Stored<T>>>, Error> {
        let request = ListRequest { page_size: BATCH, ..self.request.clone() };
        let page = self.chronicle.page::<T>(&request, cursor, &self.reader).await?;
        let time = page.read_time;
        self.told = Some(time);
        let mut events = Vec::with_capacity(page.items.len());
        for stored in page.items {
            let place = Place::Snapshot(time, stored.uid);
            self.place = Some(place);
            events.push(Event {
                kind: EventKind::Standing,
                uid: stored.uid,
                name: stored.value.name().to_owned(),
                stored: Some(stored),
                time,
                resume_token: self.token(place)?,
            });
        }
        if page.next_page_token.is_empty() {
            self.place = Some(Place::Changes(time));
        }
        Ok(events)
    }

    async fn changes(&mut self, mut after: i64) -> Result<Vec<Event<Stored<T>>>, Error> {
        let mut events = Vec::new();
        // Pages of changes that do not concern this watcher are passed over here. The first look is always made: how far this
        // reader can notice the record to be must come from the same instant as what was told.
        while events.is_empty() && (*self.wake.borrow_and_update() > after || self.told.is_none()) {
            let rows = self.chronicle.db.query_all(&self.statement(after)?).await?;
            let first = rows.first().ok_or_else(no_head)?;
            let head: i64 = first.try_get("", "head")?;
            self.told = Some(first.try_get("", "noticed")?);
            let mut read = 0;
            for row in &rows {
                if let Some(time) = row.try_get::<Option<i64>>("", "changed")? {
                    read += 1;
                    after = time;
                    events.extend(self.event(row, time)?);
                }
            }
            if read < BATCH {
                after = Ord::max(after, head);
            }
            self.place = Some(Place::Changes(after));
        }
        Ok(events)
    }

    /// What a line of the log means for this watcher.
    fn event(&self, row: &QueryResult, time: i64) -> Result<Option<Event<Stored<T>>>, Error> {
        let (is, was): (i32, i32) = (row.try_get("", "is_in")?, row.try_get("", "was_in")?);
        let kind = match (was == 1, is == 1) {
            (false, false) => return Ok(None),
            (false, true) => EventKind::Added,
            (true, true) => EventKind::Changed,
            (true, false) => EventKind::Removed,
        };
        let stored = self.chronicle.stored::<T>(row)?;
        Ok(Some(Event {
            kind,
            uid: stored.uid,
            name: stored.value.name().to_owned(),
            stored: (is == 1).then_some(stored),
            time,
            resume_token: self.token(Place::Changes(time))?,
        }))
    }

    /// The lines of the log after a record time, with the versions they made, and whether the resource was among those watched
    /// before and is so now.
    fn statement(&self, after: i64) -> Result<SelectStatement, Error> {
        let c = |column: &str| -> SimpleExpr { Expr::col((id("c"), id(column))) };
        let same = |column: &str| v(column).eq(c(column));
        let matches = matching::<T>(&self.request, At::Version)?;
        // Before: by what that version said. Now: besides, by whether it may be seen at all.
        let before = Query::select()
            .expr(Expr::val(1))
            .from_as(id(T::KIND), id("v"))
            .and_where(same("uid"))
            .and_where(v("revision").eq(c("revision").sub(1)))
            .cond_where(matches.clone())
            .cond_where(own(&self.reader))
            .to_owned();
        let now = Condition::all().add(matches).add(visible::<T>(&self.reader.sight, At::Version));
        let flag = |condition: SimpleExpr| Expr::case(condition, 1).finally(0);
        let inner = Query::select()
            .expr_as(c("time"), id("changed"))
            .columns(VERSION.map(|column| (id("v"), id(column))))
            .expr_as(flag(now.into()), id("is_in"))
            .expr_as(flag(Expr::exists(before)), id("was_in"))
            .from_as(id("change"), id("c"))
            .join_as(JoinType::InnerJoin, id(T::KIND), id("v"), same("uid").and(same("revision")))
            .and_where(c("kind").eq(T::KIND))
            .and_where(c("operation").ne("read"))
            .and_where(c("time").gt(after))
            .order_by((id("c"), id("time")), Order::Asc)
            .limit(BATCH)
            .to_owned();
        Ok(Query::select()
            .expr_as(Expr::col((id("h"), id("time"))), id("head"))
            .expr_as(Expr::col((id("h"), id(Head::column(&self.reader.sight)))), id("noticed"))
            .column((id("v"), Asterisk))
            .from_as(id("head"), id("h"))
            .join_subquery(
                JoinType::LeftJoin,
                inner,
                id("v"),
                Condition::all().add(Expr::cust("1 = 1")),
            )
            .order_by((id("v"), id("changed")), Order::Asc)
            .to_owned())
    }
}

/// Whether a version could be seen when it stood, by what it said itself.
fn own(reader: &Reader) -> Condition {
    if reader.sight.is_whole() { Condition::all() } else { reader.sight.condition("v") }
}
