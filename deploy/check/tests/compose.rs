//! `compose.yaml` runs the same services as the manifests, as closed, and the check can fail.

use manifests::compose::{Compose, parse};
use manifests::{deploy, kubectl, manifests as documents, overlays};
use std::collections::BTreeSet;

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
        ("stop_grace_period: 25s", "stop_grace_period: 20s", "stop_grace_period must be more"),
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
