//! The baseline: tonic and sea-orm and nothing else. One table, one row an agreement, read by its
//! key; pages in the order of the suite, so that both read the same rows.
//!
//! `bare ADDRESS DATABASE_URL SUITE_URL`: copies the agreements of a running suite, then serves Get
//! and List of them.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::Context;
use api::codec::Codec;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{
    Agreement, GetAgreementRequest, ListAgreementsRequest, ListAgreementsResponse,
};
use api::rpc::Rpc;
use api::rpc::agreement_service::{GetAgreement, ListAgreements};
// For the allocator, which is that of the suite.
use chassis as _;
use prost::Message;
use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Order, Query, Table};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Context as Waking, Poll, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};

/// Agreements of a page that says no size.
const DEFAULT_PAGE: usize = 50;

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: DbErr) -> Status {
    Status::internal(error.to_string())
}

async fn get(
    db: DatabaseConnection,
    request: Request<GetAgreementRequest>,
) -> Result<Response<Agreement>, Status> {
    let name = request.into_inner().name;
    let query = Query::select()
        .column(Alias::new("message"))
        .from(Alias::new("bare"))
        .and_where(Expr::col(Alias::new("name")).eq(name))
        .to_owned();
    let row = db
        .query_one(&query)
        .await
        .map_err(failed)?
        .ok_or_else(|| Status::not_found("no such agreement"))?;
    let bytes: Vec<u8> = row.try_get("", "message").map_err(failed)?;
    Agreement::decode(bytes.as_slice())
        .map(Response::new)
        .map_err(|error| Status::internal(error.to_string()))
}

/// A page; a token is the place of the last agreement on the page before.
async fn list(
    db: DatabaseConnection,
    request: Request<ListAgreementsRequest>,
) -> Result<Response<ListAgreementsResponse>, Status> {
    let ListAgreementsRequest { page_size, page_token, .. } = request.into_inner();
    let size = match usize::try_from(page_size) {
        Ok(0) | Err(_) => DEFAULT_PAGE,
        Ok(size) => size,
    };
    let after: i32 = page_token.parse().unwrap_or_default();
    let query = Query::select()
        .columns(["place", "message"].map(Alias::new))
        .from(Alias::new("bare"))
        .and_where(Expr::col(Alias::new("place")).gt(after))
        .order_by(Alias::new("place"), Order::Asc)
        .limit(size as u64 + 1)
        .to_owned();
    let rows = db.query_all(&query).await.map_err(failed)?;
    let (mut agreements, mut last) = (Vec::with_capacity(size), 0_i32);
    for row in rows.iter().take(size) {
        last = row.try_get("", "place").map_err(failed)?;
        let bytes: Vec<u8> = row.try_get("", "message").map_err(failed)?;
        agreements.push(
            Agreement::decode(bytes.as_slice())
                .map_err(|error| Status::internal(error.to_string()))?,
        );
    }
    let next_page_token = if rows.len() > size { last.to_string() } else { String::new() };
    Ok(Response::new(ListAgreementsResponse {
        agreements,
        next_page_token,
        ..ListAgreementsResponse::default()
    }))
}

/// The two methods, served as a server that tonic generates does it.
#[derive(Clone)]
struct Bare(DatabaseConnection);

impl UnaryService<GetAgreementRequest> for Bare {
    type Response = Agreement;
    type Future = BoxFuture<Response<Agreement>, Status>;

    fn call(&mut self, request: Request<GetAgreementRequest>) -> Self::Future {
        Box::pin(get(self.0.clone(), request))
    }
}

impl UnaryService<ListAgreementsRequest> for Bare {
    type Response = ListAgreementsResponse;
    type Future = BoxFuture<Response<ListAgreementsResponse>, Status>;

    fn call(&mut self, request: Request<ListAgreementsRequest>) -> Self::Future {
        Box::pin(list(self.0.clone(), request))
    }
}

impl NamedService for Bare {
    const NAME: &'static str = GetAgreement::SERVICE;
}

impl Service<http::Request<Body>> for Bare {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Waking<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let bare = self.clone();
        match request.uri().path() {
            GetAgreement::PATH => Box::pin(async move {
                let codec = Codec::<Agreement, GetAgreementRequest>::default();
                Ok(Grpc::new(codec).unary(bare, request).await)
            }),
            ListAgreements::PATH => Box::pin(async move {
                let codec = Codec::<ListAgreementsResponse, ListAgreementsRequest>::default();
                Ok(Grpc::new(codec).unary(bare, request).await)
            }),
            _ => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

/// Copies every agreement of a suite into the one table.
async fn copy(db: &DatabaseConnection, suite: String) -> anyhow::Result<()> {
    let table = Table::create()
        .table(Alias::new("bare"))
        .col(ColumnDef::new(Alias::new("name")).text().not_null().primary_key())
        .col(ColumnDef::new(Alias::new("place")).integer().not_null().unique_key())
        .col(ColumnDef::new(Alias::new("message")).blob().not_null())
        .to_owned();
    db.execute(&table).await?;
    let mut client = AgreementServiceClient::connect(suite).await?;
    let request = ListAgreementsRequest { page_size: 1000, ..ListAgreementsRequest::default() };
    let agreements = client.list_agreements(request).await?.into_inner().agreements;
    for (place, agreement) in (1_i32..).zip(agreements) {
        let mut insert = Query::insert();
        let columns = ["name", "place", "message"].map(Alias::new);
        insert.into_table(Alias::new("bare")).columns(columns);
        let (name, message) = (agreement.name.clone(), agreement.encode_to_vec());
        insert.values_panic([name.into(), place.into(), message.into()]);
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
    // As many connections as the suite has for this, and no logging, as there.
    let most = chronicle::database::most_connections(options.get_url());
    options.max_connections(most).sqlx_logging(false);
    // The same here as there: no ping before every query.
    options.test_before_acquire_if_idle_for(std::time::Duration::from_secs(1));
    let db = Database::connect(options).await?;
    copy(&db, suite).await?;
    tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .add_service(Bare(db))
        .serve(address)
        .await?;
    Ok(())
}
