//! The methods of this service.

use api::rpc::reference_service::{CheckReferences, ListPublications};
use chassis::Service;
use standard::{check_references, contract, list_publications};

use crate::app::App;
use crate::resources;

/// Every method of this service: the standard ones of its resources, and one for the other
/// services.
pub fn service(app: &App) -> anyhow::Result<Service> {
    let records = &app.records;
    resources()
        .methods(records)
        .unary(CheckReferences, &records.references, check_references)
        .unary(ListPublications, &records.references, list_publications)
        .build(Service::new(crate::NAME, contract()))
}
