//! `GetAgreement` with TLS at every port beside plain text: through the gateway, and straight from
//! the service to a client that has the certificate of the gateway.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{GetAgreementRequest, ListAgreementsRequest};
use chassis::Settings;
use chassis::client::Connection;
use chassis::tls::Tls;
use e2e::secured::certify;
use e2e::{Suite, program};
use testkit::Engine;
use tokio::task::JoinSet;

use crate::reads::{Server, suite, turn};
use crate::turns::{in_turns, print};

/// As many as `registan load` has.
const CALLERS: usize = 16;
const TURN: Duration = Duration::from_secs(2);

/// On each engine.
pub async fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    certify(folder.path())?;
    let authorities = folder.path().join("gateway/ca.crt");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let variables = |name: &str| vec![("REGISTAN_TLS_DIR", folder.path().join(name).into())];
        let secured = Suite::distributed_with(engine, true, variables).await;
        let (secured, _databases) = secured.context("no program or no database")?;
        let (plain, _others) = suite(engine, program).await?;

        let servers = [
            Server::at(secured.address).with_token(secured.token()).trusting(authorities.clone()),
            Server::at(plain.address).with_token(plain.token()),
        ];
        let rates = in_turns(async |which| turn(&servers[which], "get=100")).await?;
        let what = |way: &str| format!("{engine:?}: GetAgreement {way}, TLS to plain text");
        print(&what("through the gateway"), &rates, "/s", "0.8");

        let services = [
            direct(&secured, "https", Some(&folder.path().join("gateway")))?,
            direct(&plain, "http", None)?,
        ];
        let names = names(services[1].clone()).await?;
        let rates = in_turns(async |which| rate(&services[which], &names).await).await?;
        print(&what("direct"), &rates, "/s", "0.8");
    }
    Ok(())
}

/// A connection to agreements as the gateway has one, with its certificate if there is one.
fn direct(suite: &Suite, scheme: &str, folder: Option<&Path>) -> anyhow::Result<Connection> {
    let tls = folder.map(|folder| Tls::new(folder, None));
    let settings = Settings { tls, ..Settings::default() };
    let url = format!("{scheme}://{}", suite.services[0].1);
    let connection = Connection::between(&settings, "gateway", "agreements", &url)?;
    connection.with_token(&suite.token())
}

/// The names of the agreements, which are the same in every suite.
async fn names(connection: Connection) -> anyhow::Result<Arc<[String]>> {
    let request = ListAgreementsRequest { page_size: 1000, ..ListAgreementsRequest::default() };
    let page = AgreementServiceClient::new(connection).list_agreements(request).await?;
    Ok(page.into_inner().agreements.into_iter().map(|agreement| agreement.name).collect())
}

/// Calls a second of callers who share a connection.
async fn rate(connection: &Connection, names: &Arc<[String]>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..CALLERS {
        let client = AgreementServiceClient::new(connection.clone());
        running.spawn(calls(client, Arc::clone(names), number, started + TURN));
    }
    let mut answered = 0_u32;
    for count in running.join_all().await {
        answered += count?;
    }
    Ok(f64::from(answered) / started.elapsed().as_secs_f64())
}

async fn calls(
    mut client: AgreementServiceClient<Connection>,
    names: Arc<[String]>,
    number: usize,
    until: Instant,
) -> anyhow::Result<u32> {
    let (mut answered, mut place) = (0, number * 7919);
    while Instant::now() < until {
        let name = names[place % names.len()].clone();
        client.get_agreement(GetAgreementRequest { name, ..Default::default() }).await?;
        (answered, place) = (answered + 1, place + 1);
    }
    Ok(answered)
}
