//! A stored activity is sent as its bytes. What its reader may not see is missing from them, byte
//! for byte.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::rights::v1::{
    Activity, ExportActivitiesRequest, GetActivityRequest, ListActivitiesRequest,
    UpdateActivityRequest,
};
use chassis::client::Connection;
use policy::Tier;
use prost::Message;
use prost::bytes::{Buf, BufMut};
use prost_types::FieldMask;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

use crate::support::{Suite, activity, doing, on_both, serve};

const READERS: [Option<Tier>; 4] =
    [None, Some(Tier::Public), Some(Tier::Restricted), Some(Tier::Confidential)];

/// Sends and reads bytes.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
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
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

async fn call(connection: &Connection, method: &str, message: Vec<u8>) -> Vec<Vec<u8>> {
    let path = format!("/registan.rights.v1.ActivityService/{method}").parse().unwrap();
    let mut client = tonic::client::Grpc::new(connection.clone());
    client.ready().await.unwrap();
    let answer = client.server_streaming(Request::new(message), path, Raw).await;
    let (mut answer, mut messages) = (answer.unwrap().into_inner(), Vec::new());
    while let Some(message) = answer.message().await.unwrap() {
        messages.push(message);
    }
    messages
}

/// The bytes of an activity by Get, List and Export.
async fn read(suite: &Suite, tier: Option<Tier>, name: &str) -> Vec<Vec<u8>> {
    let connection = suite.connection_up_to(tier);
    let get = GetActivityRequest { name: name.to_owned(), ..GetActivityRequest::default() };
    let mut all = call(&connection, "GetActivity", get.encode_to_vec()).await;
    let list = ListActivitiesRequest::default().encode_to_vec();
    all.extend(call(&connection, "ListActivities", list).await);
    let export = ExportActivitiesRequest::default().encode_to_vec();
    all.extend(call(&connection, "ExportActivities", export).await);
    all
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[tokio::test]
async fn a_hidden_field_is_as_a_missing_one_byte_for_byte() {
    on_both(|url| async move {
        let suite = serve(&url).await;
        let mut desk = suite.activities.clone();
        let made = desk.create_activity(doing(activity())).await.unwrap().into_inner();
        let mut without = Vec::new();
        for reader in READERS {
            without.push(read(&suite, reader, &made.name).await);
        }

        let noted = Activity { internal_note: "called before".to_owned(), ..made.clone() };
        let request = UpdateActivityRequest {
            activity: Some(noted),
            update_mask: Some(FieldMask { paths: vec!["internal_note".to_owned()] }),
            ..UpdateActivityRequest::default()
        };
        desk.update_activity(request).await.unwrap();

        for (reader, before) in READERS.iter().zip(&without) {
            let now = read(&suite, *reader, &made.name).await;
            let sees = *reader == Some(Tier::Confidential);
            assert_eq!((now.len(), now != *before), (3, sees), "{reader:?}");
            assert!(now.iter().all(|bytes| holds(bytes, "called before") == sees), "{reader:?}");
        }
    })
    .await;
}
