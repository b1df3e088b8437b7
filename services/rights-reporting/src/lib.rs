//! Keeps recommendations and what delegations did about them.
//!
//! A request goes down this list, and its answer comes back up:
//!
//! - [`grpc`]: decodes the request, runs one operation, encodes the answer
//! - [`domain`]: the values and their rules
//! - [`store`]: the tables
//!
//! [`resources`] lists what is kept; tables, references and standard methods are made from it.
//!
//! There is no operation that is more than a standard method. Those are in the crate `standard`;
//! the record itself is the crate `chronicle`.

pub mod app;
pub mod domain;
pub mod grpc;
mod resources;
pub mod store;

use std::sync::Arc;

use anyhow::Context;
use chassis::client::Connection;
use chassis::clock::GuardedClock;
use chassis::{Service, Settings};
use standard::{AskedGrants, CachedGrants};

pub use app::{App, Peers};
pub use resources::resources;

/// The name of this service, in health answers and logs.
pub const NAME: &str = "rights-reporting";

/// Opens the record and gives the gRPC services on it. An error if `settings` do not say where
/// agreements and projects answer; neither of them need be up yet.
pub async fn service(settings: Settings) -> anyhow::Result<Service> {
    let peers = Peers {
        agreements: peer(&settings, "agreements", settings.agreements_url.as_deref())?,
        projects: peer(&settings, "projects", settings.projects_url.as_deref())?,
    };
    let db =
        standard::startup::open_record(NAME, &settings, &store::Migrator, &store::schema()).await?;
    let ground = chronicle::pulse(&db, standard::startup::renewed(&settings));
    let app = App::open(db, Arc::new(GuardedClock::new(settings.clock_tolerance_seconds)), &peers)
        .await?;
    let mut service = grpc::service(&app)?;
    service.ground = Some(ground);
    service.grant_source = Some(Arc::new(CachedGrants::new(AskedGrants::new(&peers.agreements))));
    Ok(service)
}

fn peer(settings: &Settings, name: &'static str, url: Option<&str>) -> anyhow::Result<Connection> {
    let url = url.with_context(|| {
        let variable = name.to_uppercase();
        format!("does not know where {name} answers: set --{name}-url or REGISTAN_{variable}_URL")
    })?;
    Connection::between(settings, NAME, name, url)
}
