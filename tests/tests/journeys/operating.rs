//! The mistakes of an operator: each is told in one line that says what to do, and by the doctor
//! before anything is served.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use authority::Authority;
use e2e::secured::Secured;
use e2e::{Process, free_address, program};
use tempfile::TempDir;

/// Runs a command; returns whether it succeeded, and what it says on both streams.
fn told(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program("registan").unwrap()).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Checks that a command fails, and says these words in one line.
fn refuses(arguments: &[&str], words: &[&str]) {
    let (succeeds, said) = told(arguments);
    let has = |line: &str| words.iter().all(|word| line.contains(word));
    assert!(!succeeds && said.lines().any(has), "{arguments:?} {words:?}: {said}");
}

/// A service of its own, on SQLite in a folder.
fn serve(folder: &Path, name: &str, more: &[&str]) -> (SocketAddr, Process) {
    let address = free_address();
    let mut command = Command::new(program("registan").unwrap());
    command.args(["serve", name, "--listen", &address.to_string(), "--data-dir"]);
    command.arg(folder.join("data")).args(more);
    let mut process = Process::start(&mut command, &folder.join(format!("{name}.log")));
    process.wait_for(address);
    (address, process)
}

fn folder() -> Option<TempDir> {
    program("registan")?;
    Some(tempfile::tempdir().unwrap())
}

/// Once each of them was served without a word.
#[test]
fn a_setting_that_would_do_nothing_is_refused() {
    let Some(folder) = folder() else { return };
    let data = folder.path().join("data").display().to_string();
    let listen = free_address().to_string();
    let refused = |arguments: &[&str], words: &[&str]| {
        let own = ["--listen", &listen, "--data-dir", &data];
        refuses(&[&["serve"], arguments, &own[..]].concat(), words);
        assert!(!Path::new(&data).exists(), "{arguments:?}: nothing was made");
    };

    refused(&["agreements", "--public-tls-dir", "/x"], &["--public-tls-dir", "--tls-dir"]);
    refused(&["gateway", "--database-url", "sqlite:a.db"], &["--database-url", "no database"]);
    refused(&["--agreements-url", "http://127.0.0.1:1"], &["--agreements-url", "whole suite"]);
    refused(&["--trace-percent", "50"], &["--trace-percent", "needs otlp_url"]);
    refused(&["--tls-dir", "/x", "--plaintext", "true"], &["--plaintext", "--tls-dir"]);
    refused(&["agreements", "--empty"], &["--empty", "whole suite"]);
    refused(&["--probe-address", &listen], &["listen", "probe_address", &listen]);
    refused(&["--log", "debgu"], &["log: `debgu`", "did you mean `debug`"]);
    refuses(&["doctor", "agreements", "--public-tls-dir", "/x"], &["problem", "gateway alone"]);
    refuses(&["doctor", "--log", "debgu"], &["problem", "configuration", "`debgu`"]);
}

/// Once the addresses of two services could be swapped, and all was said to be ready.
#[test]
fn an_address_of_another_service_is_told() {
    let Some(folder) = folder() else { return };
    let (agreements, _one) = serve(folder.path(), "agreements", &[]);
    let of_agreements = format!("http://{agreements}");
    let (projects, _two) = serve(folder.path(), "projects", &["--agreements-url", &of_agreements]);
    let of_projects = format!("http://{projects}");
    let nowhere = format!("http://{}", free_address());
    let swapped = ["--agreements-url", &of_projects, "--projects-url", &of_agreements];
    let urls = [&swapped[..], &["--rights-reporting-url", &nowhere]].concat();
    let (gateway, process) = serve(folder.path(), "gateway", &urls);
    let of_gateway = format!("http://{gateway}");

    let doctor = ["doctor", "gateway", "--listen", "127.0.0.1:0"];
    refuses(&[&doctor, &urls[..]].concat(), &["problem", "agreements", &of_projects, "projects"]);
    let round = ["--projects-url", &of_gateway, "--agreements-url", &of_agreements];
    refuses(&[&doctor, &round[..]].concat(), &["problem", "projects: another", "gateway"]);
    let right = ["--agreements-url", &of_agreements, "--projects-url", &of_projects];
    let right = [&doctor, &right[..], &["--rights-reporting-url", &nowhere]].concat();
    let (succeeds, said) = told(&right);
    assert!(succeeds && said.contains(&format!("{of_projects} is ready")), "{said}");

    let log = process.logged();
    assert!(log.contains("another service answers at this address"), "{log}");
    let (_, said) = told(&["brief", "kz", "--gateway", &of_gateway]);
    assert!(!said.contains("internal error"), "{said}");
    let own = ["serve", "gateway", "--listen", "127.0.0.1:50051"];
    refuses(&own, &["http://127.0.0.1:50051", "the gateway itself", "--agreements-url"]);
}

