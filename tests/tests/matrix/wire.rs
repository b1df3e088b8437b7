//! Calls by path alone, as bytes: what is answered is what a stranger reads on the wire.

use std::net::SocketAddr;
use std::time::Duration;

use api::registan::r#type::v1::ChangeKind;
use bytes::{Buf, BufMut, Bytes};
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_types::StatusExt;

/// The maximum wait for a message.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The beginning of an answer of a watch that is a heartbeat: its first field is the kind.
const HEARTBEAT: [u8; 2] = [0x08, ChangeKind::Heartbeat as u8];

/// Sends and reads bytes.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// A connection to a process of the suite.
pub async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
    endpoint.connect().await.expect("it listens")
}

/// Calls a method with one message, by somebody with this token or by nobody; gives the answer as
/// it begins. A refusal stands where it would begin.
pub async fn open(
    channel: &Channel,
    token: Option<&str>,
    path: &str,
    message: Vec<u8>,
) -> Result<Streaming<Bytes>, Status> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().expect("a header");
        request.metadata_mut().insert("authorization", value);
    }
    let mut client = Grpc::new(channel.clone());
    client.ready().await.expect("it is connected");
    let path = path.parse().expect("a path");
    // On the wire one answer is a stream of one.
    let called = timeout(TIMEOUT, client.server_streaming(request, path, Raw)).await;
    Ok(called.expect("it answers in time")?.into_inner())
}

/// As [`open`]; gives all messages of the answer, of a watch its snapshot, which the first
/// heartbeat ends.
pub async fn call(
    channel: &Channel,
    token: Option<&str>,
    path: &str,
    message: Vec<u8>,
) -> Result<Vec<Bytes>, Status> {
    let mut stream = open(channel, token, path, message).await?;
    let is_watch = path.contains("/Watch");
    let mut messages = Vec::new();
    loop {
        let next = timeout(TIMEOUT, stream.message()).await.expect("it goes on in time");
        let Some(message) = next? else { break };
        if is_watch && message.starts_with(&HEARTBEAT) {
            break;
        }
        messages.push(message);
    }
    Ok(messages)
}

/// The reason a program can match.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The names of the metadata that came with an error.
pub fn metadata(status: &Status) -> Vec<String> {
    let mut names: Vec<String> = status.metadata().keys().map(|key| format!("{key:?}")).collect();
    names.sort();
    names
}
