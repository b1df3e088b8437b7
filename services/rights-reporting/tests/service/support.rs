//! The service on a loopback port, on the database at `url`, the services it asks, and clients of
//! it.

use std::future::Future;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::provision_service_client::ProvisionServiceClient;
use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, CreatePartyRequest, CreateProvisionRequest,
    CreateSourceRequest, Party, Provision, Source, agreement, party, source,
};
use api::registan::options::v1::Tier;
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{
    Activity, Addressee, CreateActivityRequest, CreateRecommendationRequest, Recommendation,
    activity, addressee,
};
use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
use chassis::client::Connection;
use chassis::config::Secret;
use chassis::{Server, Service, Settings};
use chronicle::schema::Schema;
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use testkit::{Database, Engine, Model};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_types::StatusExt;

/// An address where nobody answers.
pub const NOBODY: &str = "http://127.0.0.1:9";

/// A served service, stopped with this value.
pub struct Running {
    pub url: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn start(service: Service, settings: &Settings) -> Self {
        let server = Server::bind(service, settings).await.expect("a free port can be taken");
        let url = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.run(stop.clone()));
        Self { url, stop, task }
    }

    /// A connection for somebody who may write everything.
    fn connection(&self, settings: &Settings) -> Connection {
        let connection = Connection::to(&self.url).expect("a URL");
        connection.with_token(&testkit::token(&settings.data_dir)).expect("a token")
    }

    /// Returns when nothing listens any more.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the server ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn loopback() -> Settings {
    let listen = "127.0.0.1:0".parse().expect("an address");
    Settings { listen, ..Settings::default() }
}

/// The service, and the agreements service that it asks.
pub struct Suite {
    pub agreements: Running,
    pub recommendations: RecommendationServiceClient<Connection>,
    pub activities: ActivityServiceClient<Connection>,
    rights: Running,
    folder: TempDir,
    _law: Database,
}

impl Suite {
    /// Activities as somebody reads and writes them who may do so for all desks up to a tier; as
    /// nobody without one.
    pub fn activities_up_to(
        &self,
        tier: Option<policy::Tier>,
    ) -> ActivityServiceClient<Connection> {
        ActivityServiceClient::new(self.connection_up_to(tier))
    }

    /// A connection to the agreements service, of somebody who may write everything.
    pub fn law(&self) -> Connection {
        let settings = Settings { data_dir: self.folder.path().to_owned(), ..loopback() };
        self.agreements.connection(&settings)
    }

    /// The connection of such a caller.
    pub fn connection_up_to(&self, tier: Option<policy::Tier>) -> Connection {
        match tier {
            None => Connection::to(&self.rights.url).expect("a URL"),
            Some(tier) => self.connection_of(policy::Role::Monitor, tier),
        }
    }

    /// The connection of a caller with this role for all desks up to a tier.
    pub fn connection_of(&self, role: policy::Role, tier: policy::Tier) -> Connection {
        let connection = Connection::to(&self.rights.url).expect("a URL");
        let token = testkit::token_for(self.folder.path(), &[role], policy::Desks::ALL, tier);
        connection.with_token(&token).expect("a token")
    }
}

/// A database with the schema of the service.
static MIGRATED: Model = Model::made_by(|url| {
    Box::pin(async move {
        let schema = rights_reporting::store::schema();
        let migrator = rights_reporting::store::Migrator;
        migrate(rights_reporting::NAME, url, &migrator, &schema).await;
    })
});
/// The same of the agreements service that it asks.
static MIGRATED_LAW: Model = Model::made_by(|url| {
    Box::pin(async move {
        let schema = agreements::store::schema();
        migrate(agreements::NAME, url, &agreements::store::Migrator, &schema).await;
    })
});

async fn migrate<M: MigratorTrait>(name: &str, url: String, migrator: &M, schema: &Schema) {
    let settings = Settings { database_url: Some(Secret::new(url)), ..Settings::default() };
    let migrated = standard::startup::migrate(name, &settings, migrator, schema).await;
    migrated.expect("the migrations run");
}

/// Runs a test on both engines, each time in a database with the schema of the service.
pub async fn on_both<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    MIGRATED.on_both(test).await;
}

/// Serves the database at `url` beside a fresh agreements service that knows two parties, a source
/// and an agreement.
pub async fn serve(url: &str) -> Suite {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let settings = Settings { data_dir: folder.path().to_owned(), ..loopback() };
    let law = MIGRATED_LAW.database(Engine::Sqlite).await.expect("SQLite is there");
    let of_law = Settings { database_url: Some(Secret::new(&*law.url)), ..settings.clone() };
    let agreements = serve_agreements(&of_law).await;
    let settings = Settings {
        database_url: Some(Secret::new(url)),
        agreements_url: Some(agreements.url.clone()),
        projects_url: Some(NOBODY.to_owned()),
        ..settings
    };
    let service = rights_reporting::service(settings.clone()).await.expect("the record opens");
    let rights = Running::start(service, &settings).await;
    let connection = rights.connection(&settings);
    Suite {
        agreements,
        recommendations: RecommendationServiceClient::new(connection.clone()),
        activities: ActivityServiceClient::new(connection),
        rights,
        folder,
        _law: law,
    }
}

