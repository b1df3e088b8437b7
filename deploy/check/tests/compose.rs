//! `compose.yaml` runs the same services as the manifests, as closed, and the check can fail.

use manifests::compose::{Compose, parse};
use manifests::{deploy, kubectl, manifests as documents, overlays};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn text() -> String {
    std::fs::read_to_string(deploy().join("compose.yaml")).expect("compose.yaml can be read")
}

fn compose() -> Compose {
    parse(&text()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn compose_keeps_the_rules() {
    let findings = compose().check();

    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn compose_and_every_overlay_run_the_same_services() {
    let compose = compose();

    for folder in overlays().expect("the folder of overlays can be read") {
        let text = kubectl::render(&folder).unwrap_or_else(|error| panic!("{error}"));
        let (manifests, _) = documents::parse(&text);
        let deployed: BTreeSet<_> =
            manifests.deployments.iter().map(|it| documents::name(&it.metadata)).collect();

        assert_eq!(deployed, compose.suite(), "{}", folder.display());
    }
}

/// The commands of the comment at the top: its lines that are indented.
fn commands(text: &str) -> Vec<&str> {
    let comment = text.lines().take_while(|line| line.starts_with('#'));
    comment.filter_map(|line| line.strip_prefix("#   ")).collect()
}

/// Runs a script in a folder, by a shell that ends at the first command that fails.
fn shell(options: &str, script: &str, folder: &Path) -> Result<(), String> {
    let mut command = Command::new("sh");
    let output = command.args([options, "-c", script]).current_dir(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(errors) }
}

/// The name of a secret is the name of the role and of the database, and its password is its own.
fn assert_secrets(folder: &Path) {
    let compose = compose();
    let mut values = BTreeSet::new();
    for (name, secret) in &compose.secrets {
        let file = folder.join("deploy").join(&secret.file);
        let value = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let password = match value.strip_prefix(&format!("postgres://{name}:")) {
            Some(rest) => {
                let place = format!("@postgres:5432/{name}?sslmode=disable");
                rest.strip_suffix(&place).unwrap_or_else(|| panic!("{name}: {value}"))
            }
            None => value.trim_end(),
        };
        assert!(password.len() == 48 && values.insert(password.to_owned()), "{name}: {value}");
    }
    assert_eq!(values.len(), 4);
}

#[test]
fn the_commands_that_make_the_secrets_can_be_pasted() {
    let text = text();
    let commands = commands(&text);
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("deploy")).expect("a folder");

    for line in &commands {
        assert_eq!(shell("-n", line, folder.path()), Ok(()), "{line}");
    }
    assert_eq!(shell("-n", &commands.join("\n"), folder.path()), Ok(()));
    // `openssl` is not on every machine; any word of that length does.
    let openssl =
        "openssl() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \\n'; }\n".to_owned();
    assert_eq!(shell("-e", &(openssl + &commands.join("\n")), folder.path()), Ok(()));
    assert_secrets(folder.path());

    let broken = "a > b for s\nin c d; do e; done";
    assert!(shell("-n", broken, folder.path()).is_err(), "the check can fail");
}

#[test]
fn a_misspelt_key_is_refused_with_its_place() {
    let error = parse(&text().replacen("depends_on:", "depend_on:", 1)).unwrap_err();

    assert!(error.contains("unknown field `depend_on`"), "{error}");
    assert!(error.starts_with("services."), "{error}");
}

#[test]
fn every_broken_rule_is_found() {
    let good_bad_expected = [
        ("read_only: true", "read_only: false", "read_only must be true"),
        ("cap_drop: [ALL]", "cap_drop: [KILL]", "cap_drop must be ALL"),
        ("no-new-privileges:true", "no-new-privileges:false", "no-new-privileges:true"),
        ("127.0.0.1:8080:50051", "8080:50051", "published on 127.0.0.1 alone"),
        ("image: registan/gateway:0.1.0", "image: registan/gateway", "must name a tag"),
        ("SERVICE: gateway", "SERVICE: agreements", "SERVICE must be gateway"),
        ("stop_grace_period: 30s", "stop_grace_period: 25s", "stop_grace_period must be more"),
        ("LINGER_SECONDS: \"5\"", "LINGER_SECONDS: \"0\"", "REGISTAN_LINGER_SECONDS must be 5"),
        ("REGISTAN_PROBE_ADDRESS", "REGISTAN_DATA_DIR", "REGISTAN_PROBE_ADDRESS must be set"),
        ("REGISTAN_LOG: info", "REGISTAN_LOGS: info", "no service reads"),
        ("secrets: [projects]", "secrets: [agreements]", "needs the secret projects"),
        ("http://agreements:50051", "http://agreement:50051", "no service has that name"),
        (
            "networks: [clients, services]",
            "networks: [client, services]",
            "network client does not",
        ),
        ("    healthcheck:\n", "    healthchek:\n", "unknown field"),
        ("POSTGRES_PASSWORD_FILE: /run/secrets/postgres", "POSTGRES_PASSWORD: x", "from a secret"),
    ];

    for (good, bad, expected) in good_bad_expected {
        let text = text();
        assert!(text.contains(good), "compose.yaml has no {good:?} to replace");

        let findings = match parse(&text.replacen(good, bad, 1)) {
            Ok(compose) => compose.check().join("\n"),
            Err(error) => error,
        };

        assert!(findings.contains(expected), "{good:?} → {bad:?}: {expected:?} not in {findings}");
    }
}
