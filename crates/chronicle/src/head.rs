//! The one row that orders a record: who changes it last commits next.

use std::sync::atomic::{AtomicI64, Ordering};

use policy::{Clearance, Tier};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::columns::id;
use crate::error::{Error, no_head};
use crate::layers::TIERS;

/// Where the record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub seq: i64,
    pub time: i64,
    pub hash: String,
    /// The record time of the last change that can be noticed by readers up to PUBLIC, RESTRICTED,
    /// CONFIDENTIAL.
    pub seen: [i64; 3],
}

impl Head {
    /// The columns of [`Head::seen`].
    pub const SEEN: [&str; 3] = ["public", "restricted", "confidential"];

    /// The column of the head row that tells a reader how far the record has come, and nothing
    /// more.
    pub fn column(clearance: &Clearance) -> &'static str {
        if clearance.is_whole() {
            return "time";
        }
        match clearance.top() {
            Tier::Public | Tier::Unread => "public",
            Tier::Restricted => "restricted",
            Tier::Confidential => "confidential",
            Tier::Secret => "time",
        }
    }

    /// Returns whether a reader can notice a change of something of a tier.
    pub fn is_noticed(tier: Tier, clearance: &Clearance) -> bool {
        let column = Self::column(clearance);
        let place = Self::SEEN.iter().position(|seen| *seen == column);
        place.is_none_or(|place| tier <= TIERS[place])
    }

    /// The head as it is.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, Error> {
        let row = db.query_one(&Self::query()).await?;
        Self::of(&row.ok_or_else(no_head)?)
    }

    /// The head as it is, and the time of the database server in microseconds since 1970 UTC, where
    /// there is one.
    pub async fn read_with_clock(db: &impl ConnectionTrait) -> Result<(Self, Option<i64>), Error> {
        if db.get_database_backend() == DbBackend::Sqlite {
            return Ok((Self::read(db).await?, None));
        }
        let time = Expr::cust("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)");
        let row = db.query_one(Self::query().expr_as(time, id("server"))).await?;
        let row = row.ok_or_else(no_head)?;
        Ok((Self::of(&row)?, Some(row.try_get("", "server")?)))
    }

    fn query() -> SelectStatement {
        let columns = ["seq", "time", "hash"].into_iter().chain(Self::SEEN);
        Query::select().columns(columns.map(id)).from(id("head")).to_owned()
    }

    fn of(row: &QueryResult) -> Result<Self, Error> {
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
            .and_where(Expr::col(id("time")).eq(self.time))
            .and_where(Expr::col(id("hash")).eq(&self.hash));
        for (column, time) in Self::SEEN.into_iter().zip(next.seen) {
            update.value(id(column), time);
        }
        Ok(transaction.execute(&update).await?.rows_affected() == 1)
    }

    /// Takes note of an entry at `time` that readers of `seen` and above can notice.
    pub fn notice(&mut self, time: i64, seen: Tier) {
        for (place, tier) in TIERS.iter().enumerate() {
            if seen <= *tier {
                self.seen[place] = time;
            }
        }
    }
}

/// The heads that readers were answered with last. An instant that is one of them is likely now
/// still, and can be asked for without the conditions of the past: the answer says whether it is.
#[derive(Debug, Default)]
pub(crate) struct LastHeads([AtomicI64; 4]);

impl LastHeads {
    /// Notes the head of an answer.
    pub fn note(&self, clearance: &Clearance, head: i64) {
        self.of(clearance).store(head, Ordering::Relaxed);
    }

    /// Returns whether the last answer had this instant for its head.
    pub fn has(&self, clearance: &Clearance, time: i64) -> bool {
        self.of(clearance).load(Ordering::Relaxed) == time
    }

    fn of(&self, clearance: &Clearance) -> &AtomicI64 {
        let column = Head::column(clearance);
        let place = Head::SEEN.iter().position(|seen| *seen == column);
        &self.0[place.unwrap_or(Head::SEEN.len())]
    }
}
