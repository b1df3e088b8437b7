//! `registan appoint`: the first operator, once; a role that was taken back, and one that expired.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use api::registan::access::v1::DeleteGrantRequest;
use api::registan::access::v1::grant_service_client::GrantServiceClient;
use chassis::client::Connection;
use e2e::faults::clock::Clock;
use e2e::{Process, free_address, program};
use policy::{Desks, Role, Tier};
use tempfile::TempDir;

const SUBJECT: &str = "https://login.example.org#ainura";
const DAY: i64 = 86_400_000;

/// A database of agreements that is not served.
struct Record {
    registan: PathBuf,
    folder: TempDir,
}

impl Record {
    /// Makes it; its clock is another, if one is given.
    fn make(clock: Option<&Clock>) -> Option<Self> {
        let registan = program("registan")?;
        let record = Self { registan, folder: tempfile::tempdir().unwrap() };
        fs::create_dir(record.data()).unwrap();
        record.run(&["migrate", "agreements"], clock).unwrap();
        Some(record)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs the command: what it printed, or its error.
    fn run(&self, arguments: &[&str], clock: Option<&Clock>) -> Result<String, String> {
        let mut command = Command::new(&self.registan);
        command.args(arguments).arg("--data-dir").arg(self.data());
        command.envs(clock.into_iter().flat_map(Clock::environment));
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    fn appoint(&self, more: &[&str]) -> Result<String, String> {
        self.run(&[&["appoint", SUBJECT], more].concat(), None)
    }

    /// Serves it, and takes a grant back as another operator.
    async fn take_back(&self, grant: &str) {
        let address = free_address();
        let mut command = Command::new(&self.registan);
        command.args(["serve", "agreements", "--listen", &address.to_string(), "--data-dir"]);
        command.arg(self.data());
        let mut process = Process::start(&mut command, &self.folder.path().join("log"));
        process.wait_for(address);
        let token = testkit::token_for(&self.data(), &[Role::Operator], Desks::ALL, Tier::Public);
        let connection = Connection::to(&format!("http://{address}")).unwrap();
        let mut grants = GrantServiceClient::new(connection.with_token(&token).unwrap());
        let request = DeleteGrantRequest { name: grant.to_owned(), ..Default::default() };
        grants.delete_grant(request).await.unwrap();
        assert!(process.stop().success(), "{}", process.logged());
    }
}

/// The name of the grant in the answer.
fn granted(said: &str) -> &str {
    let name = said.trim().rsplit(' ').next().unwrap();
    assert!(name.starts_with("grants/"), "{said}");
    name
}

#[test]
fn the_first_operator_is_appointed_once() {
    let Some(record) = Record::make(None) else { return };

    let first = record.appoint(&["--days", "30"]).unwrap();
    let again = record.appoint(&[]).unwrap();

    let name = granted(&first);
    assert_eq!(first, format!("{SUBJECT} is an operator for 30 days, by {name}\n"));
    assert_eq!(again, format!("{SUBJECT} is an operator already, by {name}\n"));
    let no_subject = record.run(&["appoint", "ainura"], None).unwrap_err();
    assert!(no_subject.starts_with("registan: InvalidArgument ("), "{no_subject}");
    assert!(no_subject.contains("grant.subject: "), "{no_subject}");
}

#[test]
fn nobody_is_appointed_where_no_suite_is() {
    let Some(registan) = program("registan") else { return };
    let record = Record { registan, folder: tempfile::tempdir().unwrap() };

    let refused = record.appoint(&[]).unwrap_err();

    assert!(
        refused.contains("there is no database") && refused.contains("--data-dir"),
        "{refused}"
    );
    assert!(!record.data().exists(), "and none is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_taken_back_is_given_only_where_it_is_said() {
    let Some(record) = Record::make(None) else { return };
    let first = record.appoint(&[]).unwrap();
    record.take_back(granted(&first)).await;

    let refused = record.appoint(&[]).unwrap_err();
    let again = record.appoint(&["--again", "--days", "7"]).unwrap();
    let held = record.appoint(&["--again"]).unwrap();

    assert!(refused.contains(granted(&first)) && refused.contains("--again"), "{refused}");
    let name = granted(&again);
    assert_ne!(name, granted(&first), "what was taken back stays so");
    assert_eq!(again, format!("{SUBJECT} is an operator for 7 days, by {name}\n"));
    assert_eq!(held, format!("{SUBJECT} is an operator already, by {name}\n"));
    // Taken back once more: the newest grant counts.
    record.take_back(name).await;
    let refused = record.appoint(&[]).unwrap_err();
    assert!(refused.contains(name), "{refused}");
}

#[test]
fn a_role_that_expired_is_given_anew() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clock) = forty_days_ago(folder.path()) else { return };
    let Some(record) = Record::make(Some(&clock)) else { return };
    let first = record.run(&["appoint", SUBJECT, "--days", "30"], Some(&clock)).unwrap();
    let then = record.run(&["appoint", SUBJECT], Some(&clock)).unwrap();

    let now = record.appoint(&["--days", "60"]).unwrap();

    assert_eq!(then, format!("{SUBJECT} is an operator already, by {}\n", granted(&first)));
    let name = granted(&now);
    assert_ne!(name, granted(&first));
    assert_eq!(now, format!("{SUBJECT} is an operator for 60 days, by {name}\n"));
}

/// A clock that is late; nothing where there is none that can be.
fn forty_days_ago(folder: &Path) -> Option<Clock> {
    let clock = Clock::make(&folder.join("clock")).unwrap()?;
    clock.set(-40 * DAY).unwrap();
    Some(clock)
}
