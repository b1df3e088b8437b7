//! The Jobs that look at a suite: `doctor` at all that it needs, `verify` at its records; and
//! `dump`, which copies them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use manifests::containers::{Started, started};
use manifests::manifests::parse;
use manifests::{deploy, kubectl, rules};

const SERVICES: [&str; 4] = ["agreements", "gateway", "projects", "rights-reporting"];

fn render(fixture: &str) -> String {
    kubectl::render(&deploy().join("check/tests").join(fixture))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The containers of a workload that begins so, by name.
fn containers(text: &str, workload: &str) -> BTreeMap<String, Started> {
    let (manifests, _) = parse(text);
    let all = started(&manifests).into_iter().filter(|it| it.workload.starts_with(workload));
    all.map(|it| (it.name.clone(), it)).collect()
}

#[test]
fn the_doctor_looks_at_every_service_with_the_settings_that_it_serves_with() {
    for fixture in ["everything", "everything-tls"] {
        let text = render(fixture);
        let looked = containers(&text, "Job doctor-");
        assert_eq!(looked.keys().map(String::as_str).collect::<Vec<_>>(), SERVICES);

        for (service, look) in &looked {
            assert_eq!(look.arguments, ["doctor", service]);
            let serving = &containers(&text, &format!("Deployment {service}"))["service"];
            for (key, value) in &look.settings {
                let is_own = key == "REGISTAN_DEVELOPMENT_ISSUER";
                assert!(is_own || serving.settings.get(key) == Some(value), "{service}: {key}");
            }
            let desks = look.settings.contains_key("REGISTAN_DESKS");
            assert!(desks || service == "gateway", "{service} keeps a record");
        }
    }
}

#[test]
fn every_record_is_verified_on_a_schedule() {
    let text = render("everything");
    let verified = containers(&text, "CronJob verify");

    let names: BTreeSet<&str> = verified.keys().map(String::as_str).collect();
    assert_eq!(names, SERVICES.into_iter().filter(|it| *it != "gateway").collect());
    for (service, run) in &verified {
        assert_eq!(run.arguments, ["verify", service]);
        assert_eq!(run.mounts[service], "/run/secrets/database");
    }
}

/// Runs the script of a dump with programs of PostgreSQL that are functions of the shell, and
/// returns the names of the files that it leaves.
fn dump(script: &str, restores: &str, address: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = folder.path().join("url");
    let dumps = folder.path().join("dumps");
    fs::create_dir(&dumps).expect("a folder");
    fs::write(&url, address).expect("an address");
    let programs = "pg_dump() { for it; do case $it in
        --file=*) echo dump > \"${it#--file=}\" ;;
        --dbname=*) [ \"$it\" = --dbname=postgres://a@h/agreements?sslmode=disable ] ;;
        esac; done; [ \"$PGPASSWORD\" = 'p@s\\n%:' ]; }\n";
    let script = format!("{programs}pg_restore() {{ {restores}; }}\n{script}");
    let mut command = Command::new("bash");
    command.args(["-euc", &script]).env("DUMPS", &dumps).env("SERVICE", "agreements");
    let output = command.env("REGISTAN_DATABASE_URL_FILE", url).output().expect("a shell");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), restores == "true", "{errors}");
    names(&dumps)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there").flatten();
    entries.map(|it| it.file_name().into_string().expect("a name")).collect()
}

#[test]
fn a_dump_has_its_name_when_it_was_read_whole() {
    let text = render("everything");
    let containers = containers(&text, "Job dump-");
    assert_eq!(containers.len(), 3);
    assert_eq!(text.matches("- bash\n        - -euc\n").count(), 3, "it ends at what fails");
    for (service, container) in &containers {
        assert_eq!(container.settings["SERVICE"], *service);
        assert_eq!(container.mounts[service], "/run/secrets/database");
    }

    let script = &containers["agreements"].arguments[0];
    let address = "postgres://a:p%40s\\n%25:@h/agreements?sslmode=disable\n";
    let (whole, broken) = (dump(script, "true", address), dump(script, "false", address));

    let ends = |names: &[String], end: &str| names.len() == 1 && names[0].ends_with(end);
    assert!(ends(&whole, "Z.dump") && whole[0].starts_with("agreements-2"), "{whole:?}");
    assert!(ends(&broken, "Z.dump.partial"), "{broken:?}");
    // It would be an argument.
    let unseen = "postgres://h/agreements?user=a&password=b\n";
    assert_eq!(dump(script, "exit 1", unseen), Vec::<String>::new());
}

#[test]
fn a_mistake_in_a_look_is_found() {
    let deadline = "activeDeadlineSeconds: 21600";
    let doctor = "app.kubernetes.io/name: doctor\n    ports:";
    let url = "REGISTAN_PROJECTS_URL: https://projects-pods:50051";
    let certificate = "- mountPath: /run/secrets/tls\n          name: projects-tls";

    for (good, bad, expected) in [
        ("concurrencyPolicy: Forbid", "concurrencyPolicy: Allow", "concurrencyPolicy must be"),
        ("timeZone: Etc/UTC", "suspend: false", "CronJob verify: timeZone must be set"),
        ("Policy: Never", "Policy: OnFailure", "CronJob verify: restartPolicy must be Never"),
        (" schedule:", " schedul:", "CronJob verify: spec.schedul: unknown field"),
        (deadline, "suspend: false", "CronJob verify: activeDeadlineSeconds must be set"),
        ("- verify\n", "- /verify\n", "CronJob verify, container agreements: reads /verify"),
        (doctor, "app.kubernetes.io/name: other\n    ports:", "a peer must select some pods"),
        (url, "REGISTAN_PROJECTS_URL: https://projects:1", "no Service has that name and port"),
        (certificate, "- mountPath: /tls\n          name: projects-tls", "has its certificate in"),
        ("name: REGISTAN_DATABASE_URL_FILE", "name: OTHER", "needs one of REGISTAN_DATABASE_URL"),
    ] {
        let text = render("everything-tls");
        assert!(text.contains(good), "{good}");

        let (manifests, mut findings) = parse(&text.replace(good, bad));
        findings.extend(rules::check(&manifests));

        assert!(findings.iter().any(|it| it.contains(expected)), "{good} → {bad}: {findings:#?}");
    }
}