/// Once that was a warning: start it.
#[test]
fn a_certificate_of_another_authority_is_a_problem() {
    let Some(suite) = Secured::start(|address| address, 1800) else { return };
    let urls = suite.addresses.map(|address| format!("https://{address}"));
    let tls = suite.folder.path().join("other");
    let authority = Authority::new(1).unwrap();
    authority.write(&tls, &authority.service("gateway", &[], 1).unwrap()).unwrap();
    let tls = tls.display().to_string();
    let doctor = ["doctor", "gateway", "--listen", "127.0.0.1:0"];
    let rest = ["--projects-url", &urls[1], "--rights-reporting-url", &urls[2]];
    let asked = |tls: &str, url: &str| {
        let agreements = ["--agreements-url", url, "--tls-dir", tls];
        told(&[&doctor[..], &rest, &agreements].concat())
    };

    let (succeeds, said) = asked(&tls, &urls[0]);
    let line = said.lines().find(|line| line.starts_with("problem  agreements")).unwrap();
    assert!(!succeeds && line.contains("another authority"), "{said}");
    let plain = urls[0].replace("https", "http");
    let (succeeds, said) = asked(&suite.tls("gateway").display().to_string(), &plain);
    let line = said.lines().find(|line| line.contains(" agreements: ")).unwrap();
    assert!(!succeeds && line.contains(&format!("write {}", urls[0])), "{said}");
    let empty = suite.folder.path().display().to_string();
    let (_, said) = asked(&empty, &plain);
    assert!(said.contains("holds no certificate") && said.contains("is tls_dir right?"), "{said}");
}

/// Once it was asked whether the database is running.
#[test]
fn a_damaged_file_is_to_be_kept_and_a_missing_one_to_be_made() {
    let Some(folder) = folder() else { return };
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("agreements.db"), "this is no database, it is a text of some length")
        .unwrap();
    let own = ["agreements", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()];

    let words = ["damaged", "docs/backup.md"];
    refuses(&[&["serve"], &own[..]].concat(), &words);
    let (_, said) = told(&[&["doctor"], &own[..]].concat());
    let line = said.lines().find(|line| line.contains("damaged")).unwrap_or_default();
    assert!(line.starts_with("problem") && line.contains("docs/backup.md"), "{said}");
    assert_eq!(line.matches("is not a database").count(), 1, "the cause once: {line}");

    let url = format!("sqlite:{}", data.join("none.db").display());
    let named = ["doctor", "agreements", "--listen", "127.0.0.1:0", "--database-url", &url];
    refuses(&named, &["problem", "none.db is not there", "?mode=rwc", "registan migrate"]);
    let (_, said) = told(&[&named[..], &["--data-dir", &url]].concat());
    assert!(said.contains("folder of the database: "), "{said}");
    assert!(said.contains("`registan token` makes one"), "{said}");
    let to = folder.path().join("backup").display().to_string();
    let nowhere = folder.path().join("nowhere").display().to_string();
    let (succeeds, said) = told(&["backup", &to, "--data-dir", &nowhere]);
    assert!(!succeeds && said.contains("--data-dir") && !said.contains("version"), "{said}");
}

/// Once it was told to use a later version.
#[test]
fn the_database_of_another_service_is_known() {
    let Some(folder) = folder() else { return };
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
    let (succeeds, said) = told(&["migrate", "agreements", "--database-url", &url]);
    assert!(succeeds, "{said}");

    let serve = ["serve", "projects", "--listen", "127.0.0.1:0", "--database-url", &url];
    refuses(&serve, &["migrations of another service", "is database_url right?"]);
    let misspelt = "postgres://a:hunter2@127.0.0.1/a?sslmod=verify-full";
    let serve = ["serve", "projects", "--listen", "127.0.0.1:0", "--database-url", misspelt];
    refuses(&serve, &["`sslmod`", "did you mean `sslmode`?"]);
}
