//! Reflection sends the files of the contract as they are encoded.

use crate::support::{Running, Slow, contract, serve};
use prost::Message;
use prost_types::FileDescriptorProto;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{FileDescriptorResponse, ServerReflectionRequest};

/// The one file that answers a question.
async fn file(running: &Running, asked: MessageRequest) -> Result<Vec<u8>, Status> {
    let mut client = ServerReflectionClient::new(running.channel());
    let asked = ServerReflectionRequest { host: "here".to_owned(), message_request: Some(asked) };
    let answers = client.server_reflection_info(tokio_stream::once(asked.clone())).await?;
    let answer = answers.into_inner().next().await.expect("an answer")?;
    assert_eq!((answer.valid_host.as_str(), answer.original_request), ("here", Some(asked)));
    match answer.message_response {
        Some(MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto,
        })) => {
            let [file] = file_descriptor_proto.try_into().expect("one file");
            Ok(file)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_symbol_is_found_in_its_file() {
    let running = serve(|service, _| service.with(Slow::default())).await;
    let options = "registan/options/v1/options.proto";

    for (symbol, name) in [
        ("test.Much", "test.proto"),
        ("test.Much.text", "test.proto"),
        ("test.Slow", "test.proto"),
        ("test.Slow.Nap", "test.proto"),
        ("registan.options.v1.Tier", options),
        ("registan.options.v1.Tier.TIER_PUBLIC", options),
        ("google.protobuf.FieldOptions", "google/protobuf/descriptor.proto"),
        ("grpc.health.v1.HealthCheckResponse.status", "health.proto"),
        ("grpc.reflection.v1.ServerReflectionRequest.message_request", "reflection_v1.proto"),
    ] {
        let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
        let found = file(&running, asked).await.unwrap();

        let decoded = FileDescriptorProto::decode(found.as_slice()).unwrap();
        assert_eq!(decoded.name(), name, "{symbol}");
        let asked = MessageRequest::FileByFilename(name.to_owned());
        assert_eq!(file(&running, asked).await.unwrap(), found, "{name}");
    }
}

/// To decode a file and encode it again would lose its options, which prost does not know.
#[tokio::test]
async fn a_file_is_sent_with_its_options() {
    let running = serve(|service, _| service.with(Slow::default())).await;

    let asked = MessageRequest::FileByFilename("test.proto".to_owned());
    let found = file(&running, asked).await.unwrap();

    assert!(contract().encoded.windows(found.len()).any(|bytes| bytes == found));
}

#[tokio::test]
async fn what_is_not_in_the_contract_is_not_found() {
    let running = serve(|service, _| service.with(Slow::default())).await;

    for symbol in ["test", "test.Other", "test.Much.other", "test.Slow.Other", "", "."] {
        let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
        let status = file(&running, asked).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.message(), format!("symbol '{symbol}' not found"));
    }
    let asked = MessageRequest::FileByFilename("other.proto".to_owned());
    let status = file(&running, asked).await.unwrap_err();
    assert_eq!(status.message(), "file 'other.proto' not found");
}
