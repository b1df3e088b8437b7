//! The service on a loopback port, on the database at `url`, and clients of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{CreatePartyRequest, Party, party};
use api::registan::r#type::v1::SourceRef;
use chassis::client::Connection;
use chassis::config::Secret;
use chassis::{Server, Settings};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use tonic_types::StatusExt;

/// The service, stopped with this value.
pub struct Running {
    pub parties: PartyServiceClient<Connection>,
    pub agreements: AgreementServiceClient<Connection>,
    pub frameworks: FrameworkServiceClient<Connection>,
    _stop: DropGuard,
    _folder: TempDir,
}

/// Migrates the database and serves it.
pub async fn serve(url: &str) -> Running {
    let listen = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        listen,
        database_url: Some(Secret::new(url)),
        data_dir: folder.path().to_owned(),
        ..Settings::default()
    };
    standard::startup::migrate(agreements::NAME, &settings, &agreements::store::Migrator)
        .await
        .unwrap();
    let service = agreements::service(settings.clone()).await.unwrap();
    let server = Server::bind(service, &settings).await.unwrap();
    let connection = Connection::to(&format!("http://{}", server.address())).unwrap();
    let connection = connection.with_token(&testkit::token(folder.path())).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.run(stop.clone()));
    Running {
        parties: PartyServiceClient::new(connection.clone()),
        agreements: AgreementServiceClient::new(connection.clone()),
        frameworks: FrameworkServiceClient::new(connection),
        _stop: stop.drop_guard(),
        _folder: folder,
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

/// The fields at fault.
pub fn fields(status: &Status) -> Vec<String> {
    let violations =
        status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}
