//! The partnership service on the wire.

use api::registan::partnership::v1::partnership_service_server::PartnershipService;
use api::registan::partnership::v1::{Brief, GetBriefRequest, WatchRequest};
use tonic::{Request, Response, Status};

use crate::{App, ops};

#[tonic::async_trait]
impl PartnershipService for App {
    type WatchStream = ops::Answers;

    async fn get_brief(
        &self,
        request: Request<GetBriefRequest>,
    ) -> Result<Response<Brief>, Status> {
        Ok(Response::new(ops::get_brief(self, request.into_inner()).await?))
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(ops::watch(self, request.into_inner()).await?))
    }
}
