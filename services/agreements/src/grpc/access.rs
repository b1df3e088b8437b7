//! `AccessService`: what the caller was given.

use api::registan::access::v1::{GetOwnGrantsRequest, GetOwnGrantsResponse, HeldGrant};
use facts::vocabulary::Vocabulary;
use policy::Grant;
use standard::time::timestamp;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::ops;

/// Returns the grants of the caller.
pub async fn get_own_grants(
    app: App,
    _: Request<GetOwnGrantsRequest>,
) -> Result<Response<GetOwnGrantsResponse>, Status> {
    let context = chassis::caller::current();
    let grants = ops::held_grants(&app, &context.caller.subject).await?;
    let grants = grants.into_iter().map(held).collect();
    Ok(Response::new(GetOwnGrantsResponse { grants }))
}

/// Returns what a grant gives, for its holder.
fn held(grant: Grant) -> HeldGrant {
    HeldGrant {
        role: grant.role.number(),
        for_desks: grant.desks.names(),
        up_to: grant.tier.number(),
        resource: grant.resource.unwrap_or_default(),
        expire_time: grant.expires.map(timestamp),
    }
}
