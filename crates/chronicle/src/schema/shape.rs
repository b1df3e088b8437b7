//! One table, as it is made and as it grows.

use sea_orm::sea_query::{
    ColumnDef, ColumnType, Index, IndexCreateStatement, Table, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use super::found::Found;
use crate::columns::id;

pub(super) struct Shape {
    pub name: String,
    pub columns: Vec<ColumnDef>,
    pub key: Vec<&'static str>,
}

impl Shape {
    /// The statement that makes the table.
    pub fn create(&self) -> TableCreateStatement {
        self.create_without_key().primary_key(&mut primary(&self.key)).to_owned()
    }

    /// The same without a primary key.
    pub fn create_without_key(&self) -> TableCreateStatement {
        let mut table = Table::create().table(id(&self.name)).to_owned();
        for column in &self.columns {
            table.col(column.clone());
        }
        table
    }

    /// Turns columns of text into those of bytes, where the description says so now, and adds the
    /// columns that are missing, empty; true if there were any to add.
    pub async fn grow(&self, manager: &SchemaManager<'_>, found: &Found) -> Result<bool, DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            self.turn_to_bytes(manager, found).await?;
        }
        let mut grown = false;
        for column in &self.columns {
            if found.column(&self.name, &column.get_column_name()).is_some() {
                continue;
            }
            let table = Table::alter().table(id(&self.name)).add_column(column.clone()).to_owned();
            manager.alter_table(table).await?;
            grown = true;
        }
        Ok(grown)
    }

    /// The columns of before, in which documents were text. SQLite keeps bytes in them beside the
    /// text that is there.
    async fn turn_to_bytes(&self, manager: &SchemaManager<'_>, found: &Found) -> Result<(), DbErr> {
        let (db, table) = (manager.get_connection(), &self.name);
        let of_bytes = |column: &&ColumnDef| column.get_column_type() == Some(&ColumnType::Blob);
        for column in self.columns.iter().filter(of_bytes).map(ColumnDef::get_column_name) {
            if found.column(table, &column) == Some("text") {
                let turn = format!(
                    "ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" DROP DEFAULT, \
                     ALTER COLUMN \"{column}\" TYPE bytea USING convert_to(\"{column}\", 'UTF8')"
                );
                db.execute_unprepared(&turn).await?;
            }
        }
        Ok(())
    }
}

fn primary(columns: &[&str]) -> IndexCreateStatement {
    let mut primary = Index::create();
    for column in columns {
        primary.col(id(*column));
    }
    primary
}
