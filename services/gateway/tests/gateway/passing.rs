//! The proxy passes on all kinds of calls, metadata, refusals, deadlines, cancellation.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Request};
use tonic_reflection::pb::v1;
use tonic_types::StatusExt;

use crate::support::{Client, channel, refusal, suite, text, token, until_running};

fn moment() -> Duration {
    Duration::from_millis(300)
}

#[tokio::test]
async fn a_unary_call_goes_through_with_its_metadata() {
    let suite = suite().await;
    let mut request = Request::new(text("hello"));
    request.metadata_mut().insert("x-plain", "a value".parse().unwrap());
    request
        .metadata_mut()
        .insert_bin("x-raw-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 255]));

    let answer = Client::of(suite.gateway.address).unary("Echo", request).await.unwrap();

    assert_eq!(answer.get_ref().service, "hello");
    assert_eq!(answer.metadata().get("x-plain").unwrap(), "a value");
    assert_eq!(
        answer.metadata().get_bin("x-raw-bin").unwrap().to_bytes().unwrap(),
        [0, 255].as_slice()
    );
}

/// Once, the headers of a call had no room for the longest token that is accepted.
#[tokio::test]
async fn a_token_of_the_maximum_size_fits() {
    let suite = suite().await;
    let mut request = Request::new(text(""));
    let token = format!("Bearer {}", "x".repeat(8 * 1024));
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    request.metadata_mut().insert("x-other", "x".repeat(1000).parse().unwrap());

    let refusal = Client::of(suite.gateway.address).unary("Echo", request).await.unwrap_err();

    assert_eq!(refusal.code(), Code::Unauthenticated, "{refusal}");
    assert_eq!(refusal.get_details_error_info().unwrap().reason, "TOKEN_INVALID");
}

#[tokio::test]
async fn a_client_stream_goes_through_whole() {
    let suite = suite().await;
    let pieces = futures::stream::iter((0..1000).map(|_| text("x".repeat(1000))));

    let mut answer = Client::of(suite.gateway.address).streams("Count", pieces).await;

    // Each is a thousand letters, three bytes of field and length, five of frame.
    assert_eq!(answer.next().await.unwrap().unwrap(), text(1_008_000));
}

#[tokio::test]
async fn a_server_stream_goes_through_in_order() {
    let suite = suite().await;

    let stream = Client::of(suite.gateway.address).stream("CountDown", text("")).await;

    let numbers: Vec<_> = stream.map(|it| it.unwrap().service).collect().await;
    assert_eq!(numbers, (0..1000).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn both_sides_of_a_stream_can_take_turns() {
    let suite = suite().await;
    let (questions, receiver) = mpsc::unbounded_channel();
    questions.send(text(0)).unwrap();
    let mut answers = Client::of(suite.gateway.address)
        .streams("Echo", UnboundedReceiverStream::new(receiver))
        .await;

    for turn in 0..100 {
        let answer =
            timeout(Duration::from_secs(2), answers.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer, text(turn));
        questions.send(text(turn + 1)).unwrap();
    }
    drop(questions);

    assert_eq!(answers.next().await.unwrap().unwrap(), text(100));
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn a_refusal_arrives_byte_for_byte() {
    let suite = suite().await;

    let direct = Client::of(suite.projects.address).unary("Refuse", text("")).await.unwrap_err();
    let through = Client::of(suite.gateway.address).unary("Refuse", text("")).await.unwrap_err();

    assert_eq!(through.code(), refusal().code());
    assert_eq!(through.message(), refusal().message());
    assert_eq!(through.details(), refusal().details());
    let without_date = |status: tonic::Status| {
        let mut headers = status.metadata().clone().into_headers();
        headers.remove("date");
        headers
    };
    assert_eq!(without_date(through), without_date(direct));
}

/// A service may refuse the first of many messages.
#[tokio::test]
async fn a_refusal_arrives_while_the_request_still_streams() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);

    for _ in 0..50 {
        let endless = futures::stream::repeat_with(|| text("x".repeat(10_000)));
        let refused = client.try_streams("Refuse", endless).await.unwrap_err();

        assert_eq!(
            (refused.code(), refused.details()),
            (refusal().code(), refusal().details()),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn the_service_is_told_who_asks() {
    let suite = suite().await;

    let told = Client::of(suite.gateway.address).unary("Token", text("")).await.unwrap_err();

    assert_eq!(told.message(), format!("Bearer {}", token()));
}

#[tokio::test]
async fn a_token_that_the_gateway_refuses_does_not_reach_the_service() {
    let suite = suite().await;
    let mut request = Request::new(text("hello"));
    request.metadata_mut().insert("authorization", "Bearer ey.ey.ey".parse().unwrap());

    let refused = Client::of(suite.gateway.address).unary("Hang", request).await.unwrap_err();

    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "TOKEN_INVALID");
    assert_eq!(suite.stub.running.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_service_is_told_what_is_left_of_the_time() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);
    let mut request = Request::new(text(""));
    request.set_timeout(Duration::from_secs(5));

    let asked = client.unary("Timeout", request).await.unwrap_err();
    let default = client.unary("Timeout", text("")).await.unwrap_err();

    let micros =
        |status: tonic::Status| status.message().trim_end_matches('u').parse::<u64>().unwrap();
    assert!((4_000_000..5_000_000).contains(&micros(asked)));
    assert!((14_000_000..15_000_000).contains(&micros(default)));
}

#[tokio::test]
async fn a_stream_behind_the_gateway_ends_at_its_deadline() {
    let suite = suite().await;
    let mut request = Request::new(text(""));
    request.set_timeout(moment());
    let mut stream = Client::of(suite.gateway.address).stream("ImportIati", request).await;
    assert_eq!(stream.next().await.unwrap().unwrap(), text("first"));

    let end = timeout(Duration::from_secs(3), stream.next()).await.unwrap().unwrap().unwrap_err();

    assert_eq!(end.code(), Code::DeadlineExceeded);
    assert_eq!(end.get_details_error_info().unwrap().reason, "DEADLINE_EXCEEDED");
    until_running(&suite.stub, 0).await;
}

#[tokio::test]
async fn a_caller_who_leaves_stops_the_work_behind_the_gateway() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);
    let stream = client.stream("Flood", text("")).await;
    let unary = tokio::spawn(async move { client.unary("Hang", text("")).await });
    until_running(&suite.stub, 2).await;

    drop(stream);
    until_running(&suite.stub, 1).await;
    unary.abort();

    until_running(&suite.stub, 0).await;
}

/// h2 closes a connection after 1024 cancelled calls unless told otherwise.
#[tokio::test]
async fn cancelled_calls_do_not_break_the_connection_for_others() {
    let suite = suite().await;
    let mut client = Client::of(suite.gateway.address);
    let mut others =
        [client.stream("ImportIati", text("")).await, client.stream("ImportIati", text("")).await];
    for stream in &mut others {
        assert_eq!(stream.next().await.unwrap().unwrap(), text("first"));
    }

    // In the middle of an answer, so that frames are still on the way when the call is gone.
    for _ in 0..4000 {
        let mut stream = client.stream("Flood", text("")).await;
        for _ in 0..6 {
            assert!(stream.next().await.unwrap().is_ok());
        }
    }

    for stream in &mut others {
        assert!(timeout(Duration::from_millis(50), stream.next()).await.is_err());
    }
}

/// The connections to a service are shared: what one caller does not read must not fill them.
#[tokio::test]
async fn callers_who_do_not_read_do_not_hold_up_others() {
    let suite = suite().await;
    let mut stalled = Vec::new();
    for _ in 0..60 {
        stalled.push(Client::of(suite.gateway.address).stream("Flood", text("")).await);
    }
    tokio::time::sleep(moment()).await;

    let mut client = Client::of(suite.gateway.address);
    for _ in 0..4 {
        let answer =
            timeout(Duration::from_secs(3), client.unary("Echo", text("hello"))).await.unwrap();
        assert_eq!(answer.unwrap().into_inner(), text("hello"));
    }
}

#[tokio::test]
async fn reflection_shows_everything_behind_the_gateway() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let suite = suite().await;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(channel(suite.gateway.address));
    let ask = |message| {
        let request =
            v1::ServerReflectionRequest { host: String::new(), message_request: Some(message) };
        Request::new(tokio_stream::once(request))
    };

    let mut list = client
        .server_reflection_info(ask(MessageRequest::ListServices(String::new())))
        .await
        .unwrap();
    let symbol =
        MessageRequest::FileContainingSymbol("registan.projects.v1.ProjectService".to_owned());
    let mut file = client.server_reflection_info(ask(symbol)).await.unwrap();

    let Some(MessageResponse::ListServicesResponse(list)) =
        list.get_mut().next().await.unwrap().unwrap().message_response
    else {
        panic!("no list")
    };
    let names: HashSet<_> = list.service.into_iter().map(|service| service.name).collect();
    for service in
        api::descriptors().services().filter(|it| it.package_name() != "registan.references.v1")
    {
        assert!(names.contains(service.full_name()), "{}", service.full_name());
    }
    assert!(!names.contains("registan.references.v1.ReferenceService"));
    let answer = file.get_mut().next().await.unwrap().unwrap().message_response.unwrap();
    assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)));
}
