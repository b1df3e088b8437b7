//! Get, List, Export, Watch, write and import beside the programs of an earlier revision, in turns:
//! what a change costs. Needs `cargo xtask bench --before REVISION before`.

mod streams;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreatePartyRequest, ListPartiesRequest, Party, UpdatePartyRequest,
};
use api::registan::r#type::v1::SourceRef;
use chassis::client::Connection;
use e2e::{Suite, program};
use prost_types::FieldMask;
use testkit::Engine;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::reads::{Server, suite, turn};
use crate::turns::{self, in_turns};

const TURN: Duration = Duration::from_secs(2);
const WRITERS: usize = 4;
/// Parties of a page.
const LISTED: i32 = 50;
/// Parties of an export, and of the snapshot of a watch.
const EXPORTED: u32 = 1000;
/// Activities of each imported file, all of them new.
const ACTIVITIES: usize = 2000;
const TRANSACTIONS: usize = 4;

/// Measures on both engines; nothing where no earlier revision was built.
pub async fn measure() -> anyhow::Result<()> {
    let Some(folder) = std::env::var_os("BENCH_BEFORE").map(PathBuf::from) else {
        println!(
            "before: skipped, no earlier revision: cargo xtask bench --before REVISION before"
        );
        return Ok(());
    };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let now = suite(engine, program).await?;
        let before = suite(engine, |name| Some(folder.join(name))).await?;
        let suites = [&now.0, &before.0];
        for (what, mix) in [("GetAgreement", "get=100"), ("ListAgreements", "list=100")] {
            let rates = in_turns(async |which| turn(&agreements(suites[which]), mix)).await?;
            print(engine, &format!("{what}, with a token"), &rates, "/s", "0.95");
        }
        for suite in suites {
            create_listed(suite).await?;
        }
        let rates = in_turns(async |which| lists(suites[which]).await).await?;
        print(engine, "ListParties, the same in both", &rates, "/s", "0.95");
        let rates = in_turns(async |which| streams::exports(suites[which]).await).await?;
        print(engine, "ExportParties", &rates, " parties/s", "1.3");
        let rates = in_turns(async |which| streams::snapshots(suites[which]).await).await?;
        print(engine, "the snapshot of WatchParties", &rates, " parties/s", "1.3");
        let mut parties = Vec::new();
        for suite in suites {
            parties.push(create_parties(suite).await?);
        }
        let rates = in_turns(async |which| updates(&parties[which]).await).await?;
        print(engine, &format!("UpdateParty, {WRITERS} writers"), &rates, "/s", "1");
        let mut number = 0;
        let rates = in_turns(async |which| {
            number += 1;
            import(suites[which], number)
        })
        .await?;
        print(engine, "ImportIati, new activities", &rates, " activities/s", "1.2");
    }
    Ok(())
}

fn print(engine: Engine, what: &str, rates: &[[f64; 2]], unit: &str, to_reach: &str) {
    turns::print(&format!("{engine:?}: {what}, now to before"), rates, unit, to_reach);
}

/// The agreements service of a suite, asked with a token.
fn agreements(suite: &Suite) -> Server {
    Server::at(suite.services[0].1).with_token(suite.token())
}

/// One writer of parties: a client and the name of a party of its own.
type Writer = (PartyServiceClient<Connection>, String);

fn parties(suite: &Suite) -> anyhow::Result<PartyServiceClient<Connection>> {
    let address = format!("http://{}", suite.services[0].1);
    Ok(PartyServiceClient::new(Connection::to(&address)?.with_token(&suite.token())?))
}

async fn create_parties(suite: &Suite) -> anyhow::Result<Vec<Writer>> {
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let mut client = parties(suite)?;
        let name = create(&mut client, Kind::Organisation).await?;
        writers.push((client, name));
    }
    Ok(writers)
}

async fn create(client: &mut PartyServiceClient<Connection>, kind: Kind) -> anyhow::Result<String> {
    let source = SourceRef { citation: "a measurement".to_owned(), ..SourceRef::default() };
    let party = Party {
        kind: kind.into(),
        display_name: "A party that is measured".to_owned(),
        source: Some(source),
        ..Party::default()
    };
    let request = CreatePartyRequest { party: Some(party), ..CreatePartyRequest::default() };
    Ok(client.create_party(request).await?.into_inner().name)
}

