//! `registan migrate`: brings databases to the schema of this program.

use std::io::Write;

use chassis::Settings;
use chassis::process::block_on;
use standard::startup::migrate;

use crate::cli::{Migrate, ServiceName};
use crate::serve::defaults;

/// The services that keep a record.
pub const ALL: [ServiceName; 3] =
    [ServiceName::Agreements, ServiceName::Projects, ServiceName::RightsReporting];

pub fn run(arguments: Migrate) -> anyhow::Result<()> {
    let settings = Settings::load_over(defaults(arguments.service), arguments.settings)?;
    anyhow::ensure!(
        settings.database_url.is_none() || arguments.service.is_some(),
        "database_url names one database: say whose it is, for example `registan migrate agreements`"
    );
    let names = arguments.service.map_or_else(|| ALL.to_vec(), |name| vec![name]);
    block_on(async {
        for name in names {
            let (service, ran) = one(name, &settings).await?;
            writeln!(std::io::stdout(), "{service}: {ran} migrations ran")?;
        }
        Ok(())
    })
}

/// Brings the database of one service to the schema of this program; returns the name of the service
/// and how many migrations ran.
pub async fn one(name: ServiceName, settings: &Settings) -> anyhow::Result<(&'static str, usize)> {
    Ok(match name {
        ServiceName::Agreements => (
            agreements::NAME,
            migrate(
                agreements::NAME,
                settings,
                &agreements::store::Migrator,
                &agreements::store::schema(),
            )
            .await?,
        ),
        ServiceName::Projects => (
            projects::NAME,
            migrate(
                projects::NAME,
                settings,
                &projects::store::Migrator,
                &projects::store::schema(),
            )
            .await?,
        ),
        ServiceName::RightsReporting => (
            rights_reporting::NAME,
            migrate(
                rights_reporting::NAME,
                settings,
                &rights_reporting::store::Migrator,
                &rights_reporting::store::schema(),
            )
            .await?,
        ),
        ServiceName::Gateway => anyhow::bail!("the gateway has no database"),
    })
}
