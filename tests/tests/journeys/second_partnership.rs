//! Another partnership is served by the same program with other data: its desks are a file.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use chassis::clock::{Clock, SystemClock};
use e2e::partnership::{files, make_parties, token};
use e2e::{Suite, free_address, grpcurl, program};
use serde_json::{Value, json};
use testkit::Engine;
use testkit::oidc::{AUDIENCE, Algorithm, Issuer, SigningKey, claims};

/// Returns what a caller is answered, or the reason why not.
fn ask(suite: &Suite, token: Option<&str>, method: &str, request: &Value) -> Result<Value, String> {
    let answer = grpcurl(suite.address, token, method, &request.to_string());
    answer.map_err(|refusal| {
        let reason = refusal.text.split("\"reason\": \"").nth(1);
        reason.and_then(|rest| rest.split('"').next()).unwrap_or(&refusal.text).to_owned()
    })
}

fn agreement(parties: &[&str]) -> Value {
    let parties: Vec<_> =
        parties.iter().map(|id| json!({ "party": format!("parties/{id}") })).collect();
    json!({ "agreement": { "kind": "KIND_PARTNERSHIP_AND_COOPERATION", "title": "A treaty", "parties": parties,
        "source": { "citation": "invented" } } })
}

fn project(country: &str, tier: &str) -> Value {
    json!({ "project": { "tier": format!("TIER_{tier}"), "kind": "KIND_PROJECT", "title": format!("In {country}, {tier}"),
        "recipients": [{ "country_code": country, "percentage": "100" }], "source": { "citation": "invented" } } })
}

fn activity(party: &str) -> Value {
    json!({ "activity": { "tier": "TIER_RESTRICTED", "kind": "KIND_PRISON_VISIT", "party": format!("parties/{party}"),
        "delegation": "A delegation", "date": { "date": { "year": 2024, "month": 6 } },
        "outcome": "OUTCOME_REFUSED", "summary": "It was refused.", "source": { "citation": "invented" } } })
}

const CREATE_AGREEMENT: &str = "agreements.v1.AgreementService/CreateAgreement";
const CREATE_PROVISION: &str = "agreements.v1.ProvisionService/CreateProvision";
const CREATE_PROJECT: &str = "projects.v1.ProjectService/CreateProject";
const CREATE_ACTIVITY: &str = "rights.v1.ActivityService/CreateActivity";
const CREATE_GRANT: &str = "access.v1.GrantService/CreateGrant";

