//! `AccessService`: what the caller was given.

use api::registan::access::v1::access_service_server::AccessService;
use api::registan::access::v1::{GetOwnGrantsRequest, GetOwnGrantsResponse};
use tonic::{Request, Response, Status};

use super::convert::held_message;
use crate::app::App;
use crate::ops;

/// Tells callers what they were given.
pub struct Access(pub App);

#[tonic::async_trait]
impl AccessService for Access {
    async fn get_own_grants(
        &self,
        _: Request<GetOwnGrantsRequest>,
    ) -> Result<Response<GetOwnGrantsResponse>, Status> {
        let asking = chassis::caller::current();
        let grants = ops::held_grants(&self.0, &asking.caller.subject).await?;
        let grants = grants.into_iter().map(held_message).collect();
        Ok(Response::new(GetOwnGrantsResponse { grants }))
    }
}
