//! The one way out: a version that goes into an answer, of which the log says, where it must, that
//! it was read or written by its reader. A message is made of nothing else, so none can forget it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;

use policy::Tier;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::Chronicle;
use crate::call::Call;
use crate::columns::{hidden_literal, id, open_literal};
use crate::entry::Entry;
use crate::error::Error;
use crate::filter::At;
use crate::held::Held;
use crate::layers::{Layered, Stored};
use crate::reader::Reader;
use crate::resource::Resource;

/// A version that may go into an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown<T>(Stored<T>);

impl<T> Deref for Shown<T> {
    type Target = Stored<T>;

    fn deref(&self) -> &Stored<T> {
        &self.0
    }
}

impl<T> Shown<T> {
    /// A version that its reader has written: the log records it.
    pub(crate) const fn written(stored: Stored<T>) -> Self {
        Self(stored)
    }

    /// Returns the version that a Create would record at `now`: nothing is in it but what was sent.
    pub const fn unrecorded(value: T, now: i64) -> Self {
        Self(Stored {
            uid: Uuid::nil(),
            revision: 0,
            created: now,
            recorded: now,
            deleted: false,
            etag: String::new(),
            layers: Layered::NONE,
            value,
        })
    }

    /// A version for a message that goes into no answer: one that a write is merged into.
    pub const fn unanswered(stored: Stored<T>) -> Self {
        Self(stored)
    }

    /// Returns the version that an Update would make of it.
    #[must_use]
    pub fn with(self, value: T) -> Self {
        Self(Stored { value, ..self.0 })
    }

    /// The version.
    pub fn into_stored(self) -> Stored<T> {
        self.0
    }
}

/// The audit records of showing versions: none, for most.
#[derive(Default)]
pub(crate) struct Readings {
    /// Of what is above RESTRICTED itself, or has a field that is.
    certain: Vec<Entry>,
    /// Of what may be so because its resource, or the one it lies within, was so since.
    open: Vec<Open>,
    /// True if these may be older versions.
    past: bool,
    /// The column of their parent.
    parent: Option<&'static str>,
}

/// The reading of a version, if something around it was watched since.
struct Open {
    entry: Entry,
    name: String,
    /// Its record time.
    recorded: i64,
}

impl Open {
    /// The name of what it lies within.
    fn around(&self) -> &str {
        self.name.rsplitn(3, '/').nth(2).unwrap_or_default()
    }
}

impl Readings {
    /// Adds those of others of the same kind.
    fn join(&mut self, other: Self) {
        self.certain.extend(other.certain);
        self.open.extend(other.open);
        self.past |= other.past;
        self.parent = self.parent.or(other.parent);
    }
}

/// The proof that the log has what it must have of showing versions to a reader.
pub(crate) struct Recorded<'a>(&'a Reader);

impl Recorded<'_> {
    /// A version that was among the readings, as the reader has it.
    pub fn show<V: Held>(&self, stored: Stored<V>) -> Shown<V> {
        Shown(stored.seen_by(&self.0.clearance))
    }
}

impl Reader {
    /// Returns the audit records of showing these versions, which were current at `at`.
    pub(crate) fn readings<'a, V: Held>(
        &self,
        at: At,
        all: impl IntoIterator<Item = &'a Stored<V>>,
    ) -> Readings {
        let parent = V::Of::PARENT.map(|(kind, _)| kind);
        let mut readings = Readings { past: at != At::Now, parent, ..Readings::default() };
        if self.clearance.is_whole() || !self.clearance.top().is_audited() {
            return readings;
        }
        for stored in all {
            let guard = stored.value.guard();
            let is_shown = || guard.level(&self.clearance).is_audited();
            let entry = || Entry::reading::<V::Of>(stored.uid, stored.revision);
            if guard.tier.is_audited() || (V::Of::AUDITED && is_shown()) {
                readings.certain.push(entry());
            } else if readings.past || readings.parent.is_some() {
                let (name, recorded) = (guard.name.to_owned(), stored.recorded);
                readings.open.push(Open { entry: entry(), name, recorded });
            }
        }
        readings
    }
}

impl Chronicle {
    /// Shows a version to a reader who may see it.
    pub async fn show<V: Held>(
        &self,
        reader: &Reader,
        stored: Stored<V>,
    ) -> Result<Shown<V>, Error> {
        let recorded = self.disclose(reader, reader.readings(At::Version, [&stored])).await?;
        Ok(recorded.show(stored))
    }

