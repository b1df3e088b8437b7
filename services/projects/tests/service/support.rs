//! The service on a loopback port, on the database at `url`, the agreements service it asks, and
//! clients of it.

use std::future::Future;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{Agreement, CreateAgreementRequest, agreement};
use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::organization_service_client::OrganizationServiceClient;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{
    CreateProjectRequest, CreateTransactionRequest, ImportIatiOptions, ImportIatiRequest,
    ImportIatiResponse, Project, Recipient, Sector, SumTransactionsRequest, Transaction,
    TransactionSum, project, transaction,
};
use api::registan::r#type::v1::{Date, Money, SourceRef};
use chassis::auth::development::Token;
use chassis::client::Connection;
use chassis::clock::{Clock, SystemClock};
use chassis::config::Secret;
use chassis::{Server, Service, Settings};
use chronicle::schema::Schema;
use policy::{Desks, Role, Tier};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use testkit::{Database, Engine, Model};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use tonic_types::StatusExt;

use crate::accounted::check_balance;

/// The service and the one it asks, stopped with this value.
pub struct Running {
    pub organizations: OrganizationServiceClient<Connection>,
    pub projects: ProjectServiceClient<Connection>,
    pub transactions: TransactionServiceClient<Connection>,
    /// The agreements service.
    pub law: Connection,
    /// Stops the agreements service when dropped.
    pub agreements: Option<DropGuard>,
    url: String,
    folder: TempDir,
    _law: Database,
    _stop: DropGuard,
}

/// Clients of somebody else.
pub struct Other {
    pub projects: ProjectServiceClient<Connection>,
    pub transactions: TransactionServiceClient<Connection>,
}

async fn start(service: Service, settings: &Settings) -> (Connection, String, DropGuard) {
    let server = Server::bind(service, settings).await.unwrap();
    let url = format!("http://{}", server.address());
    let stop = CancellationToken::new();
    tokio::spawn(server.run(stop.clone()));
    let connection = Connection::to(&url).unwrap();
    (connection.with_token(&testkit::token(&settings.data_dir)).unwrap(), url, stop.drop_guard())
}

/// A database with the schema of the service.
static MIGRATED: Model = Model::made_by(|url| Box::pin(migrate_own(url)));
/// The same of the service that it asks.
static MIGRATED_LAW: Model = Model::made_by(|url| {
    Box::pin(async move {
        let schema = agreements::store::schema();
        migrate(agreements::NAME, url, &agreements::store::Migrator, &schema).await;
    })
});

async fn migrate_own(url: String) {
    let schema = projects::store::schema();
    migrate(projects::NAME, url, &projects::store::Migrator, &schema).await;
}

async fn migrate<M: MigratorTrait>(name: &str, url: String, migrator: &M, schema: &Schema) {
    let settings = Settings { database_url: Some(Secret::new(url)), ..Settings::default() };
    standard::startup::migrate(name, &settings, migrator, schema).await.unwrap();
}

/// Runs a test on both engines, each time in a database with the schema of the service.
pub async fn on_both<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    MIGRATED.on_both(test).await;
}

/// Such a database.
pub async fn database(engine: Engine) -> Option<Database> {
    MIGRATED.database(engine).await
}

/// Serves the database at `url` beside a fresh agreements service that knows one agreement,
/// `agreements/epca`.
pub async fn serve(url: &str) -> Running {
    let listen = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { listen, data_dir: folder.path().to_owned(), ..Settings::default() };
    let record_of_law = MIGRATED_LAW.database(Engine::Sqlite).await.unwrap();
    let of_law =
        Settings { database_url: Some(Secret::new(&*record_of_law.url)), ..settings.clone() };
    let service = agreements::service(of_law).await.unwrap();
    let (law, agreements_url, agreements) = start(service, &settings).await;
    AgreementServiceClient::new(law.clone()).create_agreement(agreement()).await.unwrap();

    let settings = Settings {
        database_url: Some(Secret::new(url)),
        agreements_url: Some(agreements_url),
        ..settings
    };
    // A record of before is one that a test has made itself.
    migrate_own(url.to_owned()).await;
    let service = projects::service(settings.clone()).await.unwrap();
    let (connection, url, stop) = start(service, &settings).await;
    Running {
        organizations: OrganizationServiceClient::new(connection.clone()),
        projects: ProjectServiceClient::new(connection.clone()),
        transactions: TransactionServiceClient::new(connection),
        law,
        agreements: Some(agreements),
        url,
        folder,
        _law: record_of_law,
        _stop: stop,
    }
}

impl Running {
    /// An editor for these desks, up to this tier.
    pub fn editor(&self, desks: Desks, tier: Tier) -> Other {
        self.with_token(&testkit::token_for(self.folder.path(), &[Role::Editor], desks, tier))
    }

    /// An editor of another subject.
    pub fn caller(&self, subject: &str) -> Other {
        let (subject, roles) = (subject.to_owned(), vec![Role::Editor]);
        let token = Token { subject, roles, desks: Desks::ALL, tier: Tier::Restricted, hours: 1 };
        self.with_token(&token.sign(self.folder.path(), SystemClock.now()).unwrap())
    }

