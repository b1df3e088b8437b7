//! Every overlay starts: each container is run as Kubernetes would run it, by the very arguments
//! and settings that the overlay renders. Only what is the machine's differs: where volumes are
//! mounted, and the addresses to listen on, which are loopback.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Process, free_address, program};
use manifests::containers::{Started, started};
use manifests::{kubectl, manifests::parse};

const SERVICES: [&str; 3] = ["agreements", "projects", "rights-reporting"];

/// The containers of a folder of kustomize; none without kubectl.
fn containers(folder: &str) -> Option<Vec<Started>> {
    match kubectl::render(&manifests::deploy().join("kustomize").join(folder)) {
        Ok(text) => Some(started(&parse(&text).0)),
        Err(kubectl::Error::Missing { .. }) => {
            testkit::skip("kubectl is not there: run `cargo xtask tools`");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Where a container and its addresses stand on this machine.
struct Machine<'a> {
    /// Holds a folder for each mounted volume.
    folder: &'a Path,
    /// Where each service listens.
    addresses: &'a BTreeMap<&'static str, SocketAddr>,
}

impl Machine<'_> {
    /// The folder that stands for a mounted path of the containers of `service`.
    fn mounted(&self, service: &str, path: &str) -> PathBuf {
        self.folder.join(service).join(path.trim_start_matches('/'))
    }

    /// The command of a container.
    fn command(&self, program: &Path, service: &'static str, container: &Started) -> Command {
        let mut command = Command::new(program);
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("REGISTAN_")) {
            command.env_remove(key);
        }
        command.args(&container.arguments).current_dir(self.folder);
        for (key, value) in &container.settings {
            command.env(key, self.setting(service, key, value, container));
        }
        command
    }

    fn setting(&self, service: &str, key: &str, value: &str, container: &Started) -> String {
        if key == "REGISTAN_LISTEN" {
            return self.addresses[service].to_string();
        }
        if key == "REGISTAN_PROBE_ADDRESS" {
            return free_address().to_string();
        }
        if let Some(address) = value.strip_prefix("http://") {
            let name = address.split(':').next().unwrap_or_default();
            // The addresses of its pods: here it has one.
            let name = name.strip_suffix("-pods").unwrap_or(name);
            return format!("http://{}", self.addresses[name]);
        }
        // No setting names a file in /tmp, where the folders that stand for the others lie.
        let mounts = container.mounts.values().filter(|path| path.as_str() != "/tmp");
        mounts.fold(value.to_owned(), |value, path| {
            value.replace(path.as_str(), &self.mounted(service, path).display().to_string())
        })
    }
}

/// The container that migrates the database of a service, and the one that serves it.
fn of_service<'a>(all: &'a [Started], service: &str) -> (&'a Started, &'a Started) {
    let migrates =
        |it: &&Started| it.arguments == ["migrate", service] && it.image == "registan/registan";
    let serves = |it: &&Started| it.image == format!("registan/{service}");
    (all.iter().find(migrates).unwrap(), all.iter().find(serves).unwrap())
}

/// Migrates and starts every service of an overlay, then its gateway, and asks through it.
/// `secrets` are the addresses of the databases, where the overlay reads them from files.
fn walk(overlay: &str, secrets: &[String]) {
    let all = containers(&format!("overlays/{overlay}"));
    let (Some(registan), Some(all)) = (program("registan"), all) else { return };
    let folder = tempfile::tempdir().unwrap();
    let names = SERVICES.into_iter().chain(["gateway"]);
    let addresses = names.clone().map(|name| (name, free_address())).collect();
    let machine = Machine { folder: folder.path(), addresses: &addresses };
    let mut running = Vec::new();
    for (index, service) in names.enumerate() {
        let serving = all.iter().find(|it| it.image == format!("registan/{service}")).unwrap();
        if service != "gateway" {
            let (migrating, serving) = of_service(&all, service);
            for path in migrating.mounts.values().chain(serving.mounts.values()) {
                let folder = machine.mounted(service, path);
                fs::create_dir_all(&folder).unwrap();
                if let Some(secret) = secrets.get(index) {
                    fs::write(folder.join("url"), format!("{secret}\n")).unwrap();
                }
            }
            let output = machine.command(&registan, service, migrating).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{overlay}, {service}: {errors}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("migrations ran"));
        }
        let mut command = machine.command(&program(service).unwrap(), service, serving);
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        process.wait_for(addresses[service]);
        running.push(process);
    }

    // By the command, which needs no reflection: production has none.
    let gateway = format!("http://{}", addresses["gateway"]);
    for method in ["ListParties", "ListProjects", "ListRecommendations"] {
        let output = Command::new(&registan)
            .args(["ask", method, "--json", "--gateway", &gateway])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{overlay}, {method}: {errors}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"readTime\": \""));
    }
    if !secrets.is_empty() {
        look("doctor", "no problem, warnings: ", &machine, &registan);
        look("verify", " changes fit, checkpoint ", &machine, &registan);
        look("dump", ".dump\n", &machine, &registan);
    }
}

/// Runs the containers of a Job beside the suite that serves; each must say so much.
fn look(job: &str, said: &str, machine: &Machine<'_>, registan: &Path) {
    let all = containers(&format!("jobs/{job}")).unwrap_or_default();
    assert!(all.len() >= SERVICES.len(), "{job}");
    for mut container in all {
        let names = SERVICES.into_iter().chain(["gateway"]);
        let service = names.into_iter().find(|name| *name == container.name).unwrap();
        let is_ours = container.image == "registan/registan";
        if !is_ours {
            container.arguments.insert(0, "-euc".to_owned());
        }
        fs::create_dir_all(machine.mounted(service, "/dumps")).unwrap();
        let program = if is_ours { registan } else { Path::new("bash") };
        let mut command = machine.command(program, service, &container);
        // In a pod the port is free. The server here shows no certificate.
        command.env("REGISTAN_LISTEN", free_address().to_string()).env("PGSSLMODE", "disable");
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr];
        let told = told.map(|it| String::from_utf8_lossy(&it).into_owned());
        assert!(output.status.success(), "{job}, {service}: {}", told.concat());
        assert!(told[0].contains(said), "{job}, {service}: {}", told[0]);
    }
}

/// `registan migrate` could not make the file, for its address lacked `?mode=rwc`.
#[test]
fn the_overlay_on_sqlite_starts() {
    walk("dev-sqlite", &[]);
}

#[tokio::test]
async fn the_overlay_on_postgres_starts() {
    let mut databases = Vec::new();
    for _ in SERVICES {
        let Some(database) = testkit::database(testkit::Engine::Postgres).await else { return };
        databases.push(database);
    }
    let secrets: Vec<String> = databases.iter().map(|database| database.url.clone()).collect();
    tokio::task::spawn_blocking(move || walk("prod-postgres", &secrets)).await.unwrap();
}
