//! Decodes a request, runs one operation, encodes the answer.

mod convert;
mod feed;
mod organizations;
mod projects;
mod transactions;

use std::sync::Arc;

use api::registan::projects::v1 as wire;
use api::registan::references::v1::reference_service_server::ReferenceServiceServer;
use chassis::Service;
use standard::{ReferenceServer, limited};
use wire::organization_service_server::OrganizationServiceServer;
use wire::project_service_server::ProjectServiceServer;
use wire::transaction_service_server::TransactionServiceServer;

use crate::app::App;

/// A message of an import holds 1 MiB of a file, and a little around it.
const MAX_IMPORT_MESSAGE: usize = 2 << 20;

/// Every gRPC service of this service.
pub fn service(app: &App) -> Service {
    let records = &app.records;
    let references = ReferenceServer(Arc::clone(&records.references));
    let projects = limited!(ProjectServiceServer::new(projects::Projects(app.clone())));
    Service::new(crate::NAME, api::FILE_DESCRIPTOR_SET)
        .with(limited!(OrganizationServiceServer::new(organizations::Organizations(
            records.clone()
        ))))
        .with(projects.max_decoding_message_size(MAX_IMPORT_MESSAGE))
        .with(limited!(TransactionServiceServer::new(transactions::Transactions(app.clone()))))
        .with(limited!(ReferenceServiceServer::new(references)))
}
