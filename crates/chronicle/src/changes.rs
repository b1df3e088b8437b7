//! A snapshot, then every change after it in the order of its commit: without gaps and without
//! repeats, also while others write.
//!
//! The log is the truth and is read by position; being woken only says when to look. A watcher
//! holds one batch at a time, so a slow one costs no more than a fast one.

mod resume;

use std::marker::PhantomData;
use std::sync::Arc;

use instruments::Held as Counted;
use sea_orm::QueryResult;
use tokio::sync::watch;
use uuid::Uuid;

use crate::Chronicle;
use crate::error::{Error, no_head};
use crate::filter::At;
use crate::held::Held;
use crate::lane::Lane;
use crate::layers::Stored;
use crate::limited::Limited;
use crate::mark::Mark;
use crate::read::{ListRequest, arguments, marked, matching};
use crate::reader::Reader;
use crate::resource::Resource;
use crate::rows::{Room, with_version};
use crate::sent::{EventKind, Sent, Step, Trust};
use crate::shown::{Recorded, Shown};
use crate::watched::{self, BATCH, Stood};

pub use resume::RETENTION;
use resume::{Place, Turn};

/// Batches that concern nobody, which are passed over before the watcher is heard of.
const MOST_PASSED_OVER: usize = 10;

/// One event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<S> {
    /// The kind of the change.
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

impl<V: Held> Event<Stored<V>> {
    fn show(self, recorded: &Recorded<'_>) -> Event<Shown<V>> {
        let Self { kind, uid, name, stored, time, resume_token } = self;
        let stored = stored.map(|stored| recorded.show(stored));
        Event { kind, uid, name, stored, time, resume_token }
    }
}

/// An event made from a line of the log: its kind, its time, and the token to resume from.
type Told = (EventKind, i64, String);
/// A line of the log that makes an event.
type Line<'a> = (&'a QueryResult, Told);

/// A watcher of one kind of resource, that gives resources or [`Kept`](crate::Kept).
pub struct Watcher<V> {
    chronicle: Arc<Chronicle>,
    request: ListRequest,
    /// Of the request.
    arguments: [i64; 4],
    reader: Reader,
    place: Option<Place>,
    /// The mark of the token it goes on from, until it is known not to be too old.
    doubtful: Option<Mark>,
    sent: Sent,
    /// True if there may be more in the log, whatever is known of the head.
    behind: bool,
    /// The record time up to which everything was sent, as far as this reader can see; absent
    /// before the first look.
    told: Option<i64>,
    wake: watch::Receiver<i64>,
    /// True once it has sent all that there was: later changes are sent as they come.
    caught_up: bool,
    _counted: Counted,
    of: PhantomData<fn() -> V>,
}

impl Chronicle {
    /// Watches what matches a filter: from the start, with a snapshot, or from a resume token of a
    /// watch or a list with the same filter.
    pub fn watch<V: Held>(
        self: &Arc<Self>,
        request: ListRequest,
        resume_token: &str,
        reader: Reader,
    ) -> Result<Watcher<V>, Error> {
        // Refused at once, and not with the first change.
        matching::<V::Of>(&request, At::Version)?;
        let arguments = arguments(&request);
        let (place, trust, doubtful) = match resume_token {
            "" => (None, Trust::Whole, None),
            token => {
                let resume = self.resume::<V::Of>(arguments, token, &reader)?;
                let doubtful = self.doubtful(&resume);
                (Some(resume.place), resume.trust, doubtful)
            }
        };
        Ok(Watcher {
            chronicle: Arc::clone(self),
            request,
            arguments,
            reader,
            place,
            doubtful,
            sent: Sent::new(trust),
            behind: true,
            told: None,
            wake: self.wake(),
            caught_up: false,
            _counted: self.watches.watchers.hold(),
            of: PhantomData,
        })
    }
}

impl<V: Held> Watcher<V> {
    /// The next events, as many as are read at a time; none when nothing more has happened yet, or
    /// when many changes were passed over.
    /// `TokenExpired` where it goes on from a token that is too old.
    pub async fn next(&mut self) -> Result<Vec<Event<Shown<V>>>, Error> {
        if let Some(mark) = &self.doubtful {
            self.chronicle.expect_kept::<V>(mark, &self.reader).await?;
            self.doubtful = None;
        }
        let mut passed_over = 0;
        loop {
            let (events, more) = match self.place.clone() {
                None => self.snapshot(None, Uuid::nil()).await?,
                Some(Place::Snapshot(mark, after)) => self.snapshot(Some(mark), after).await?,
                Some(Place::Within(mark, turn, after)) => self.within(mark, turn, after).await?,
                Some(Place::Changes(after)) => self.changes(after).await?,
            };
            // What does not concern this watcher is passed over here, and not all of it at once: its
            // caller has something to say meanwhile.
            passed_over += 1;
            if !events.is_empty() || !more || passed_over >= MOST_PASSED_OVER {
                let shown = events.iter().filter_map(|event| event.stored.as_ref());
                let readings = self.reader.readings(At::Version, shown);
                let recorded = self.chronicle.disclose(&self.reader, readings).await?;
                return Ok(events.into_iter().map(|event| event.show(&recorded)).collect());
            }
        }
    }

