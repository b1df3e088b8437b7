//! PostgreSQL on another machine: it proves its name by a certificate, or no password is sent to it.
//! The server of the test is on this machine, at an address and a name that count as elsewhere.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use authority::{Authority, Issued};
use e2e::faults::databases::administer;
use e2e::faults::postgres::Cluster;
use e2e::{Process, free_address, grpcurl, program};
use sea_orm::{ConnectionTrait, Database, Statement};
use tempfile::TempDir;

const PASSWORD: &str = "hunter2-9c1f";
/// The system connects to this machine by both, and only `localhost` and the addresses of loopback
/// count as local.
const ELSEWHERE: [&str; 2] = ["0.0.0.0", "LOCALHOST"];
/// How long a certificate is valid.
const DAYS: u32 = 2;

/// A server of PostgreSQL on a port of loopback; it ends with this.
struct Server {
    cluster: Cluster,
    address: SocketAddr,
    authority: Authority,
    /// The last field, for it must outlive the server.
    folder: TempDir,
}

impl Server {
    /// Makes one that does not run. Users of the port need a password.
    fn make() -> Option<Self> {
        program("registan")?;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let cluster = Cluster::make(&folder.path().join("cluster"), None).unwrap()?;
        let users = "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(cluster.data().join("pg_hba.conf"), users).unwrap();
        let authority = Authority::new(DAYS).unwrap();
        fs::write(folder.path().join("ca.crt"), authority.certificate()).unwrap();
        Some(Self { cluster, address: free_address(), authority, folder })
    }

    /// Starts it anew, with a certificate or without TLS.
    async fn start(&mut self, certificate: Option<&Issued>) {
        self.cluster.kill().unwrap();
        let port = format!("port={}", self.address.port());
        let mut settings = vec!["listen_addresses=127.0.0.1", &port];
        if let Some(issued) = certificate {
            let data = self.cluster.data();
            for (name, text) in [("server.crt", &issued.certificate), ("server.key", &issued.key)] {
                let path = data.join(name);
                fs::write(&path, text).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
                self.cluster.give(&path).unwrap();
            }
            settings.push("ssl=on");
        }
        self.cluster.start_with(&settings);
        self.cluster.recovered().await;
    }

    /// The address of a database for the user of the cluster, by its socket.
    fn admin(&self, database: &str) -> String {
        format!("{}&port={}", self.cluster.url_of(database), self.address.port())
    }

    fn url(&self, host: &str, query: &str) -> String {
        self.url_of("agreements", PASSWORD, host, query)
    }

