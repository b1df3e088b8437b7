//! What changed between two instants of the record: what was added, what changed, and what is gone.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use crate::Chronicle;
use crate::error::Error;
use crate::filter::At;
use crate::read::{ListRequest, matching, v, versions};
use crate::reader::Reader;
use crate::resource::{Resource, Stored};
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
    /// The next resources after `after` (by uid) that match a filter at one of two record times and differ between them, and
    /// the uid to go on after; none when all are through. Three queries.
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
        let (mut before, mut now) = (
            self.at_of::<T>(request, &uids, from, reader).await?,
            self.at_of::<T>(request, &uids, to, reader).await?,
        );
        let mut differences = Vec::new();
        for uid in &uids {
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
        let full = u64::try_from(uids.len()).is_ok_and(|length| length == BATCH);
        Ok((differences, uids.last().copied().filter(|_| full)))
    }

    async fn at_of<T: Resource>(
        &self,
        request: &ListRequest,
        uids: &[Uuid],
        time: i64,
        reader: &Reader,
    ) -> Result<HashMap<Uuid, Stored<T>>, Error> {
        if uids.is_empty() {
            return Ok(HashMap::new());
        }
        let at = At::Time(time);
        let query = versions::<T>(at, reader)
            .cond_where(matching::<T>(request, at)?)
            .and_where(v("uid").is_in(uids.iter().copied()))
            .to_owned();
        let mut found = HashMap::new();
        for row in self.db.query_all(&query).await? {
            let stored = self.stored::<T>(&row)?;
            found.insert(stored.uid, stored);
        }
        Ok(found)
    }
}