    /// The same of several, which were current at `at`.
    pub async fn show_all<V: Held>(
        &self,
        reader: &Reader,
        at: At,
        all: Vec<Stored<V>>,
    ) -> Result<Vec<Shown<V>>, Error> {
        let recorded = self.disclose(reader, reader.readings(at, &all)).await?;
        Ok(all.into_iter().map(|stored| recorded.show(stored)).collect())
    }

    /// Records, as read by `method`, the versions of resources `T` of which something is revealed
    /// without showing them.
    pub async fn told<T: Resource>(
        &self,
        reader: &Reader,
        method: &'static str,
        versions: &[(Uuid, i64)],
    ) -> Result<(), Error> {
        let entry = |(uid, revision): &(Uuid, i64)| Entry::reading::<T>(*uid, *revision);
        let reader = Reader { action: method.to_owned(), ..reader.clone() };
        let certain = versions.iter().map(entry).collect();
        self.disclose(&reader, Readings { certain, ..Readings::default() }).await.map(|_| ())
    }

    /// Records that versions were read; only then may they be shown.
    pub(crate) async fn disclose<'a>(
        &self,
        reader: &'a Reader,
        readings: Readings,
    ) -> Result<Recorded<'a>, Error> {
        let entries = self.due(readings).await?;
        self.log(reader, entries).await
    }

    /// As [`disclose`](Self::disclose) for versions of several kinds, in one record.
    pub(crate) async fn disclose_all<'a>(
        &self,
        reader: &'a Reader,
        all: impl IntoIterator<Item = Readings> + Send,
    ) -> Result<Recorded<'a>, Error> {
        let mut by_parent: BTreeMap<_, Readings> = BTreeMap::new();
        for readings in all {
            let kind = readings.open.first().map(|open| open.entry.kind);
            by_parent.entry(kind).or_default().join(readings);
        }
        let mut entries = Vec::new();
        for readings in by_parent.into_values() {
            entries.extend(self.due(readings).await?);
        }
        self.log(reader, entries).await
    }

    /// The entries that the log must have of readings.
    async fn due(&self, readings: Readings) -> Result<Vec<Entry>, Error> {
        let Readings { certain: mut entries, open, past, parent } = readings;
        let Some(kind) = open.first().map(|open| open.entry.kind) else { return Ok(entries) };
        let (mut own, mut outer) = (HashMap::new(), HashMap::new());
        if past {
            let names = open.iter().map(|open| open.name.as_str()).collect();
            own = self.audited(kind, names, past).await?;
        }
        if let Some(kind) = parent {
            let names = open.iter().map(Open::around).collect();
            outer = self.audited(kind, names, past).await?;
        }
        let is_audited = |open: &Open| {
            let until = |last: Option<&i64>| last.is_some_and(|last| *last > open.recorded);
            until(own.get(&open.name)) || until(outer.get(open.around()))
        };
        entries.extend(open.into_iter().filter(is_audited).map(|open| open.entry));
        Ok(entries)
    }

    async fn log<'a>(
        &self,
        reader: &'a Reader,
        entries: Vec<Entry>,
    ) -> Result<Recorded<'a>, Error> {
        if !entries.is_empty() {
            let call = Call {
                caller: reader.caller.clone(),
                method: reader.action.clone().into(),
                request: None,
            };
            self.record(&call, entries).await?;
        }
        Ok(Recorded(reader))
    }

    /// Until when each of these was above RESTRICTED the last time: those that are now, or with the
    /// `past` those that ever were.
    async fn audited(
        &self,
        kind: &str,
        names: BTreeSet<&str>,
        past: bool,
    ) -> Result<HashMap<String, i64>, Error> {
        let mut query = Query::select()
            .column(id("name"))
            .expr_as(Expr::col(id("recorded_to")).max(), id("until"))
            .from(id(kind))
            .and_where(Expr::col(id("name")).is_in(names))
            // For the index.
            .and_where(hidden_literal())
            .and_where(Expr::col(id("tier")).gt(Tier::Restricted.level()))
            .group_by_col(id("name"))
            .to_owned();
        if !past {
            query.and_where(Expr::col(id("recorded_to")).eq(open_literal()));
        }
        let rows = self.readers.query_all(&query).await?;
        rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "until")?))).collect()
    }
}
