//! Runs the experiments one after the other, under load.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::cases::Experiment;
use super::kube::Kube;
use super::nodes;
use super::pods::Pod;
use crate::load::calls::Answer;
use crate::load::running::{Load, Target};
use crate::load::table::{Case, Table};

/// The Deployments, in the order in which a new version reaches them.
const SERVICES: [&str; 4] = ["agreements", "projects", "rights-reporting", "gateway"];
const PAUSE: Duration = Duration::from_millis(200);
/// How long the load goes on after each experiment.
const CALM: Duration = Duration::from_secs(5);
/// How long calls may take to be answered again before the next experiment begins all the same.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long a bad version is left where it is.
const BAD: Duration = Duration::from_secs(30);
const NO_SUCH_TAG: &str = "no-such-version";

/// The experiments, and the cluster that they run on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cluster.
    pub kube: Kube,
    /// The load.
    pub load: (Target, crate::load::running::Force),
    /// The experiments, in order.
    pub experiments: Vec<Experiment>,
    /// How long what is taken away is away.
    pub away: Duration,
    /// The namespace and the workload of the database: `db`, `statefulset/postgres`.
    pub database: Option<(String, String)>,
    /// The Secrets of certificates, which cert-manager makes again when they are deleted.
    pub certificates: Vec<String>,
    /// The tag of the version before.
    pub before: Option<String>,
    /// A file for every call.
    pub log: Option<PathBuf>,
}

/// Runs all of them and compares everything.
pub async fn run(plan: Plan) -> anyhow::Result<Table> {
    plan.kube.until_ready(&SERVICES).await?;
    let (target, force) = &plan.load;
    let mut runner = Runner { load: Load::start(target, *force).await?, cases: Vec::new(), plan };
    sleep(CALM).await;
    for experiment in runner.plan.experiments.clone() {
        runner.case(experiment).await?;
    }
    let Runner { plan, load, cases } = runner;
    let calls = load.calls.clone();
    let outcome = load.finish().await?;
    if let Some(log) = &plan.log {
        calls.write(log)?;
    }
    Ok(Table::of(cases, &outcome))
}

struct Runner {
    plan: Plan,
    load: Load,
    cases: Vec<Case>,
}

impl Runner {
    async fn case(&mut self, experiment: Experiment) -> anyhow::Result<()> {
        eprintln!("{}", experiment.name());
        let begun = self.cases.last().map_or(Duration::ZERO, |last| last.ended);
        let mut case = Case::begin(experiment.name(), begun, experiment.bounds());
        let done = self.experiment(experiment).await;
        if let Err(error) = done {
            case.broken.push(format!("it cannot be run: {error:#}"));
        }
        case.back = (experiment == Experiment::Database).then(|| self.load.calls.now());
        self.plan.kube.until_ready(&SERVICES).await?;
        let until = Instant::now() + TIMEOUT;
        sleep(CALM).await;
        while Instant::now() < until && !self.is_well() {
            sleep(PAUSE).await;
        }
        case.ended = self.load.calls.now();
        self.cases.push(case);
        Ok(())
    }

    async fn experiment(&self, experiment: Experiment) -> anyhow::Result<()> {
        match experiment {
            Experiment::Rollout => self.each(|it| vec!["rollout", "restart", it]).await,
            Experiment::BadImage => self.bad_image().await,
            Experiment::Delete => self.delete().await,
            Experiment::Drain => self.drain().await,
            Experiment::Scale => self.scale().await,
            Experiment::Kill => self.on_each_pod(nodes::kill).await,
            Experiment::OutOfMemory => self.on_each_pod(nodes::exhaust).await,
            Experiment::Database => self.database().await,
            Experiment::CutOff => self.cut_off().await,
            Experiment::Certificates => self.certificates().await,
            Experiment::Migration => self.migration().await,
        }
    }

    /// Runs kubectl for each Deployment, and waits until it has rolled.
    async fn each(&self, arguments: impl Fn(&str) -> Vec<&str>) -> anyhow::Result<()> {
        for service in SERVICES {
            let name = format!("deployment/{service}");
            self.plan.kube.run(&arguments(&name))?;
            self.rolled(&name).await?;
        }
        Ok(())
    }

    async fn rolled(&self, deployment: &str) -> anyhow::Result<()> {
        let (kube, name) = (self.plan.kube.clone(), deployment.to_owned());
        let waiting = tokio::task::spawn_blocking(move || {
            kube.run(&["rollout", "status", &name, "--timeout", "5m"])
        });
        waiting.await.context("kubectl panicked")?.map(drop)
    }

    async fn bad_image(&self) -> anyhow::Result<()> {
        let images = self.images()?;
        for (service, image) in SERVICES.iter().zip(&images) {
            let (repository, _) = image.rsplit_once(':').unwrap_or((image, ""));
            let image = format!("service={repository}:{NO_SUCH_TAG}");
            self.plan.kube.run(&["set", "image", &format!("deployment/{service}"), &image])?;
        }
        sleep(BAD).await;
        self.each(|name| vec!["rollout", "undo", name]).await
    }

    async fn delete(&self) -> anyhow::Result<()> {
        for service in SERVICES {
            let pod = self.first(service)?;
            self.plan.kube.run(&["delete", "pod", &pod.name, "--wait=false"])?;
            self.plan.kube.until_ready(&[service]).await?;
        }
        Ok(())
    }

