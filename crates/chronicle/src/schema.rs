//! The tables of the record, made from the descriptions of the resources: the same statements for both engines.
//!
//! A migration calls this once; a test in each service pins the text that comes out, so that a later change of a
//! description is noticed and gets a migration of its own.

use sea_orm::sea_query::{
    Alias, ColumnDef, ConditionalStatement, Expr, ExprTrait, Index, IndexCreateStatement,
    SimpleExpr, SqliteQueryBuilder, Table, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::SchemaManager;

use crate::resource::{Field, Read, Resource};

/// `recorded_to` of a version that still stands. A number, not NULL: compared, indexed and bound like any other.
pub const OPEN: i64 = i64::MAX;

/// The same as a literal: a bound parameter would keep the planners from the partial indexes over open versions.
pub fn open_literal() -> SimpleExpr {
    Expr::cust(OPEN.to_string())
}

pub(crate) fn id(name: impl Into<String>) -> Alias {
    Alias::new(name)
}

/// The side table of a field with many values.
pub(crate) fn side(kind: &str, path: &str) -> String {
    format!("{kind}_{path}")
}

/// Tables and indexes, in the order in which they are created.
#[derive(Default)]
pub struct Schema {
    tables: Vec<TableCreateStatement>,
    indexes: Vec<IndexCreateStatement>,
}

impl Schema {
    /// What every service has: the head row, the change log, the request ids, the secret.
    pub fn service() -> Self {
        let tables = vec![
            table("head", vec![key_number("one"), number("seq"), number("time")])
                .primary_key(&mut primary(&["one"]))
                .to_owned(),
            table(
                "change",
                vec![
                    number("time"),
                    number("seq"),
                    text("kind"),
                    uuid("uid"),
                    number("revision"),
                    text("operation"),
                    text("caller"),
                ],
            )
            .primary_key(&mut primary(&["time"]))
            .to_owned(),
            table(
                "request",
                vec![
                    text("caller"),
                    text("method"),
                    uuid("request"),
                    number("fingerprint"),
                    uuid("uid"),
                    number("revision"),
                    number("time"),
                ],
            )
            .primary_key(&mut primary(&["caller", "method", "request"]))
            .to_owned(),
            table("secret", vec![key_number("one"), text("hex")])
                .primary_key(&mut primary(&["one"]))
                .to_owned(),
        ];
        let indexes = vec![
            index("change_kind", "change", &["kind", "time"]),
            index("request_time", "request", &["time"]),
        ];
        Self { tables, indexes }
    }

    /// Adds the versions of a resource, a side table for each field with many values, and their indexes.
    #[must_use]
    pub fn with<T: Resource>(mut self) -> Self {
        let kind = T::KIND;
        let mut columns = vec![uuid("uid"), number("revision"), text("name"), number("created")];
        columns.extend([
            number("recorded_from"),
            number("recorded_to"),
            flag("deleted"),
            text("document"),
        ]);
        self.indexes.extend([
            // One open version a name, and the way to the version that stood at an instant.
            index(&format!("{kind}_name"), kind, &["name", "recorded_to"]).unique().to_owned(),
            open_index(&format!("{kind}_open"), kind, &["uid"]),
            index(&format!("{kind}_uid_at"), kind, &["uid", "recorded_from", "recorded_to"]),
        ]);
        let mut sides = Vec::new();
        for field in T::fields() {
            if field.many() {
                sides.push(self.side_table(kind, field.path));
                continue;
            }
            columns.push(column(&field));
            if field.sortable {
                self = self.with_order::<T>(field.path);
            }
        }
        self.tables
            .push(table(kind, columns).primary_key(&mut primary(&["uid", "revision"])).to_owned());
        self.tables.extend(sides);
        self
    }

    /// Adds the indexes by which pages are read in the order of a field, or within one value of it: now and at an instant.
    /// A sortable field has them already.
    #[must_use]
    pub fn with_order<T: Resource>(mut self, path: &str) -> Self {
        let kind = T::KIND;
        self.indexes.push(open_index(&format!("{kind}_{path}_open"), kind, &[path, "uid"]));
        self.indexes.push(index(
            &format!("{kind}_{path}_at"),
            kind,
            &[path, "uid", "recorded_from", "recorded_to"],
        ));
        self
    }

    /// Values of a field with many, as intervals of their own: a version that keeps its values writes no row.
    fn side_table(&mut self, kind: &str, path: &str) -> TableCreateStatement {
        let name = side(kind, path);
        self.indexes.push(index(
            &format!("{name}_value"),
            &name,
            &["value", "recorded_to", "uid", "recorded_from"],
        ));
        table(
            &name,
            vec![uuid("uid"), text("value"), number("recorded_from"), number("recorded_to")],
        )
        .primary_key(&mut primary(&["uid", "value", "recorded_from"]))
        .to_owned()
    }

    /// Adds an index on columns of the open versions of a resource, for a query of the service's own.
    #[must_use]
    pub fn with_open_index<T: Resource>(mut self, columns: &[&str]) -> Self {
        self.indexes.push(open_index(
            &format!("{}_{}_open", T::KIND, columns.join("_")),
            T::KIND,
            columns,
        ));
        self
    }

    /// Creates it all, the head row and the secret included.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        for table in &self.tables {
            manager.create_table(table.clone()).await?;
        }
        for index in &self.indexes {
            manager.create_index(index.clone()).await?;
        }
        let db = manager.get_connection();
        let mut secret = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut secret)
            .map_err(|_| DbErr::Custom("the machine gave no random bytes".to_owned()))?;
        let secret = hex::encode(secret);
        db.execute_unprepared("INSERT INTO head (one, seq, time) VALUES (1, 0, 0)").await?;
        db.execute_unprepared(&format!("INSERT INTO secret (one, hex) VALUES (1, '{secret}')"))
            .await?;
        Ok(())
    }

    /// The statements as SQLite text, one a line, for the test that pins them.
    pub fn text(&self) -> String {
        let tables = self.tables.iter().map(|table| table.to_string(SqliteQueryBuilder));
        let indexes = self.indexes.iter().map(|index| index.to_string(SqliteQueryBuilder));
        tables.chain(indexes).map(|statement| statement + ";\n").collect()
    }
}

fn table(name: &str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(id(name)).to_owned();
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

fn primary(columns: &[&str]) -> IndexCreateStatement {
    let mut primary = Index::create();
    for column in columns {
        primary.col(id(*column));
    }
    primary
}

fn index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(id(table)).to_owned();
    for column in columns {
        index.col(id(*column));
    }
    index
}

/// Only the open versions: small, whatever the history, and of no use to a pinned read, which must not be lured into it.
fn open_index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    index(name, table, columns)
        .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
        .to_owned()
}

fn key_number(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).integer().not_null().to_owned()
}

fn number(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).big_integer().not_null().to_owned()
}

fn text(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).text().not_null().to_owned()
}

fn flag(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).boolean().not_null().to_owned()
}

fn uuid(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).uuid().not_null().to_owned()
}

fn column<T>(field: &Field<T>) -> ColumnDef {
    match field.read {
        Read::OptionalText(_) | Read::OptionalChoice(..) => {
            ColumnDef::new(id(field.path)).text().to_owned()
        }
        Read::Number(_) | Read::Day(_) => number(field.path),
        Read::Flag(_) => flag(field.path),
        _ => text(field.path),
    }
}
