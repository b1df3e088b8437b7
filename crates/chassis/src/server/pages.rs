//! The pages of the admin port, for those who look after the process: metrics, and whether it
//! lives and serves. Plain HTTP/1.1 or HTTP/2, without a body of a request.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use tonic::body::Body;

use super::{readiness, vitals};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// The text format of Prometheus.
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const LIST: &str = "/metrics  what the process counts, for Prometheus\n\
                    /livez    the process lives\n\
                    /readyz   every service of the process serves, or why not\n\
                    gRPC health answers on this port, too.\n";

const METRICS_PATH: &str = "/metrics";

/// Returns whether a page is large, so that few may be on their way at a time.
pub(super) fn is_large<B>(request: &Request<B>) -> bool {
    request.uri().path() == METRICS_PATH
}

/// The answer while too many large pages are on their way.
pub(super) fn too_many() -> Response<Body> {
    let why = "too many read this page at the moment: come again\n".to_owned();
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, TEXT, why);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Returns the page that is asked for.
pub(super) fn page<B: http_body::Body>(request: &Request<B>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET or HEAD alone\n".to_owned());
    }
    if !request.body().is_end_stream() {
        return text(StatusCode::PAYLOAD_TOO_LARGE, TEXT, "no body is read\n".to_owned());
    }
    match request.uri().path() {
        METRICS_PATH => {
            vitals::watch();
            text(StatusCode::OK, METRICS, instruments::text())
        }
        "/livez" => text(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => {
            let (is_ready, lines) = readiness::told();
            let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            text(status, TEXT, lines)
        }
        _ => text(StatusCode::NOT_FOUND, TEXT, LIST.to_owned()),
    }
}

fn text(status: StatusCode, kind: HeaderValue, text: String) -> Response<Body> {
    let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}
