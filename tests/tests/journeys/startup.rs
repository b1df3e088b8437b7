//! A start that cannot succeed: one line that names the remedy, and an exit code that is not 0.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::{Process, free_address, grpcurl, program};
use sea_orm::ConnectionTrait;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

/// Runs a program that must fail, and returns its one line.
fn failing(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it must fail: {text}");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].to_owned()
}

#[test]
fn a_taken_port_is_named() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let line = failing(
        Command::new(registan)
            .args(["serve", "--listen", &address, "--data-dir"])
            .arg(folder.path()),
    );

    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let Some(registan) = program("registan") else { return };
    let listen = free_address().to_string();

    let line = failing(Command::new(registan).args([
        "serve",
        "--listen",
        &listen,
        "--data-dir",
        "/dev/null/data",
    ]));

    assert!(line.contains("/dev/null/data") && line.contains("--data-dir"), "{line}");
}

/// Once, with the usual umask, everybody on the machine could read the databases.
#[test]
fn the_data_is_for_its_owner_alone_whatever_the_umask() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let start = || {
        let address = free_address();
        // The most careless umask there is.
        let mut command = Command::new("sh");
        command.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(&registan);
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(&data);
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        process.wait_for(address);
        process
    };
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = || -> BTreeMap<String, u32> {
        let all = fs::read_dir(&data).unwrap().map(|file| file.unwrap().path());
        all.filter(|path| path.file_name().is_some_and(|name| name != "reference-record"))
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), mode(&path)))
            .collect()
    };

    let mut first = start();
    let first_modes = files();
    let _end = first.stop();
    for name in first_modes.keys() {
        let path = data.join(name);
        if path.exists() && !name.starts_with("development-issuer") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        }
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let mut second = start();
    let second_modes = files();
    let _end = second.stop();

    for modes in [first_modes, second_modes] {
        for name in ["agreements.db", "agreements.db-wal", "agreements.db-shm", "projects.db"] {
            assert_eq!(modes[name], 0o600, "{name}: {modes:?}");
        }
        assert!(modes.values().all(|mode| *mode == 0o600), "{modes:?}");
    }
    assert_eq!(mode(&data), 0o700);
}

#[test]
fn a_database_that_is_down_is_said_to_be() {
    let Some(agreements) = program("agreements") else { return };
    let nowhere = format!("postgres://user:hunter2@{}/agreements", free_address());

    let line = failing(
        Command::new(agreements)
            .args(["--listen", "127.0.0.1:0"])
            .env("REGISTAN_DATABASE_URL", nowhere),
    );

    assert!(line.contains("database of agreements") && line.contains("is it running"), "{line}");
    assert!(line.contains("refused"), "the cause, and not that of a pool: {line}");
    assert!(!line.contains("hunter2"), "{line}");
}

/// In a cluster a service and its database start in any order: it does not end and back off.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_a_probe_port_waits_for_its_database() {
    let (Some(registan), Some(agreements)) = (program("registan"), program("agreements")) else {
        return;
    };
    let Some(database) = testkit::database(testkit::Engine::Postgres).await else { return };
    let migrated = Command::new(&registan)
        .args(["migrate", "agreements", "--database-url", &database.url])
        .output();
    assert!(migrated.unwrap().status.success());
    let folder = tempfile::tempdir().unwrap();
    let Some((start, server)) = database.url.split_once("host=") else {
        eprintln!("skipped: TESTKIT_POSTGRES is no server with a socket in a folder");
        return;
    };
    // A folder without a socket yet.
    let (probes, there) = (free_address(), folder.path().join("later"));
    let later = format!("{start}host={}", there.display());
    let mut command = Command::new(&agreements);
    command.args(["--listen", "127.0.0.1:0", "--probe-address", &probes.to_string()]);
    command.arg("--data-dir").arg(folder.path()).env("REGISTAN_DATABASE_URL", later);
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    let tells = |service| health(probes, service);

    process.wait_for(probes);
    assert_eq!(tells("process").await, Some(ServingStatus::Serving));
    assert_eq!(tells("").await, Some(ServingStatus::NotServing));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(process.runs(), "{}", process.logged());
    std::os::unix::fs::symlink(server, &there).unwrap();

    let in_time = serves(probes).await;
    let end = process.stop();
    assert!(in_time && end.success(), "{}", process.logged());
    assert!(process.logged().contains("waiting for the database"), "{}", process.logged());
}