    fn with_token(&self, token: &str) -> Other {
        let connection = Connection::to(&self.url).unwrap().with_token(token).unwrap();
        Other {
            projects: ProjectServiceClient::new(connection.clone()),
            transactions: TransactionServiceClient::new(connection),
        }
    }

    /// Imports a file, in chunks of a size that cuts through everything.
    pub async fn import(&mut self, file: &[u8]) -> ImportIatiResponse {
        self.try_import(messages("file.xml", false, file)).await.unwrap()
    }

    /// Sends these messages to the import.
    pub async fn try_import(
        &mut self,
        messages: Vec<ImportIatiRequest>,
    ) -> Result<ImportIatiResponse, Status> {
        let file: Vec<u8> = messages.iter().flat_map(data).copied().collect();
        let stream = tokio_stream::iter(messages);
        let report = self.projects.import_iati(stream).await?.into_inner();
        check_balance(&file, &report);
        Ok(report)
    }

    /// The sums a request asks for.
    pub async fn sums(&mut self, request: SumTransactionsRequest) -> Vec<TransactionSum> {
        self.transactions.sum_transactions(request).await.unwrap().into_inner().sums
    }

    /// Records a valid project.
    pub async fn create_project(&mut self, id: &str, project: Project) -> Project {
        self.projects.create_project(recording(id, project)).await.unwrap().into_inner()
    }

    /// Records a valid transaction of a project.
    pub async fn create_transaction(
        &mut self,
        parent: &str,
        transaction: Transaction,
    ) -> Transaction {
        let request = CreateTransactionRequest {
            parent: parent.to_owned(),
            transaction: Some(transaction),
            ..CreateTransactionRequest::default()
        };
        self.transactions.create_transaction(request).await.unwrap().into_inner()
    }
}

/// Returns what UNHCR published of 2023; nothing where the published files are not beside the
/// repository.
pub fn unhcr() -> Option<Vec<u8>> {
    let file = testkit::shared_data()?.join("iati-unhcr-2023/UNHCR-Activities-2023.xml");
    Some(std::fs::read(file).unwrap())
}

/// Runs a test on what UNHCR published of 2023, imported, with both engines.
pub async fn with_unhcr<T: Future<Output = ()>>(test: impl Fn(Running) -> T) {
    let Some(file) = unhcr() else { return };
    on_both(|url| {
        let (file, test) = (&file, &test);
        async move {
            let mut running = serve(&url).await;
            running.import(file).await;
            test(running).await;
        }
    })
    .await;
}

fn data(message: &ImportIatiRequest) -> &[u8] {
    match &message.part {
        Some(Part::Data(data)) => data,
        _ => &[],
    }
}

pub fn messages(name: &str, validate_only: bool, file: &[u8]) -> Vec<ImportIatiRequest> {
    let options = ImportIatiOptions { file_name: name.to_owned(), validate_only };
    let chunks = file.chunks(60_001).map(|chunk| Part::Data(chunk.to_vec()));
    let parts = std::iter::once(Part::Options(options)).chain(chunks);
    parts.map(|part| ImportIatiRequest { part: Some(part) }).collect()
}

pub fn citation(text: &str) -> SourceRef {
    SourceRef { citation: text.to_owned(), ..SourceRef::default() }
}

fn agreement() -> CreateAgreementRequest {
    let agreement = Agreement {
        kind: agreement::Kind::EnhancedPartnershipAndCooperation.into(),
        title: "An agreement".to_owned(),
        source: Some(citation("a list of agreements")),
        ..Agreement::default()
    };
    CreateAgreementRequest {
        agreement: Some(agreement),
        agreement_id: "epca".to_owned(),
        ..CreateAgreementRequest::default()
    }
}

/// A valid project.
pub fn project(title: &str) -> Project {
    Project {
        kind: project::Kind::Project.into(),
        title: title.to_owned(),
        source: Some(citation("a list of projects")),
        ..Project::default()
    }
}

pub fn recording(id: &str, project: Project) -> CreateProjectRequest {
    CreateProjectRequest {
        project: Some(project),
        project_id: id.to_owned(),
        ..CreateProjectRequest::default()
    }
}

/// A disbursement of euros on a day of 2023.
pub fn disbursement(amount: &str, month: i32) -> Transaction {
    let money =
        Money { amount: amount.to_owned(), currency_code: "EUR".to_owned(), value_date: None };
    Transaction {
        r#type: transaction::Type::Disbursement.into(),
        date: Some(Date { year: 2023, month, day: 1 }),
        value: Some(money),
        source: Some(citation("a list of transactions")),
        ..Transaction::default()
    }
}

pub fn country(code: &str, percentage: &str) -> Recipient {
    Recipient {
        country_code: code.to_owned(),
        percentage: percentage.to_owned(),
        ..Recipient::default()
    }
}

pub fn sector(code: &str, percentage: &str) -> Sector {
    Sector { code: code.to_owned(), percentage: percentage.to_owned(), ..Sector::default() }
}

/// The reason a program can match.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Returns the invalid fields, each with the reason.
pub fn violations(status: &Status) -> Vec<(String, String)> {
    let violations =
        status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}