/// Banks in both records, for the pages and streams of them: those of the reference record are few,
/// and it has grown since.
async fn create_listed(suite: &Suite) -> anyhow::Result<()> {
    let mut client = parties(suite)?;
    for _ in 0..EXPORTED {
        create(&mut client, Kind::Bank).await?;
    }
    Ok(())
}

/// Pages a second that as many callers as there are writers are given.
async fn lists(suite: &Suite) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..WRITERS {
        running.spawn(list(parties(suite)?, started + TURN));
    }
    let mut given = 0_u32;
    for count in running.join_all().await {
        given += count?;
    }
    Ok(f64::from(given) / started.elapsed().as_secs_f64())
}

async fn list(mut client: PartyServiceClient<Connection>, until: Instant) -> anyhow::Result<u32> {
    let mut given = 0;
    while Instant::now() < until {
        let filter = "kind = BANK".to_owned();
        let page_size = LISTED;
        let request = ListPartiesRequest { filter, page_size, ..ListPartiesRequest::default() };
        let page = client.list_parties(request).await?.into_inner();
        anyhow::ensure!(page.parties.len() == usize::try_from(LISTED)?, "not a whole page");
        given += 1;
    }
    Ok(given)
}

/// Acknowledged updates a second, each with a request id and another value.
async fn updates(writers: &[Writer]) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for (client, name) in writers {
        running.spawn(update(client.clone(), name.clone(), started + TURN));
    }
    let mut acknowledged = 0_u32;
    for count in running.join_all().await {
        acknowledged += count?;
    }
    Ok(f64::from(acknowledged) / started.elapsed().as_secs_f64())
}

async fn update(
    mut client: PartyServiceClient<Connection>,
    name: String,
    until: Instant,
) -> anyhow::Result<u32> {
    let mut acknowledged = 0;
    while Instant::now() < until {
        let display_name = Uuid::new_v4().to_string();
        let party = Party { name: name.clone(), display_name, ..Party::default() };
        let request = UpdatePartyRequest {
            party: Some(party),
            update_mask: Some(FieldMask { paths: vec!["display_name".to_owned()] }),
            request_id: Uuid::new_v4().to_string(),
            ..UpdatePartyRequest::default()
        };
        client.update_party(request).await?;
        acknowledged += 1;
    }
    Ok(acknowledged)
}

/// Activities a second of an import through the gateway.
fn import(suite: &Suite, number: usize) -> anyhow::Result<f64> {
    let file = suite.folder.path().join("measured.xml");
    write_activities(&file, number)?;
    let registan = program("registan").context("registan is not built")?;
    let started = Instant::now();
    let output = Command::new(registan)
        .args(["import", "iati", "--json", "--gateway", &format!("http://{}", suite.address)])
        .env("REGISTAN_TOKEN", suite.token())
        .arg(&file)
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seconds = started.elapsed().as_secs_f64();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    anyhow::ensure!(report["created"] == ACTIVITIES, "not all were created: {report}");
    Ok(f64::from(u32::try_from(ACTIVITIES)?) / seconds)
}

/// Writes an IATI 2.03 file of activities that no other file has.
fn write_activities(file: &Path, number: usize) -> anyhow::Result<()> {
    let mut text = String::from("<iati-activities version=\"2.03\">\n");
    for activity in 0..ACTIVITIES {
        write!(
            text,
            "<iati-activity default-currency=\"EUR\"><iati-identifier>XM-BENCH-{number}-{activity}\
             </iati-identifier><reporting-org ref=\"XM-BENCH\" type=\"10\"><narrative>A measurement</narrative>\
             </reporting-org><title><narrative>Activity {activity} of file {number}</narrative></title>\
             <description><narrative>Water supply in a valley, measured.</narrative></description>\
             <participating-org role=\"1\" type=\"10\"><narrative>A measurement</narrative></participating-org>\
             <activity-status code=\"2\"/><activity-date type=\"2\" iso-date=\"2023-01-01\"/>\
             <recipient-country code=\"KG\"/><sector code=\"14030\"/>"
        )?;
        for transaction in 1..=TRANSACTIONS {
            write!(
                text,
                "<transaction ref=\"t{transaction}\"><transaction-type code=\"3\"/>\
                 <transaction-date iso-date=\"2023-0{transaction}-15\"/>\
                 <value value-date=\"2023-0{transaction}-15\">{}</value></transaction>",
                1000 * transaction
            )?;
        }
        text.push_str("</iati-activity>\n");
    }
    text.push_str("</iati-activities>\n");
    std::fs::write(file, text)?;
    Ok(())
}
