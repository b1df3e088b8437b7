//! The database of a service, opened to be read and not to be changed.

use anyhow::Context;
use chassis::Settings;
use chassis::config::Flags;
use chronicle::verify::{Checkpoint, Finding, Kind, verify};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use standard::startup::{self, open_existing};

use crate::cli::ServiceName;
use crate::output::counter;
use crate::serve::defaults;
pub use crate::serve::name;

/// The record of a service.
pub struct Record {
    /// The name of the service.
    pub name: &'static str,
    /// Its database.
    pub db: DatabaseConnection,
    /// The kinds kept in it.
    pub kinds: Vec<Kind>,
}

impl Record {
    /// Verifies it, and that it passes a checkpoint noted before, and shows how far that is.
    pub async fn verify(&self, passes: Option<&Checkpoint>) -> anyhow::Result<Finding> {
        let bar = counter(self.name);
        let found = verify(&self.db, &self.kinds, passes, |count| bar.inc(count)).await;
        bar.finish_and_clear();
        Ok(found?)
    }

    /// Returns the name of the last migration that was applied to its database.
    pub async fn schema(&self) -> anyhow::Result<String> {
        let last = "SELECT MAX(version) AS version FROM seaql_migrations";
        let last = Statement::from_string(self.db.get_database_backend(), last);
        let row = self.db.query_one_raw(last).await?.context("no migration was applied")?;
        Ok(row.try_get("", "version")?)
    }
}

/// The settings of a command that reads one database, or, without a service, all of a data folder.
pub fn settings(service: Option<ServiceName>, flags: Flags) -> anyhow::Result<Settings> {
    let settings = Settings::load_over(defaults(service), flags)?;
    anyhow::ensure!(
        settings.database_url.is_none() || service.is_some(),
        "database_url names one database: say whose it is, for example `registan verify agreements`"
    );
    Ok(settings)
}

/// Opens the record of a service; an error where there is none, or where it is older than this
/// program.
pub async fn open(service: ServiceName, settings: &Settings) -> anyhow::Result<Record> {
    Ok(match service {
        ServiceName::Agreements => Record {
            name: agreements::NAME,
            db: open_existing(agreements::NAME, settings, &agreements::store::Migrator).await?,
            kinds: agreements::store::kinds(),
        },
        ServiceName::Projects => Record {
            name: projects::NAME,
            db: open_existing(projects::NAME, settings, &projects::store::Migrator).await?,
            kinds: projects::store::kinds(),
        },
        ServiceName::RightsReporting => Record {
            name: rights_reporting::NAME,
            db: open_existing(rights_reporting::NAME, settings, &rights_reporting::store::Migrator)
                .await?,
            kinds: rights_reporting::store::kinds(),
        },
        ServiceName::Gateway => anyhow::bail!("the gateway has no database"),
    })
}

/// Refuses the database of a service that is older than this program, or that was written with
/// other desks.
pub async fn check(service: ServiceName, db: &DatabaseConnection) -> anyhow::Result<()> {
    let name = name(service);
    match service {
        ServiceName::Agreements => startup::check::<agreements::store::Migrator>(name, db).await,
        ServiceName::Projects => startup::check::<projects::store::Migrator>(name, db).await,
        ServiceName::RightsReporting => {
            startup::check::<rights_reporting::store::Migrator>(name, db).await
        }
        ServiceName::Gateway => anyhow::bail!("the gateway has no database"),
    }
}