async fn serve_agreements(settings: &Settings) -> Running {
    let service = agreements::service(settings.clone()).await.expect("the record opens");
    let running = Running::start(service, settings).await;
    let connection = running.connection(settings);
    let mut parties = PartyServiceClient::new(connection.clone());
    for id in ["kz", "tm"] {
        parties.create_party(party(id)).await.expect("the party is created");
    }
    let mut sources = SourceServiceClient::new(connection.clone());
    sources.create_source(source()).await.expect("the source is created");
    let mut agreements = AgreementServiceClient::new(connection.clone());
    agreements.create_agreement(agreement()).await.expect("the agreement is created");
    let mut provisions = ProvisionServiceClient::new(connection);
    provisions.create_provision(provision()).await.expect("the provision is created");
    running
}

fn party(id: &str) -> CreatePartyRequest {
    let party = Party {
        kind: party::Kind::State.into(),
        display_name: format!("Party {id}"),
        country_code: id.to_uppercase(),
        source: Some(citation("a list of parties")),
        ..Party::default()
    };
    CreatePartyRequest {
        party: Some(party),
        party_id: id.to_owned(),
        ..CreatePartyRequest::default()
    }
}

fn source() -> CreateSourceRequest {
    let source = Source {
        kind: source::Kind::ParliamentDocument.into(),
        title: "A resolution".to_owned(),
        published: Some(date(2024, 1, 17)),
        ..Source::default()
    };
    CreateSourceRequest {
        source: Some(source),
        source_id: "resolution".to_owned(),
        ..CreateSourceRequest::default()
    }
}

fn provision() -> CreateProvisionRequest {
    let provision = Provision {
        article: "Article 1".to_owned(),
        source: Some(citation("the text")),
        ..Provision::default()
    };
    CreateProvisionRequest {
        parent: "agreements/ita".to_owned(),
        provision: Some(provision),
        provision_id: "art-1".to_owned(),
        ..CreateProvisionRequest::default()
    }
}

fn agreement() -> CreateAgreementRequest {
    let agreement = Agreement {
        kind: agreement::Kind::InterimTrade.into(),
        title: "An interim agreement".to_owned(),
        source: Some(citation("a list of agreements")),
        ..Agreement::default()
    };
    CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: "ita".to_owned(),
        ..CreateAgreementRequest::default()
    }
}

/// A call on the delegations of the Union to visit prisons in Turkmenistan.
pub fn recommendation() -> Recommendation {
    Recommendation {
        issuer: "European Parliament".to_owned(),
        document: Some(SourceRef {
            source: "sources/resolution".to_owned(),
            locator: "paragraph 12".to_owned(),
            ..SourceRef::default()
        }),
        adopted: Some(date(2024, 1, 17)),
        addressees: vec![Addressee {
            kind: addressee::Kind::EuDelegations.into(),
            ..Addressee::default()
        }],
        parties: vec!["parties/tm".to_owned()],
        action: "Visit the prisons and report on them".to_owned(),
        themes: vec!["prisons".to_owned(), "torture".to_owned()],
        agreements: vec!["agreements/ita/provisions/art-1".to_owned()],
        ..Recommendation::default()
    }
}

pub fn recording(id: &str, recommendation: Recommendation) -> CreateRecommendationRequest {
    CreateRecommendationRequest {
        recommendation: Some(recommendation),
        recommendation_id: id.to_owned(),
        ..CreateRecommendationRequest::default()
    }
}

/// A visit to a prison in Turkmenistan that was refused.
pub fn activity() -> Activity {
    Activity {
        tier: Tier::Public.into(),
        kind: activity::Kind::PrisonVisit.into(),
        party: "parties/tm".to_owned(),
        delegation: "EU Delegation to Turkmenistan".to_owned(),
        place: "Ashgabat".to_owned(),
        date: Some(date(2024, 6, 0)),
        outcome: activity::Outcome::Refused.into(),
        summary: "No answer but a refusal.".to_owned(),
        source: Some(citation("a report of the delegation")),
        ..Activity::default()
    }
}

pub fn doing(activity: Activity) -> CreateActivityRequest {
    CreateActivityRequest { activity: Some(activity), ..CreateActivityRequest::default() }
}

pub fn citation(text: &str) -> SourceRef {
    SourceRef { citation: text.to_owned(), ..SourceRef::default() }
}

pub fn date(year: i32, month: i32, day: i32) -> PartialDate {
    PartialDate { date: Some(Date { year, month, day }), ..PartialDate::default() }
}

/// The reason a program can match.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Returns a value of the metadata of an error.
pub fn metadata(status: &Status, key: &str) -> String {
    let info = status.get_details_error_info();
    info.and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// Returns the invalid fields, each with the reason.
pub fn violations(status: &Status) -> Vec<(String, String)> {
    let violations =
        status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

/// As [`violations`] gives them.
pub fn expected(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned())).collect()
}