/// The health of a service, as the port for probes tells it.
async fn health(probes: SocketAddr, service: &str) -> Option<ServingStatus> {
    let connection = chassis::client::Connection::to(&format!("http://{probes}")).ok()?;
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(connection).check(request).await;
    answer.map(|answer| answer.into_inner().status()).ok()
}

/// Returns whether a process is ready within some seconds.
async fn serves(probes: SocketAddr) -> bool {
    let waiting = async {
        while health(probes, "").await != Some(ServingStatus::Serving) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok()
}

/// As a program of its own and by `registan serve`: once that had no port for probes meanwhile, and
/// did not end when it was told to.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_for_its_database_reads_the_address_again_and_stops_when_told() {
    let (Some(registan), Some(agreements)) = (program("registan"), program("agreements")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("moved.db").display().to_string();
    let moved = format!("sqlite:{place}?mode=rwc");
    let mut migrate = Command::new(&registan);
    let migrated = migrate.args(["migrate", "agreements", "--database-url", &moved]).status();
    assert!(migrated.unwrap().success());
    let file = folder.path().join("url");
    for program in
        [&[agreements.to_str().unwrap()][..], &[registan.to_str().unwrap(), "serve", "agreements"]]
    {
        let start = || {
            fs::write(&file, format!("postgres://keeper@{}/agreements", free_address())).unwrap();
            let probes = free_address();
            let mut command = Command::new(program[0]);
            command.args(&program[1..]).args(["--listen", "127.0.0.1:0", "--database-url-file"]);
            command.arg(&file).args(["--probe-address", &probes.to_string(), "--data-dir"]);
            command.arg(folder.path());
            let mut process = Process::start(&mut command, &folder.path().join("log"));
            process.wait_for(probes);
            (process, probes)
        };

        let (mut stopped, probes) = start();
        assert_eq!(health(probes, "process").await, Some(ServingStatus::Serving), "{program:?}");
        assert_eq!(health(probes, "").await, Some(ServingStatus::NotServing), "{program:?}");
        assert!(stopped.stop().success(), "{program:?}: {}", stopped.logged());

        let (mut waits, probes) = start();
        tokio::time::sleep(Duration::from_millis(500)).await;
        fs::write(&file, &moved).unwrap();
        let in_time = serves(probes).await;
        let end = waits.stop();
        assert!(in_time && end.success(), "{program:?}: {}", waits.logged());
        assert!(waits.logged().contains("waiting for the database"), "{}", waits.logged());
    }
}

#[tokio::test]
async fn a_database_that_is_too_old_is_told_apart_from_one_that_is_down() {
    let Some(agreements) = program("agreements") else { return };
    for engine in [testkit::Engine::Sqlite, testkit::Engine::Postgres] {
        let Some(database) = testkit::database(engine).await else { return };

        let line = failing(
            Command::new(&agreements)
                .args(["--listen", "127.0.0.1:0"])
                .env("REGISTAN_DATABASE_URL", &database.url),
        );

        assert!(line.contains("registan migrate agreements"), "{line}");
    }
}

/// Nothing is listened to: an address off this machine is refused before.
#[test]
fn the_development_issuer_is_refused_off_loopback() {
    let (Some(registan), Some(agreements)) = (program("registan"), program("agreements")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--listen", "192.0.2.1:8080", "--development-issuer", "true", "--data-dir"];

    let suite = failing(Command::new(registan).arg("serve").args(arguments).arg(folder.path()));
    let alone = failing(Command::new(agreements).args(arguments).arg(folder.path()));

    for line in [suite, alone] {
        assert!(line.contains("development_issuer") && line.contains("127.0.0.1"), "{line}");
    }
}

#[test]
fn a_setting_that_is_not_known_is_named() {
    let Some(agreements) = program("agreements") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registan.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nlisten_adress = \"typo\"\n").unwrap();

    let by_file = failing(Command::new(&agreements).arg("--config").arg(&file));
    let by_variable = failing(Command::new(&agreements).env("REGISTAN_LISTEN_ADRESS", "typo"));
    let by_value = failing(Command::new(&agreements).args(["--listen", "somewhere"]));

    assert!(by_file.contains("listen_adress"), "{by_file}");
    assert!(by_variable.contains("REGISTAN_LISTEN_ADRESS"), "{by_variable}");
    assert!(by_value.contains("somewhere"), "{by_value}");
}

#[tokio::test]
async fn no_log_line_holds_the_password_of_the_database() {
    let Some(registan) = program("registan") else { return };
    let Some(database) = testkit::database(testkit::Engine::Postgres).await else { return };
    let url = database.url.replacen("postgres@", "postgres:hunter2@", 1);
    assert!(url.contains("hunter2"), "the test has a password to look for");
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let verbose =
        "trace,sea_orm::database=trace,sea_orm::driver=trace,sqlx::query=trace,sqlx=trace";
    let told = |command: &mut Command| {
        command.env("REGISTAN_DATABASE_URL", &url).env("REGISTAN_LOG", verbose);
        command.output().expect("it starts")
    };

    let migrated = told(Command::new(&registan).args(["migrate", "agreements"]));
    let mut command = Command::new(&registan);
    command.args(["serve", "agreements", "--listen", &address.to_string()]);
    command.env("REGISTAN_DATABASE_URL", &url).env("REGISTAN_LOG", verbose);
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address);
    let answer = grpcurl(address, None, "agreements.v1.PartyService/ListParties", "{}");
    assert!(process.stop().success());

    let logged = process.logged() + &String::from_utf8_lossy(&migrated.stderr);
    assert!(migrated.status.success() && answer.is_ok(), "{logged}");
    assert!(logged.contains("DEBUG"), "it logs what it may: {logged}");
    assert!(!logged.contains("hunter2"), "{logged}");
}

