//! The password of a database, changed while a service runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use e2e::faults::databases::{NAME, administer};
use e2e::faults::postgres::Cluster;
use e2e::{Process, free_address, grpcurl, program};
use sea_orm::{ConnectionTrait, Database, Statement};
use tokio::time::sleep;

/// Everybody but the superuser needs a password.
const ACCESS: &str = "local all postgres trust\nlocal all all scram-sha-256\n";
const LIST: &str = "agreements.v1.PartyService/ListParties";
const EXPORT: &str = "agreements.v1.PartyService/ExportParties";
const CREATE: &str = "agreements.v1.PartyService/CreateParty";

/// A cluster in which the role `keeper` owns the database of the service.
async fn cluster(folder: &Path) -> Option<Cluster> {
    // PostgreSQL may run as another user.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).unwrap();
    let mut cluster = Cluster::make(&folder.join("cluster"), None).unwrap()?;
    fs::write(folder.join("cluster/data/pg_hba.conf"), ACCESS).unwrap();
    cluster.start();
    cluster.recovered().await;
    let role = "CREATE ROLE keeper LOGIN PASSWORD 'first'";
    let database = format!("CREATE DATABASE {NAME} OWNER keeper");
    administer(&cluster.url(), &[role, &database]).await.unwrap();
    Some(cluster)
}

/// The address with a password, written to a file as a whole.
fn write(cluster: &Cluster, password: &str, file: &Path) -> String {
    let url = cluster.url().replacen("postgres@", &format!("keeper:{password}@"), 1);
    let next = file.with_extension("next");
    fs::write(&next, &url).unwrap();
    fs::rename(next, file).unwrap();
    url
}

/// Calls that need more connections than there are: reads beside each other, a stream and a write.
fn use_much(address: SocketAddr, token: &str) -> Vec<String> {
    let party = r#"{"party": {"kind": "KIND_BANK", "displayName": "Invented", "source": {"citation": "a test"}}}"#;
    let reads = (0..24).map(|_| (None, LIST, "{}"));
    let calls = reads.chain([(None, EXPORT, "{}"), (Some(token), CREATE, party)]);
    thread::scope(|scope| {
        let calls = calls.map(|(token, method, request)| {
            scope.spawn(move || grpcurl(address, token, method, request))
        });
        let calls: Vec<_> = calls.collect();
        let ended = calls.into_iter().map(|call| call.join().unwrap());
        ended.filter_map(Result::err).map(|refusal| refusal.text).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_used_before_a_call_needs_it() {
    let (Some(registan), Some(_)) = (program("registan"), testkit::tool("grpcurl")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let Some(cluster) = cluster(folder.path()).await else { return };
    let (file, address) = (folder.path().join("url"), free_address());
    let former = write(&cluster, "first", &file);
    let mut migrate = Command::new(&registan);
    migrate.args(["migrate", "agreements", "--database-url-file"]).arg(&file);
    assert!(migrate.status().unwrap().success());
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let mut command = Command::new(&registan);
    command.args(["serve", "agreements", "--listen", &address.to_string()]);
    command.arg("--database-url-file").arg(&file).arg("--data-dir").arg(&data);
    let mut process = Process::start(&mut command, &log);
    process.wait_for(address);
    let token = testkit::token(&data);
    let list = || grpcurl(address, None, LIST, "{}").map_err(|refusal| refusal.text);
    list().unwrap();
    let admin = Database::connect(cluster.url()).await.unwrap();

    let change = "ALTER ROLE keeper PASSWORD 'second'";
    admin.execute_unprepared(change).await.unwrap();
    let changed = "CREATE TABLE changed AS SELECT clock_timestamp() AS at";
    admin.execute_unprepared(changed).await.unwrap();
    write(&cluster, "second", &file);
    for _ in 0..15 {
        list().unwrap();
        sleep(Duration::from_millis(200)).await;
    }

    assert!(Database::connect(&former).await.is_err(), "the password of before is refused");
    let failed = use_much(address, &token);
    assert!(failed.is_empty(), "{failed:?}: {}", process.logged());
    let made = "SELECT count(*) AS made FROM pg_stat_activity, changed \
                WHERE usename = 'keeper' AND backend_start > changed.at";
    let made = Statement::from_string(admin.get_database_backend(), made);
    let made: i64 = admin.query_one_raw(made).await.unwrap().unwrap().try_get("", "made").unwrap();
    assert!(made > 2, "{made} connections were made with the new password");
    let logged = process.logged();
    assert!(logged.contains("the address of the database was changed"), "{logged}");
    assert!(!logged.contains("WARN") && !logged.contains("keeper:second"), "{logged}");
    admin.close().await.unwrap();
    process.stop();
}
