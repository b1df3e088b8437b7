//! `registan appoint`: grants the first operator their role, by the database of agreements.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use api::registan::access::v1::grant_service_client::GrantServiceClient;
use api::registan::access::v1::{CreateGrantRequest, Grant, ListGrantsRequest};
use chassis::auth::development::{self, Token};
use chassis::client::Connection;
use chassis::clock::{Clock, SystemClock};
use chassis::process::block_on;
use chassis::{Server, Settings};
use policy::{Desks, Role, Tier};
use prost_types::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::cli::{Appoint, ServiceName};
use crate::serve::defaults;

const SECONDS_OF_A_DAY: i64 = 86_400;
const MICROSECONDS: i64 = 1_000_000;

pub fn run(arguments: Appoint) -> anyhow::Result<()> {
    let Appoint { subject, days, settings } = arguments;
    let settings = Settings::load_over(defaults(Some(ServiceName::Agreements)), settings)?;
    // On loopback alone, where the tokens of this process are accepted, and no others.
    let own = Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: settings.database_url,
        data_dir: settings.data_dir,
        desks: settings.desks,
        development_issuer: Some(true),
        ..Settings::default()
    };
    let said = block_on(async {
        development::make_key(&own.data_dir)?;
        let server = Server::bind(agreements::service(own.clone()).await?, &own).await?;
        let url = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.run(stop.clone()));
        let connection = Connection::to(&url)?.with_token(&token(&own)?)?;
        let said = appoint(&mut GrantServiceClient::new(connection), subject, days).await;
        stop.cancel();
        serving.await.context("the service panicked")?;
        said
    })?;
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

/// A token of an operator.
fn token(settings: &Settings) -> anyhow::Result<String> {
    let token = Token {
        subject: "appoint".to_owned(),
        roles: vec![Role::Operator],
        desks: Desks::ALL,
        tier: Tier::Public,
        hours: 1,
    };
    token.sign(&settings.data_dir, SystemClock.now())
}

/// Grants the role, unless the subject has it: what is run again changes nothing.
async fn appoint(
    client: &mut GrantServiceClient<Connection>,
    subject: String,
    days: u32,
) -> anyhow::Result<String> {
    let quoted = subject.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = format!("subject = \"{quoted}\" AND role = OPERATOR");
    let list = ListGrantsRequest { page_size: 1, filter, ..ListGrantsRequest::default() };
    let found = client.list_grants(list).await?.into_inner().grants;
    if let Some(grant) = found.first() {
        return Ok(format!("{subject} is an operator already, by {}", grant.name));
    }
    let seconds = SystemClock.now() / MICROSECONDS + i64::from(days) * SECONDS_OF_A_DAY;
    let grant = Grant {
        subject: subject.clone(),
        role: api::registan::options::v1::Role::Operator.into(),
        purpose: "the first operator".to_owned(),
        expire_time: Some(Timestamp { seconds, nanos: 0 }),
        ..Grant::default()
    };
    let create = CreateGrantRequest { grant: Some(grant), ..CreateGrantRequest::default() };
    let grant = client.create_grant(create).await?.into_inner();
    Ok(format!("{subject} is an operator for {days} days, by {}", grant.name))
}