fn the_desks_are_those_of_the_file(suite: &Suite) {
    let asked = |method: &str, request: Value| ask(suite, None, method, &request);

    let all = asked("access.v1.DeskService/ListDesks", json!({})).unwrap();
    let islands = asked("access.v1.DeskService/GetDesk", json!({ "name": "desks/islands" }));
    let kazakh = asked("access.v1.DeskService/GetDesk", json!({ "name": "desks/kz" }));

    let names = all["desks"].as_array().unwrap().iter().map(|desk| desk["name"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["desks/xa", "desks/islands", "desks/ocean"]);
    let known = json!({ "name": "desks/islands", "title": "Two islands", "parties": ["parties/xb", "parties/xc"] });
    assert_eq!(islands, Ok(known));
    assert_eq!(kazakh, Err("NOT_FOUND".to_owned()));
}

/// Returns the name of an agreement of the two islands.
fn the_desks_of_resources_are_those_of_its_parties(suite: &Suite) -> String {
    let writer = suite.token();
    let made = |method: &str, request: &Value| {
        ask(suite, Some(&writer), method, request).unwrap_or_else(|why| panic!("{method}: {why}"))
    };
    let party =
        ask(suite, None, "agreements.v1.PartyService/GetParty", &json!({ "name": "parties/xa" }));
    assert_eq!(party.unwrap()["desks"], json!(["desks/xa"]));
    let with_union = made(CREATE_AGREEMENT, &agreement(&["union", "xa"]));
    assert_eq!(with_union["desks"], json!(["desks/xa"]));
    let across = made(CREATE_AGREEMENT, &agreement(&["union", "xa", "xb"]));
    assert_eq!(across["desks"], json!(["desks/xa", "desks/islands", "desks/ocean"]));
    let between = made(CREATE_AGREEMENT, &agreement(&["xb", "xc"]));
    assert_eq!(between["desks"], json!(["desks/islands"]));
    assert_eq!(made(CREATE_PROJECT, &project("XC", "PUBLIC"))["desks"], json!(["desks/islands"]));
    assert_eq!(made(CREATE_PROJECT, &project("KZ", "PUBLIC"))["desks"], Value::Null);
    between["name"].as_str().unwrap().to_owned()
}

/// An editor writes at their desk alone, and a reader sees what is RESTRICTED there alone; so do
/// sums.
fn each_desk_has_its_own(suite: &Suite, desks: &Path) {
    let at = |role: &str, desk: &str| token(suite, desks, role, desk, "restricted");
    let (editor, monitor) = (at("editor", "xa"), at("monitor", "islands"));
    let not_granted = Err("NOT_GRANTED".to_owned());
    let mut names = Vec::new();
    for tier in ["PUBLIC", "RESTRICTED"] {
        let own = ask(suite, Some(&editor), CREATE_PROJECT, &project("XA", tier)).unwrap();
        assert_eq!(ask(suite, Some(&editor), CREATE_PROJECT, &project("XB", tier)), not_granted);
        names.push(own["name"].as_str().unwrap().to_owned());
    }
    let visit = ask(suite, Some(&monitor), CREATE_ACTIVITY, &activity("xc")).unwrap();
    assert_eq!(visit["desks"], json!(["desks/islands"]));
    assert_eq!(ask(suite, Some(&monitor), CREATE_ACTIVITY, &activity("xa")), not_granted);

    for (name, amount) in names.iter().zip(["5", "70"]) {
        let paid = json!({ "type": "TYPE_DISBURSEMENT", "date": { "year": 2024, "month": 6, "day": 1 },
            "value": { "amount": amount, "currency_code": "EUR" }, "source": { "citation": "invented" },
            "recipients": [{ "country_code": "XA", "percentage": "100" }] });
        let paid = json!({ "parent": name, "transaction": paid });
        let method = "projects.v1.TransactionService/CreateTransaction";
        ask(suite, Some(&editor), method, &paid).unwrap();
    }
    let hidden = json!({ "name": names[1] });
    let (own, other) = (at("analyst", "xa"), at("analyst", "islands"));
    for (who, sees, sum) in
        [(None, false, "5"), (Some(&own), true, "75"), (Some(&other), false, "5")]
    {
        let who = who.map(String::as_str);
        let found = ask(suite, who, "projects.v1.ProjectService/GetProject", &hidden);
        assert_eq!(found.is_ok(), sees, "{found:?}");
        let visits = ask(suite, who, "rights.v1.ActivityService/ListActivities", &json!({}));
        let count = visits.unwrap()["activities"].as_array().map_or(0, Vec::len);
        assert_eq!(count, usize::from(who == Some(&other)));
        let of = json!({ "recipients": ["XA"] });
        let sums = ask(suite, who, "projects.v1.TransactionService/SumTransactions", &of).unwrap();
        assert!(sums.to_string().contains(&format!("\"amount\":\"{sum}\"")), "{sums}");
    }
    let brief = json!({ "party": "parties/xa" });
    let brief =
        ask(suite, Some(&own), "partnership.v1.PartnershipService/GetBrief", &brief).unwrap();
    assert!(brief.to_string().contains("A treaty") && brief.to_string().contains("75"), "{brief}");
}

/// A grant names desks that there are; its holder reads them.
fn a_grant_names_its_desk(suite: &Suite, desks: &Path, subject: &str) {
    let operator = token(suite, desks, "operator", "all", "public");
    let ends = (SystemClock.now() / 1_000_000) + 3600;
    let ends = prost_types::Timestamp { seconds: ends, nanos: 0 }.to_string();
    let grant = |desk: &str| {
        json!({ "grant": { "subject": subject, "role": "ROLE_EDITOR", "for_desks": [desk], "up_to": "TIER_RESTRICTED",
            "purpose": "keeps it", "expire_time": ends } })
    };

    let made = ask(suite, Some(&operator), CREATE_GRANT, &grant("desks/xa")).unwrap();
    let kazakh = ask(suite, Some(&operator), CREATE_GRANT, &grant("desks/kz"));

    assert_eq!(
        (&made["forDesks"], kazakh),
        (&json!(["desks/xa"]), Err("UNKNOWN_VALUE".to_owned()))
    );
}

fn run(desks: &Path, arguments: &[&str]) -> (bool, String) {
    let registan = program("registan").unwrap();
    let ran = Command::new(registan).args(arguments).arg("--desks").arg(desks).output().unwrap();
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&text).into_owned())
}

