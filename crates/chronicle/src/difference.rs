//! What changed between two instants of the record: what was added, what changed, and what is gone.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::Chronicle;
use crate::error::Error;
use crate::filter::{At, standing};
use crate::read::{ListRequest, matching, v};
use crate::reader::{Reader, visible};
use crate::resource::{Resource, Stored};
use crate::rows::{self, Room};
use crate::schema::id;
use crate::shown::Shown;

/// Resources compared at a time.
const BATCH: u64 = 200;

/// A resource at two instants; at least one is there, and where both are they differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<T> {
    /// As it stood at the first; absent if it was added.
    pub before: Option<Shown<T>>,
    /// As it stood at the second; absent if it is gone.
    pub after: Option<Shown<T>>,
}

impl Chronicle {
    /// The next resources after `after` (by uid) that match a filter at one of two record times and differ between them, as many
    /// as an answer has room for, and the uid to go on after; none when all are through. Three queries, and two for large ones.
    pub async fn difference<T: Resource>(
        &self,
        request: &ListRequest,
        from: i64,
        to: i64,
        after: Uuid,
        reader: &Reader,
    ) -> Result<(Vec<Difference<T>>, Option<Uuid>), Error> {
        let touched = Query::select()
            .distinct()
            .column(id("uid"))
            .from(id("change"))
            .and_where(Expr::col(id("kind")).eq(T::KIND))
            .and_where(Expr::col(id("time")).gt(from))
            .and_where(Expr::col(id("time")).lte(to))
            .and_where(Expr::col(id("operation")).ne("read"))
            .and_where(Expr::col(id("uid")).gt(after))
            .order_by(id("uid"), Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = self.db.query_all(&touched).await?;
        let uids: Vec<Uuid> =
            rows.iter().map(|row| row.try_get("", "uid")).collect::<Result<_, _>>()?;
        let before = self.at_of::<T>(request, &uids, from, reader).await?;
        let now = self.at_of::<T>(request, &uids, to, reader).await?;
        let (mut room, mut through) = (Room::whole(), 0);
        let (mut olds, mut news) = (Vec::new(), Vec::new());
        for uid in &uids {
            let (old, new) = (before.get(uid), now.get(uid));
            if revision(old)? != revision(new)? {
                let rows = old.iter().chain(&new);
                let fits = rows.map(|row| room.take(row)).collect::<Result<Vec<_>, _>>()?;
                if through > 0 && fits.contains(&false) {
                    break;
                }
                olds.extend(old);
                news.extend(new);
            }
            through += 1;
        }
        let mut before = by_uid(self.load::<T>(&olds).await?);
        let mut now = by_uid(self.load::<T>(&news).await?);
        let mut differences = Vec::new();
        for uid in &uids[..through] {
            let (before, after) = (before.remove(uid), now.remove(uid));
            let same = match (&before, &after) {
                (Some(before), Some(after)) => before.value == after.value,
                (None, None) => true,
                _ => false,
            };
            if !same {
                differences.push((before, after));
            }
        }
        let shown = differences.iter().flat_map(|(before, after)| before.iter().chain(after));
        let recorded = self.disclose(reader, reader.readings(At::Version, shown)).await?;
        let show = |stored: Option<Stored<T>>| stored.map(|stored| recorded.show(stored));
        let shown = |(before, after)| Difference { before: show(before), after: show(after) };
        let differences = differences.into_iter().map(shown).collect();
        let more = through < uids.len() || u64::try_from(through).is_ok_and(|all| all == BATCH);
        Ok((differences, uids[..through].last().copied().filter(|_| more)))
    }

    /// Those of the resources that match at a record time, each with its row.
    async fn at_of<T: Resource>(
        &self,
        request: &ListRequest,
        uids: &[Uuid],
        time: i64,
        reader: &Reader,
    ) -> Result<HashMap<Uuid, QueryResult>, Error> {
        if uids.is_empty() {
            return Ok(HashMap::new());
        }
        let at = At::Time(time);
        let query = rows::select(&mut Query::select())
            .from_as(id(T::KIND), id("v"))
            .cond_where(standing("v", at))
            .cond_where(visible::<T>(&reader.sight, at))
            .cond_where(matching::<T>(request, at)?)
            .and_where(v("uid").is_in(uids.iter().copied()))
            .to_owned();
        let mut found = HashMap::new();
        for row in self.db.query_all(&query).await? {
            found.insert(row.try_get("", "uid")?, row);
        }
        Ok(found)
    }
}

fn revision(row: Option<&QueryResult>) -> Result<Option<i64>, Error> {
    Ok(row.map(|row| row.try_get("", "revision")).transpose()?)
}

fn by_uid<T>(all: Vec<Stored<T>>) -> HashMap<Uuid, Stored<T>> {
    all.into_iter().map(|stored| (stored.uid, stored)).collect()
}
