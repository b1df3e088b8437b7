//! Columns and side tables besides the documents, that can be made again at any time, from a
//! document and the version before.

use std::future::Future;
use std::pin::Pin;

use sea_orm::sea_query::{Expr, ExprTrait, Query, Value};
use sea_orm::{ConnectionTrait, QueryResult};
use sea_orm_migration::SchemaManagerConnection;
use uuid::Uuid;

use crate::about::{self, About};
use crate::columns::{KEY, id, side};
use crate::error::Error;
use crate::layers::{Layers, Stored};
use crate::resource::Resource;
use crate::rows::stored;
use crate::sides::{self, SideValue, kind_of};
use crate::token::Keys;

/// Side rows of one INSERT.
const ROWS: usize = 64;

/// Fills the derived columns and the side tables of all versions of one kind.
pub(crate) type Derive = for<'a> fn(
    &'a SchemaManagerConnection<'a>,
)
    -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// The single columns of a value: its tier, its desks, and its fields.
pub(crate) fn columns<T: Resource>(value: &T) -> Vec<(&'static str, Value)> {
    let mut columns: Vec<(&'static str, Value)> =
        vec![("tier", value.tier().level().into()), ("desks", value.desks().bits().into())];
    let single = |field: &crate::Field<T>| Some((field.path, field.value(value)?));
    columns.extend(T::fields().iter().filter_map(single));
    columns
}

/// Returns whether the column `beside_COLUMN` of a row holds a value.
pub(crate) fn holds(row: &QueryResult, column: &str, value: &Value) -> Result<bool, Error> {
    let column = format!("beside_{column}");
    Ok(match value {
        Value::BigInt(number) => row.try_get::<Option<i64>>("", &column)? == *number,
        Value::Bool(flag) => row.try_get::<Option<bool>>("", &column)? == *flag,
        Value::String(text) => row.try_get::<Option<String>>("", &column)? == *text,
        _ => false,
    })
}

/// The migration that does it for `T`.
pub(crate) fn derive<T: Resource>() -> Derive {
    |db| Box::pin(all::<T>(db))
}

async fn all<T: Resource>(db: &SchemaManagerConnection<'_>) -> Result<(), Error> {
    let keys = Keys::read(db).await?;
    for field in T::fields().iter().filter(|field| field.many()) {
        let table = side(T::KIND, field.path);
        db.execute(&Query::delete().from_table(id(table)).to_owned()).await?;
    }
    let mut before: Option<Stored<T>> = None;
    loop {
        let after = before.as_ref().map_or((Uuid::nil(), 0), |last| (last.uid, last.revision));
        let place = Expr::tuple([Expr::col(id("uid")), Expr::col(id("revision"))]);
        let mut page = Query::select().columns(KEY.map(id)).column(id("document")).take();
        let page = about::select(&mut page, |column| Expr::col(id(column)))
            .from(id(T::KIND))
            .and_where(place.gt(Expr::tuple([Expr::val(after.0), Expr::val(after.1)])))
            .order_by(id("uid"), sea_orm::sea_query::Order::Asc)
            .order_by(id("revision"), sea_orm::sea_query::Order::Asc)
            .limit(500)
            .to_owned();
        let rows = db.query_all(&page).await?;
        for row in &rows {
            let version =
                stored::<T>(&keys, row, &About::read(row)?, row.try_get("", "document")?)?;
            before =
                Some(one(db, before.filter(|before| before.uid == version.uid), version).await?);
        }
        if rows.len() < 500 {
            return Ok(());
        }
    }
}

/// Fills the columns of one version, which follows another of its resource.
async fn one<T: Resource>(
    db: &SchemaManagerConnection<'_>,
    before: Option<Stored<T>>,
    version: Stored<T>,
) -> Result<Stored<T>, Error> {
    let turned = before.as_ref().is_some_and(|before| before.deleted != version.deleted);
    let layers = Layers::of(before.as_ref(), &version.value, turned);
    let mut all = columns(&version.value);
    all.push(("shown", layers.shown.level().into()));
    all.push(("views", layers.views.text()?.into()));
    let update = Query::update()
        .table(id(T::KIND))
        .values(all.into_iter().map(|(name, value)| (id(name), value.into())))
        .and_where(Expr::col(id("uid")).eq(version.uid))
        .and_where(Expr::col(id("revision")).eq(version.revision))
        .to_owned();
    db.execute(&update).await?;
    sides(db, before.as_ref(), &version).await?;
    Ok(version.layered(layers.views))
}

/// Ends the side values that a version no longer has, and begins those that it has and the one
/// before had not.
async fn sides<T: Resource>(
    db: &SchemaManagerConnection<'_>,
    before: Option<&Stored<T>>,
    version: &Stored<T>,
) -> Result<(), Error> {
    for Side { table, opened, closed } in changed_sides(before, &version.value) {
        if !closed.is_empty() {
            db.execute(&sides::end(&table, version.uid, &closed, version.recorded)).await?;
        }
        for some in opened.chunks(ROWS) {
            let columns = kind_of(some).columns();
            let mut insert = Query::insert();
            insert.into_table(id(&table)).columns(columns.into_iter().map(id));
            for value in some {
                insert.values_panic(value.row(version.uid, version.recorded).map(Expr::val));
            }
            db.execute(&insert).await?;
        }
    }
    Ok(())
}

/// The changes of a version in the side table of a field.
pub(crate) struct Side {
    pub table: String,
    pub opened: Vec<SideValue>,
    pub closed: Vec<SideValue>,
}

/// Returns what a version changes in side tables: a version that keeps its parties writes no party
/// row.
pub(crate) fn changed_sides<T: Resource>(before: Option<&Stored<T>>, value: &T) -> Vec<Side> {
    let fields = T::fields().into_iter().filter(crate::Field::many);
    let changed = fields.map(|field| {
        let old = before.map(|stored| field.values(&stored.value)).unwrap_or_default();
        let new = field.values(value);
        let opened = new.iter().filter(|item| !old.contains(item)).cloned().collect();
        let closed = old.into_iter().filter(|item| !new.contains(item)).collect();
        Side { table: side(T::KIND, field.path), opened, closed }
    });
    changed.collect()
}
