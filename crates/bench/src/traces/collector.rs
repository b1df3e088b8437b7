//! A collector of OpenTelemetry that drops what it is sent.

use std::convert::Infallible;
use std::net::SocketAddr;

use api::codec::Codec;
use e2e::free_address;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// The one method. A message without fields skips those that it is sent.
#[derive(Clone)]
struct Export;

/// Starts one, which runs as long as the runtime.
pub fn start() -> SocketAddr {
    let address = free_address();
    tokio::spawn(Server::builder().add_service(Export).serve(address));
    address
}

impl UnaryService<()> for Export {
    type Response = ();
    type Future = BoxFuture<Response<()>, Status>;

    fn call(&mut self, _: Request<()>) -> Self::Future {
        Box::pin(async { Ok(Response::new(())) })
    }
}

impl NamedService for Export {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

impl Service<http::Request<Body>> for Export {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = self.clone();
        Box::pin(async { Ok(Grpc::new(Codec::<(), ()>::default()).unary(method, request).await) })
    }
}
