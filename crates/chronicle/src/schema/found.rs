//! The tables and indexes that a database has, read at once. Each migration asks for all of them,
//! and a new database runs every migration there ever was: asked for one by one, their columns
//! were tens of thousands of queries.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// Each column: its table, its name, its type.
const COLUMNS_OF_SQLITE: &str = "SELECT t.name AS a, c.name AS b, c.type AS c \
    FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'";
const COLUMNS_OF_POSTGRES: &str = "SELECT CAST(table_name AS text) AS a, \
    CAST(column_name AS text) AS b, CAST(data_type AS text) AS c \
    FROM information_schema.columns WHERE table_schema = current_schema()";
const INDEXES_OF_SQLITE: &str = "SELECT name AS a FROM sqlite_master WHERE type = 'index'";
const INDEXES_OF_POSTGRES: &str =
    "SELECT CAST(indexname AS text) AS a FROM pg_indexes WHERE schemaname = current_schema()";

/// The columns and the indexes that were found.
pub(super) struct Found {
    /// The types of the columns, by table and column.
    columns: HashMap<String, HashMap<String, String>>,
    indexes: HashSet<String>,
}

impl Found {
    pub async fn read<C: ConnectionTrait>(db: &C) -> Result<Self, DbErr> {
        let backend = db.get_database_backend();
        let [columns, indexes] = if backend == DbBackend::Postgres {
            [COLUMNS_OF_POSTGRES, INDEXES_OF_POSTGRES]
        } else {
            [COLUMNS_OF_SQLITE, INDEXES_OF_SQLITE]
        };
        let mut found = Self { columns: HashMap::new(), indexes: HashSet::new() };
        for row in db.query_all_raw(Statement::from_string(backend, columns)).await? {
            let (table, column, of) =
                (row.try_get("", "a")?, row.try_get("", "b")?, row.try_get("", "c")?);
            found.columns.entry(table).or_default().insert(column, of);
        }
        for row in db.query_all_raw(Statement::from_string(backend, indexes)).await? {
            found.indexes.insert(row.try_get("", "a")?);
        }
        Ok(found)
    }

    pub fn has_table(&self, table: &str) -> bool {
        self.columns.contains_key(table)
    }

    /// The type of a column, as the engine names it; nothing where there is no such column.
    pub fn column(&self, table: &str, column: &str) -> Option<&str> {
        Some(self.columns.get(table)?.get(column)?)
    }

    pub fn has_index(&self, index: &str) -> bool {
        self.indexes.contains(index)
    }
}
