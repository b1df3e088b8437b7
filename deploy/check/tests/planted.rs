//! The check can fail: each test plants one mistake in a good overlay and must report it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use manifests::{deploy, kubectl, manifests::parse, rules};

/// All findings about `text`.
fn check(text: &str) -> Vec<String> {
    let (manifests, mut findings) = parse(text);
    findings.extend(rules::check(&manifests));
    findings
}

/// The text of an overlay; each is rendered once.
fn render(overlay: &str) -> String {
    static RENDERED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

    let folder = match overlay {
        fixture if fixture.starts_with("everything") => deploy().join("check/tests").join(fixture),
        overlay => deploy().join("kustomize/overlays").join(overlay),
    };
    let make = || kubectl::render(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut rendered = RENDERED.lock().expect("no test panics here");
    rendered.entry(overlay.to_owned()).or_insert_with(make).clone()
}

/// Replaces the first `good` with `bad` and asserts that a finding says `expected`.
#[track_caller]
fn assert_found(overlay: &str, good: &str, bad: &str, expected: &str) {
    let text = render(overlay);
    assert!(text.contains(good), "{overlay} has no {good:?} to replace");

    let findings = check(&text.replacen(good, bad, 1));

    assert!(
        findings.iter().any(|finding| finding.contains(expected)),
        "{good:?} → {bad:?}: expected {expected:?} in {findings:#?}"
    );
}

#[test]
fn a_misspelt_field_is_found_with_document_and_path() {
    assert_found(
        "prod-postgres",
        "readinessProbe:",
        "readynessProbe:",
        "Deployment agreements: spec.template.spec.containers.0.readynessProbe: unknown field",
    );
}

#[test]
fn a_misspelt_field_in_a_patch_of_kustomize_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    write("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: gateway}\nspec: {}\n");
    write(
        "kustomization.yaml",
        "resources: [service.yaml]\npatches:\n  - target: {kind: Service}\n    patch: |-\n      \
         - {op: add, path: /spec/prots, value: [{port: 1}]}\n",
    );

    let text = kubectl::render(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    let (_, findings) = parse(&text);

    assert_eq!(findings, ["Service gateway: spec.prots: unknown field"]);
}

#[test]
fn a_wrong_type_is_found_with_document_and_path() {
    assert_found(
        "prod-postgres",
        "  replicas: 2",
        "  replicas: two",
        "Deployment agreements: spec.replicas: invalid type: string \"two\", expected i32",
    );
}

#[test]
fn a_number_where_kubernetes_wants_a_string_is_found() {
    assert_found(
        "prod-postgres",
        "REGISTAN_DRAIN_SECONDS: \"20\"",
        "REGISTAN_DRAIN_SECONDS: 20",
        "invalid type: integer `20`, expected a string",
    );
}

#[test]
fn an_unknown_kind_and_an_old_version_are_found() {
    assert_found("prod-postgres", "kind: Job", "kind: Jop", "no schema is known for kind Jop");
    assert_found("prod-postgres", "apps/v1", "apps/v1beta1", "kind Deployment of apps/v1beta1");
}

#[test]
fn a_job_that_may_not_call_in_plain_text_and_a_start_that_waits_for_a_database_are_found() {
    let bad = "name: REGISTAN_PLAINTEXT\n          value: \"false\"";
    let good = bad.replace("false", "true");
    assert_found("everything", &good, bad, "calls in plain text and has no REGISTAN_PLAINTEXT");
    let good = "service: process\n          periodSeconds: 1\n";
    assert_found("prod-postgres", good, "periodSeconds: 1\n", "startupProbe must ask");
}

#[test]
fn a_secret_in_the_repository_is_found() {
    let text = render("prod-postgres")
        + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {url: x}\n";

    let findings = check(&text);

    assert_eq!(findings, ["Secret s: no schema is known for kind Secret of v1"]);
}

#[test]
fn a_pod_that_is_not_restricted_is_found() {
    for (good, bad, expected) in [
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot must be true"),
        ("runAsUser: 65532", "runAsUser: 0", "runAsUser must be a number other than 0"),
        ("type: RuntimeDefault", "type: Unconfined", "seccompProfile must be RuntimeDefault"),
        ("      automountServiceAccountToken: false", "", "automountServiceAccountToken"),
        ("Escalation: false", "Escalation: true", "allowPrivilegeEscalation must be false"),
        ("Filesystem: true", "Filesystem: false", "readOnlyRootFilesystem must be true"),
        ("            - ALL", "            - KILL", "capabilities must drop ALL and add none"),
        ("enforce: restricted", "enforce: baseline", "must enforce the pod security level"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_pod_without_limits_probes_or_time_to_drain_is_found() {
    let ready = "readinessProbe:\n          failureThreshold: 2\n          ";
    let live = "livenessProbe:\n          failureThreshold: 6\n          grpc:\n            ";

    for (good, bad, expected) in [
        ("            memory: 256Mi\n", "", "memory must have a request and a limit"),
        ("FallbackToLogsOnError", "File", "must be FallbackToLogsOnError"),
        (&*format!("{ready}grpc"), &*format!("{ready}tcpSocket"), "readinessProbe must ask"),
        (&*format!("{live}port: 50052"), &*format!("{live}port: 50053"), "livenessProbe must ask"),
        (&*format!("{live}port: 50052"), &*format!("{live}port: 50051"), "must ask the port probe"),
        ("PeriodSeconds: 30", "PeriodSeconds: 25", "terminationGracePeriodSeconds must be more"),
        ("0.0.0.0:50051", "0.0.0.0:50050", "REGISTAN_LISTEN must name the port"),
        ("0.0.0.0:50052", "0.0.0.0:50051", "REGISTAN_PROBE_ADDRESS must name the port"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_pod_that_stays_with_a_lost_node_or_beside_its_others_or_goes_too_soon_is_found() {
    let spread = "topologyKey: topology.kubernetes.io/zone";
    let unreachable = "key: node.kubernetes.io/unreachable\n        operator: Exists\n        tolerationSeconds: ";

    for (good, bad, expected) in [
        (spread, "topologyKey: zone", "must be spread over topology.kubernetes.io/zone"),
        (&*format!("{unreachable}30"), &*format!("{unreachable}300"), "for 30 seconds"),
        ("enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks must be"),
        ("LINGER_SECONDS: \"5\"", "LINGER_SECONDS: \"0\"", "REGISTAN_LINGER_SECONDS must be 5"),
        ("minReadySeconds: 30", "minReadySeconds: 5", "minReadySeconds must be 30 or more"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_job_that_cannot_be_applied_again_is_found() {
    let version = manifests::VERSION.replace('.', "-");

    for (good, bad, expected) in [
        (&*format!("name: migrate-{version}"), "name: migrate", "must end with the version"),
        ("ttlSecondsAfterFinished: 604800", "suspend: false", "ttlSecondsAfterFinished must be"),
        ("Policy: Never", "Policy: OnFailure", "restartPolicy must be Never"),
        ("activeDeadlineSeconds: 21600", "suspend: false", "activeDeadlineSeconds must be set"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_job_that_waits_for_what_comes_after_it_is_found() {
    let wave = "argocd.argoproj.io/sync-wave: \"-2\"\n";
    let own = "    app.kubernetes.io/component: migrate\n    app.kubernetes.io/name: ";
    let account = format!("{wave}  labels:\n{own}");
    let map = format!("PruneLast=true\n    {wave}");
    let selected = format!("{map}  labels:\n{own}");

    for (good, bad, expected) in [
        (&*account, account.replace("-2", "0"), "ServiceAccount migrate must be in no later wave"),
        (&map, map.replace("-2", "0"), "must be in no later wave than -1, that of the Job"),
        (&format!("{selected}migrate"), format!("{selected}desks"), "must be selected with it"),
        (wave, wave.replace("-2", "0"), "Namespace registan must be in no later wave"),
    ] {
        assert_found("everything", good, &bad, expected);
    }
}

#[test]
fn desks_that_a_process_is_not_given_are_found() {
    for (good, bad, expected) in [
        ("name: REGISTAN_DESKS", "name: OTHER", "REGISTAN_DESKS must be /etc/registan/desks.json"),
        ("mountPath: /etc/registan", "mountPath: /etc/other", "and nothing is mounted there"),
        ("  name: desks-", "  name: desk-", "does not exist in its Namespace"),
    ] {
        assert_found("everything", good, bad, expected);
    }
}

#[test]
fn an_autoscaler_or_a_monitor_that_misses_is_found() {
    let target = "kind: Deployment\n    name: agreements";
    let scaled = "spec:\n  minReadySeconds: 0\n";

    for (good, bad, expected) in [
        (target, "kind: Deployment\n    name: agreement", "Deployment agreement does not exist"),
        ("minReplicas: 2", "minReplicas: 1", "minReplicas must be at least 2"),
        ("name: cpu", "name: memory", "must scale by cpu"),
        ("name: registan_calls_per", "name: calls_per", "no adapter offers calls_per_second"),
        (
            "    path: /metrics\n    port: probe",
            "    path: /metrics\n    port: metrics",
            "no container has the port metrics",
        ),
        ("interval: 30s", "intervall: 30s", "intervall"),
        ("registan/monitoring: \"true\"", "{}", "reach the port probe"),
    ] {
        assert_found("everything", good, bad, expected);
    }
    let text = render("everything");
    let deployment = "kind: Deployment\nmetadata:";
    assert!(text.contains(deployment) && !text.contains(scaled));
    let fixed = text.replace("\n  strategy:", "\n  replicas: 2\n  strategy:");
    let findings = check(&fixed);
    assert!(findings.iter().any(|it| it.contains("must name no replicas")), "{findings:#?}");
}

#[test]
fn an_alert_that_leads_nowhere_is_found() {
    let runbook = "https://registan.example.org/docs/runbook.md";
    let down = format!("{runbook}#registandown");

    for (good, bad, expected) in [
        (&*down, "docs/runbook.md#registandown", "the runbook_url of RegistanDown must be https:"),
        (&*down, "https://other.example.org/#registandown", "runbook_url of RegistanDown"),
        (runbook, "docs/runbook.md", "registan/runbook must begin with https://"),
        ("for: 2m", "until: 2m", "until: unknown field"),
    ] {
        assert_found("everything", good, bad, expected);
    }
}

#[test]
fn an_image_without_our_version_is_found() {
    for (bad, expected) in [
        ("registan/agreements:latest", "and not latest"),
        ("registan/agreements", "must name a tag"),
        ("registan/agreements:0.0.9", "must carry the version"),
    ] {
        let good = format!("registan/agreements:{}", manifests::VERSION);
        assert_found("prod-postgres", &good, bad, expected);
    }
}

#[test]
fn a_wrong_setting_or_an_open_secret_is_found() {
    for (good, bad, expected) in [
        ("REGISTAN_LOG:", "REGISTAN_LOGS:", "no service reads the setting REGISTAN_LOGS"),
        (
            "http://projects-pods:50051",
            "http://project-pods:50051",
            "no Service has that name and port",
        ),
        ("REGISTAN_LOG: info", "REGISTAN_LOG: postgres://u:p@h/d", "must come from a secret"),
        ("REGISTAN_LOG: info", "API_TOKEN: abc", "API_TOKEN must come from a secret"),
        ("value: /run/secrets/database/url", "value: /run/url", "nothing is mounted there"),
        ("sync-options: PruneLast=true", "sync-options: Prune=false", "outlive the pods"),
        ("REGISTAN_DATABASE_URL_FILE", "REGISTAN_DATABASE_URL", "only a SQLite address"),
        ("name: REGISTAN_DATABASE_URL_FILE", "name: OTHER", "needs one of REGISTAN_DATABASE_URL"),
        ("serviceAccountName: agreements", "serviceAccountName: agreement", "does not exist"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_selector_that_misses_is_found() {
    let labels =
        "      app.kubernetes.io/component: record\n      app.kubernetes.io/name: agreements";
    let budget = format!("  maxUnavailable: 1\n  selector:\n    matchLabels:\n{labels}");
    let own = "  selector:\n    app.kubernetes.io/component: record";
    let deny = "  podSelector: {}\n  policyTypes:\n  - Ingress\n";
    let ports = "          - rights-reporting\n    ports:\n    - port: grpc\n      protocol: TCP\n";

    for (good, bad, expected) in [
        (own, &*format!("{own}s"), "Service agreements: must select the pods of one workload"),
        ("targetPort: grpc", "targetPort: http", "its targetPort must be a port"),
        (&*budget, "  selector: {}", "PodDisruptionBudget agreements: must select the pods of one"),
        (&*budget, "  maxUnavailable: 1", "Deployment agreements: more than one replica needs"),
        (&*format!("{deny}  - Egress"), deny, "a NetworkPolicy must deny all pods both ways"),
        (ports, "          - rights-reporting\n", "a rule must name its ports"),
    ] {
        assert_found("prod-postgres", good, bad, expected);
    }
}

#[test]
fn a_second_writer_on_a_sqlite_file_is_found() {
    assert_found("dev-sqlite", "  replicas: 1", "  replicas: 2", "must have one replica");
}

#[test]
fn a_migration_that_may_not_make_its_file_is_found() {
    let findings = check(&render("dev-sqlite").replace("?mode=rwc", ""));

    assert_eq!(findings.len(), 3, "{findings:#?}");
    assert!(findings[0].contains("the address needs ?mode=rwc"), "{findings:#?}");
}

#[test]
fn an_issuer_without_an_audience_or_encryption_is_found() {
    let plant = |bad: &str, expected: &str| {
        assert_found("prod-postgres", "  REGISTAN_OIDC_ISSUER: \"\"", bad, expected);
    };
    plant("  REGISTAN_OIDC_ISSUER: https://login.example.org", "belong together");
    plant("  REGISTAN_OIDC_ISSUER: http://login.example.org", "must begin with https://");
    plant("  REGISTAN_DEVELOPMENT_ISSUER: \"true\"", "for loopback alone");
}

#[test]
fn a_call_that_is_encrypted_at_one_end_alone_is_found() {
    for (overlay, good, bad, expected) in [
        (
            "everything-tls",
            "https://gateway-pods:50051",
            "http://gateway-pods:50051",
            "container import: http://gateway-pods:50051 must begin with https://",
        ),
        (
            "everything",
            "- http://gateway-pods",
            "- https://gateway-pods",
            "must begin with http://",
        ),
        ("everything-tls", "- --ca", "- --cert", "trusts no authority"),
        ("everything-tls", "- /run/secrets/authority/", "- /etc/", "reads /etc/ca.crt"),
        ("everything-tls", "appProtocol: https", "appProtocol: http", "appProtocol must be https"),
        ("everything", "kubernetes.io/h2c", "https", "appProtocol must be kubernetes.io/h2c"),
        ("everything-tls", "mountPath: /run/secrets/tls", "mountPath: /tls", "has its certificate"),
        (
            "everything-tls",
            "_URL: https://projects",
            "_URL: http://projects",
            "begin with https://",
        ),
    ] {
        assert_found(overlay, good, bad, expected);
    }
}

#[test]
fn traces_that_nothing_lets_out_or_anybody_reads_are_found() {
    for (good, bad, expected) in [
        ("port: 4317", "port: 4318", "reach the port of REGISTAN_OTLP_URL"),
        ("https://collector.observability", "collector.observability", "must begin with https://"),
    ] {
        assert_found("everything-tls", good, bad, expected);
    }
    let plain = ("https://collector.", "http://collector.");
    assert_found("everything-tls", plain.0, plain.1, "plain text is not allowed here");
    let allowed = render("everything").replace(plain.0, plain.1);
    assert_eq!(check(&allowed), Vec::<String>::new());
}
