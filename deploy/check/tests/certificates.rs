//! The certificates of the suite on Kubernetes, and mistakes in them.

use manifests::manifests::Manifests;
use manifests::{deploy, kubectl, manifests::parse, rules};

fn render() -> String {
    kubectl::render(&deploy().join("kustomize/overlays/prod-postgres-tls"))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn findings(text: &str) -> Vec<String> {
    let (manifests, mut findings): (Manifests, _) = parse(text);
    findings.extend(rules::check(&manifests));
    findings
}

#[test]
fn every_service_has_a_certificate_and_takes_no_plain_text() {
    let text = render();
    let (manifests, _) = parse(&text);

    assert_eq!(findings(&text), Vec::<String>::new());
    assert_eq!(manifests.certificates.len(), 5, "four services and their authority");
    assert!(!text.contains("http://"), "no service is called in plain text");
    assert!(text.contains("REGISTAN_PLAINTEXT: \"false\""));
    let mounts = text.matches("mountPath: /run/secrets/tls\n").count();
    assert_eq!(mounts, 4);
}

#[test]
fn a_mistake_in_a_certificate_is_found() {
    let good_bad_expected = [
        ("secretName: agreements-tls", "secretName: agreement-tls", "no Certificate fills"),
        ("/sa/projects\n", "/sa/project\n", "must be that of projects alone"),
        ("- client auth\n", "- signing\n", "must be for servers and clients"),
        ("rotationPolicy: Never", "rotationPolicy: Always", "must be Never for an authority"),
        ("rotationPolicy:", "rotation:", "unknown field"),
        ("renewBefore:", "renewBefor:", "unknown field"),
    ];
    for (good, bad, expected) in good_bad_expected {
        let text = render();
        assert!(text.contains(good), "{good}");

        let found = findings(&text.replacen(good, bad, 1));

        assert!(found.iter().any(|it| it.contains(expected)), "{good} → {bad}: {found:?}");
    }
}