async fn served(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let [desks, later] = files(folder.path());
    let Some((mut suite, databases)) = Suite::of_partnership(engine, &desks).await else { return };
    make_parties(&suite);

    the_desks_are_those_of_the_file(&suite);
    let between = the_desks_of_resources_are_those_of_its_parties(&suite);
    each_desk_has_its_own(&suite, &desks);
    a_grant_names_its_desk(&suite, &desks, "https://login.example.org#editor");
    for process in suite.processes.iter_mut().rev() {
        process.stop();
    }
    let services = ["agreements", "projects", "rights-reporting"];
    for (service, database) in services.into_iter().zip(&databases) {
        let with = |command: &'static str| {
            [command, service, "--database-url", &database.url].map(ToOwned::to_owned)
        };
        let run = |desks: &Path, command| {
            let arguments = with(command);
            run(desks, &arguments.each_ref().map(String::as_str))
        };
        assert!(run(&desks, "verify").0);
        let (served, text) = run(&later, "serve");
        assert!(!served && text.contains("`xc` is new"), "{text}");
        assert!(text.contains(&format!("registan migrate {service}")), "{text}");
        let (migrated, text) = run(&later, "migrate");
        assert!(migrated, "{text}");
        let (clean, text) = run(&later, "verify");
        assert!(clean, "{text}");
        let (served, text) = run(&desks, "serve");
        assert!(!served && text.contains("the desk `xc` with the number 1 is missing"), "{text}");
    }
    let filled = read_desks(&databases[0].url, "agreement", &between).await;
    assert_eq!(
        filled,
        (1 << 39) + 1 + (1 << 61),
        "the islands, the one with its own, and the ocean"
    );
}

async fn execute(url: &str, statement: &str) {
    use sea_orm::ConnectionTrait;
    let db = sea_orm::Database::connect(url).await.unwrap();
    db.execute_unprepared(statement).await.unwrap();
    db.close().await.unwrap();
}

