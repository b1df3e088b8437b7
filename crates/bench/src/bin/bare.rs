//! The baseline: tonic and sea-orm and nothing else. One table, one row an agreement, read by its key; pages in its order.
//!
//! `bare ADDRESS DATABASE_URL SUITE_URL`: copies the agreements of a running suite, then serves Get and List of them.

use std::net::SocketAddr;

use anyhow::Context;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::agreement_service_server::{
    AgreementService, AgreementServiceServer,
};
use api::registan::agreements::v1::{
    Agreement, CreateAgreementRequest, DeleteAgreementRequest, DiffAgreementsRequest,
    DiffAgreementsResponse, ExportAgreementsRequest, GetAgreementRequest, GetLegalBasisRequest,
    LegalBasis, ListAgreementRevisionsRequest, ListAgreementRevisionsResponse,
    ListAgreementsRequest, ListAgreementsResponse, UndeleteAgreementRequest,
    UpdateAgreementRequest, WatchAgreementsRequest, WatchAgreementsResponse,
};
// For the allocator, which is that of the suite.
use chassis as _;
use prost::Message;
use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Order, Query, Table};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tonic::{Request, Response, Status};

/// Agreements of a page that says no size.
const DEFAULT_PAGE: usize = 50;

struct Bare(DatabaseConnection);

type Nothing<M> = tokio_stream::Empty<Result<M, Status>>;

fn only_reads() -> Status {
    Status::unimplemented("the baseline only reads")
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: DbErr) -> Status {
    Status::internal(error.to_string())
}

#[tonic::async_trait]
impl AgreementService for Bare {
    async fn get_agreement(
        &self,
        request: Request<GetAgreementRequest>,
    ) -> Result<Response<Agreement>, Status> {
        let name = request.into_inner().name;
        let query = Query::select()
            .column(Alias::new("message"))
            .from(Alias::new("bare"))
            .and_where(Expr::col(Alias::new("name")).eq(name))
            .to_owned();
        let row = self
            .0
            .query_one(&query)
            .await
            .map_err(failed)?
            .ok_or_else(|| Status::not_found("no such agreement"))?;
        let bytes: Vec<u8> = row.try_get("", "message").map_err(failed)?;
        Agreement::decode(bytes.as_slice())
            .map(Response::new)
            .map_err(|error| Status::internal(error.to_string()))
    }

    /// A page by name; a token is the name of the last agreement on the page before.
    async fn list_agreements(
        &self,
        request: Request<ListAgreementsRequest>,
    ) -> Result<Response<ListAgreementsResponse>, Status> {
        let ListAgreementsRequest { page_size, page_token, .. } = request.into_inner();
        let size = match usize::try_from(page_size) {
            Ok(0) | Err(_) => DEFAULT_PAGE,
            Ok(size) => size,
        };
        let query = Query::select()
            .column(Alias::new("message"))
            .from(Alias::new("bare"))
            .and_where(Expr::col(Alias::new("name")).gt(page_token))
            .order_by(Alias::new("name"), Order::Asc)
            .limit(size as u64 + 1)
            .to_owned();
        let rows = self.0.query_all(&query).await.map_err(failed)?;
        let mut agreements = Vec::with_capacity(size);
        for row in rows.iter().take(size) {
            let bytes: Vec<u8> = row.try_get("", "message").map_err(failed)?;
            agreements.push(
                Agreement::decode(bytes.as_slice())
                    .map_err(|error| Status::internal(error.to_string()))?,
            );
        }
        let last = agreements.last().filter(|_| rows.len() > size);
        let next_page_token = last.map(|last| last.name.clone()).unwrap_or_default();
        Ok(Response::new(ListAgreementsResponse {
            agreements,
            next_page_token,
            ..ListAgreementsResponse::default()
        }))
    }

    async fn create_agreement(
        &self,
        _: Request<CreateAgreementRequest>,
    ) -> Result<Response<Agreement>, Status> {
        Err(only_reads())
    }

    async fn update_agreement(
        &self,
        _: Request<UpdateAgreementRequest>,
    ) -> Result<Response<Agreement>, Status> {
        Err(only_reads())
    }

    async fn delete_agreement(
        &self,
        _: Request<DeleteAgreementRequest>,
    ) -> Result<Response<Agreement>, Status> {
        Err(only_reads())
    }

    async fn undelete_agreement(
        &self,
        _: Request<UndeleteAgreementRequest>,
    ) -> Result<Response<Agreement>, Status> {
        Err(only_reads())
    }

    type ExportAgreementsStream = Nothing<Agreement>;

    async fn export_agreements(
        &self,
        _: Request<ExportAgreementsRequest>,
    ) -> Result<Response<Nothing<Agreement>>, Status> {
        Err(only_reads())
    }

    type WatchAgreementsStream = Nothing<WatchAgreementsResponse>;

    async fn watch_agreements(
        &self,
        _: Request<WatchAgreementsRequest>,
    ) -> Result<Response<Nothing<WatchAgreementsResponse>>, Status> {
        Err(only_reads())
    }

    async fn list_agreement_revisions(
        &self,
        _: Request<ListAgreementRevisionsRequest>,
    ) -> Result<Response<ListAgreementRevisionsResponse>, Status> {
        Err(only_reads())
    }

    type DiffAgreementsStream = Nothing<DiffAgreementsResponse>;

    async fn diff_agreements(
        &self,
        _: Request<DiffAgreementsRequest>,
    ) -> Result<Response<Nothing<DiffAgreementsResponse>>, Status> {
        Err(only_reads())
    }

    async fn get_legal_basis(
        &self,
        _: Request<GetLegalBasisRequest>,
    ) -> Result<Response<LegalBasis>, Status> {
        Err(only_reads())
    }
}

/// Copies every agreement of a suite into the one table.
async fn copy(db: &DatabaseConnection, suite: String) -> anyhow::Result<()> {
    let table = Table::create()
        .table(Alias::new("bare"))
        .col(ColumnDef::new(Alias::new("name")).text().not_null().primary_key())
        .col(ColumnDef::new(Alias::new("message")).blob().not_null())
        .to_owned();
    db.execute(&table).await?;
    let mut client = AgreementServiceClient::connect(suite).await?;
    let request = ListAgreementsRequest { page_size: 1000, ..ListAgreementsRequest::default() };
    for agreement in client.list_agreements(request).await?.into_inner().agreements {
        let mut insert = Query::insert();
        insert.into_table(Alias::new("bare")).columns(["name", "message"].map(Alias::new));
        insert.values_panic([agreement.name.clone().into(), agreement.encode_to_vec().into()]);
        db.execute(&insert).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let (address, database, suite) =
        (next("the address")?, next("the database")?, next("the suite")?);
    let address: SocketAddr = address.parse()?;
    let mut options = ConnectOptions::new(database);
    // As many connections as the suite has, and no logging, as there.
    options
        .max_connections(if options.get_url().starts_with("sqlite") { 4 } else { 16 })
        .sqlx_logging(false);
    // The same here as there: no ping before every query.
    options.test_before_acquire_if_idle_for(std::time::Duration::from_secs(1));
    let db = Database::connect(options).await?;
    copy(&db, suite).await?;
    tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .add_service(AgreementServiceServer::new(Bare(db)))
        .serve(address)
        .await?;
    Ok(())
}
