//! The one row that orders a record: who changes it last commits next.

use policy::{Sight, Tier};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use crate::error::Error;
use crate::schema::id;

/// Where the record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub seq: i64,
    pub time: i64,
    pub hash: String,
    /// The record time of the last change that can be noticed by readers up to PUBLIC, RESTRICTED, CONFIDENTIAL.
    pub seen: [i64; 3],
}

impl Head {
    /// The columns of [`Head::seen`].
    pub const SEEN: [&str; 3] = ["public", "restricted", "confidential"];

    /// The column of the head row that tells a reader how far the record has come, and nothing more.
    pub fn column(sight: &Sight) -> &'static str {
        if sight.is_whole() {
            return "time";
        }
        match sight.top() {
            Tier::Public | Tier::Unread => "public",
            Tier::Restricted => "restricted",
            Tier::Confidential => "confidential",
            Tier::Secret => "time",
        }
    }

    /// The head as it is.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, Error> {
        let columns = ["seq", "time", "hash"].into_iter().chain(Self::SEEN);
        let query = Query::select().columns(columns.map(id)).from(id("head")).to_owned();
        let row = db.query_one(&query).await?;
        let row = row.ok_or_else(|| Error::Corrupt("the head row is gone".to_owned()))?;
        let number = |column: &str| row.try_get::<i64>("", column);
        Ok(Self {
            seq: number("seq")?,
            time: number("time")?,
            hash: row.try_get("", "hash")?,
            seen: [number("public")?, number("restricted")?, number("confidential")?],
        })
    }

    /// Moves the head row from `self` to `next`; false if another writer moved it meanwhile.
    pub async fn advance(
        &self,
        transaction: &impl ConnectionTrait,
        next: &Self,
    ) -> Result<bool, Error> {
        let mut update = Query::update();
        update
            .table(id("head"))
            .value(id("seq"), next.seq)
            .value(id("time"), next.time)
            .value(id("hash"), &next.hash)
            .and_where(Expr::col(id("seq")).eq(self.seq))
            .and_where(Expr::col(id("time")).eq(self.time));
        for (column, time) in Self::SEEN.into_iter().zip(next.seen) {
            update.value(id(column), time);
        }
        Ok(transaction.execute(&update).await?.rows_affected() == 1)
    }

    /// Takes note of an entry at `time` that readers of `seen` and above can notice.
    pub fn notice(&mut self, time: i64, seen: Tier) {
        for (place, tier) in [Tier::Public, Tier::Restricted, Tier::Confidential].iter().enumerate()
        {
            if seen <= *tier {
                self.seen[place] = time;
            }
        }
    }
}
