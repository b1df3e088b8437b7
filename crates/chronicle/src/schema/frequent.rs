//! How frequent PostgreSQL is to expect the words that are kept for searches.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManagerConnection;

use super::Schema;

/// How many different words it is told that a kind has: fewer than any real record.
const EXPECTED_WORDS: u32 = 100;

impl Schema {
    /// Has PostgreSQL, when it counts next, expect many rows of any word. Most words are rare, so a
    /// plan for any word would expect few, and go through all rows of a frequent one for each of
    /// the resources whose words are looked up.
    pub(super) async fn expect_frequent_words(
        &self,
        db: &SchemaManagerConnection<'_>,
    ) -> Result<(), DbErr> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for table in &self.words {
            let sql = format!(
                "ALTER TABLE \"{table}\" ALTER COLUMN \"value\" SET (n_distinct = {EXPECTED_WORDS})"
            );
            db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