    async fn drain(&self) -> anyhow::Result<()> {
        let (kube, node) = (self.plan.kube.clone(), self.first("agreements")?.node);
        let name = node.clone();
        let drained = tokio::task::spawn_blocking(move || {
            let options = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout", "5m"];
            kube.run(&[&["drain", &*name][..], &options].concat())
        });
        let drained = drained.await.context("kubectl panicked")?;
        self.plan.kube.run(&["uncordon", &node])?;
        drained.map(drop)
    }

    async fn scale(&self) -> anyhow::Result<()> {
        for (more, wait) in [(1, self.plan.away), (0, Duration::ZERO)] {
            for service in SERVICES {
                let before = self.plan.kube.replicas(service)?;
                let count = if more == 1 { before + 1 } else { before - 1 };
                let (name, count) =
                    (format!("deployment/{service}"), format!("--replicas={count}"));
                self.plan.kube.run(&["scale", &name, &count])?;
                self.rolled(&name).await?;
            }
            sleep(wait).await;
        }
        Ok(())
    }

    async fn on_each_pod(&self, script: impl Fn(&Pod) -> String) -> anyhow::Result<()> {
        // What the gateway of a client loses cannot come from elsewhere.
        for service in SERVICES.into_iter().filter(|service| *service != "gateway") {
            let pod = self.first(service)?;
            nodes::run(&self.plan.kube, &pod.node, &script(&pod))?;
            let until = Instant::now() + TIMEOUT;
            while !self.restarted(&pod)? {
                ensure!(Instant::now() < until, "{} was not started again", pod.name);
                sleep(PAUSE).await;
            }
            self.plan.kube.until_ready(&[service]).await?;
        }
        Ok(())
    }

    fn restarted(&self, pod: &Pod) -> anyhow::Result<bool> {
        let pods = self.plan.kube.pods()?;
        let found = pods.iter().find(|it| it.uid == pod.uid);
        Ok(found.is_none_or(|it| it.restarts > pod.restarts))
    }

    async fn database(&self) -> anyhow::Result<()> {
        let named = self.plan.database.as_ref();
        let (namespace, workload) = named.context("name the database by --database")?;
        let kube = Kube { namespace: namespace.clone(), ..self.plan.kube.clone() };
        kube.run(&["scale", workload, "--replicas=0"])?;
        sleep(self.plan.away).await;
        kube.run(&["scale", workload, "--replicas=1"])?;
        kube.run(&["rollout", "status", workload, "--timeout", "5m"]).map(drop)
    }

    async fn cut_off(&self) -> anyhow::Result<()> {
        let node = self.first("agreements")?.node;
        let pods = self.plan.kube.pods()?.into_iter();
        let there: Vec<Pod> =
            pods.filter(|it| it.node == node && it.is_ready && it.service != "gateway").collect();
        let script = nodes::cut_off(&there, self.plan.away.as_secs());
        let kube = self.plan.kube.clone();
        let cut = tokio::task::spawn_blocking(move || nodes::run(&kube, &node, &script));
        let written = cut.await.context("kubectl panicked")??;
        let dropped = nodes::dropped(&written, &there)?;
        eprintln!("packets that were dropped: {dropped}");
        Ok(())
    }

    async fn certificates(&self) -> anyhow::Result<()> {
        ensure!(!self.plan.certificates.is_empty(), "name their Secrets by --certificate");
        for secret in &self.plan.certificates {
            self.plan.kube.run(&["delete", "secret", secret])?;
        }
        // Each kubelet writes new files within a minute or two.
        sleep(Duration::from_mins(3)).await;
        Ok(())
    }

    async fn migration(&self) -> anyhow::Result<()> {
        let before = self.plan.before.as_ref().context("name the version by --before")?;
        let images = self.images()?;
        for tag in [Some(before), None] {
            for (service, image) in SERVICES.iter().zip(&images) {
                let (repository, own) = image.rsplit_once(':').context("an image has a tag")?;
                let image = format!("service={repository}:{}", tag.map_or(own, String::as_str));
                let name = format!("deployment/{service}");
                self.plan.kube.run(&["set", "image", &name, &image])?;
                self.rolled(&name).await?;
            }
        }
        Ok(())
    }

    /// The image of each Deployment.
    fn images(&self) -> anyhow::Result<Vec<String>> {
        let path = "jsonpath={.spec.template.spec.containers[0].image}";
        let image = |service: &&str| {
            self.plan.kube.run(&["get", &format!("deployment/{service}"), "--output", path])
        };
        SERVICES.iter().map(image).collect()
    }

    fn first(&self, service: &str) -> anyhow::Result<Pod> {
        let pods = self.plan.kube.ready(service)?.into_iter();
        pods.min_by(|a, b| a.name.cmp(&b.name)).with_context(|| format!("no pod of {service}"))
    }

    /// Returns whether all calls of the last second were answered.
    fn is_well(&self) -> bool {
        let since = self.load.calls.now().saturating_sub(Duration::from_secs(1));
        let calls = self.load.calls.all();
        let mut last = calls.iter().filter(|call| call.ended() >= since).peekable();
        last.peek().is_some() && last.all(|call| call.answer == Answer::Good)
    }
}
