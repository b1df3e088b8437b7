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
    let peer = |name| Connection::between(&settings, NAME, name, settings.url_of(name)?);
    let peers = Peers { agreements: peer("agreements")?, projects: peer("projects")? };
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
