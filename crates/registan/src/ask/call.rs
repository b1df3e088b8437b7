//! Calls through the gateway, of methods that are known by their descriptors.

use chassis::client::Connection;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use prost_types::method_options::IdempotencyLevel;
use tonic::client::Grpc;
use tonic::{Request, Response, Status, Streaming};

use crate::dynamic::Dynamic;
use crate::refused::refused;

/// True for a method that records nothing.
pub fn only_reads(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

/// A client of every method.
pub struct Client<'a> {
    grpc: Grpc<Connection>,
    gateway: &'a str,
}

impl<'a> Client<'a> {
    pub fn new(connection: Connection, gateway: &'a str) -> Self {
        let grpc = Grpc::new(connection);
        let grpc = grpc.max_decoding_message_size(chassis::server::MAX_ENCODING);
        Self { grpc, gateway }
    }

    /// Asks for one answer.
    pub async fn call(
        &mut self,
        method: &MethodDescriptor,
        request: DynamicMessage,
    ) -> anyhow::Result<DynamicMessage> {
        self.ready().await?;
        let codec = Dynamic { answer: method.output() };
        let answer = self.grpc.unary(Request::new(request), path(method)?, codec).await;
        Ok(answer.map_err(|status| refused(&status, self.gateway))?.into_inner())
    }

    /// Asks for a stream of answers, with its metadata.
    pub async fn stream(
        &mut self,
        method: &MethodDescriptor,
        request: DynamicMessage,
    ) -> anyhow::Result<Response<Streaming<DynamicMessage>>> {
        self.ready().await?;
        let codec = Dynamic { answer: method.output() };
        let answer = self.grpc.server_streaming(Request::new(request), path(method)?, codec).await;
        answer.map_err(|status| refused(&status, self.gateway))
    }

    /// The next of a stream; none at its end.
    pub async fn next(
        &self,
        answers: &mut Streaming<DynamicMessage>,
    ) -> anyhow::Result<Option<DynamicMessage>> {
        answers.message().await.map_err(|status| refused(&status, self.gateway))
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let ready = self.grpc.ready().await;
        ready.map_err(|error| refused(&Status::from_error(error.into()), self.gateway))
    }
}

fn path(method: &MethodDescriptor) -> anyhow::Result<PathAndQuery> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    Ok(PathAndQuery::try_from(path)?)
}
