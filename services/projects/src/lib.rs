//! Keeps organizations, projects and their transactions.
//!
//! A request goes down this list, and its answer comes back up:
//!
//! - [`grpc`]: decodes the request, runs one operation, encodes the answer
//! - [`ops`]: one file per operation that is more than a standard method
//! - [`domain`]: the values and their rules
//! - [`store`]: the tables and the queries
//!
//! [`resources`] lists what is kept; tables, references and standard methods are made from it.
//!
//! The standard methods of all resources are in the crate `standard`; the record itself is the
//! crate `chronicle`; the reader of IATI files is the crate `iati`, what imports have in common the
//! crate `ingest`.

pub mod app;
pub mod domain;
pub mod grpc;
pub mod ops;
mod resources;
pub mod store;

use std::sync::Arc;

use chassis::client::Connection;
use chassis::clock::GuardedClock;
use chassis::{Service, Settings};
use standard::{AskedGrants, CachedGrants};

pub use app::App;
pub use resources::resources;

/// The name of this service, in health answers and logs.
pub const NAME: &str = "projects";

/// Opens the record and gives the gRPC services on it. An error if `settings` do not say where
/// agreements answers; it need not be up yet.
pub async fn service(settings: Settings) -> anyhow::Result<Service> {
    let url = settings.url_of("agreements")?;
    let agreements = Connection::between(&settings, NAME, "agreements", url)?;
    let db =
        standard::startup::open_record(NAME, &settings, &store::Migrator, &store::schema()).await?;
    let ground = chronicle::pulse(&db, standard::startup::renewed(&settings));
    let app =
        App::open(db, Arc::new(GuardedClock::new(settings.clock_tolerance_seconds)), &agreements)
            .await?;
    let mut service = grpc::service(&app)?;
    service.ground = Some(ground);
    service.grant_source = Some(Arc::new(CachedGrants::new(AskedGrants::new(&agreements))));
    Ok(service)
}
