//! The one gRPC server: the standard methods of resources, and what a service registers beside them
//! or in their place.
//!
//! ```ignore
//! resources().methods(&app.records)
//!     .unary(GetLegalBasis, app, get_legal_basis)
//!     .build(Service::new(NAME, contract()))
//! ```

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::ensure;
use api::codec::{Codec, Encode};
use api::rpc::{ClientStreaming, Rpc, ServerStreaming, Unary};
use chassis::Service;
use chassis::server::{MAX_DECODING, MAX_ENCODING};
use futures::future::BoxFuture;
use futures::{FutureExt, Stream};
use policy::rule::path;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Request, Response, Status, Streaming};
use tower::service_fn;

use crate::edges;
use crate::undecoded::explained;

/// A stream of answers.
pub type Answers<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

/// Answers one call, whose request has at most so many bytes.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(http::Request<Body>, usize) -> Answer + Send + Sync>);
type Answer = BoxFuture<'static, http::Response<Body>>;

struct Entry {
    handler: Handler,
    /// Another may take its place.
    is_standard: bool,
}

/// The methods of a process, until they are [built](Methods::build) into its server.
#[derive(Default)]
pub struct Methods {
    /// By path.
    entries: BTreeMap<&'static str, Entry>,
    /// The paths that were registered once too often.
    twice: Vec<&'static str>,
    /// The proto services, in the order in which they were registered.
    services: Vec<&'static str>,
    /// The maximum size of a request, where it is not [`MAX_DECODING`], by path.
    max_decoding: HashMap<&'static str, usize>,
}

impl Methods {
    /// Adds a method with one request and one answer, or puts it in the place of the standard one.
    #[must_use]
    pub fn unary<M, A, C, F>(
        self,
        method: M,
        context: &C,
        f: fn(C, Request<M::Request>) -> F,
    ) -> Self
    where
        M: Rpc<Kind = Unary>,
        A: Encode<As = M::Response>,
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<A>, Status>> + Send + 'static,
    {
        self.own::<M>(unary(method, context, f))
    }

    /// Adds a method with one request and a stream of answers, or puts it in the place of the
    /// standard one.
    #[must_use]
    pub fn server_streaming<M, A, C, F>(
        self,
        method: M,
        context: &C,
        f: fn(C, Request<M::Request>) -> F,
    ) -> Self
    where
        M: Rpc<Kind = ServerStreaming>,
        A: Encode<As = M::Response>,
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<Answers<A>>, Status>> + Send + 'static,
    {
        self.own::<M>(server_streaming(method, context, f))
    }

    /// Adds a method with a stream of requests and one answer.
    #[must_use]
    pub fn client_streaming<M, C, F>(
        self,
        method: M,
        context: &C,
        f: fn(C, Request<Streaming<M::Request>>) -> F,
    ) -> Self
    where
        M: Rpc<Kind = ClientStreaming>,
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<M::Response>, Status>> + Send + 'static,
    {
        self.own::<M>(client_streaming(method, context, f))
    }

    /// Sets the maximum size of a request, or of each of a stream of requests, to `M`.
    #[must_use]
    pub fn max_decoding<M: Rpc>(mut self, _: M, bytes: usize) -> Self {
        self.max_decoding.insert(M::PATH, bytes);
        self
    }

    /// Adds all methods to a service. An error if a method of one of the proto services is missing
    /// or registered twice.
    pub fn build(self, mut service: Service) -> anyhow::Result<Service> {
        let missing = self.missing();
        ensure!(missing.is_empty(), "no handler is registered for {}", missing.join(", "));
        ensure!(self.twice.is_empty(), "two handlers are registered for {}", self.twice.join(", "));
        service.proto_services.extend(self.services.iter().map(|&name| name.to_owned()));
        let mut router = std::mem::take(&mut service.routes).into_axum_router();
        for (path, Entry { handler, .. }) in self.entries {
            let max = self.max_decoding.get(path).copied().unwrap_or(MAX_DECODING);
            let call = move |request: http::Request<axum::body::Body>| {
                handler.0(request.map(Body::new), max).map(Ok::<_, Infallible>)
            };
            router = router.route_service(path, service_fn(call));
        }
        service.routes = router.into();
        service.callers = edges::callers(service.name);
        Ok(service)
    }

    /// The paths of the contract that have no handler, in the proto services that have any.
    fn missing(&self) -> Vec<String> {
        let services = api::descriptors().services();
        let ours = services.filter(|service| self.services.contains(&service.full_name()));
        let paths =
            ours.flat_map(|it| it.methods().map(|method| path(&method)).collect::<Vec<_>>());
        paths.filter(|path| !self.entries.contains_key(path.as_str())).collect()
    }

    /// Adds a standard method, in whose place a service may put one of its own.
    #[must_use]
    pub fn standard<M: Rpc>(self, handler: Handler) -> Self {
        self.add::<M>(Entry { handler, is_standard: true })
    }

    fn own<M: Rpc>(self, handler: Handler) -> Self {
        self.add::<M>(Entry { handler, is_standard: false })
    }

