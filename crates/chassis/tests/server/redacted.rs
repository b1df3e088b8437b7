//! No answer holds what its caller may not read, however it is cut into frames.

use std::convert::Infallible;
use std::task::{Context, Poll};

use api::registan::rights::v1::Activity;
use bytes::{BufMut, Bytes, BytesMut};
use chassis::{Contract, Service};
use futures::future::{Ready, ready};
use futures::{TryStreamExt, stream};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use prost::Message;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use crate::support::{Running, serve};

const PATH: &str = "/registan.rights.v1.ActivityService/GetActivity";

/// Answers every method of the activities with these bytes, one data frame each, whatever they are.
#[derive(Clone)]
struct Canned(Vec<Bytes>);

impl NamedService for Canned {
    const NAME: &'static str = "registan.rights.v1.ActivityService";
}

impl tower::Service<Request<Body>> for Canned {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let trailers = HeaderMap::from_iter([("grpc-status".parse().expect("a name"), 0.into())]);
        let frames = self.0.iter().cloned().map(Frame::data).chain([Frame::trailers(trailers)]);
        let frames = stream::iter(frames.map(Ok::<_, Status>).collect::<Vec<_>>());
        let response = Response::builder().header("content-type", "application/grpc");
        ready(Ok(response.body(Body::new(StreamBody::new(frames))).expect("a response")))
    }
}

fn with(service: Service, frames: Vec<Bytes>) -> Service {
    let mut service = service.with(Canned(frames));
    service.contract = Contract::decode(api::FILE_DESCRIPTOR_SET).expect("whole descriptors");
    service
}

fn activity(summary: &str) -> Activity {
    Activity {
        name: "activities/a".to_owned(),
        tier: 1,
        desks: vec!["desks/tm".to_owned()],
        summary: summary.to_owned(),
        ..Activity::default()
    }
}

fn secret(summary: &str) -> Activity {
    Activity {
        internal_note: "Asked for by the desk.".to_owned(),
        route: "By the northern road.".to_owned(),
        ..activity(summary)
    }
}

/// Three messages of which two hold what is not public, as they stand on the wire.
fn three() -> Bytes {
    let mut bytes = BytesMut::new();
    for message in [secret("one"), activity("two"), secret("")] {
        let message = message.encode_to_vec();
        bytes.put_u8(0);
        bytes.put_u32(u32::try_from(message.len()).expect("a short message"));
        bytes.extend_from_slice(&message);
    }
    bytes.freeze()
}

/// Returns the answers to an anonymous caller.
async fn answers(running: &Running) -> Result<Vec<Activity>, Status> {
    let mut client = tonic::client::Grpc::new(running.channel());
    client.ready().await.expect("the channel is ready");
    let codec = ProstCodec::<(), Activity>::default();
    let path = PathAndQuery::from_static(PATH);
    let answer = client.server_streaming(tonic::Request::new(()), path, codec).await?;
    answer.into_inner().try_collect().await
}

#[tokio::test]
async fn each_message_is_redacted_however_it_is_cut_into_frames() {
    let whole = three();
    let expected = [activity("one"), activity("two"), activity("")];

    for size in [1, 3, 4, 5, 6, 50, 61, whole.len() - 1, whole.len()] {
        let frames = whole.chunks(size).map(Bytes::copy_from_slice).collect();
        let running = serve(|service, _| with(service, frames)).await;

        assert_eq!(answers(&running).await.unwrap(), expected, "{size} bytes a frame");
    }
}

#[tokio::test]
async fn what_another_service_answered_is_passed_on_as_it_is() {
    let running = serve(|service, _| {
        let mut service = with(service, vec![three()]);
        service.passed_on = std::mem::take(&mut service.proto_services);
        service
    })
    .await;

    assert_eq!(answers(&running).await.unwrap(), [secret("one"), activity("two"), secret("")]);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_answered() {
    let compressed = [&[1][..], &three()[1..]].concat();
    let cut_short = three().slice(..three().len() - 1);
    let no_message = [0, 0, 0, 0, 2, 0x0a, 9];

    for (what, frame) in [
        ("compressed", compressed.into()),
        ("cut short", cut_short),
        ("no message", Bytes::copy_from_slice(&no_message)),
    ] {
        let running = serve(|service, _| with(service, vec![frame])).await;

        let status = answers(&running).await.unwrap_err();

        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"), "{what}");
    }
}