    /// Waits until the record has moved.
    pub async fn moved(&mut self) {
        if self.wake.changed().await.is_err() {
            // The record is closed: its server ends this watch, too.
            std::future::pending::<()>().await;
        }
        self.behind = true;
    }

    /// True if the log goes on after what was passed over: the next look need not wait for more.
    pub const fn is_behind(&self) -> bool {
        self.behind
    }

    /// True once the snapshot is through.
    pub const fn is_current(&self) -> bool {
        matches!(self.place, Some(Place::Changes(_) | Place::Within(..)))
    }

    /// The record time up to which everything was sent, as far as this reader can see; 0 before the
    /// first [`Self::next`].
    pub fn read_time(&self) -> i64 {
        self.told.unwrap_or(0)
    }

    /// The token from which a watch resumes after all that was sent.
    pub fn resume_token(&self) -> Result<String, Error> {
        let Some(place) = self.place.clone() else { return Ok(String::new()) };
        let trust = self.sent.trust(place.through());
        let now = self.chronicle.now();
        self.chronicle.resume_token::<V::Of>(self.arguments, place, (trust, now), &self.reader)
    }

    /// The next of what stands, or stood at the instant of a token; and whether there is more.
    async fn snapshot(
        &mut self,
        token: Option<Mark>,
        after: Uuid,
    ) -> Result<(Vec<Event<Stored<V>>>, bool), Error> {
        let at = token.as_ref().map_or(At::Now, |mark| At::Time(mark.time));
        let asked = Stood { at, token: token.as_ref(), parent: None, after };
        let (found, more, mark) = self.stood(asked).await?;
        let time = mark.time;
        self.told = Some(time);
        let mut events = Vec::with_capacity(found.len());
        for (stored, shown) in found {
            self.place = Some(Place::Snapshot(mark.clone(), stored.uid));
            let step = Step { uid: stored.uid, time, was: false, is: true, shown };
            if self.sent.step(step)?.is_some() {
                events.push(event(EventKind::Standing, stored, time, self.resume_token()?));
            }
        }
        if !more {
            self.place = Some(Place::Changes(mark));
        }
        // Of a snapshot that goes on, more may have happened since its instant.
        Ok((events, more || token.is_some()))
    }

    /// The next of what lies within something that was hidden or shown.
    async fn within(
        &mut self,
        mark: Mark,
        turn: Turn,
        after: Uuid,
    ) -> Result<(Vec<Event<Stored<V>>>, bool), Error> {
        let (time, is) = (mark.time, turn.shown);
        // What was hidden was there the instant before.
        let at = At::Time(if is { time } else { time - 1 });
        let asked = Stood { at, token: Some(&mark), parent: Some(&turn.parent), after };
        let (found, more, mark) = self.stood(asked).await?;
        let mut events = Vec::with_capacity(found.len());
        for (stored, shown) in found {
            self.place = Some(Place::Within(mark.clone(), turn.clone(), stored.uid));
            let step = Step { uid: stored.uid, time, was: !is, is, shown };
            if let Some(kind) = self.sent.step(step)? {
                events.push(event(kind, stored, time, self.resume_token()?));
            }
        }
        if !more {
            self.place = Some(Place::Changes(mark));
        }
        Ok((events, true))
    }

    /// A page of what stood, each with whether it could be seen ever since; whether there is more,
    /// and what the instant stands on.
    async fn stood(
        &mut self,
        asked: Stood<'_>,
    ) -> Result<(Vec<(Stored<V>, bool)>, bool, Mark), Error> {
        let statement = watched::stood::<V>(&self.request, &self.reader, asked)?;
        let _turn = self.chronicle.turn(Lane::Stream).await;
        let rows = self.chronicle.ask(Lane::Stream, &Limited(&statement)).await?;
        let (head, mark) = marked(rows.first(), asked.at, asked.token)?;
        self.sent.look(head);
        let found = with_version(&rows)?;
        let size = Ord::min(found.len(), usize::try_from(BATCH).unwrap_or(usize::MAX));
        let page = self.chronicle.load_fitting(Lane::Stream, &found[..size], 1).await?;
        let more = found.len() > page.len();
        let shown = found.iter().map(|row| flag(row, "shown"));
        let page = page.into_iter().zip(shown).map(|(stored, shown)| Ok((stored, shown?)));
        Ok((page.collect::<Result<_, Error>>()?, more, mark))
    }

