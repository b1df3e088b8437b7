//! Columns of tables, by their types. The defaults are for tables that stand already when a column
//! is added.

use sea_orm::sea_query::ColumnDef;

use crate::columns::id;
use crate::resource::{Field, Read};

pub(super) fn key_number(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).integer().not_null().to_owned()
}

pub(super) fn number(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).big_integer().not_null().default(0).to_owned()
}

pub(super) fn level(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).big_integer().not_null().default(4).to_owned()
}

pub(super) fn text(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).text().not_null().default("").to_owned()
}

/// Never added to a table that stands: without a default.
pub(super) fn bytes(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).blob().not_null().to_owned()
}

pub(super) fn flag(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).boolean().not_null().default(false).to_owned()
}

pub(super) fn uuid(name: &str) -> ColumnDef {
    ColumnDef::new(id(name)).uuid().not_null().to_owned()
}

pub(super) fn column<T>(field: &Field<T>) -> ColumnDef {
    match field.read {
        Read::OptionalText(_) | Read::OptionalChoice(..) => {
            ColumnDef::new(id(field.path)).text().to_owned()
        }
        Read::Number(_) | Read::Day(_) => number(field.path),
        Read::Flag(_) => flag(field.path),
        _ => text(field.path),
    }
}
