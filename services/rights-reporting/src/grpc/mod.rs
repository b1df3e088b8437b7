//! Decodes a request, runs one operation, encodes the answer.

mod activities;
mod convert;
mod recommendations;

use std::sync::Arc;

use api::registan::references::v1::reference_service_server::ReferenceServiceServer;
use api::registan::rights::v1 as wire;
use chassis::Service;
use standard::{ReferenceServer, limited};
use wire::activity_service_server::ActivityServiceServer;
use wire::recommendation_service_server::RecommendationServiceServer;

use crate::app::App;

/// Every gRPC service of this service.
pub fn service(app: &App) -> Service {
    let records = &app.records;
    let recommendations = recommendations::Recommendations(records.clone());
    let references = ReferenceServer(Arc::clone(&records.references));
    Service::new(crate::NAME, api::FILE_DESCRIPTOR_SET)
        .with(limited!(RecommendationServiceServer::new(recommendations)))
        .with(limited!(ActivityServiceServer::new(activities::Activities(records.clone()))))
        .with(limited!(ReferenceServiceServer::new(references)))
}
