//! What a version row holds besides its document: columns that can be made again from the document at any time.

use std::future::Future;
use std::pin::Pin;

use sea_orm::sea_query::{Expr, ExprTrait, Query, Value};
use sea_orm::{ConnectionTrait, QueryResult};
use sea_orm_migration::SchemaManagerConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::resource::Resource;
use crate::schema::id;

/// Fills the derived columns of all versions of one kind from their documents.
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

/// Whether the column `beside_COLUMN` of a row holds a value.
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
    let mut after = (Uuid::nil(), 0_i64);
    loop {
        let place = Expr::tuple([Expr::col(id("uid")), Expr::col(id("revision"))]);
        let page = Query::select()
            .columns(["uid", "revision", "document"].map(id))
            .from(id(T::KIND))
            .and_where(place.gt(Expr::tuple([Expr::val(after.0), Expr::val(after.1)])))
            .order_by(id("uid"), sea_orm::sea_query::Order::Asc)
            .order_by(id("revision"), sea_orm::sea_query::Order::Asc)
            .limit(500)
            .to_owned();
        let rows = db.query_all(&page).await?;
        for row in &rows {
            let document: String = row.try_get("", "document")?;
            after = (row.try_get("", "uid")?, row.try_get("", "revision")?);
            let value: T = serde_json::from_str(&document)
                .map_err(|error| Error::Corrupt(format!("{} {}: {error}", T::KIND, after.0)))?;
            let update = Query::update()
                .table(id(T::KIND))
                .values(columns(&value).into_iter().map(|(name, value)| (id(name), value.into())))
                .and_where(Expr::col(id("uid")).eq(after.0))
                .and_where(Expr::col(id("revision")).eq(after.1))
                .to_owned();
            db.execute(&update).await?;
        }
        if rows.len() < 500 {
            return Ok(());
        }
    }
}
