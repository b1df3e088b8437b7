//! A watch of a service that ends in every way a service can end one.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::watch_response::Resource;
use api::registan::partnership::v1::{ResourceKind, WatchRequest, WatchResponse};
use api::registan::projects::v1::{Project, WatchProjectsRequest, WatchProjectsResponse};
use api::registan::r#type::v1::ChangeKind;
use bytes::Bytes;
use chassis::failure::ErrorReason;
use chassis::{Failure, Service};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost::Message;
use prost_types::Timestamp;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::record::{next, next_event};
use crate::support::{Running, channel, framed, gateway, serve_on};

/// Stands in for the project service: what it sends follows from the resume token.
#[derive(Clone, Default)]
struct Script {
    /// How many events were made.
    made: Arc<AtomicUsize>,
}

impl NamedService for Script {
    const NAME: &'static str = "registan.projects.v1.ProjectService";
}

type Frames = BoxStream<'static, Result<Frame<Bytes>, Status>>;

impl Script {
    fn frames(&self, request: &WatchProjectsRequest) -> Frames {
        if request.filter == "flood" {
            let made = Arc::clone(&self.made);
            let flood = stream::repeat_with(move || {
                let title = "x".repeat(16 * 1024);
                let place = made.fetch_add(1, Ordering::SeqCst);
                Ok(Frame::data(framed(&event(ChangeKind::Added, &place.to_string(), &title))))
            });
            return flood.boxed();
        }
        let (events, end) = match request.resume_token.as_str() {
            // In the middle of the snapshot its time is over.
            "" => (vec![event(ChangeKind::Standing, "1", "")], ok()),
            "1" => (
                vec![event(ChangeKind::Standing, "2", "")],
                error(Failure::service_unavailable("x")),
            ),
            "2" => (vec![event(ChangeKind::Heartbeat, "3", "")], ok()),
            "3" => (vec![event(ChangeKind::Added, "4", "")], ok()),
            _ => (
                Vec::new(),
                error(Failure::out_of_range(
                    ErrorReason::ResumeTokenExpired,
                    "older than seven days",
                )),
            ),
        };
        let events = events.into_iter().map(|event| Frame::data(framed(&event)));
        stream::iter(events.chain([Frame::trailers(end)]).map(Ok)).boxed()
    }
}

fn event(change: ChangeKind, token: &str, title: &str) -> WatchProjectsResponse {
    let project = Project {
        name: format!("projects/p{token}"),
        title: title.to_owned(),
        ..Project::default()
    };
    WatchProjectsResponse {
        kind: change.into(),
        project: (change != ChangeKind::Heartbeat).then_some(project),
        resume_token: token.to_owned(),
        read_time: Some(Timestamp { seconds: 7, nanos: 0 }),
    }
}

fn ok() -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().expect("a name"), 0.into())])
}

fn error(failure: Failure) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    Status::from(failure).add_header(&mut trailers).expect("a status is headers");
    trailers
}

impl tower::Service<Request<Body>> for Script {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let script = self.clone();
        Box::pin(async move {
            let body = request.into_body().collect().await.expect("it is whole").to_bytes();
            let request = WatchProjectsRequest::decode(&body[5..]).expect("it is a request");
            let mut response = Response::new(Body::new(StreamBody::new(script.frames(&request))));
            let kind = "application/grpc".parse().expect("a header");
            response.headers_mut().insert("content-type", kind);
            Ok(response)
        })
    }
}

async fn watch(filter: &str) -> (Script, [Running; 2], Streaming<WatchResponse>) {
    let script = Script::default();
    let service = Service::new("projects", serving::contract()).with(script.clone());
    let projects = serve_on("127.0.0.1:0", service).await;
    let gateway = gateway(projects.listens).await;
    let request = WatchRequest {
        kinds: vec![ResourceKind::Project.into()],
        filter: filter.to_owned(),
        ..WatchRequest::default()
    };
    let mut client = PartnershipServiceClient::new(channel(gateway.address));
    let stream = client.watch(request).await.expect("it is watched").into_inner();
    (script, [projects, gateway], stream)
}

#[tokio::test]
async fn an_end_and_an_absence_are_not_noticed_and_an_expired_token_is_passed_on() {
    let (_script, _servers, mut stream) = watch("").await;

    let mut told = Vec::new();
    let end = loop {
        match next(&mut stream).await {
            Ok(event) => {
                let event = event.unwrap();
                let kind = event.kind();
                let name = match event.resource {
                    Some(Resource::Project(project)) => project.name,
                    _ => String::new(),
                };
                told.push((kind, name));
            }
            Err(status) => break status,
        }
    };

    let expected = [
        (ChangeKind::Standing, "projects/p1"),
        (ChangeKind::Standing, "projects/p2"),
        (ChangeKind::Heartbeat, ""),
        (ChangeKind::Added, "projects/p4"),
    ];
    assert_eq!(told, expected.map(|(kind, name)| (kind, name.to_owned())));
    assert_eq!(end.code(), Code::OutOfRange, "{end}");
    assert_eq!(end.get_details_error_info().unwrap().reason, "RESUME_TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_caller_who_does_not_read_holds_back_the_service() {
    let (script, _servers, mut stream) = watch("flood").await;
    next(&mut stream).await.unwrap().unwrap();

    tokio::time::sleep(Duration::from_secs(2)).await;
    let made = script.made.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(500)).await;

    // What the two connections hold, and no more.
    assert_eq!(script.made.load(Ordering::SeqCst), made);
    assert!(made < 300, "{made} events of 16 KiB");
    for place in 1..=2 * made {
        let event = next_event(&mut stream).await;
        let Some(Resource::Project(project)) = event.resource else { panic!() };
        assert_eq!(project.name, format!("projects/p{place}"));
    }
}
