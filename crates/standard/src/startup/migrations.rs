//! The migrations of a database, beside those of this program. A database may have more: those of a
//! later version, which is rolled out, or was rolled back.

use std::marker::PhantomData;

use chronicle::schema::BREAKS_OLDER;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityName, EntityTrait};
use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};

/// The migrations of a database that differ from those of a program.
pub(super) struct Migrations {
    /// How many of the program it lacks.
    pub pending: usize,
    /// The names of those that the program does not know, sorted.
    pub later: Vec<String>,
}

impl Migrations {
    /// Reads them; changes nothing.
    pub async fn read<M: MigratorTrait>(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let table = seaql_migrations::Entity.table_name();
        let mut later = Vec::new();
        if SchemaManager::new(db).has_table(table).await? {
            let applied = seaql_migrations::Entity::find().all(db).await?;
            later.extend(applied.into_iter().map(|it| it.version));
        }
        let own = names::<M>();
        let pending = own.iter().filter(|name| !later.contains(name)).count();
        later.retain(|name| !own.contains(name));
        later.sort_unstable();
        Ok(Self { pending, later })
    }

    /// Returns one that no older version can live with.
    pub fn breaking(&self) -> Option<&str> {
        self.later.iter().map(String::as_str).find(|name| name.ends_with(BREAKS_OLDER))
    }
}

fn names<M: MigratorTrait>() -> Vec<String> {
    M::migrations().iter().map(|it| it.name().to_owned()).collect()
}

/// The migrations of `M`, for a database that may have more. Without it sea-orm refuses to run any
/// where one that was applied is not in the program.
pub(super) struct Known<M>(PhantomData<M>);

#[async_trait]
impl<M: MigratorTrait> MigratorTrait for Known<M> {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        M::migrations()
    }

    async fn get_migration_models<C>(db: &C) -> Result<Vec<seaql_migrations::Model>, DbErr>
    where
        C: ConnectionTrait,
    {
        let (own, mut applied) = (names::<M>(), M::get_migration_models(db).await?);
        applied.retain(|it| own.contains(&it.version));
        Ok(applied)
    }
}
