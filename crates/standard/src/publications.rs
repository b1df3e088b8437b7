//! Answers other services that ask when the sources were published which they cite.

use std::sync::Arc;

use api::registan::references::v1::{ListPublicationsRequest, ListPublicationsResponse};
use chassis::failure::{ErrorReason, Failure, Violation};
use tonic::{Request, Response, Status};

use crate::References;
use crate::sources::MOST_NAMES;
use crate::time::micros;

/// Answers when the sources in a request of another service were published.
pub async fn list_publications(
    references: Arc<References>,
    request: Request<ListPublicationsRequest>,
) -> Result<Response<ListPublicationsResponse>, Status> {
    let ListPublicationsRequest { names, read_time } = request.into_inner();
    if names.len() > MOST_NAMES {
        let description = format!("has {} names; at most {MOST_NAMES} are taken", names.len());
        let violation = Violation::new("names", ErrorReason::TooMany, description);
        return Err(Failure::invalid(vec![violation]).into());
    }
    let publications = references.publications(names, micros(read_time)?).await?;
    Ok(Response::new(ListPublicationsResponse { publications }))
}
