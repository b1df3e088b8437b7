//! The hash chain over the change log: each change is hashed together with the hash of the one
//! before and with what it wrote.
//!
//! A version is not hashed as such but as a commitment with a salt that lies beside the version:
//! destroying salt and document makes a person's data unreadable for good, and the chain still
//! holds.

use aws_lc_rs::digest::{Context, SHA256};
use sea_orm::ConnectionTrait;
use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm_migration::SchemaManagerConnection;
use uuid::Uuid;

use crate::columns::id;
use crate::error::Error;

/// Changes read at a time.
pub(crate) const PAGE: u64 = 500;

/// A version as the log commits to it.
pub(crate) struct Committed<'a> {
    pub salt: &'a str,
    pub kind: &'a str,
    pub uid: Uuid,
    pub revision: i64,
    pub name: &'a str,
    pub created: i64,
    pub deleted: bool,
    pub document: &'a [u8],
}

impl Committed<'_> {
    /// SHA-256 in hexadecimal digits.
    pub fn commitment(&self) -> String {
        let mut hash = Hash::new("registan version 1");
        hash.text(self.salt).text(self.kind).bytes(self.uid.as_bytes()).number(self.revision);
        hash.text(self.name).number(self.created).number(self.deleted.into()).bytes(self.document);
        hash.finish()
    }
}

/// A change as the chain has it.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub seq: i64,
    pub time: i64,
    pub kind: String,
    pub uid: Uuid,
    pub revision: i64,
    pub operation: String,
    pub caller: String,
    pub method: String,
    pub commitment: String,
}

impl Link {
    /// The columns of [`Link::of`], of the change log under the name `c`.
    pub const COLUMNS: [&str; 9] =
        ["seq", "time", "kind", "uid", "revision", "operation", "caller", "method", "commitment"];

    /// Reads a line of the log.
    pub fn of(row: &QueryResult) -> Result<Self, Error> {
        Ok(Self {
            seq: row.try_get("", "seq")?,
            time: row.try_get("", "time")?,
            kind: row.try_get("", "kind")?,
            uid: row.try_get("", "uid")?,
            revision: row.try_get("", "revision")?,
            operation: row.try_get("", "operation")?,
            caller: row.try_get("", "caller")?,
            method: row.try_get("", "method")?,
            commitment: row.try_get("", "commitment")?,
        })
    }

    /// The hash of this change after the one before, in hexadecimal digits.
    pub fn hash(&self, before: &str) -> String {
        let mut hash = Hash::new("registan change 1");
        hash.text(before).number(self.seq).number(self.time).text(&self.kind);
        hash.bytes(self.uid.as_bytes()).number(self.revision).text(&self.operation);
        hash.text(&self.caller).text(&self.method).text(&self.commitment);
        hash.finish()
    }
}

/// A random salt, in hexadecimal digits.
pub(crate) fn salt() -> Result<String, Error> {
    let mut salt = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut salt)
        .map_err(|_| Error::Corrupt("the machine gave no random bytes".to_owned()))?;
    Ok(hex::encode(salt))
}

/// SHA-256 over parts, each with its length before it, so that no two lists of parts run together.
struct Hash(Context);

impl Hash {
    fn new(what: &str) -> Self {
        let mut hash = Self(Context::new(&SHA256));
        hash.text(what);
        hash
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn number(&mut self, number: i64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn finish(self) -> String {
        hex::encode(self.0.finish().as_ref())
    }
}

/// The changes of one kind after a record time, each with what it wrote, in order; and, as
/// `beside_COLUMN`, these columns of the versions.
pub(crate) fn changes_with_versions(kind: &str, after: i64, beside: &[&str]) -> SelectStatement {
    let same = |column: &str| Expr::col((id("v"), id(column))).eq(Expr::col((id("c"), id(column))));
    let mut query = Query::select();
    for column in beside {
        query.expr_as(Expr::col((id("v"), id(*column))), id(format!("beside_{column}")));
    }
    query
        .columns(Link::COLUMNS.map(|column| (id("c"), id(column))))
        .columns(
            ["salt", "name", "created", "recorded_from", "deleted", "document"]
                .map(|column| (id("v"), id(column))),
        )
        .from_as(id("change"), id("c"))
        .join_as(JoinType::LeftJoin, id(kind), id("v"), same("uid").and(same("revision")))
        .and_where(Expr::col((id("c"), id("kind"))).eq(kind))
        .and_where(Expr::col((id("c"), id("time"))).gt(after))
        .order_by((id("c"), id("time")), Order::Asc)
        .limit(PAGE)
        .to_owned()
}

/// Gives every version a salt and every change its commitment and hash, for a log of before it was
/// chained.
pub(crate) async fn seal(db: &SchemaManagerConnection<'_>, kinds: &[&str]) -> Result<(), Error> {
    for kind in kinds {
        let mut after = 0;
        loop {
            let rows = db.query_all(&changes_with_versions(kind, after, &[])).await?;
            for row in &rows {
                after = row.try_get("", "time")?;
                commit(db, kind, row).await?;
            }
            if rows.is_empty() {
                break;
            }
        }
    }
    let (mut after, mut hash) = (0, String::new());
    loop {
        let page = Query::select()
            .columns(Link::COLUMNS.map(id))
            .from(id("change"))
            .and_where(Expr::col(id("time")).gt(after))
            .order_by(id("time"), Order::Asc)
            .limit(PAGE)
            .to_owned();
        let rows = db.query_all(&page).await?;
        for row in &rows {
            let link = Link::of(row)?;
            after = link.time;
            hash = link.hash(&hash);
            let update = Query::update()
                .table(id("change"))
                .value(id("hash"), &hash)
                .and_where(Expr::col(id("time")).eq(link.time))
                .to_owned();
            db.execute(&update).await?;
        }
        if rows.is_empty() {
            break;
        }
    }
    db.execute(&Query::update().table(id("head")).value(id("hash"), hash).to_owned()).await?;
    Ok(())
}

/// Salts one version and writes its commitment into its change.
async fn commit(
    db: &SchemaManagerConnection<'_>,
    kind: &str,
    row: &QueryResult,
) -> Result<(), Error> {
    let link = Link::of(row)?;
    let salt = salt()?;
    let (name, document): (String, Vec<u8>) =
        (row.try_get("", "name")?, row.try_get("", "document")?);
    let commitment = Committed {
        salt: &salt,
        kind,
        uid: link.uid,
        revision: link.revision,
        name: &name,
        created: row.try_get("", "created")?,
        deleted: row.try_get("", "deleted")?,
        document: &document,
    }
    .commitment();
    let version = Query::update()
        .table(id(kind))
        .value(id("salt"), salt)
        .and_where(Expr::col(id("uid")).eq(link.uid))
        .and_where(Expr::col(id("revision")).eq(link.revision))
        .to_owned();
    db.execute(&version).await?;
    let change = Query::update()
        .table(id("change"))
        .value(id("commitment"), commitment)
        .and_where(Expr::col(id("time")).eq(link.time))
        .to_owned();
    db.execute(&change).await?;
    Ok(())
}
