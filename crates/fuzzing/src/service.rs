//! The agreements service in this process: all that a request passes behind the port, down to
//! SQLite.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use api::registan::agreements::v1::{
    Agreement, AgreementParty, CreateAgreementRequest, CreatePartyRequest, ListAgreementsRequest,
    ListAgreementsResponse, Party, agreement, party,
};
use api::registan::r#type::v1::SourceRef;
use bytes::{BufMut, Bytes, BytesMut};
use chassis::Settings;
use chassis::caller::{RequestContext, scope};
use http_body_util::{BodyExt, Full};
use policy::{Caller, Desks, Grant, Role, Rules, Tier};
use prost::Message;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::ServiceExt;

/// An agreement that is there.
pub const AGREEMENT: &str = "agreements/one";

/// A call without a message has a head of five bytes: not compressed, and the length.
const HEAD: usize = 5;
/// How long to wait for an answer that may never come.
const MOMENT: Duration = Duration::from_millis(20);

struct Service {
    routes: Routes,
    rules: Rules,
    /// The path of every method of the service that is no stream.
    methods: Vec<String>,
    runtime: Runtime,
    _data: TempDir,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings { data_dir: data.path().to_owned(), ..Settings::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut served = runtime.block_on(agreements::service(settings)).unwrap();
    let routes = std::mem::take(&mut served.routes).prepare();
    let methods = methods(&served.proto_services);
    let rules = Rules::of(api::descriptors());
    let service = Service { routes, rules, methods, runtime, _data: data };
    fill(&service);
    service
});

static PAGE: LazyLock<ListAgreementsResponse> = LazyLock::new(|| {
    let request = ListAgreementsRequest { page_size: 1, ..ListAgreementsRequest::default() };
    let page = answer("AgreementService/ListAgreements", &request).unwrap();
    ListAgreementsResponse::decode(page).unwrap()
});

/// A page token that the service gave.
pub fn page_token() -> &'static str {
    &PAGE.next_page_token
}

/// A resume token that the service gave.
pub fn resume_token() -> &'static str {
    &PAGE.resume_token
}

/// Calls a method of the agreements service as an editor of all desks; gives the message of the
/// answer.
pub fn answer(method: &str, request: &impl Message) -> Result<Bytes, Status> {
    SERVICE.call(&path(method), &request.encode_to_vec())
}

/// Calls a method whose answers do not end, as [`answer`] does, and waits a moment for the first of
/// them.
pub fn first_answer(method: &str, request: &impl Message) -> Result<Bytes, Status> {
    // A stream that is dropped gives its connection back, which takes a runtime.
    let _inside = SERVICE.runtime.enter();
    let mut answers = SERVICE.send(&path(method), &request.encode_to_vec())?.into_body();
    let first = async { timeout(MOMENT, answers.frame()).await };
    let Ok(first) = SERVICE.runtime.block_on(first) else { return Ok(Bytes::new()) };
    match first.unwrap().unwrap().into_data() {
        Ok(message) => Ok(message),
        Err(frame) => Err(Status::from_header_map(frame.trailers_ref().unwrap()).unwrap()),
    }
}

/// Calls one of the methods with these bytes as the message.
pub fn raw(choice: u8, message: &[u8]) -> Result<Bytes, Status> {
    let methods = &SERVICE.methods;
    SERVICE.call(&methods[usize::from(choice) % methods.len()], message)
}

impl Service {
    fn call(&self, path: &str, message: &[u8]) -> Result<Bytes, Status> {
        let response = self.send(path, message)?;
        let body = self.runtime.block_on(response.into_body().collect())?;
        let status = body.trailers().and_then(Status::from_header_map).unwrap();
        match status.code() {
            Code::Ok => Ok(body.to_bytes().split_off(HEAD)),
            _ => Err(status),
        }
    }

    /// Sends a message, and gives the answer once it begins.
    fn send(&self, path: &str, message: &[u8]) -> Result<http::Response<Body>, Status> {
        let grant = Grant {
            role: Role::Editor,
            desks: Desks::ALL,
            tier: Tier::Confidential,
            resource: None,
            expires: None,
        };
        let caller = Caller { subject: "fuzzing".to_owned(), grants: vec![grant], strong: true };
        let (rule, clearance) =
            (self.rules.get(path).cloned().unwrap_or_default(), caller.clearance(0));
        let context = Arc::new(RequestContext { caller, rule, clearance, token: None });
        let mut body = BytesMut::with_capacity(HEAD + message.len());
        body.put_u8(0);
        body.put_u32(message.len().try_into().unwrap());
        body.put_slice(message);
        let request = http::Request::post(path)
            .header("content-type", "application/grpc")
            .body(Body::new(Full::from(body.freeze())))
            .unwrap();
        let answer = scope(context, self.routes.clone().oneshot(request));
        let response = self.runtime.block_on(answer).unwrap();
        match Status::from_header_map(response.headers()) {
            Some(status) => Err(status),
            None => Ok(response),
        }
    }
}

fn path(method: &str) -> String {
    format!("/registan.agreements.v1.{method}")
}

fn methods(proto_services: &[String]) -> Vec<String> {
    let services = api::descriptors().services();
    let ours = services.filter(|it| proto_services.iter().any(|name| name == it.full_name()));
    let all = ours.flat_map(|service| service.methods().collect::<Vec<_>>());
    let unary = all.filter(|it| !it.is_client_streaming() && !it.is_server_streaming());
    unary.map(|method| policy::rule::path(&method)).collect()
}

/// Two parties and two agreements, so that a statement meets rows and a list has a second page.
fn fill(service: &Service) {
    let source = || Some(SourceRef { citation: "a list".to_owned(), ..SourceRef::default() });
    let create = |method: &str, request: Vec<u8>| service.call(&path(method), &request).unwrap();
    for (id, kind, country) in [("eu", party::Kind::Union, ""), ("kz", party::Kind::State, "KZ")] {
        let party = Party {
            kind: kind.into(),
            display_name: format!("Party {id}"),
            country_code: country.to_owned(),
            source: source(),
            ..Party::default()
        };
        let (party, party_id) = (Some(party), id.to_owned());
        let request = CreatePartyRequest { party, party_id, ..CreatePartyRequest::default() };
        create("PartyService/CreateParty", request.encode_to_vec());
    }
    let between = |party: &str| AgreementParty { party: party.to_owned(), role: 1 };
    for id in ["one", "two"] {
        let agreement = Agreement {
            kind: agreement::Kind::MemorandumOfUnderstanding.into(),
            title: format!("Memorandum {id}"),
            parties: vec![between("parties/eu"), between("parties/kz")],
            source: source(),
            ..Agreement::default()
        };
        let (agreement, agreement_id) = (Some(agreement), id.to_owned());
        let request =
            CreateAgreementRequest { agreement, agreement_id, ..CreateAgreementRequest::default() };
        create("AgreementService/CreateAgreement", request.encode_to_vec());
    }
}
