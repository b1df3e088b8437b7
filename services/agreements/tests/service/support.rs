//! The service on a loopback port, on the database at `url`, and clients of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::future::Future;
use std::sync::Arc;

use api::registan::access::v1::access_service_client::AccessServiceClient;
use api::registan::access::v1::grant_service_client::GrantServiceClient;
use api::registan::access::v1::{GetOwnGrantsRequest, HeldGrant};
use api::registan::agreements::v1::act_service_client::ActServiceClient;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::body_service_client::BodyServiceClient;
use api::registan::agreements::v1::codebook_service_client::CodebookServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::membership_service_client::MembershipServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::provision_service_client::ProvisionServiceClient;
use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::agreements::v1::{CreatePartyRequest, Party, party};
use api::registan::references::v1::reference_service_client::ReferenceServiceClient;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use api::registan::r#type::v1::SourceRef;
use chassis::auth::development::Token;
use chassis::caller::{RequestContext, scope};
use chassis::client::Connection;
use chassis::clock::{Clock, SystemClock};
use chassis::config::Secret;
use chassis::{Server, Settings};
use policy::{Caller, Clearance, Desks, Role, Rule, Tier};
use tempfile::TempDir;
use testkit::{Database, Engine, Model};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use tonic::service::Routes;
use tonic_types::StatusExt;

/// The service, stopped with this value.
pub struct Running {
    pub parties: PartyServiceClient<Connection>,
    pub acts: ActServiceClient<Connection>,
    pub agreements: AgreementServiceClient<Connection>,
    pub frameworks: FrameworkServiceClient<Connection>,
    pub bodies: BodyServiceClient<Connection>,
    pub codebooks: CodebookServiceClient<Connection>,
    pub provisions: ProvisionServiceClient<Connection>,
    pub memberships: MembershipServiceClient<Connection>,
    pub grants: GrantServiceClient<Connection>,
    pub references: ReferenceServiceClient<Connection>,
    pub sources: SourceServiceClient<Connection>,
    /// Of somebody without a token.
    pub anonymous: AgreementServiceClient<Connection>,
    pub search: SearchServiceClient<Connection>,
    /// Of somebody without a token.
    pub anonymous_search: SearchServiceClient<Connection>,
    /// Of an editor, and of an anonymous caller: for clients that only one test needs.
    pub connection: Connection,
    pub nobody: Connection,
    routes: Routes,
    _stop: DropGuard,
    folder: TempDir,
}

impl Running {
    /// An editor for one desk, up to CONFIDENTIAL.
    pub fn of_desk(&self, word: &str) -> Connection {
        let (folder, desk) = (self.folder.path(), Desks::word(word).unwrap());
        let token = testkit::token_for(folder, &[Role::Editor], desk, Tier::Confidential);
        self.nobody.with_token(&token).unwrap()
    }

    /// Returns the connection of an editor of another subject.
    pub fn caller(&self, subject: &str) -> Connection {
        let (subject, roles) = (subject.to_owned(), vec![Role::Editor]);
        let token = Token { subject, roles, desks: Desks::ALL, tier: Tier::Restricted, hours: 1 };
        let token = token.sign(self.folder.path(), SystemClock.now()).unwrap();
        self.nobody.with_token(&token).unwrap()
    }

    /// The grants that the service reports to their holder. They are known already: this is behind
    /// the authentication.
    pub async fn own_grants(&self, subject: &str) -> Vec<HeldGrant> {
        let caller = Caller { subject: subject.to_owned(), ..Caller::default() };
        let (rule, clearance) = (Arc::new(Rule::default()), Clearance::public());
        let context = Arc::new(RequestContext { caller, rule, clearance, token: None });
        let mut client = AccessServiceClient::new(self.routes.clone());
        scope(context, client.get_own_grants(GetOwnGrantsRequest {}))
            .await
            .unwrap()
            .into_inner()
            .grants
    }
}

/// A database with the schema of the service.
static MIGRATED: Model = Model::made_by(|url| Box::pin(migrate(url)));

async fn migrate(url: String) {
    let settings = Settings { database_url: Some(Secret::new(url)), ..Settings::default() };
    let schema = agreements::store::schema();
    standard::startup::migrate(agreements::NAME, &settings, &agreements::store::Migrator, &schema)
        .await
        .unwrap();
}

/// Runs a test on both engines, each time in a database with the schema of the service.
pub async fn on_both<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    MIGRATED.on_both(test).await;
}

/// Such a database.
pub async fn database(engine: Engine) -> Option<Database> {
    MIGRATED.database(engine).await
}

/// Migrates the database and serves it.
pub async fn serve(url: &str) -> Running {
    serve_at(url, Arc::new(SystemClock)).await
}

/// The same by another clock.
pub async fn serve_at(url: &str, clock: Arc<dyn Clock>) -> Running {
    let listen = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        listen,
        database_url: Some(Secret::new(url)),
        data_dir: folder.path().to_owned(),
        ..Settings::default()
    };
    migrate(url.to_owned()).await;
    let db = chronicle::database::open(url).await.unwrap();
    let service =
        agreements::grpc::service(&agreements::App::open(db, clock).await.unwrap()).unwrap();
    let routes = service.routes.clone();
    let server = Server::bind(service, &settings).await.unwrap();
    let connection = Connection::to(&format!("http://{}", server.address())).unwrap();
    let operator = testkit::token_for(folder.path(), &[Role::Operator], Desks::ALL, Tier::Public);
    let operator = connection.with_token(&operator).unwrap();
    let nobody = connection.clone();
    let anonymous = AgreementServiceClient::new(connection.clone());
    let anonymous_search = SearchServiceClient::new(connection.clone());
    let connection = connection.with_token(&testkit::token(folder.path())).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.run(stop.clone()));
    Running {
        parties: PartyServiceClient::new(connection.clone()),
        acts: ActServiceClient::new(connection.clone()),
        agreements: AgreementServiceClient::new(connection.clone()),
        frameworks: FrameworkServiceClient::new(connection.clone()),
        bodies: BodyServiceClient::new(connection.clone()),
        codebooks: CodebookServiceClient::new(connection.clone()),
        provisions: ProvisionServiceClient::new(connection.clone()),
        memberships: MembershipServiceClient::new(connection.clone()),
        grants: GrantServiceClient::new(operator),
        references: ReferenceServiceClient::new(connection.clone()),
        search: SearchServiceClient::new(connection.clone()),
        sources: SourceServiceClient::new(connection.clone()),
        anonymous,
        anonymous_search,
        connection,
        nobody,
        routes,
        _stop: stop.drop_guard(),
        folder,
    }
}

pub fn citation(text: &str) -> SourceRef {
    SourceRef { citation: text.to_owned(), ..SourceRef::default() }
}

/// A valid request to create a party.
pub fn party(id: &str, kind: party::Kind) -> CreatePartyRequest {
    let country_code = if kind == party::Kind::State { id.to_uppercase() } else { String::new() };
    let party = Party {
        kind: kind.into(),
        display_name: format!("Party {id}"),
        country_code,
        source: Some(citation("a list of parties")),
        ..Party::default()
    };
    CreatePartyRequest {
        party: Some(party),
        party_id: id.to_owned(),
        ..CreatePartyRequest::default()
    }
}

/// The reason a program can match.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The invalid fields.
pub fn fields(status: &Status) -> Vec<String> {
    let violations =
        status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}
