//! The one write path: Create, Update, Delete, Undelete, and batches of them for imports.

use policy::Tier;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use crate::Chronicle;
use crate::call::Call;
use crate::columns::{id, v};
use crate::entry::{Entry, gather};
use crate::error::Error;
use crate::expected::Expected;
use crate::filter::At;
use crate::job::Unwritten;
use crate::layers::{Stored, Views};
use crate::reader::{Reader, visible};
use crate::resource::Resource;
use crate::shown::Shown;

impl Chronicle {
    /// Records the first version of a resource. `AlreadyExists` if its name, or the request id, is
    /// taken; `Busy` if what it lies within is deleted, or others wrote first, again and again.
    pub async fn create<T: Resource>(&self, call: &Call, value: T) -> Result<Shown<T>, Error> {
        self.create_if(call, value, Expected::default()).await
    }

    /// As [`Chronicle::create`], if all that is expected holds.
    pub async fn create_if<T: Resource>(
        &self,
        call: &Call,
        value: T,
        expected: Expected,
    ) -> Result<Shown<T>, Error> {
        let (name, entry) = (value.name().to_owned(), Entry::create(&value)?);
        let written = self.commit(call, vec![entry], value, Tier::Secret, expected).await;
        written.map_err(|unwritten| match unwritten {
            Unwritten::Taken => Error::AlreadyExists(name),
            Unwritten::Failed(error) => error,
        })
    }

    /// Records the next version of what was read as `current`. `Busy` if another writer came first.
    pub async fn update<T: Resource>(
        &self,
        call: &Call,
        current: &Stored<T>,
        value: T,
    ) -> Result<Shown<T>, Error> {
        self.update_with(call, current, value, Vec::new(), Expected::default()).await
    }

    /// As [`Chronicle::update`], and other entries in the same transaction, if all that is expected
    /// holds.
    pub async fn update_with<T: Resource>(
        &self,
        call: &Call,
        current: &Stored<T>,
        value: T,
        others: Vec<Entry>,
        expected: Expected,
    ) -> Result<Shown<T>, Error> {
        let (level, entry) = (current.layers.level(), Entry::update(current, &value)?);
        let entries = std::iter::once(entry).chain(others).collect();
        Ok(self.commit(call, entries, value, level, expected).await?)
    }

    /// Records that what was read as `current` is deleted: softly, its name stays taken and its
    /// versions stay readable. `Busy` if another writer came first.
    pub async fn delete<T: Resource>(
        &self,
        call: &Call,
        current: Stored<T>,
    ) -> Result<Shown<T>, Error> {
        self.delete_with(call, current, Vec::new(), Expected::default()).await
    }

    /// As [`Chronicle::delete`], and other entries in the same transaction, if all that is expected
    /// holds.
    pub async fn delete_with<T: Resource>(
        &self,
        call: &Call,
        current: Stored<T>,
        others: Vec<Entry>,
        expected: Expected,
    ) -> Result<Shown<T>, Error> {
        let (level, entry) = (current.layers.level(), Entry::delete(&current)?);
        let entries = std::iter::once(entry).chain(others).collect();
        Ok(self.commit(call, entries, current.value, level, expected).await?)
    }

    /// Records that what was read as `current` stands again, with its last value (AIP-164). `Busy`
    /// if another writer came first.
    pub async fn undelete<T: Resource>(
        &self,
        call: &Call,
        current: Stored<T>,
    ) -> Result<Shown<T>, Error> {
        self.undelete_with(call, current, Vec::new()).await
    }

    /// As [`Chronicle::undelete`], and other entries in the same transaction.
    pub async fn undelete_with<T: Resource>(
        &self,
        call: &Call,
        current: Stored<T>,
        others: Vec<Entry>,
    ) -> Result<Shown<T>, Error> {
        let (level, entry) = (current.layers.level(), Entry::undelete(&current)?);
        let entries = std::iter::once(entry).chain(others).collect();
        Ok(self.commit(call, entries, current.value, level, Expected::default()).await?)
    }

    /// The last version, standing or deleted, for a writer who may see it: not to be shown.
    pub async fn last<T: Resource>(&self, name: &str, reader: &Reader) -> Result<Stored<T>, Error> {
        self.look::<T>(name, At::Now, reader).await.map(|(current, _)| current)
    }

