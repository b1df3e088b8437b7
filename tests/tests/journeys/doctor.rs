//! `registan doctor` on suites that are broken on purpose: each problem is named with its remedy,
//! nothing is changed, and no secret is printed.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use authority::Authority;
use e2e::{Process, Suite, free_address, program};
use sea_orm::{ConnectionTrait, Database};
use testkit::Engine;
use tokio::time::sleep;

/// The answer of the doctor: its exit code and its lines.
struct Told(i32, String);

impl Told {
    /// Checks that a line of this level has these words.
    fn says(&self, level: &str, words: &[&str]) {
        let has = |line: &str| line.starts_with(level) && words.iter().all(|it| line.contains(it));
        assert!(self.1.lines().any(has), "{level} {words:?}: {}", self.1);
        assert_eq!(self.0, i32::from(self.1.contains("\nproblem ")), "{}", self.1);
    }
}

fn doctor(arguments: &[&str]) -> Told {
    let output = Command::new(program("registan").unwrap()).arg("doctor").args(arguments).output();
    let output = output.unwrap();
    let said = [&b"\n"[..], &output.stdout, &output.stderr].concat();
    Told(output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn in_folder(data: &Path, listen: &str) -> Told {
    doctor(&["--data-dir", data.to_str().unwrap(), "--listen", listen])
}

/// The names, modes and bytes of a folder.
fn state(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Readers keep marks in the shared memory of SQLite.
    let all = all.filter(|path| !path.display().to_string().ends_with("-shm"));
    let mut all: Vec<_> = all
        .map(|path| {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            (path.display().to_string(), mode, fs::read(&path).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

async fn execute(url: &str, statement: &str) {
    let db = Database::connect(url).await.unwrap();
    db.execute_unprepared(statement).await.unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_suite_that_is_broken_on_purpose_is_told_what_to_do() {
    let Some(mut suite) = Suite::embedded() else { return };
    let data = suite.folder.path().join("data");
    let listen = suite.address.to_string();

    let running = in_folder(&data, &listen);
    running.says("ok", &["listen", "ready"]);
    running.says("ok", &["agreements", "changes, the last at"]);
    running.says("ok", &["clock of projects"]);
    running.says("ok", &["token keys", "0 days old"]);
    running.says("ok", &["certificates", "on this machine"]);
    assert_eq!(running.0, 0, "{}", running.1);
    suite.processes[0].stop();

    set(&data, 0o755);
    set(&data.join("projects.db"), 0o644);
    let key = data.join("development-issuer.key");
    set(&key, 0o644);
    let agreements = format!("sqlite:{}", data.join("agreements.db").display());
    execute(
        &agreements,
        "DELETE FROM seaql_migrations WHERE version = (SELECT MAX(version) FROM seaql_migrations)",
    )
    .await;
    // The year 2100.
    let projects = format!("sqlite:{}", data.join("projects.db").display());
    execute(&projects, "UPDATE head SET time = 4102444800000000").await;
    for (end, text) in [("", "this is no database, it is a text"), ("-wal", ""), ("-shm", "")] {
        fs::write(data.join(format!("rights-reporting.db{end}")), text).unwrap();
    }
    let before = state(&data);
    let taken = TcpListener::bind(&listen).unwrap();

    let told = in_folder(&data, &listen);
    told.says("warning", &["data folder", "0755", "chmod 700"]);
    told.says("warning", &["data folder", "projects.db", "0644", "chmod 600"]);
    told.says("problem", &["token keys", "chmod 600"]);
    told.says("problem", &["agreements", "registan migrate agreements"]);
    told.says("problem", &["clock of projects", "ahead", "NTP"]);
    told.says("problem", &["rights-reporting"]);
    told.says("problem", &["listen", "is taken"]);
    assert!(state(&data) == before, "nothing was changed");
    drop(taken);
}

#[test]
fn settings_that_are_wrong_are_told_before_anything_else() {
    if program("registan").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registan.toml");
    fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();

    let told = doctor(&["--config", file.to_str().unwrap()]);
    told.says("problem", &["configuration", "lisen", "known are listen"]);

    let nowhere = folder.path().join("none");
    let told = in_folder(&nowhere, &free_address().to_string());
    told.says("warning", &["data folder", "is not there", "--data-dir"]);
    told.says("ok", &["listen", "is free"]);
    assert!(!nowhere.exists(), "nothing was made");

    let url = format!("http://{}", free_address());
    let told = doctor(&["gateway", "--agreements-url", &url, "--oidc-audience", "registan"]);
    told.says("problem", &["configuration", "oidc_issuer"]);
    let told = doctor(&["gateway", "--agreements-url", &url, "--listen", "127.0.0.1:0"]);
    told.says("warning", &["agreements", &url, "does not answer"]);
}

/// One after the other, so that each problem is the only one.
#[tokio::test]
async fn each_thing_that_is_broken_on_postgres_is_told_by_itself() {
    let Some(registan) = program("registan") else { return };
    let Some(database) = testkit::database(Engine::Postgres).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (url, data, tls) = (&database.url, folder.path().join("data"), folder.path().join("tls"));
    let mut migrate = Command::new(&registan);
    let migrated = migrate.args(["migrate", "agreements", "--database-url", url]).status();
    assert!(migrated.unwrap().success());
    fs::create_dir(&data).unwrap();
    set(&data, 0o700);
    testkit::token(&data);
    let asked = |more: &[&str]| {
        let own = ["agreements", "--database-url", url, "--data-dir", data.to_str().unwrap()];
        doctor(&[&own, more].concat())
    };
    let free = ["--listen", "127.0.0.1:0"];
    let alone = |told: &Told, words: &[&str]| {
        told.says("problem", words);
        assert_eq!(told.1.matches("\nproblem ").count(), 1, "{}", told.1);
    };
    assert_eq!(asked(&free).0, 0, "{}", asked(&free).1);

    let last = "WHERE version = (SELECT MAX(version) FROM seaql_migrations)";
    execute(url, &format!("CREATE TABLE kept AS SELECT * FROM seaql_migrations {last}")).await;
    execute(url, &format!("DELETE FROM seaql_migrations {last}")).await;
    alone(&asked(&free), &["agreements", "older than", "registan migrate agreements"]);
    execute(url, "INSERT INTO seaql_migrations SELECT * FROM kept").await;

    // The year 2100.
    execute(url, "UPDATE head SET time = 4102444800000000").await;
    alone(&asked(&free), &["clock of agreements", "ahead", "NTP"]);
    execute(url, "UPDATE head SET time = 0").await;

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    alone(&asked(&["--listen", &listen]), &["listen", "is taken", "choose another address"]);

    let key = data.join("development-issuer.key");
    set(&key, 0o644);
    alone(&asked(&free), &["token keys", "chmod 600"]);
    set(&key, 0o600);

    let authority = Authority::new(1).unwrap();
    let expired = authority.service("agreements", &[], 0).unwrap();
    authority::write(&tls, &expired, authority.certificate()).unwrap();
    sleep(Duration::from_secs(2)).await;
    let told = asked(&[&free[..], &["--tls-dir", tls.to_str().unwrap()]].concat());
    alone(&told, &["certificates", "expired", "renew"]);
    assert_eq!(asked(&free).0, 0, "{}", asked(&free).1);
}

#[tokio::test]
async fn a_database_of_postgres_is_told_what_to_do() {
    let Some(registan) = program("registan") else { return };
    let Some(database) = testkit::database(Engine::Postgres).await else { return };
    let asked = ["agreements", "--listen", "127.0.0.1:0", "--database-url", &database.url];

    let told = doctor(&asked);
    told.says("ok", &["agreements", "PostgreSQL", "answers"]);
    // Of how many depends on the server.
    assert!(told.1.contains("connections of agreements: the server takes "), "{}", told.1);
    told.says("problem", &["agreements", "no record", "registan migrate agreements"]);
    let mut migrate = Command::new(&registan);
    let migrated = migrate.args(["migrate", "agreements"]).args(&asked[3..]).status().unwrap();
    assert!(migrated.success());
    let told = doctor(&asked);
    told.says("ok", &["clock of agreements", "the database server"]);
    assert_eq!(told.0, 0, "{}", told.1);

    let nowhere = format!("postgres://user:hunter2@{}/agreements", free_address());
    let told = doctor(&["agreements", "--listen", "127.0.0.1:0", "--database-url", &nowhere]);
    told.says("problem", &["agreements", "cannot be opened", "is it running"]);
    assert!(!told.1.contains("hunter2"), "{}", told.1);
}

/// Once, without a certificate for the other services, the port was said to be taken by a stranger.
#[test]
fn the_port_of_a_public_certificate_is_known_by_it() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(2).unwrap();
    let put = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir(&place).unwrap();
        let issued = authority.issue(&["suite.example.org"], 2).unwrap();
        fs::write(place.join("fullchain.pem"), issued.certificate).unwrap();
        fs::write(place.join("privkey.pem"), issued.key).unwrap();
        set(&place.join("privkey.pem"), 0o600);
        place.display().to_string()
    };
    let (own, other) = (put("own"), put("other"));
    let address = free_address();
    let (data, listen) = (folder.path().join("data").display().to_string(), address.to_string());
    let settings = |tls| ["--listen", &*listen, "--data-dir", &*data, "--public-tls-dir", tls];
    let mut command = Command::new(registan);
    command.args(["serve", "--empty"]).args(settings(&own));
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address);

    let suite = doctor(&settings(&own));
    suite.says("ok", &["listen", "ready"]);
    suite.says("ok", &["certificates", "suite.example.org"]);
    let gateway = doctor(&[&["gateway"], &settings(&own)[..]].concat());
    gateway.says("ok", &["listen", "ready"]);
    let stranger = doctor(&settings(&other));
    stranger.says("problem", &["listen", "is taken"]);
    // The port of a service is not that of callers from outside: it is asked in plain text.
    let service = doctor(&[&["agreements"], &settings(&own)[..]].concat());
    service.says("problem", &["listen", "is taken"]);
    assert!(process.stop().success(), "{}", process.logged());
}
