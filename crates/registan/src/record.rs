//! The database of a service, opened to be read and not to be changed.

use chassis::Settings;
use chassis::config::Flags;
use chronicle::verify::Kind;
use sea_orm::DatabaseConnection;
use standard::startup::open_existing;

use crate::cli::ServiceName;
use crate::serve::defaults;

/// The record of a service.
pub struct Record {
    /// The name of the service.
    pub name: &'static str,
    /// Its database.
    pub db: DatabaseConnection,
    /// The kinds kept in it.
    pub kinds: Vec<Kind>,
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
