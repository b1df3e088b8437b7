//! The settings, as they were found. Secrets are never shown.

use chassis::config::Serves;
use chassis::{Settings, telemetry};
use policy::Partnership;

use super::finding::Finding;
use crate::cli::ServiceName;
use crate::record;

const WHAT: &str = "configuration";

/// Says what is served where, and refuses what does not fit together.
pub fn look(service: Option<ServiceName>, settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    let named = settings.database_url.is_some();
    if named && service.is_none() {
        let said = "database_url names one database, and a whole suite has three";
        let remedy = "leave it out, or say whose it is: `registan doctor agreements`";
        found.push(Finding::problem(WHAT, said, remedy));
    }
    let unused = settings.refuse_unused(Serves::of(service.map(record::name)));
    for error in [unused, telemetry::check(settings)].into_iter().filter_map(Result::err) {
        found.push(Finding::problem(WHAT, format!("{error:#}"), ""));
    }
    let what = service.map_or("the suite", record::name);
    let kept = match (service, named) {
        (Some(ServiceName::Gateway), _) => "no database of its own".to_owned(),
        (_, true) => "the database that database_url names".to_owned(),
        (_, false) => {
            let folder = chassis::private::absolute(&settings.data_dir);
            format!("SQLite files in {folder}")
        }
    };
    let desks = Partnership::current().desks().len();
    let desks = match &settings.desks {
        Some(_) => format!("{desks} desks of a file"),
        None => format!("the {desks} desks that are built in"),
    };
    found.push(Finding::good(WHAT, format!("{what} at {}, {kept}, {desks}", settings.listen)));
    found
}
