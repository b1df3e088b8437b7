//! The answers of every server besides its own methods: health, reflection, and wrong requests.

use std::collections::HashSet;

use crate::support::{Slow, call, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_types::StatusExt;

#[tokio::test]
async fn health_knows_the_process_and_each_proto_service() {
    let running = serve(|service, _| service.with(Slow::default())).await;
    let mut health = running.health();

    for service in ["", "test.Slow"] {
        let answer =
            health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(answer.into_inner().status, tonic_health::ServingStatus::Serving as i32);
    }
    let unknown =
        health.check(HealthCheckRequest { service: "test.Other".to_owned() }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let running = serve(|service, _| service.with(Slow::default())).await;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(running.channel());
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };

    let mut stream =
        client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let answer = stream.next().await.unwrap().unwrap().message_response.unwrap();

    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: HashSet<_> = list.service.into_iter().map(|service| service.name).collect();
    let expected = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "test.Slow",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn reflection_can_be_switched_off() {
    let running = serve(|service, settings| {
        settings.reflection = false;
        service
    })
    .await;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(running.channel());

    let refusal = client.server_reflection_info(tokio_stream::empty()).await.unwrap_err();

    assert_eq!(refusal.code(), Code::Unimplemented);
}

#[tokio::test]
async fn the_old_reflection_knows_the_types_of_error_details() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;
    let running = serve(|service, _| service).await;
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(running.channel());
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            "google.rpc.ErrorInfo".to_owned(),
        )),
    };

    let mut stream =
        client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let answer = stream.next().await.unwrap().unwrap().message_response.unwrap();

    assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_service_is_named() {
    let running = serve(|service, _| service).await;

    let status = call(running.channel(), "/test.Other/Get").await;

    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.get_details_error_info().unwrap().metadata["service"], "test.Other");
}

/// Once, the refusal had no reason, and UNIMPLEMENTED read as if there were no such method.
#[tokio::test]
async fn a_compressed_request_is_refused_with_a_reason() {
    let running = serve(|service, _| service).await;
    let mut client = running.health();
    let long = "x".repeat(100);
    for (encoding, wanted) in
        [("gzip", Some("gzip")), ("identity", None), (&long, Some(&long[..32]))]
    {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        request.metadata_mut().insert("grpc-encoding", encoding.parse().unwrap());

        let answer = client.check(request).await;

        let info = answer.err().map(|it| it.get_details_error_info().unwrap());
        assert!(info.as_ref().is_none_or(|info| info.reason == "REQUEST_COMPRESSED"), "{info:?}");
        assert_eq!(info.map(|info| info.metadata["encoding"].clone()).as_deref(), wanted);
    }
}

#[tokio::test]
async fn a_browser_is_told_that_this_is_a_grpc_port() {
    let running = serve(|service, _| service).await;

    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404"),
        (
            "POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "415",
        ),
    ] {
        let how = if running.address == running.listens { " -plaintext" } else { "" };
        let mut socket = TcpStream::connect(running.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();

        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains(&format!("grpcurl{how} {} list", running.listens)), "{answer}");
    }
}