    /// The next changes; and whether there is more.
    async fn changes(&mut self, after: Mark) -> Result<(Vec<Event<Stored<V>>>, bool), Error> {
        let moved = self.wake.has_changed().unwrap_or(false);
        let known = *self.wake.borrow_and_update();
        if !(self.behind || moved || known > after.time) {
            return Ok((Vec::new(), false));
        }
        let statement = watched::log::<V>(&self.request, &self.reader, &after)?;
        let chronicle = Arc::clone(&self.chronicle);
        let turn = chronicle.turn(Lane::Stream).await;
        let rows = chronicle.ask(Lane::Stream, &Limited(&statement)).await?;
        let first = rows.first().ok_or_else(no_head)?;
        after.check(first.try_get::<Option<String>>("", "mark")?.as_deref())?;
        let hash: String = first.try_get("", "head_hash")?;
        let head = Mark::new(first.try_get("", "head")?, Some(&hash));
        self.sent.look(head.time);
        // How far this reader can notice the record to be must come from the same instant as what
        // was sent.
        let noticed: i64 = first.try_get("", "noticed")?;
        let lines = with_version(&rows)?;
        let (told, through) = self.read(&lines)?;
        self.behind = !through || lines.len() == usize::try_from(BATCH).unwrap_or(usize::MAX);
        // While more is to come, no more was sent than before.
        let before = self.told.unwrap_or_else(|| after.time.min(noticed));
        self.told = Some(if self.behind { before } else { noticed });
        if !self.behind && head.time > after.time {
            self.place = Some(Place::Changes(head));
        }
        if self.caught_up {
            let now = chronicle.now();
            for (_, (_, time, _)) in &told {
                chronicle.watches.sent(*time, now);
            }
        }
        self.caught_up |= !self.behind;
        let (rows, told): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        let versions = chronicle.load::<V>(Lane::Stream, &rows).await?;
        drop(turn);
        let events = versions
            .into_iter()
            .zip(told)
            .map(|(stored, (kind, time, token))| event(kind, stored, time, token));
        Ok((events.collect(), self.behind))
    }

    /// Reads lines of the log up to one that must be looked into, or that a batch has no room for:
    /// what is to be told of which, and whether that was all.
    fn read<'a>(&mut self, lines: &[&'a QueryResult]) -> Result<(Vec<Line<'a>>, bool), Error> {
        let (mut told, mut room) = (Vec::new(), Room::of(Lane::Stream));
        for row in lines {
            let time = row.try_get("", "changed")?;
            let mark = Mark::new(time, Some(&row.try_get::<String>("", "hash")?));
            let parent: String = row.try_get("", "parent")?;
            if !parent.is_empty() {
                if let Some(turn) = self.turn(row, parent)? {
                    if !turn.shown {
                        self.sent.hid(time)?;
                    }
                    self.place = Some(Place::Within(mark, turn, Uuid::nil()));
                    return Ok((told, false));
                }
                self.place = Some(Place::Changes(mark));
                continue;
            }
            let within = flag(row, "within")?;
            let (was, is) = (within && flag(row, "was_in")?, within && flag(row, "is_in")?);
            let shown = flag(row, "shown")?;
            if within && !shown && flag(row, "was_seen")? {
                self.sent.hid(time)?;
            }
            // What changed above this watcher did not happen for them.
            let is_told = if was && is { flag(row, "own")? } else { was || is };
            if is_told && !room.take(row)? {
                return Ok((told, false));
            }
            self.place = Some(Place::Changes(mark));
            if is_told {
                let step = Step { uid: row.try_get("", "uid")?, time, was, is, shown };
                if let Some(kind) = self.sent.step(step)? {
                    told.push((*row, (kind, time, self.resume_token()?)));
                }
            }
        }
        Ok((told, true))
    }

    /// Returns whether a line of the log hid or showed what resources watched lie within.
    fn turn(&self, row: &QueryResult, parent: String) -> Result<Option<Turn>, Error> {
        let (was, shown) = (flag(row, "was_in")?, flag(row, "is_in")?);
        let is_new = row.try_get::<i64>("", "revision")? == 1;
        let scope = self.request.scope.as_ref();
        let is_other = scope.is_some_and(|(field, names)| {
            V::Of::PARENT.is_some_and(|(_, of)| of == *field) && !names.contains(&parent)
        });
        let turned = was != shown && !is_new && !is_other;
        Ok(turned.then_some(Turn { parent, shown }))
    }
}

fn event<V: Held>(
    kind: EventKind,
    stored: Stored<V>,
    time: i64,
    resume_token: String,
) -> Event<Stored<V>> {
    let (uid, name) = (stored.uid, stored.value.guard().name.to_owned());
    let stored = (kind != EventKind::Removed).then_some(stored);
    Event { kind, uid, name, stored, time, resume_token }
}

fn flag(row: &QueryResult, column: &str) -> Result<bool, Error> {
    Ok(row.try_get::<i32>("", column)? == 1)
}
