//! The partnership service on the wire.

use api::registan::partnership::v1::{Brief, GetBriefRequest, WatchRequest};
use api::registan::search::v1::{SearchRequest, SearchResponse};
use tonic::{Request, Response, Status};

use crate::{App, ops};

/// Returns the brief of a party.
pub async fn get_brief(
    app: App,
    request: Request<GetBriefRequest>,
) -> Result<Response<Brief>, Status> {
    Ok(Response::new(ops::get_brief(&app, request.into_inner()).await?))
}

/// Returns what changes in all services.
pub async fn watch(
    app: App,
    request: Request<WatchRequest>,
) -> Result<Response<ops::Answers>, Status> {
    Ok(Response::new(ops::watch(&app, request.into_inner()).await?))
}

/// Returns what has the words of a query, of all services.
pub async fn search(
    app: App,
    request: Request<SearchRequest>,
) -> Result<Response<SearchResponse>, Status> {
    Ok(Response::new(ops::search(&app, request.into_inner()).await?))
}
