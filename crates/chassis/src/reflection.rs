//! Reflection, v1 and v1alpha, with the types of health and of error details: without them grpcurl
//! cannot print either.
//!
//! A file is cut out of the encoded descriptors when it is asked for, and sent as it stands there,
//! comments and options included: two versions of four services would else keep eight copies of the
//! contract.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use http::Uri;
use prost::Message;
use prost_reflect::{DescriptorPool, FileDescriptor};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{
    ServerReflection, ServerReflectionServer,
};
use tonic_reflection::pb::v1::{
    ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionRequest,
    ServerReflectionResponse, ServiceResponse,
};
use tonic_reflection::pb::{v1, v1alpha};
use tower::Service;

use crate::Contract;

/// The one method, in both versions.
const PATH: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const OLD_PATH: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// The contracts that every server knows besides its own.
static OTHERS: LazyLock<[Contract; 4]> = LazyLock::new(|| {
    let sets = [
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
        v1::FILE_DESCRIPTOR_SET,
        v1alpha::FILE_DESCRIPTOR_SET,
    ];
    sets.map(|set| Contract::decode(set).expect("a library brings whole descriptors"))
});

/// Adds both versions to `routes`; the services `names` of the contract are listed.
pub(crate) fn add(routes: Routes, contract: &Contract, names: &[String]) -> Routes {
    let open = ["grpc.health.v1.Health", Server::NAME, Old::NAME];
    let names = open.into_iter().map(str::to_owned).chain(names.iter().cloned()).collect();
    let reflection = Reflection { contract: contract.clone(), names };
    let server = Server::from_arc(Arc::new(reflection));
    routes.add_service(server.clone()).add_service(Old(server))
}

type Server = ServerReflectionServer<Reflection>;

/// The files that callers may ask for.
#[derive(Clone, Debug)]
struct Reflection {
    contract: Contract,
    /// The proto services that are listed.
    names: Vec<String>,
}

impl Reflection {
    fn answered(
        &self,
        request: ServerReflectionRequest,
    ) -> Result<ServerReflectionResponse, Status> {
        let asked = request.message_request.as_ref();
        let asked = asked.ok_or_else(|| Status::invalid_argument("invalid MessageRequest"))?;
        Ok(ServerReflectionResponse {
            message_response: Some(self.answer(asked)?),
            valid_host: request.host.clone(),
            original_request: Some(request),
        })
    }

    fn answer(&self, asked: &MessageRequest) -> Result<MessageResponse, Status> {
        let file = match asked {
            MessageRequest::FileByFilename(name) => self.file(|_| Some(name.clone())),
            MessageRequest::FileContainingSymbol(symbol) => {
                self.file(|pool| Some(defining(pool, symbol)?.name().to_owned()))
            }
            MessageRequest::FileContainingExtension(_) => {
                return Err(Status::not_found("extensions are not supported"));
            }
            // An answer, for grpcurl expects one.
            MessageRequest::AllExtensionNumbersOfType(_) => {
                let none = ExtensionNumberResponse::default();
                return Ok(MessageResponse::AllExtensionNumbersResponse(none));
            }
            MessageRequest::ListServices(_) => {
                let names = self.names.iter().cloned();
                let service = names.map(|name| ServiceResponse { name }).collect();
                return Ok(MessageResponse::ListServicesResponse(ListServiceResponse { service }));
            }
        };
        let file = file.ok_or_else(|| Status::not_found(missing(asked)))?;
        let file_descriptor_proto = vec![file.to_vec()];
        Ok(MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto,
        }))
    }

    /// The file that `name` gives in the first contract that has it.
    fn file(&self, name: impl Fn(&DescriptorPool) -> Option<String>) -> Option<Bytes> {
        let mut contracts = std::iter::once(&self.contract).chain(&*OTHERS);
        contracts.find_map(|it| encoded(it.encoded, &name(&it.pool)?))
    }
}

fn missing(asked: &MessageRequest) -> String {
    match asked {
        MessageRequest::FileContainingSymbol(symbol) => format!("symbol '{symbol}' not found"),
        MessageRequest::FileByFilename(name) => format!("file '{name}' not found"),
        _ => "not found".to_owned(),
    }
}

/// The file in which a symbol is defined: a message, an enum or a service, or a part of one by the
/// name of that.
fn defining(pool: &DescriptorPool, symbol: &str) -> Option<FileDescriptor> {
    let whole = pool.get_message_by_name(symbol).map(|it| it.parent_file());
    let whole = whole.or_else(|| Some(pool.get_enum_by_name(symbol)?.parent_file()));
    let whole = whole.or_else(|| Some(pool.get_service_by_name(symbol)?.parent_file()));
    whole.or_else(|| {
        let (parent, name) = symbol.rsplit_once('.')?;
        if let Some(message) = pool.get_message_by_name(parent) {
            let has = message.get_field_by_name(name).is_some()
                || message.oneofs().any(|oneof| oneof.name() == name);
            return has.then(|| message.parent_file());
        }
        if let Some(of) = pool.get_enum_by_name(parent) {
            return of.get_value_by_name(name).map(|_| of.parent_file());
        }
        let service = pool.get_service_by_name(parent)?;
        service.methods().any(|it| it.name() == name).then(|| service.parent_file())
    })
}

/// An encoded `FileDescriptorSet`, whose files stay encoded.
#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// An encoded `FileDescriptorProto`, of which only the name is read.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

/// The bytes of the file `name` in an encoded `FileDescriptorSet`.
fn encoded(set: &'static [u8], name: &str) -> Option<Bytes> {
    let files = Files::decode(Bytes::from_static(set)).ok()?.file;
    files.into_iter().find(|file| Named::decode(file.clone()).is_ok_and(|it| it.name == name))
}

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream = BoxStream<'static, Result<ServerReflectionResponse, Status>>;

    async fn server_reflection_info(
        &self,
        requests: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let reflection = self.clone();
        let requests = requests.into_inner().take_while(|request| ready(request.is_ok()));
        let answers = requests.map(move |request| reflection.answered(request?));
        Ok(Response::new(answers.boxed()))
    }
}

/// The same proto service by its old name: its messages have the same bytes.
#[derive(Clone, Debug)]
struct Old(Server);

impl NamedService for Old {
    const NAME: &'static str = v1alpha::server_reflection_server::SERVICE_NAME;
}

impl Service<http::Request<Body>> for Old {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        if request.uri().path() == OLD_PATH {
            *request.uri_mut() = Uri::from_static(PATH);
        }
        self.0.call(request)
    }
}