    fn url_of(&self, database: &str, password: &str, host: &str, query: &str) -> String {
        let port = self.address.port();
        format!("postgres://agreements:{password}@{host}:{port}/{database}{query}")
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    fn command(&self, arguments: &[&str], url: &str) -> Command {
        let mut command = Command::new(program("registan").unwrap());
        command.args(arguments).env("REGISTAN_DATABASE_URL", url);
        command.env("REGISTAN_DATA_DIR", self.folder.path().join("data"));
        command.env_remove("PGSSLROOTCERT").env_remove("PGSSLMODE");
        command
    }

    /// Runs a command to its end; returns whether it succeeded, and all that it printed.
    fn run(&self, arguments: &[&str], url: &str, more: &[(&str, &Path)]) -> (bool, String) {
        let output = self.command(arguments, url).envs(more.iter().copied()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(!said.contains(PASSWORD), "{arguments:?}: {said}");
        (output.status.success(), said)
    }

    /// Checks that every command refuses the database, and says these words.
    fn is_refused(&self, url: &str, words: &[&str]) {
        let backup = self.folder.path().join("refused");
        for arguments in [
            &["migrate", "agreements"][..],
            &["verify", "agreements"],
            &["doctor", "agreements", "--listen", "127.0.0.1:0"],
            &["backup", backup.to_str().unwrap(), "agreements"],
        ] {
            let (succeeded, said) = self.run(arguments, url, &[]);
            assert!(!succeeded, "{arguments:?}: {said}");
            assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
        }
        // It is not waited for either, as a database that is away would be.
        let mut serve = self.command(&["serve", "agreements", "--listen", "127.0.0.1:0"], url);
        serve.args(["--probe-address", "127.0.0.1:0"]);
        let mut serve = Process::start(&mut serve, &self.folder.path().join("log"));
        assert!(!serve.wait().success());
        let said = serve.logged();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
}

/// The first value of a query.
async fn scalar(url: &str, query: &str) -> i64 {
    let db = Database::connect(url).await.unwrap();
    let statement = Statement::from_string(db.get_database_backend(), query);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    let found = row.try_get_by_index(0).unwrap();
    db.close().await.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_elsewhere_that_does_not_prove_its_name_is_refused() {
    let Some(mut server) = Server::make() else { return };
    let trusted = format!("?sslrootcert={}", server.ca().display());
    let unknown = &["UnknownIssuer", "sslrootcert=FILE"];

    server.start(None).await;
    for host in ELSEWHERE {
        let words = &["does not support TLS", "ssl = on", "another sslmode"];
        server.is_refused(&server.url(host, &trusted), words);
    }
    let wrong_name = server.authority.issue(&["127.0.0.1", "db.example.org"], DAYS).unwrap();
    server.start(Some(&wrong_name)).await;
    for host in ELSEWHERE {
        let words = &["not valid for name", "the host in database_url"];
        server.is_refused(&server.url(host, &trusted), words);
    }
    let other = Authority::new(DAYS).unwrap().issue(&ELSEWHERE, DAYS).unwrap();
    server.start(Some(&other)).await;
    server.is_refused(&server.url(ELSEWHERE[0], &trusted), &["BadSignature", "sslrootcert=FILE"]);
    // Nor is one of our own trusted before it is named, by the authorities of the system either.
    let right = server.authority.issue(&ELSEWHERE, DAYS).unwrap();
    server.start(Some(&right)).await;
    server.is_refused(&server.url(ELSEWHERE[0], ""), unknown);
    if Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        server.is_refused(&server.url(ELSEWHERE[1], "?sslrootcert=system"), unknown);
    }
    let log = server.cluster.logged();
    assert!(!log.contains("password authentication"), "no password was sent: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_elsewhere_that_proves_its_name_is_used_encrypted() {
    let Some(mut server) = Server::make() else { return };
    let right = server.authority.issue(&ELSEWHERE, DAYS).unwrap();
    server.start(Some(&right)).await;
    let role = format!("CREATE ROLE agreements LOGIN PASSWORD '{PASSWORD}'");
    let databases = ["agreements", "restored"];
    let created = databases.map(|name| format!("CREATE DATABASE {name} OWNER agreements"));
    let admin = server.admin("postgres");
    administer(&admin, &[&role, &created[0], &created[1]]).await.unwrap();
    let (ca, [address, name]) = (server.ca(), ELSEWHERE);
    let trusted = format!("?sslrootcert={}", ca.display());

    let backup = server.folder.path().join("backup");
    let migrated = server.run(&["migrate", "agreements"], &server.url(address, &trusted), &[]);
    assert!(migrated.0, "{}", migrated.1);
    // The three ways to name the authority.
    for (number, (query, more)) in [
        (&*trusted, &[][..]),
        ("", &[("PGSSLROOTCERT", &*ca)]),
        ("?sslrootcert=system", &[("SSL_CERT_FILE", &*ca)]),
    ]
    .into_iter()
    .enumerate()
    {
        let url = server.url(name, query);
        let to = backup.join(number.to_string());
        for arguments in [
            &["verify", "agreements"][..],
            &["doctor", "agreements", "--listen", "127.0.0.1:0"],
            &["backup", to.to_str().unwrap(), "agreements"],
        ] {
            let (succeeded, said) = server.run(arguments, &url, more);
            assert!(succeeded, "{query}: {arguments:?}: {said}");
        }
    }
    let from = backup.join("0");
    let url = server.url_of("restored", PASSWORD, name, &trusted);
    let restored = server.run(&["restore", from.to_str().unwrap(), "agreements"], &url, &[]);
    assert!(restored.0, "{}", restored.1);

    let listen = free_address();
    let arguments = ["serve", "agreements", "--listen", &listen.to_string()];
    let mut serve = server.command(&arguments, &server.url(address, &trusted));
    let mut serve = Process::start(&mut serve, &server.folder.path().join("log"));
    serve.wait_for(listen);
    grpcurl(listen, None, "agreements.v1.PartyService/ListParties", "{}").unwrap();
    let plain = "SELECT count(*) FILTER (WHERE NOT ssl) + 1000 * count(*) FROM pg_stat_ssl \
        JOIN pg_stat_activity USING (pid) WHERE usename = 'agreements'";
    let sessions = scalar(&admin, plain).await;
    assert!(sessions >= 1000 && sessions % 1000 == 0, "{sessions}");
    assert!(serve.stop().success());
    assert!(!serve.logged().contains(PASSWORD), "{}", serve.logged());

    // It proved its name, and refuses what it is sent.
    let url = server.url_of("agreements", "other", address, &trusted);
    server.is_refused(&url, &["password authentication failed", "right in database_url"]);
    let url = server.url_of("nowhere", PASSWORD, address, &trusted);
    server.is_refused(&url, &["\"nowhere\" does not exist", "CREATE DATABASE"]);
}
