//! `registan doctor`: looks at what a suite or a service needs, changes nothing, and says of each
//! thing whether it is right and what to do.
//!
//! - `finding`: the line that is printed, and the count of problems
//! - `configuration`, `folder`, `database`, `connections`, `keys`, `certificates`, `ports`: what is
//!   looked at

mod certificates;
mod configuration;
mod connections;
mod database;
mod finding;
mod folder;
mod keys;
mod ports;

use chassis::Settings;
use chassis::process::block_on;

use self::finding::{Finding, Report};
use crate::cli::{Doctor, ServiceName};
use crate::migrate::ALL;
use crate::serve::defaults;

pub fn run(arguments: Doctor) -> anyhow::Result<()> {
    let mut report = Report::default();
    let service = arguments.service;
    match Settings::load_over(defaults(service), arguments.settings) {
        Err(error) => {
            report.add([Finding::problem("configuration", format!("{error:#}"), "")])?;
        }
        Ok(settings) => block_on(examine(service, &settings, &mut report))?,
    }
    report.end()
}

async fn examine(
    service: Option<ServiceName>,
    settings: &Settings,
    report: &mut Report,
) -> anyhow::Result<()> {
    report.add(configuration::look(service, settings))?;
    let keeps = service != Some(ServiceName::Gateway);
    if keeps && settings.database_url.is_none() {
        report.add(folder::look(&settings.data_dir))?;
    }
    let file =
        settings.database_url.as_ref().and_then(|url| chronicle::database::file(url.expose()));
    if let Some(file) = file.filter(|_| keeps) {
        report.add(folder::room_for(&file))?;
    }
    let of = service;
    let services = service.map_or_else(|| ALL.to_vec(), |service| vec![service]);
    for service in services.into_iter().filter(|_| keeps) {
        report.add(database::look(service, settings).await)?;
    }
    report.add([keys::look(of, settings).await])?;
    report.add(certificates::look(service, settings))?;
    report.add(ports::look(service, settings).await)?;
    Ok(())
}
