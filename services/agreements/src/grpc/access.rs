//! `AccessService`: what the caller was given.

use api::registan::access::v1::{GetOwnGrantsRequest, GetOwnGrantsResponse};
use tonic::{Request, Response, Status};

use super::convert::held_message;
use crate::app::App;
use crate::ops;

/// Returns the grants of the caller.
pub async fn get_own_grants(
    app: App,
    _: Request<GetOwnGrantsRequest>,
) -> Result<Response<GetOwnGrantsResponse>, Status> {
    let asking = chassis::caller::current();
    let grants = ops::held_grants(&app, &asking.caller.subject).await?;
    let grants = grants.into_iter().map(held_message).collect();
    Ok(Response::new(GetOwnGrantsResponse { grants }))
}
