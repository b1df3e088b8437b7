//! The difference between two instants of the record: resources added, changed and deleted.

use std::collections::HashMap;

use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement, UnionType};
use uuid::Uuid;

use crate::Chronicle;
use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::{At, standing};
use crate::held::Held;
use crate::lane::Lane;
use crate::layers::{Stored, same};
use crate::limited::Limited;
use crate::read::{ListRequest, matching};
use crate::reader::{Reader, hidden, visible};
use crate::resource::Resource;
use crate::rows::{self, Room};
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
    /// The next resources after `after` (by uid) that match a filter at one of two record times and
    /// differ between them, as many as an answer has room for, and the uid to go on after; none
    /// when all are through. Three queries, and two for large ones.
    pub async fn difference<T: Resource>(
        &self,
        request: &ListRequest,
        from: i64,
        to: i64,
        after: Uuid,
        reader: &Reader,
    ) -> Result<(Vec<Difference<T>>, Option<Uuid>), Error> {
        // Refused at once, and not only where something changed.
        matching::<T>(request, At::Time(from))?;
        let touched = touched::<T>(from, to, after, reader);
        let turn = self.turn(Lane::Stream).await;
        let rows = self.ask(Lane::Stream, &Limited(&touched)).await?;
        let uids: Vec<Uuid> =
            rows.iter().map(|row| row.try_get("", "uid")).collect::<Result<_, _>>()?;
        let before = self.at_of::<T>(request, &uids, from, reader).await?;
        let now = self.at_of::<T>(request, &uids, to, reader).await?;
        let (mut room, mut through) = (Room::of(Lane::Stream), 0);
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
        let mut before = by_uid(self.load::<T>(Lane::Stream, &olds).await?);
        let mut now = by_uid(self.load::<T>(Lane::Stream, &news).await?);
        drop(turn);
        let mut differences = Vec::new();
        for uid in &uids[..through] {
            let (before, after) = (before.remove(uid), now.remove(uid));
            let same = match (&before, &after) {
                (Some(before), Some(after)) => {
                    let level = after.value.guard().level(&reader.clearance);
                    same(&before.value, &after.value, level)
                }
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

    /// Returns those of the resources that match at a record time, each with its row.
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
            .cond_where(visible::<T>(&reader.clearance, at))
            .cond_where(matching::<T>(request, at)?)
            .and_where(v("uid").is_in(uids.iter().copied()))
            .to_owned();
        let mut found = HashMap::new();
        for row in self.ask(Lane::Stream, &query).await? {
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

/// The next resources after `after` that may differ between two instants: what was changed, and
/// what lies within something that was hidden and is shown again.
fn touched<T: Resource>(from: i64, to: i64, after: Uuid, reader: &Reader) -> SelectStatement {
    let c = |column: &str| Expr::col((id("c"), id(column)));
    let o = |column: &str| Expr::col((id("o"), id(column)));
    let changed = |kind: &str| {
        Query::select()
            .from_as(id("change"), id("c"))
            .and_where(c("kind").eq(kind))
            .and_where(c("time").gt(from))
            .and_where(c("time").lte(to))
            .and_where(c("operation").ne("read"))
            .to_owned()
    };
    let mut all =
        changed(T::KIND).column((id("c"), id("uid"))).and_where(c("uid").gt(after)).to_owned();
    let clearance = &reader.clearance;
    if let Some((kind, field)) = T::PARENT.filter(|_| !clearance.is_whole()) {
        let before = o("revision").eq(c("revision").sub(1));
        let turned = changed(kind)
            .column((id("o"), id("name")))
            .join_as(JoinType::InnerJoin, id(kind), id("o"), o("uid").eq(c("uid")).and(before))
            .cond_where(clearance.condition("o").not())
            .and_where(o("name").not_in_subquery(hidden(kind, "name", clearance)))
            .to_owned();
        let within = Query::select()
            .column((id("v"), id("uid")))
            .from_as(id(T::KIND), id("v"))
            .and_where(v(field).in_subquery(turned))
            .and_where(v("uid").gt(after))
            .to_owned();
        all.union(UnionType::All, within);
    }
    Query::select()
        .distinct()
        .column(id("uid"))
        .from_subquery(all, id("t"))
        .order_by(id("uid"), Order::Asc)
        .limit(BATCH)
        .to_owned()
}
