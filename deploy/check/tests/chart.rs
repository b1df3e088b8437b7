//! The Helm chart gives what kustomize renders for production, as Helm itself renders it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use manifests::chart::templates;
use manifests::containers::{Started, started};
use manifests::manifests::parse;
use manifests::{VERSION, deploy, helm, kubectl};
use serde::Deserialize;
use serde_yaml_ng::Value;

const PLAIN: &str = "prod-postgres";
const ENCRYPTED: &str = "prod-postgres-tls";

fn chart() -> PathBuf {
    deploy().join("helm/registan")
}

fn read(file: &str) -> Value {
    let text = fs::read_to_string(chart().join(file)).unwrap_or_else(|it| panic!("{file}: {it}"));
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn overlay(name: &str) -> String {
    kubectl::render(&deploy().join("kustomize/overlays").join(name))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// An overlay with all that the chart can add to it.
fn traced(name: &str) -> String {
    kubectl::render(&deploy().join("check/tests").join(name))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Renders the chart; in plain text, unless a value says otherwise.
fn helm(values: &[&str]) -> String {
    let values = [&["tls.enabled=false"], values].concat();
    helm::render(&chart(), &values).unwrap_or_else(|error| panic!("{error}"))
}

/// All documents, by kind and name, without what the chart has otherwise: the namespace, the
/// settings of the pods, and that the migration is a hook of each revision.
fn documents(text: &str) -> BTreeMap<String, Value> {
    let all = serde_yaml_ng::Deserializer::from_str(text).map(Value::deserialize);
    let all = all.map(|document| document.expect("it is YAML")).filter(|it| !it.is_null());
    let named = all.map(|mut document| {
        let about = document["metadata"].as_mapping_mut().expect("a document has a name");
        if let Some(mut notes) = about.shift_remove("annotations") {
            let own = notes.as_mapping_mut().expect("annotations have names");
            own.retain(|key, _| !key.as_str().is_some_and(|key| key.starts_with("helm.sh/")));
            if !own.is_empty() {
                about.insert("annotations".into(), notes);
            }
        }
        if document["kind"] == "Deployment" {
            let pod = &mut document["spec"]["template"]["spec"];
            for container in pod["containers"].as_sequence_mut().expect("it has containers") {
                let container = container.as_mapping_mut().expect("a container is one");
                container.shift_remove("env");
                container.shift_remove("envFrom");
            }
        }
        let name = document["metadata"]["name"].as_str().unwrap_or_default();
        (format!("{} {name}", document["kind"].as_str().unwrap_or_default()), document)
    });
    named
        .filter(|(name, _)| name != "Namespace registan" && !name.starts_with("ConfigMap "))
        .collect()
}

/// The start of each container, by its workload and name.
fn starts(text: &str) -> BTreeMap<(String, String), Started> {
    let (manifests, findings) = parse(text);
    assert_eq!(findings, Vec::<String>::new());
    let all = started(&manifests).into_iter();
    all.map(|it| ((it.workload.clone(), it.name.clone()), it)).collect()
}

#[test]
fn the_templates_are_those_of_the_overlays() {
    let made = templates(&traced("chart"), &traced("chart-tls")).expect("they are YAML");
    let folder = chart().join("templates");
    if std::env::var_os("TESTKIT_PIN").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        for file in fs::read_dir(&folder).expect("the folder can be read").flatten() {
            fs::remove_file(file.path()).expect("a template can be removed");
        }
        for (name, text) in &made {
            fs::write(folder.join(name), text).expect("a template can be written");
        }
    }

    let files = fs::read_dir(&folder).expect("the folder can be read");
    let kept: BTreeMap<String, String> = files
        .map(|file| {
            let file = file.expect("an entry");
            let text = fs::read_to_string(file.path()).expect("a template can be read");
            (file.file_name().into_string().expect("a name"), text)
        })
        .collect();

    let advice = "TESTKIT_PIN=1 cargo test --workspace --test chart writes them again";
    assert!(kept == made, "the templates of the chart differ from the overlays: {advice}");
}

#[test]
fn helm_renders_what_kustomize_renders() {
    let otlp = "otlp.url=https://collector.observability.svc:4317";
    for (values, wanted) in [
        (&[][..], overlay(PLAIN)),
        (&["tls.enabled=true"], overlay(ENCRYPTED)),
        (&[otlp], traced("chart")),
        (&["tls.enabled=true", otlp], traced("chart-tls")),
    ] {
        let revision = format!("name: migrate-{}\n", VERSION.replace('.', "-"));
        let rendered = helm(values).replace("name: migrate-1\n", &revision);

        assert_eq!(documents(&rendered), documents(&wanted), "{values:?}");
        assert_eq!(starts(&rendered), starts(&wanted), "{values:?}");
    }
}

/// Helm deletes what the next revision no longer has, while pods of this one still run; and it
/// cannot change a Job.
#[test]
fn an_upgrade_takes_nothing_from_the_pods_that_run_and_migrates_first() {
    for values in [&[][..], &["tls.enabled=true"]] {
        let rendered = helm(values);
        let (manifests, _) = parse(&rendered);

        assert!(manifests.config_maps.is_empty(), "the settings stand in the pods");
        assert!(!rendered.contains("configMap"), "nothing is taken from elsewhere");
        let job = &manifests.jobs[0].metadata;
        let account = manifests.service_accounts.iter().map(|it| &it.metadata);
        let account = account.clone().find(|it| it.name.as_deref() == Some("migrate"));
        for (about, weight) in [(job, "0"), (account.expect("it has an account"), "-1")] {
            let notes = about.annotations.as_ref().expect("it is a hook");
            assert_eq!(notes["helm.sh/hook"], "pre-install,pre-upgrade");
            assert_eq!(notes["helm.sh/hook-delete-policy"], "before-hook-creation");
            assert_eq!(notes["helm.sh/hook-weight"], weight);
        }
        // The first revision; the next one has another name.
        assert_eq!(job.name.as_deref(), Some("migrate-1"));
    }
}

#[test]
fn values_reach_the_documents_and_one_that_is_not_known_is_refused() {
    let rendered = helm(&[
        "image.prefix=example.org/suite",
        "image.tag=9.9.9",
        "replicas.rightsReporting=7",
        "oidc.issuer=https://login.example.org",
        "oidc.untypedTokens=true",
        "gateway.connectionsPerAddress=4096",
        "gateway.trustedProxies={10.0.0.0/8,192.168.0.0/16}",
        "tls.enabled=true",
        "tls.gatewayNames={a.example.org,b.example.org}",
    ]);
    let (manifests, findings) = parse(&rendered);
    assert_eq!(findings, Vec::<String>::new());

    for image in ["agreements", "projects", "rights-reporting", "gateway", "registan"] {
        assert!(rendered.contains(&format!("image: example.org/suite/{image}:9.9.9")), "{image}");
    }
    let replicas = manifests.deployments.iter().filter_map(|it| it.spec.replicas);
    assert_eq!(replicas.filter(|count| *count == 7).count(), 1);
    for started in starts(&rendered).values().filter(|it| it.workload.starts_with("Deployment")) {
        assert_eq!(started.settings["REGISTAN_OIDC_ISSUER"], "https://login.example.org");
        assert_eq!(started.settings["REGISTAN_OIDC_UNTYPED_TOKENS"], "true");
    }
    let gateway = ("Deployment gateway".to_owned(), "service".to_owned());
    let gateway = &starts(&rendered)[&gateway].settings;
    assert_eq!(gateway["REGISTAN_CONNECTIONS_PER_ADDRESS"], "4096");
    assert_eq!(gateway["REGISTAN_TRUSTED_PROXIES"], "10.0.0.0/8,192.168.0.0/16");
    for name in ["gateway.registan.svc", "a.example.org", "b.example.org"] {
        assert!(
            rendered.contains(&format!("{name}\n")) || rendered.contains(&format!("\"{name}\""))
        );
    }
    for wrong in [
        "tls.enable=true",
        "replicas.rights=3",
        "image.tag=",
        "tls.enabled=yes",
        "gateway.trustedProxy={10.0.0.0/8}",
        "gateway.connectionsPerAddress=many",
        "otlp.url=https://collector.example.org",
        "extraEnv.REGISTAN_LOG=debug",
        "gateway.extraEnv.REGISTAN_PLAINTEXT=true",
        "extraEnv.lower=a",
        "extraVolumes[0].emptyDir.medium=Memory",
    ] {
        let refused = helm::render(&chart(), &["tls.enabled=false", wrong]);
        assert!(refused.is_err(), "{wrong} is a mistake, and stays plain text");
    }
}

#[test]
fn the_chart_does_not_render_until_encryption_is_chosen() {
    for unsaid in [&[][..], &["tls.gatewayNames={a.example.org}"], &["tls.enabled=null"]] {
        let error = helm::render(&chart(), unsaid).unwrap_err().to_string();

        let said = "say whether calls are encrypted: tls.enabled=true, which needs cert-manager";
        assert!(error.contains(said), "{unsaid:?}: {error}");
    }
    for chosen in ["tls.enabled=true", "tls.enabled=false"] {
        helm::render(&chart(), &[chosen]).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Plain text between pods is a choice, never what is shown first.
#[test]
fn the_documents_apply_the_encrypted_overlay() {
    let readme = fs::read_to_string(deploy().join("README.md")).expect("it is text");
    let applied = readme.lines().filter(|line| line.starts_with("kubectl apply -k "));
    let production: Vec<&str> = applied.filter(|line| line.contains("overlays/prod")).collect();

    assert_eq!(production.len(), 2, "migrate, and roll");
    for line in production {
        assert!(line.contains(&format!("overlays/{ENCRYPTED}")), "{line}");
    }
    let helm = readme.split("helm upgrade --install").nth(1).expect("it is shown");
    let command = helm.split("```").next().unwrap_or_default();
    assert!(command.contains("--set tls.enabled=true"), "{command}");
}

/// An autoscaler has the say: a number that is rendered would take it back with each upgrade.
#[test]
fn replicas_that_are_null_are_left_to_an_autoscaler() {
    let counts = |values: &[&str]| -> BTreeMap<String, Option<i32>> {
        let all = parse(&helm(values)).0.deployments.into_iter();
        all.map(|it| (it.metadata.name.unwrap_or_default(), it.spec.replicas)).collect()
    };

    let of_one = counts(&["replicas.gateway=null", "replicas.projects=0"]);
    assert_eq!(of_one.values().copied().collect::<Vec<_>>(), [Some(2), None, Some(0), Some(2)]);
    assert!(counts(&["replicas=null"]).values().all(Option::is_none));
}

#[test]
fn a_collector_is_reached_at_its_own_port() {
    let rendered = helm(&["otlp.url=https://collector.example.org:14317"]);

    let (manifests, _) = parse(&rendered);
    let policies = manifests.network_policies.iter();
    let policy = policies.filter(|it| it.metadata.name.as_deref() == Some("all-to-collector"));
    let specs: Vec<_> = policy.filter_map(|it| it.spec.as_ref()).collect();
    let egress = specs[0].egress.iter().flatten().flat_map(|rule| rule.ports.iter().flatten());
    let ports: Vec<_> = egress.filter_map(|it| it.port.clone()).collect();
    assert_eq!(ports, [IntOrString::Int(14317)]);
    assert!(!helm(&[]).contains("collector"), "there is none unless it is named");
}

/// The desks of a partnership of one's own, for all processes, and a certificate for callers.
#[test]
fn settings_and_files_are_added_to_all_processes_or_to_the_gateway() {
    let more = [
        "extraEnv.REGISTAN_DESKS=/etc/registan/desks.json",
        "extraVolumes[0].name=desks",
        "extraVolumes[0].configMap.name=desks",
        "extraVolumeMounts[0].name=desks",
        "extraVolumeMounts[0].mountPath=/etc/registan",
        "gateway.extraEnv.REGISTAN_PUBLIC_TLS_DIR=/run/secrets/public",
        "gateway.extraVolumes[0].name=public",
        "gateway.extraVolumes[0].secret.secretName=public-tls",
        "gateway.extraVolumeMounts[0].name=public",
        "gateway.extraVolumeMounts[0].mountPath=/run/secrets/public",
    ];
    for tls in [&[][..], &["tls.enabled=true"]] {
        let rendered = helm(&[tls, &more].concat());
        let (manifests, _) = parse(&rendered);

        let starts = starts(&rendered);
        assert_eq!(starts.len(), 7, "four services, and three that migrate");
        for ((workload, _), started) in starts {
            assert_eq!(started.settings["REGISTAN_DESKS"], "/etc/registan/desks.json");
            assert_eq!(started.mounts["desks"], "/etc/registan", "{workload}");
            let is_gateway = workload == "Deployment gateway";
            let public = started.settings.get("REGISTAN_PUBLIC_TLS_DIR");
            assert_eq!(public.is_some(), is_gateway, "{workload}");
            assert_eq!(started.mounts.contains_key("public"), is_gateway, "{workload}");
        }
        for pod in manifests.pods() {
            let volumes: Vec<_> = pod.spec.volumes.iter().flatten().map(|it| &*it.name).collect();
            let is_gateway = pod.workload == "Deployment gateway";
            assert!(volumes.contains(&"desks"), "{}: {volumes:?}", pod.workload);
            assert_eq!(volumes.contains(&"public"), is_gateway, "{}", pod.workload);
        }
    }
}

/// Twice in a container, a variable would have one value or the other.
#[test]
fn a_variable_that_the_chart_sets_is_no_name_of_more() {
    let schema = read("values.schema.json");
    let names = &schema["definitions"]["env"]["propertyNames"]["not"]["enum"];
    let names: Vec<&str> =
        names.as_sequence().expect("a list").iter().filter_map(Value::as_str).collect();

    let all = helm(&["tls.enabled=true", "otlp.url=https://c.example.org:4317"]);
    let set: BTreeSet<String> =
        starts(&all).into_values().flat_map(|it| it.settings.into_keys()).collect();
    assert_eq!(names, set.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_chart_has_the_version_of_the_workspace() {
    let about = read("Chart.yaml");

    assert_eq!(about["version"].as_str(), Some(VERSION));
    assert_eq!(about["appVersion"].as_str(), Some(VERSION));
    assert_eq!(read("values.yaml")["image"]["tag"].as_str(), Some(VERSION));
}
