//! Runs the experiments one after the other, under load.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::cases::Experiment;
use super::images::Images;
use super::kube::Kube;
use super::nodes;
use super::pods::Pod;
use crate::load::calls::{Answer, Calls};
use crate::load::outcome::Outcome;
use crate::load::running::{Load, Target};
use crate::load::table::{Case, Table};

/// The Deployments, in the order in which a new version reaches them.
const SERVICES: [&str; 4] = ["agreements", "projects", "rights-reporting", "gateway"];
const PAUSE: Duration = Duration::from_millis(200);
/// How long a process that was killed may be away.
const TIMEOUT: Duration = Duration::from_mins(1);
const NO_SUCH_TAG: &str = "no-such-version";
/// The label of the Job that migrates, and of what it needs.
const MIGRATES: &str = "app.kubernetes.io/name=migrate";

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
    /// The next version: its tag, and its overlay, which has the Job that migrates.
    pub next: Option<(String, String)>,
    /// A file for every call.
    pub log: Option<PathBuf>,
}

/// Runs all of them and compares everything. An error once they run is that of a case: the table
/// has all others.
pub async fn run(plan: Plan) -> anyhow::Result<Table> {
    plan.kube.until_ready(&SERVICES).await?;
    let images = Images::read(&plan.kube, &SERVICES)?;
    let (target, force) = &plan.load;
    let load = Load::start(target, *force).await?;
    let (calls, waits, cases) = (load.calls.clone(), Waits::default(), Vec::new());
    let mut runner = Runner { plan, calls, images, waits, cases };
    sleep(runner.waits.calm).await;
    for experiment in runner.plan.experiments.clone() {
        runner.case(experiment).await;
    }
    Ok(runner.table(load.finish().await))
}

/// How long is waited.
#[derive(Clone, Copy, Debug)]
struct Waits {
    /// How long the load goes on after each experiment.
    calm: Duration,
    /// How long calls may take to be answered again before the next experiment begins all the same.
    well: Duration,
    /// How long a bad version is left where it is.
    bad: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { calm: Duration::from_secs(5), well: TIMEOUT, bad: Duration::from_secs(30) }
    }
}

struct Runner {
    plan: Plan,
    calls: Calls,
    /// The images of the Deployments before the first experiment.
    images: Images,
    waits: Waits,
    cases: Vec<Case>,
}

impl Runner {
    /// Runs an experiment. Each error is in its case, and the next one begins with the same images.
    async fn case(&mut self, experiment: Experiment) {
        eprintln!("{}", experiment.name());
        let begun = self.cases.last().map_or(Duration::ZERO, |last| last.ended);
        let mut case = Case::begin(experiment.name(), begun, experiment.bounds());
        let done = self.experiment(experiment).await;
        if let Err(error) = done {
            case.broken.push(format!("it cannot be run: {error:#}"));
        }
        case.back = (experiment == Experiment::Database).then(|| self.calls.now());
        case.broken.extend(self.images.put_back(&self.plan.kube).await);
        if let Err(error) = self.plan.kube.until_ready(&SERVICES).await {
            case.broken.push(format!("not well after it: {error:#}"));
        }
        let until = Instant::now() + self.waits.well;
        sleep(self.waits.calm).await;
        while Instant::now() < until && !self.is_well() {
            sleep(PAUSE).await;
        }
        case.ended = self.calls.now();
        self.cases.push(case);
    }

    /// Compares everything. Where the record cannot be read at the end, the table has the calls
    /// alone, and the last case says why.
    fn table(mut self, finished: anyhow::Result<Outcome>) -> Table {
        let mut broken = Vec::new();
        let outcome = finished.unwrap_or_else(|error| {
            broken.push(format!("the load has no good end: {error:#}"));
            Outcome { calls: self.calls.all(), ..Outcome::default() }
        });
        let written = self.plan.log.as_ref().map_or(Ok(()), |log| self.calls.write(log));
        broken.extend(written.err().map(|error| format!("{error:#}")));
        if let Some(last) = self.cases.last_mut() {
            last.broken.extend(broken);
        }
        Table::of(self.cases, &outcome)
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
            self.plan.kube.rolled(&name).await?;
        }
        Ok(())
    }

    async fn bad_image(&self) -> anyhow::Result<()> {
        self.images.tagged(NO_SUCH_TAG)?.set(&self.plan.kube)?;
        sleep(self.waits.bad).await;
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
        let node = self.first("agreements")?.node;
        let options = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout", "5m"];
        let drain = [&["drain", &*node][..], &options].concat();
        let drained = self.plan.kube.wait(&drain).await;
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
                self.plan.kube.rolled(&name).await?;
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

    /// Migrates to the next version, rolls to its images, and back to those of this one.
    async fn migration(&self) -> anyhow::Result<()> {
        let next = self.plan.next.as_ref();
        let (tag, overlay) = next.context("name the next version by --next and --overlay")?;
        let kube = &self.plan.kube;
        let applied = kube.run(&["apply", "--kustomize", overlay, "--selector", MIGRATES])?;
        // A Job that was there already has migrated: there would be nothing to see.
        let created = applied.lines().filter_map(|line| line.strip_suffix(" created"));
        let job = created.into_iter().find(|name| name.starts_with("job.batch/"));
        let job = job.with_context(|| {
            format!(
                "no Job was created, so this begins with a schema that is migrated already: begin \
                 with a suite of the version before. kubectl wrote: {applied:?}"
            )
        })?;
        kube.wait(&["wait", "--for=condition=complete", "--timeout=15m", job]).await?;
        for images in [&self.images.tagged(tag)?, &self.images] {
            images.roll(kube).await?;
        }
        Ok(())
    }

    fn first(&self, service: &str) -> anyhow::Result<Pod> {
        let pods = self.plan.kube.ready(service)?.into_iter();
        pods.min_by(|a, b| a.name.cmp(&b.name)).with_context(|| format!("no pod of {service}"))
    }

    /// Returns whether all calls of the last second were answered.
    fn is_well(&self) -> bool {
        let since = self.calls.now().saturating_sub(Duration::from_secs(1));
        let calls = self.calls.all();
        let mut last = calls.iter().filter(|call| call.ended() >= since).peekable();
        last.peek().is_some() && last.all(|call| call.answer == Answer::Good)
    }
}

#[cfg(test)]
mod tests;
