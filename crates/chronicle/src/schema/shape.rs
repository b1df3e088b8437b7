//! One table, as it is made and as it grows.

use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, IndexCreateStatement, Table, TableCreateStatement};
use sea_orm_migration::SchemaManager;

use super::id;

pub(super) struct Shape {
    pub name: String,
    pub columns: Vec<ColumnDef>,
    pub key: Vec<&'static str>,
}

impl Shape {
    pub fn create(&self) -> TableCreateStatement {
        self.create_without_key().primary_key(&mut primary(&self.key)).to_owned()
    }

    pub fn create_without_key(&self) -> TableCreateStatement {
        let mut table = Table::create().table(id(&self.name)).to_owned();
        for column in &self.columns {
            table.col(column.clone());
        }
        table
    }

    /// Adds the columns that are missing, empty; true if there were any.
    pub async fn grow(&self, manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
        let mut grown = false;
        for column in &self.columns {
            if manager.has_column(&self.name, column.get_column_name()).await? {
                continue;
            }
            let table = Table::alter().table(id(&self.name)).add_column(column.clone()).to_owned();
            manager.alter_table(table).await?;
            grown = true;
        }
        Ok(grown)
    }
}

fn primary(columns: &[&str]) -> IndexCreateStatement {
    let mut primary = Index::create();
    for column in columns {
        primary.col(id(*column));
    }
    primary
}
