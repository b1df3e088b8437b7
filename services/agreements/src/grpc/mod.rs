//! Decodes a request, runs one operation, encodes the answer.

mod access;
mod agreements;
mod convert;
mod frameworks;
mod grants;
mod parties;
mod sources;

use std::sync::Arc;

use api::registan::access::v1::access_service_server::AccessServiceServer;
use api::registan::access::v1::grant_service_server::GrantServiceServer;
use api::registan::agreements::v1 as wire;
use api::registan::references::v1::reference_service_server::ReferenceServiceServer;
use chassis::Service;
use standard::{ReferenceServer, limited};
use wire::agreement_service_server::AgreementServiceServer;
use wire::framework_service_server::FrameworkServiceServer;
use wire::party_service_server::PartyServiceServer;
use wire::source_service_server::SourceServiceServer;

use crate::app::App;

/// Every gRPC service of this service.
pub fn service(app: &App) -> Service {
    let records = &app.records;
    let references = ReferenceServer(Arc::clone(&records.references));
    Service::new(crate::NAME, api::FILE_DESCRIPTOR_SET)
        .with(limited!(PartyServiceServer::new(parties::Parties(records.clone()))))
        .with(limited!(SourceServiceServer::new(sources::Sources(records.clone()))))
        .with(limited!(AgreementServiceServer::new(agreements::Agreements(app.clone()))))
        .with(limited!(FrameworkServiceServer::new(frameworks::Frameworks(records.clone()))))
        .with(limited!(GrantServiceServer::new(grants::Grants(records.clone()))))
        .with(limited!(AccessServiceServer::new(access::Access(app.clone()))))
        .with(limited!(ReferenceServiceServer::new(references)))
}
