//! Passes a call on, frame by frame: streams of all kinds, metadata, trailers and error details go
//! through as they are.
//!
//! The server this runs in has measured the deadline and will end the answer at it; here the rest
//! of it is passed to the service, so that both stop. When the caller leaves, the server drops the
//! answer, which resets the stream behind it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use chassis::Failure;
use chassis::failure::ErrorReason;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use tonic::Status;
use tonic::service::Routes;

use crate::passed::{Passed, about_to_stop, is_over};
use crate::routes::Table;
use crate::upstream::Upstream;

/// The way to all services. Cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<Ways>);

struct Ways {
    table: Table,
    /// The paths of the methods with a stream in either direction.
    streams: HashSet<String>,
    /// How long a stream that is no watch may go on when the gateway stops.
    grace: Duration,
}

impl Proxy {
    /// Passes on the methods of `table`, of which these are streams. A stream that is no watch may
    /// go on for `grace` when the gateway stops.
    pub fn new(table: Table, streams: HashSet<String>, grace: Duration) -> Self {
        Self(Arc::new(Ways { table, streams, grace }))
    }

    /// Takes every path that no other route takes.
    pub fn into_routes(self) -> Routes {
        let pass = move |request| {
            let proxy = self.clone();
            async move {
                proxy
                    .pass(request)
                    .await
                    .unwrap_or_else(|failure| Status::from(failure).into_http())
            }
        };
        Routes::from(axum::Router::new().fallback(pass))
    }

    async fn pass(&self, mut request: Request<Body>) -> Result<Response<Body>, Failure> {
        let upstream = self.find(request.uri())?;
        let path = request.uri().path();
        let is_stream = self.0.streams.contains(path);
        let is_watch = path.rsplit('/').next().is_some_and(|method| method.starts_with("Watch"));
        chassis::deadline::forward(request.headers_mut());
        chassis::trace::forward(request.headers_mut());
        let sent = upstream.send(request.map(tonic::body::Body::new), is_stream);
        // An upload is answered when it is through.
        let response = tokio::select! {
            response = sent => response?,
            () = is_over(self.0.grace), if is_stream => return Err(about_to_stop()),
        };
        if is_stream && is_grpc(response.headers()) {
            let (upstream, grace) = (upstream.clone(), self.0.grace);
            let passed = response.map(|body| Passed::new(body, upstream, is_watch, grace));
            return Ok(passed.into_response());
        }
        if is_grpc(response.headers()) {
            let broken = upstream.clone();
            return Ok(response
                .map(|body| body.map_err(move |error| Status::from(broken.unavailable(error))))
                .into_response());
        }
        Err(match response.status() {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Failure::resource_exhausted(
                ErrorReason::HeadersTooLarge,
                "the metadata of the request is too large",
            ),
            status => upstream.unavailable(format!("answered HTTP {status}")),
        })
    }

    fn find(&self, uri: &Uri) -> Result<&Arc<Upstream>, Failure> {
        let path = uri.path();
        let service = path.strip_prefix('/').and_then(|rest| rest.split_once('/'));
        let upstream = service.and_then(|(service, _)| self.0.table.get(service));
        upstream.ok_or_else(|| Failure::unknown_service(path))
    }
}

/// Returns whether the answer is gRPC; otherwise it came not from the service but from something on
/// the way.
fn is_grpc(headers: &HeaderMap<HeaderValue>) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"))
}
