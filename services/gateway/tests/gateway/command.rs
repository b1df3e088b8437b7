//! The program: what it says when it cannot start.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn gateway(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gateway"))
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program runs")
}

const URLS: [&str; 6] = [
    "--agreements-url",
    "http://127.0.0.1:1",
    "--projects-url",
    "http://127.0.0.1:1",
    "--rights-reporting-url",
    "http://127.0.0.1:1",
];

/// Everything the program says, when it is one line and the exit code tells of a failure.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    let mut lines = text.lines().filter(|line| !line.starts_with('{'));
    let line = lines.next().unwrap_or_default().to_owned();
    assert_eq!(lines.next(), None, "{text}");
    line
}

#[test]
fn a_missing_address_is_told_with_what_to_set() {
    assert_eq!(
        complaint(&gateway(&URLS[..4])),
        "gateway: does not know where rights-reporting answers: \
         set --rights-reporting-url or REGISTAN_RIGHTS_REPORTING_URL"
    );
}

#[test]
fn a_taken_port_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let output = gateway(&[&URLS[..], &["--listen", &address]].concat());

    assert_eq!(
        complaint(&output),
        format!(
            "gateway: {address} is in use: stop what listens there, or choose another address with --listen"
        )
    );
}

#[test]
fn a_bad_value_is_one_line() {
    let line = complaint(&gateway(&["--listen", "here"]));

    assert_eq!(line, "gateway: --listen: `here` is not an address like 127.0.0.1:8080");
}

/// Kubernetes stops a process with SIGTERM and reads its log as JSON.
#[test]
fn a_stop_signal_ends_it_with_success() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.args(URLS).args(["--listen", "127.0.0.1:0"]).env_clear().stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let serving = log.find(|line| line.contains("\"message\":\"serving\"")).unwrap();
    assert!(serving.starts_with('{') && serving.contains("\"service\":\"gateway\""), "{serving}");

    Command::new("kill").arg(process.id().to_string()).status().unwrap();

    assert!(process.wait().unwrap().success());
    assert!(log.any(|line| line.contains("\"message\":\"stopped\"")));
}

#[test]
fn help_teaches_every_setting() {
    let output = gateway(&["--help"]);

    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for flag in ["--listen", "--agreements-url", "--config", "--log-format", "--drain-seconds"] {
        let mut lines = help.lines().skip_while(|line| !line.contains(flag));
        assert!(lines.nth(1).unwrap_or_default().trim().len() > 20, "{flag}: {help}");
    }
}
