//! Experiments on a kubectl that fails: each error is in its case, and the images are put back.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::load::running::Force;

/// A cluster where each Deployment has the version 1, on which calls of these patterns fail.
fn cluster(fails: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for service in SERVICES {
        fs::write(folder.path().join(service), format!("registan/{service}:1")).unwrap();
    }
    fs::write(folder.path().join("job"), "created").unwrap();
    if !fails.is_empty() {
        fs::write(folder.path().join("fails"), fails).unwrap();
    }
    folder
}

fn runner(cluster: &Path) -> Runner {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cluster/runner/kubectl.sh");
    let short = Duration::from_millis(1);
    let kube =
        Kube { program, timeout: short, kubeconfig: Some(cluster.to_owned()), ..Kube::default() };
    let target =
        Target { gateways: Vec::new(), token: cluster.to_owned().into(), authorities: None };
    let force = Force { readers: 0, writers: 0, watchers: 0, pause: short };
    Runner {
        images: Images::read(&kube, &SERVICES).unwrap_or_else(|error| panic!("{error:#}")),
        calls: Calls::begin(),
        waits: Waits { calm: short, well: short, bad: short },
        cases: Vec::new(),
        plan: Plan {
            kube,
            load: (target, force),
            experiments: Vec::new(),
            away: short,
            database: None,
            certificates: Vec::new(),
            next: Some(("2".to_owned(), "overlays/next".to_owned())),
            log: None,
        },
    }
}

fn log(cluster: &Path) -> String {
    fs::read_to_string(cluster.join("log")).unwrap()
}

#[track_caller]
fn assert_put_back(cluster: &Path) {
    for service in SERVICES {
        let image = fs::read_to_string(cluster.join(service)).unwrap();
        assert_eq!(image, format!("registan/{service}:1"));
    }
}

#[tokio::test]
async fn an_experiment_that_stops_half_done_is_a_broken_case_and_the_images_are_put_back() {
    for (experiment, fails, said) in [
        (Experiment::BadImage, "set image deployment/gateway .*no-such", "set image"),
        (Experiment::BadImage, "rollout undo deployment/projects", "rollout undo"),
        (Experiment::Migration, "wait --for", "wait --for=condition=complete"),
        // The next version does not roll: two services have it, and two do not.
        (Experiment::Migration, "set image deployment/rights-reporting .*:2", "set image"),
    ] {
        let cluster = cluster(fails);
        let mut runner = runner(cluster.path());

        runner.case(experiment).await;
        runner.case(Experiment::Rollout).await;

        let [first, second] = &runner.cases[..] else { panic!("both have a row") };
        assert_eq!(first.broken.len(), 1, "{experiment:?}: {:?}", first.broken);
        assert!(first.broken[0].contains(said), "{experiment:?}: {:?}", first.broken);
        assert_eq!(second.broken, Vec::<String>::new(), "{experiment:?}");
        assert_put_back(cluster.path());
    }
}

#[tokio::test]
async fn services_that_do_not_come_back_break_their_case_and_not_the_run() {
    let cluster = cluster("get pods");
    let mut runner = runner(cluster.path());

    runner.case(Experiment::Rollout).await;
    fs::remove_file(cluster.path().join("fails")).unwrap();
    runner.case(Experiment::Rollout).await;
    let lost = anyhow::anyhow!("the last party cannot be created");
    let table = runner.table(Err(lost));

    let text = table.to_string();
    assert!(!table.is_good(), "{text}");
    assert_eq!(text.matches("| rollout |").count(), 2, "{text}");
    assert!(text.contains("not well after it: kubectl get pods"), "{text}");
    assert!(text.contains("no good end: the last party cannot be created"), "{text}");
}

#[tokio::test]
async fn images_that_cannot_be_put_back_are_named_one_by_one() {
    let cluster = cluster("set image deployment/projects .*:1$");
    let mut runner = runner(cluster.path());
    runner.images.tagged("2").unwrap().set(&runner.plan.kube).unwrap();

    runner.case(Experiment::Rollout).await;

    let [broken] = &runner.cases[0].broken[..] else { panic!("{:?}", runner.cases[0].broken) };
    assert!(broken.starts_with("projects is not at registan/projects:1"), "{broken}");
    let gateway = fs::read_to_string(cluster.path().join("gateway")).unwrap();
    assert_eq!(gateway, "registan/gateway:1", "the others are put back");
}

#[tokio::test]
async fn the_next_version_migrates_before_it_rolls_and_only_once() {
    let cluster = cluster("");
    let mut runner = runner(cluster.path());

    runner.case(Experiment::Migration).await;

    assert_eq!(runner.cases[0].broken, Vec::<String>::new());
    let log = log(cluster.path());
    let place = |call: &str| log.find(call).unwrap_or_else(|| panic!("{call}: {log}"));
    let order = [
        place("apply --kustomize overlays/next --selector app.kubernetes.io/name=migrate"),
        place("wait --for=condition=complete --timeout=15m job.batch/migrate-2"),
        place("set image deployment/agreements service=registan/agreements:2"),
        place("set image deployment/gateway service=registan/gateway:2"),
        place("set image deployment/agreements service=registan/agreements:1"),
    ];
    assert!(order.is_sorted(), "{log}");
    assert_put_back(cluster.path());

    fs::write(cluster.path().join("job"), "unchanged").unwrap();
    runner.case(Experiment::Migration).await;

    let broken = &runner.cases[1].broken;
    assert!(broken[0].contains("migrated already"), "{broken:?}");
}

#[test]
fn a_tag_is_not_the_port_of_a_registry() {
    let cluster = cluster("");
    fs::write(cluster.path().join("gateway"), "registry:5000/gateway").unwrap();

    let error = runner(cluster.path()).images.tagged("2").unwrap_err().to_string();

    assert_eq!(error, "registry:5000/gateway has no tag");
}