    fn add<M: Rpc>(mut self, entry: Entry) -> Self {
        if !self.services.contains(&M::SERVICE) {
            self.services.push(M::SERVICE);
        }
        let may_replace = !entry.is_standard;
        let before = self.entries.insert(M::PATH, entry);
        if before.is_some_and(|before| !(may_replace && before.is_standard)) {
            self.twice.push(M::PATH);
        }
        self
    }
}

fn grpc<M: Rpc, A: Encode>(max_decoding: usize) -> Grpc<Codec<A, M::Request>> {
    Grpc::new(Codec::default())
        .max_decoding_message_size(max_decoding)
        .max_encoding_message_size(MAX_ENCODING)
}

/// Writes a function that makes a handler of a method of one kind: it makes the future of the
/// method only once the request is decoded, so that a call whose request is still on its way holds
/// little memory.
macro_rules! handler {
    ($kind:ident $marker:ident: $request:ty => $answer:ty) => {
        /// Makes the handler of a method of this kind.
        pub fn $kind<M, A, C, F>(_: M, context: &C, f: fn(C, Request<$request>) -> F) -> Handler
        where
            M: Rpc<Kind = $marker>,
            A: Encode<As = M::Response>,
            C: Clone + Send + Sync + 'static,
            F: Future<Output = Result<Response<$answer>, Status>> + Send + 'static,
        {
            let context = context.clone();
            Handler(Arc::new(move |request, max_decoding| {
                let context = context.clone();
                let method = move |request: Request<$request>| f(context.clone(), request).boxed();
                let mut grpc = grpc::<M, A>(max_decoding);
                async move { explained(grpc.$kind(service_fn(method), request).await) }.boxed()
            }))
        }
    };
}

handler!(unary Unary: M::Request => A);
handler!(server_streaming ServerStreaming: M::Request => Answers<A>);
handler!(client_streaming ClientStreaming: Streaming<M::Request> => A);

#[cfg(test)]
mod tests {
    use api::registan::access::v1::{GetOwnGrantsRequest, GetOwnGrantsResponse};
    use api::registan::partnership::v1::{Brief, GetBriefRequest};
    use api::rpc::access_service::GetOwnGrants;
    use api::rpc::partnership_service::GetBrief;
    use chassis::Failure;
    use chassis::failure::{Code, ErrorReason};

    use super::*;

    async fn get_brief((): (), _: Request<GetBriefRequest>) -> Result<Response<Brief>, Status> {
        Err(Status::internal("there is none"))
    }

    async fn get_own_grants(
        (): (),
        _: Request<GetOwnGrantsRequest>,
    ) -> Result<Response<GetOwnGrantsResponse>, Status> {
        Ok(Response::new(GetOwnGrantsResponse::default()))
    }

    fn error(methods: Methods) -> String {
        let service = Service::new("test", crate::contract());
        methods.build(service).map_or_else(|error| error.to_string(), |_| "built".to_owned())
    }

    #[tokio::test]
    async fn a_proto_service_is_served_whole() {
        let whole = Methods::default().unary(GetOwnGrants, &(), get_own_grants);
        let half = Methods::default().unary(GetBrief, &(), get_brief);

        assert_eq!(error(whole), "built");
        let watch = "/registan.partnership.v1.PartnershipService/Watch";
        assert_eq!(error(half), format!("no handler is registered for {watch}"));
    }

    #[tokio::test]
    async fn a_method_is_served_by_one_handler() {
        let once = Methods::default().unary(GetOwnGrants, &(), get_own_grants);
        let twice = once.unary(GetOwnGrants, &(), get_own_grants);

        let path = GetOwnGrants::PATH;
        assert_eq!(error(twice), format!("two handlers are registered for {path}"));
    }

    async fn refuse(
        (): (),
        _: Request<GetOwnGrantsRequest>,
    ) -> Result<Response<GetOwnGrantsResponse>, Status> {
        let failure = Failure::out_of_range(ErrorReason::RecordWentBack, "an older copy");
        Err(failure.into())
    }

    #[tokio::test]
    async fn what_cannot_be_decoded_has_a_reason() {
        let handler = super::unary(GetOwnGrants, &(), refuse);
        let large = [&[0, 0, 0, 0, 101], &[b'x'; 101][..]].concat();
        for (body, code, reason) in [
            (&large[..], Code::ResourceExhausted, "REQUEST_TOO_LARGE"),
            (&[0, 0, 0, 0, 1, 0xff], Code::InvalidArgument, "INVALID_ARGUMENT"),
            (&[1, 0, 0, 0, 0], Code::InvalidArgument, "INVALID_ARGUMENT"),
            (&[], Code::InvalidArgument, "INVALID_ARGUMENT"),
            (&[0, 0, 0, 0, 0], Code::OutOfRange, "RECORD_WENT_BACK"),
        ] {
            let body = Body::new(axum::body::Body::from(body.to_vec()));

            let answer = handler.0(http::Request::new(body), 100).await;

            let status = Status::from_header_map(answer.headers()).expect("it is refused");
            let details = String::from_utf8_lossy(status.details());
            assert_eq!(status.code(), code, "{reason}");
            assert!(details.contains(reason), "{details}");
        }
    }
}
