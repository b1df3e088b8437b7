//! `GetLegalBasis` of a party, beside the bare statements of the same documents, among 10 000
//! agreements with their provisions.

use std::sync::Arc;
use std::time::Instant;

use agreements::domain::{Agreement, Party, Provision, Source};
use agreements::{App, ops};
use anyhow::Context;
use api::registan::agreements::v1::{
    Agreement as AgreementMessage, AgreementParty, Party as PartyMessage,
    Provision as ProvisionMessage, Source as SourceMessage, party, source,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::{Confidence, Date, PartialDate, SourceRef};
use chassis::clock::SystemClock;
use chronicle::{Call, Chronicle, Entry};
use sea_orm::{ConnectionTrait, Statement, Value};
use testkit::{Engine, database};

use crate::record;
use crate::row;

const AGREEMENTS: usize = 10_000;
/// Agreements of one party, and provisions of one agreement.
const OF_ONE: usize = 10;
const PROVISIONS: usize = 6;
const TURNS: usize = 300;
const OPEN: i64 = i64::MAX;

fn parties() -> Vec<Party> {
    let party = |id: &str, kind: party::Kind| {
        Party::of(PartyMessage {
            name: format!("parties/{id}"),
            kind: kind.into(),
            display_name: id.to_owned(),
            tier: Tier::Public.into(),
            ..PartyMessage::default()
        })
    };
    let others = (0..AGREEMENTS / OF_ONE).map(|number| party(&id(number), party::Kind::State));
    std::iter::once(party("eu", party::Kind::Union)).chain(others).collect()
}

fn id(number: usize) -> String {
    format!("p{number}")
}

fn agreement(number: usize) -> Agreement {
    let party =
        |id: String| AgreementParty { party: format!("parties/{id}"), ..AgreementParty::default() };
    let parties = vec![party("eu".to_owned()), party(id(number / OF_ONE))];
    let mut message = record::agreement(number).into_message();
    let milestones = message.milestones.iter_mut().filter_map(|one| one.source.as_mut());
    for source in milestones.chain(&mut message.source) {
        source.source = format!("sources/s{number}");
    }
    Agreement::of(AgreementMessage { parties, provisions: Vec::new(), ..message })
}

/// The source on which an agreement rests.
fn source(number: usize) -> Source {
    let date = Date { year: 2016, month: 2, day: 4 };
    Source::of(SourceMessage {
        name: format!("sources/s{number}"),
        kind: source::Kind::LegalAct.into(),
        title: "Official Journal of the European Union".to_owned(),
        citation: "OJ L 29, 4.2.2016, p. 3".to_owned(),
        published: Some(PartialDate { date: Some(date), ..PartialDate::default() }),
        tier: Tier::Public.into(),
        ..SourceMessage::default()
    })
}

fn provisions(number: usize) -> impl Iterator<Item = Provision> {
    (0..PROVISIONS).map(move |article| {
        Provision::of(ProvisionMessage {
            name: format!("agreements/bench-{number}/provisions/art-{article}"),
            article: format!("Article {article}"),
            title: "General principles".to_owned(),
            summary: "Respect for democratic principles underpins the policies of both.".to_owned(),
            source: Some(SourceRef {
                citation: "written for a measurement".to_owned(),
                ..SourceRef::default()
            }),
            confidence: Confidence::Certain.into(),
            tier: Tier::Public.into(),
            ..ProvisionMessage::default()
        })
    })
}

async fn fill(record: &Chronicle) -> anyhow::Result<()> {
    let call = Call { caller: "bench".to_owned(), method: "Fill".into(), request: None };
    for some in parties().chunks(500) {
        record.record(&call, some.iter().map(Entry::create).collect::<Result<_, _>>()?).await?;
    }
    let all: Vec<usize> = (0..AGREEMENTS).collect();
    for some in all.chunks(100) {
        let mut entries = Vec::new();
        for number in some {
            entries.push(Entry::create(&source(*number))?);
            entries.push(Entry::create(&agreement(*number))?);
            for provision in provisions(*number) {
                entries.push(Entry::create(&provision)?);
            }
        }
        record.record(&call, entries).await?;
    }
    Ok(())
}

/// The documents of the agreements and provisions of a party by two statements; their number.
async fn bare(record: &Chronicle, party: &str) -> anyhow::Result<usize> {
    let backend = record.db.get_database_backend();
    let ask = async |sql: String, values: Vec<Value>| {
        record.db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await
    };
    let sql = format!(
        "SELECT v.name, v.document FROM agreement_parties s JOIN agreement v ON v.uid = s.uid AND \
         v.recorded_to = {OPEN} WHERE s.value = $1 AND s.recorded_to = {OPEN}"
    );
    let agreements = ask(sql, vec![party.into()]).await?;
    let names: Vec<String> =
        agreements.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    let places = (1..=names.len()).map(|it| format!("${it}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT v.document FROM provision v WHERE v.agreement IN ({places}) AND v.recorded_to = {OPEN}"
    );
    let provisions = ask(sql, names.into_iter().map(Value::from).collect()).await?;
    Ok(agreements.len() + provisions.len())
}

/// On each engine.
pub async fn measure() -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = database(engine).await.context("no database: run `cargo xtask bench`")?;
        let db = record::migrated(&database.url).await?;
        let app = App::open(db, Arc::new(SystemClock)).await?;
        let record = &app.records.chronicle;
        fill(record).await?;
        record::vacuum(&record.db).await?;
        let mut micros = [Vec::with_capacity(TURNS), Vec::with_capacity(TURNS)];
        for turn in 0..TURNS {
            let party = format!("parties/{}", id(turn * 37 % (AGREEMENTS / OF_ONE)));
            let started = Instant::now();
            let question = ops::Question {
                party: party.clone(),
                codes: Vec::new(),
                as_of: None,
                read_time: None,
                known_by: None,
            };
            let asked = ops::get_legal_basis(&app, question).await;
            micros[0].push(started.elapsed().as_secs_f64() * 1e6);
            let answer = asked.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
            let binding = answer.basis.in_force.len();
            anyhow::ensure!(binding == OF_ONE, "{binding} agreements of {party}");
            let started = Instant::now();
            let found = bare(record, &party).await?;
            micros[1].push(started.elapsed().as_secs_f64() * 1e6);
            anyhow::ensure!(found == OF_ONE * (PROVISIONS + 1), "{found} documents of {party}");
        }
        let [[ours, worst], [bare, _]] = micros.map(crate::searches::percentiles);
        row(
            &format!("{engine:?}: GetLegalBasis of 10 agreements, p99 (median)"),
            &format!("{worst:.0} µs ({ours:.0}; {:.1} × bare)", ours / bare),
            "≤ 2000 µs",
        );
    }
    Ok(())
}