/// Returns the column `desks` of the version that stands of a resource.
async fn read_desks(url: &str, kind: &str, name: &str) -> i64 {
    use sea_orm::ConnectionTrait;
    let db = sea_orm::Database::connect(url).await.unwrap();
    let stands = format!("name = '{name}' AND recorded_to = {}", chronicle::schema::OPEN);
    let query = format!("SELECT desks FROM {kind} WHERE {stands}");
    let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), query));
    row.await.unwrap().unwrap().try_get("", "desks").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_partnership_is_served_from_its_data_on_sqlite() {
    served(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_partnership_is_served_from_its_data_on_postgres() {
    served(Engine::Postgres).await;
}

/// Starts the suite in one process on a folder.
fn embedded(folder: tempfile::TempDir, desks: &Path, more: &[&str]) -> Option<Suite> {
    let desks = desks.to_str().unwrap();
    Suite::embedded_in(folder, &[&["--empty", "--desks", desks][..], more].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_counts_at_its_desk_and_a_new_desk_takes_over_what_is_its_own() {
    let (folder, desk_files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [desks, later] = files(desk_files.path());
    let key = SigningKey::new("one", Algorithm::ES256);
    let issuer = Issuer::with(&[&key]).await;
    let Some(mut suite) = embedded(folder, &desks, &[]) else { return };
    make_parties(&suite);
    a_grant_names_its_desk(&suite, &desks, &format!("{}#editor", issuer.url));
    let between = ask(&suite, Some(&suite.token()), CREATE_AGREEMENT, &agreement(&["xb", "xc"]));
    let between = json!({ "name": between.unwrap()["name"] });
    let hidden = json!({ "parent": between["name"], "provision": {
        "article": "Article 1", "tier": "TIER_CONFIDENTIAL", "source": { "citation": "a note" },
    } });
    let hidden = ask(&suite, Some(&suite.token()), CREATE_PROVISION, &hidden).unwrap();
    assert_eq!(hidden["desks"], json!(["desks/islands"]));
    suite.processes[0].stop();

    let folder = std::mem::replace(&mut suite.folder, tempfile::tempdir().unwrap());
    let oidc = ["--oidc-issuer", &issuer.url, "--oidc-audience", AUDIENCE];
    let Some(mut suite) = embedded(folder, &later, &oidc) else { return };

    let get = "agreements.v1.AgreementService/GetAgreement";
    let now = json!(["desks/xc", "desks/islands", "desks/ocean"]);
    assert_eq!(ask(&suite, None, get, &between).unwrap()["desks"], now);
    let seconds = SystemClock.now() / 1_000_000;
    let claimed = json!({ "sub": "editor", "iat": seconds, "exp": seconds + 600, "amr": ["mfa"] });
    let editor = key.sign(&claims(&issuer, &claimed));
    let own = ask(&suite, Some(&editor), "access.v1.AccessService/GetOwnGrants", &json!({}));
    assert_eq!(own.unwrap()["grants"][0]["forDesks"], json!(["desks/xa"]));
    assert!(ask(&suite, Some(&editor), CREATE_PROJECT, &project("XA", "RESTRICTED")).is_ok());
    let other = ask(&suite, Some(&editor), CREATE_PROJECT, &project("XC", "RESTRICTED"));
    assert_eq!(other, Err("NOT_GRANTED".to_owned()));
    suite.processes[0].stop();
    let data = suite.folder.path().join("data");
    let data = data.to_str().unwrap();
    assert!(run(&later, &["verify", "--data-dir", data]).0);
    let url = format!("sqlite:{data}/agreements.db");
    let around = read_desks(&url, "agreement", between["name"].as_str().unwrap()).await;
    let within = read_desks(&url, "provision", hidden["name"].as_str().unwrap()).await;
    assert_eq!(within, around);
    // A migration that fills rows by desks does not begin with those of another partnership.
    let migration = "m20261130_000060_inherit_desks_breaks_older";
    let undone = format!("DELETE FROM seaql_migrations WHERE version = '{migration}'");
    execute(&url, &undone).await;
    let (migrated, text) = run(&desks, &["migrate", "agreements", "--data-dir", data]);
    assert!(!migrated && text.contains("the desk `xc` with the number 1 is missing"), "{text}");
    let (migrated, text) = run(&later, &["migrate", "agreements", "--data-dir", data]);
    assert!(migrated && text.contains("1 migrations ran"), "{text}");
    let listen = free_address().to_string();
    let (served, text) = run(&desks, &["serve", "--listen", &listen, "--data-dir", data]);
    assert!(!served && text.contains("the desk `xc` with the number 1 is missing"), "{text}");
}
