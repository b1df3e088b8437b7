//! The watch of each kind, at the service that keeps it: which method that is, the contract says.

use std::collections::HashMap;
use std::sync::LazyLock;

use api::codec::Codec;
use api::registan::partnership::v1::watch_response::Resource;
use api::registan::partnership::v1::{ResourceKind, WatchResponse};
use api::registan::r#type::v1::ChangeKind;
use chassis::server::MAX_ENCODING;
use futures::stream::{BoxStream, StreamExt};
use http::uri::PathAndQuery;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use prost_types::Timestamp;
use tonic::client::Grpc;
use tonic::{Request, Status};

use crate::{App, routes};

/// The events of one kind, as its service sends them.
pub type Events = BoxStream<'static, Result<Event, Status>>;

/// One event of one kind.
pub struct Event {
    pub change: ChangeKind,
    pub resource: Option<Resource>,
    pub resume_token: String,
    pub read_time: Option<Timestamp>,
}

/// An answer of the Watch of any kind, its resource still encoded.
#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(enumeration = "ChangeKind", tag = "1")]
    kind: i32,
    #[prost(bytes = "vec", optional, tag = "2")]
    resource: Option<Vec<u8>>,
    #[prost(string, tag = "3")]
    resume_token: String,
    #[prost(message, optional, tag = "4")]
    read_time: Option<Timestamp>,
}

/// The Watch of one kind.
struct Watch {
    /// The process that serves it.
    service: &'static str,
    path: PathAndQuery,
    request: MessageDescriptor,
    /// The field of a merged answer that holds a resource of this kind.
    field: u32,
}

static WATCHES: LazyLock<HashMap<ResourceKind, Watch>> =
    LazyLock::new(|| watches(api::descriptors()));

/// Finds the Watch of each kind in the contract: the one whose events hold the message that merged
/// events hold in the field of that kind.
fn watches(contract: &DescriptorPool) -> HashMap<ResourceKind, Watch> {
    let merged = contract.get_message_by_name(&WatchResponse::full_name());
    let fields: Vec<_> = merged.iter().flat_map(MessageDescriptor::fields).collect();
    let methods = contract.services().flat_map(|it| it.methods().collect::<Vec<_>>());
    let watches = methods.filter_map(|method| {
        let resource = watched(&method)?;
        let field = fields.iter().find(|it| it.kind().as_message() == Some(&resource))?;
        let kind = format!("RESOURCE_KIND_{}", field.name().to_uppercase());
        let watch = Watch {
            service: routes::process(resource.package_name())?,
            path: PathAndQuery::try_from(routes::path(&method)).ok()?,
            request: method.input(),
            field: field.number(),
        };
        Some((ResourceKind::from_str_name(&kind)?, watch))
    });
    watches.collect()
}

/// The resource that a Watch of one kind tells of.
fn watched(method: &MethodDescriptor) -> Option<MessageDescriptor> {
    let resource = method.output().get_field(2)?.kind();
    let is_watch = method.is_server_streaming() && method.name().starts_with("Watch");
    resource.as_message().filter(|_| is_watch).cloned()
}

/// The process that keeps a kind.
pub fn service(kind: ResourceKind) -> &'static str {
    WATCHES.get(&kind).map_or("agreements", |watch| watch.service)
}

/// Opens the watch of one kind at its service.
pub async fn open(
    app: &App,
    kind: ResourceKind,
    filter: String,
    resume_token: String,
) -> Result<Events, Status> {
    let watch = WATCHES.get(&kind).ok_or_else(|| Status::internal("a watch of no kind"))?;
    let mut request = DynamicMessage::new(watch.request.clone());
    request.set_field_by_name("filter", Value::String(filter));
    request.set_field_by_name("resume_token", Value::String(resume_token));
    if watch.request.get_field_by_name("parent").is_some() {
        request.set_field_by_name("parent", Value::String("projects/-".to_owned()));
    }
    let connection = app.watched.of(watch.service).clone();
    let mut client = Grpc::new(connection).max_decoding_message_size(MAX_ENCODING);
    client.ready().await?;
    let codec = Codec::<DynamicMessage, Answer>::default();
    let answers = client.server_streaming(Request::new(request), watch.path.clone(), codec).await?;
    Ok(answers.into_inner().map(|answer| watch.event(answer?)).boxed())
}

impl Watch {
    fn event(&self, answer: Answer) -> Result<Event, Status> {
        let change = answer.kind();
        let resource = answer.resource.map(|resource| self.resource(&resource)).transpose();
        Ok(Event {
            change,
            resource: resource.map_err(|error| Status::internal(error.to_string()))?.flatten(),
            resume_token: answer.resume_token,
            read_time: answer.read_time,
        })
    }

    /// Decodes a resource of this kind, as a part of a merged answer.
    fn resource(&self, encoded: &[u8]) -> Result<Option<Resource>, prost::DecodeError> {
        let mut merged = Vec::with_capacity(encoded.len() + 16);
        encode_key(self.field, WireType::LengthDelimited, &mut merged);
        encode_varint(encoded.len() as u64, &mut merged);
        merged.extend_from_slice(encoded);
        Ok(WatchResponse::decode(merged.as_slice())?.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::watch::question::noun;

    #[test]
    fn every_kind_has_its_watch() {
        let kinds = (1..).map_while(|number| ResourceKind::try_from(number).ok());
        for kind in kinds {
            let watch = WATCHES.get(&kind).expect("the contract has a watch of it");

            let path = watch.path.as_str().to_lowercase();
            assert!(path.contains(&format!(".{}service/watch", noun(kind))), "{kind:?}: {path}");
            let events = watch
                .request
                .parent_pool()
                .get_message_by_name(&watch.request.full_name().replace("Request", "Response"));
            let fields = events.iter().flat_map(MessageDescriptor::fields);
            let fields: Vec<_> = fields.map(|it| (it.number(), it.name().to_owned())).collect();
            let resource = noun(kind);
            let names = ["kind", resource.as_str(), "resume_token", "read_time"];
            let expected: Vec<_> = (1..).zip(names.map(ToOwned::to_owned)).collect();
            assert_eq!(fields, expected, "{kind:?}");
        }
    }
}