/// A password that was changed, with the role that has it.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_a_database_that_is_refused_is_read_again() {
    let Some(registan) = program("registan") else { return };
    let Some(database) = testkit::database(testkit::Engine::Postgres).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (role, renamed) = (format!("r{}", Uuid::new_v4().simple()), "other".to_owned());
    let renamed = format!("{role}{renamed}");
    let admin = sea_orm::Database::connect(&database.url).await.unwrap();
    admin.execute_unprepared(&format!("CREATE ROLE {role} SUPERUSER LOGIN")).await.unwrap();
    let url = |role: &str| database.url.replacen("//postgres@", &format!("//{role}@"), 1);
    assert_ne!(url(&role), database.url);
    let (file, address) = (folder.path().join("url"), free_address());
    fs::write(&file, url(&role)).unwrap();
    let mut migrate = Command::new(&registan);
    let migrated =
        migrate.args(["migrate", "agreements", "--database-url-file"]).arg(&file).output();
    assert!(migrated.unwrap().status.success());
    let mut command = Command::new(&registan);
    command.args(["serve", "agreements", "--listen", &address.to_string(), "--database-url-file"]);
    command.arg(&file).arg("--data-dir").arg(folder.path().join("data"));
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address);
    let list = || grpcurl(address, None, "agreements.v1.PartyService/ListParties", "{}");
    list().unwrap();

    let rename = format!("ALTER ROLE {role} RENAME TO {renamed}");
    admin.execute_unprepared(&rename).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.execute_unprepared(end).await.unwrap();
    list().expect_err("the role is refused");
    fs::write(&file, url(&renamed)).unwrap();

    let until = Instant::now() + Duration::from_secs(20);
    while list().is_err() {
        assert!(Instant::now() < until, "{}", process.logged());
    }
    // What goes on for long, and what writes, have connections of their own.
    let export = "agreements.v1.PartyService/ExportParties";
    grpcurl(address, None, export, "{}").unwrap();
    let token = testkit::token(&folder.path().join("data"));
    let party = r#"{"party": {"kind": "KIND_BANK", "displayName": "A bank", "source": {"citation": "a test"}}}"#;
    let create = "agreements.v1.PartyService/CreateParty";
    let written = || grpcurl(address, Some(&token), create, party);
    assert!(written().is_ok() || written().is_ok(), "{}", process.logged());
}