    /// The last version of what stands, for a writer who may see it: not to be shown.
    pub async fn standing<T: Resource>(
        &self,
        name: &str,
        reader: &Reader,
    ) -> Result<Stored<T>, Error> {
        let current = self.last(name, reader).await?;
        current.expect("", true)?;
        Ok(current)
    }

    /// The first answer to this request id, rebuilt from the version it made: for checks, and to be
    /// [shown](Self::show).
    pub async fn answered<T: Resource>(&self, call: &Call) -> Result<Option<Stored<T>>, Error> {
        let Some((request, fingerprint)) = call.request else { return Ok(None) };
        let query = Query::select()
            .columns(["fingerprint", "uid", "revision"].map(id))
            .from(id("request"))
            .and_where(Expr::col(id("caller")).eq(&call.caller))
            .and_where(Expr::col(id("method")).eq(&*call.method))
            .and_where(Expr::col(id("request")).eq(request))
            .to_owned();
        let Some(row) = self.readers.query_one(&query).await? else { return Ok(None) };
        if row.try_get::<i64>("", "fingerprint")? != fingerprint {
            return Err(Error::RequestIdReused(request));
        }
        self.version(row.try_get("", "uid")?, row.try_get("", "revision")?).await.map(Some)
    }

    /// Returns whether a reader may see a version, which may be an old one.
    pub async fn may_see<T: Resource>(
        &self,
        stored: &Stored<T>,
        reader: &Reader,
    ) -> Result<bool, Error> {
        let query = Query::select()
            .expr(Expr::val(1))
            .from_as(id(T::KIND), id("v"))
            .and_where(v("uid").eq(stored.uid))
            .and_where(v("revision").eq(stored.revision))
            .cond_where(visible::<T>(&reader.clearance, At::Version))
            .to_owned();
        Ok(self.readers.query_one(&query).await?.is_some())
    }

    /// Keeps the request id of a call that writes nothing, because all stands already as it is
    /// wanted: sent again, it is answered by this version, even if another one was written
    /// meanwhile. `Busy` if the request id is taken.
    pub async fn keep_answer<T: Resource>(
        &self,
        call: &Call,
        current: &Stored<T>,
    ) -> Result<(), Error> {
        if call.request.is_none() {
            return Ok(());
        }
        self.writer.keep_answer(call.clone(), (current.uid, current.revision)).await
    }

    /// Records all entries; the answer is the version of the first of them, which has this value.
    async fn commit<T: Resource>(
        &self,
        call: &Call,
        entries: Vec<Entry>,
        value: T,
        level: Tier,
        expected: Expected,
    ) -> Result<Shown<T>, Unwritten> {
        let nothing = || Unwritten::Failed(Error::Corrupt("nothing was written".to_owned()));
        let entry = entries.first().ok_or_else(nothing)?;
        let salt = entry.version.as_ref().map_or("", |version| version.salt.as_str());
        let etag = self.keys.etag(entry.uid, entry.revision, salt);
        let stored = entry.stored(0, etag, value);
        let (created, views) = match &entry.version {
            Some(version) => (version.created, version.views.clone()),
            None => (None, Views::default()),
        };
        let times = self.writer.write(call.clone(), entries, expected).await?;
        let time = times.first().copied().ok_or_else(nothing)?;
        let created = created.unwrap_or(time);
        let stored = Stored { recorded: time, created, ..stored }.layered(views);
        Ok(Shown::written(stored.seen_at(level)))
    }

    /// Records all of these versions in one transaction, or none of them, and returns their record
    /// times. No two may be of the same resource. `Busy` if another writer changed one of them
    /// first, took a name, or deleted what a new or undeleted one lies within.
    pub async fn record(&self, call: &Call, entries: Vec<Entry>) -> Result<Vec<i64>, Error> {
        self.record_if(call, entries, Expected::default()).await
    }

    /// As [`Chronicle::record`], if all that is expected holds.
    pub async fn record_if(
        &self,
        call: &Call,
        mut entries: Vec<Entry>,
        expected: Expected,
    ) -> Result<Vec<i64>, Error> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        gather(&mut entries);
        Ok(self.writer.write(call.clone(), entries, expected).await?)
    }
}
