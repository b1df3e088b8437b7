//! kubectl with a kubeconfig, on the namespace of the suite.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::pods::{Pod, read};

const PAUSE: Duration = Duration::from_millis(500);
/// How long pods may take to be ready again.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Where the suite runs.
#[derive(Clone, Debug)]
pub struct Kube {
    /// The program.
    pub program: PathBuf,
    /// How long pods may take to be ready again.
    pub timeout: Duration,
    /// The kubeconfig; without it the usual one.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; without it the current one.
    pub context: Option<String>,
    /// The namespace of the suite.
    pub namespace: String,
}

impl Default for Kube {
    fn default() -> Self {
        Self {
            program: "kubectl".into(),
            timeout: TIMEOUT,
            kubeconfig: None,
            context: None,
            namespace: "registan".to_owned(),
        }
    }
}

impl Kube {
    /// Runs kubectl and gives what it wrote.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().context("kubectl cannot be started")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "kubectl {}: {errors}", arguments.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.kubeconfig.iter().flat_map(|file| ["--kubeconfig".into(), file.clone()]));
        command.args(self.context.iter().flat_map(|context| ["--context", context]));
        command.args(["--namespace", &self.namespace]).args(arguments);
        command
    }

    /// Runs kubectl while other tasks go on, and gives what it wrote.
    pub async fn wait(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        let kube = self.clone();
        let waiting = tokio::task::spawn_blocking(move || {
            kube.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
        });
        waiting.await.context("kubectl panicked")?
    }

    /// Waits until a workload has rolled.
    pub async fn rolled(&self, workload: &str) -> anyhow::Result<()> {
        self.wait(&["rollout", "status", workload, "--timeout", "5m"]).await.map(drop)
    }

    /// The pods of the suite that serve.
    pub fn pods(&self) -> anyhow::Result<Vec<Pod>> {
        let serving = "app.kubernetes.io/component in (record, gateway)";
        read(&self.run(&["get", "pods", "--selector", serving, "--output", "json"])?)
    }

    /// The pods of a service that are ready.
    pub fn ready(&self, service: &str) -> anyhow::Result<Vec<Pod>> {
        let pods = self.pods()?.into_iter();
        Ok(pods.filter(|pod| pod.service == service && pod.is_ready).collect())
    }

    /// How many replicas a service is to have.
    pub fn replicas(&self, service: &str) -> anyhow::Result<usize> {
        let name = format!("deployment/{service}");
        let count = self.run(&["get", &name, "--output", "jsonpath={.spec.replicas}"])?;
        count.trim().parse().with_context(|| format!("{name} has {count:?} replicas"))
    }

    /// Waits until each service has as many pods that are ready as it is to have.
    pub async fn until_ready(&self, services: &[&str]) -> anyhow::Result<()> {
        let until = Instant::now() + self.timeout;
        for service in services {
            let wanted = self.replicas(service)?;
            while self.ready(service)?.len() != wanted {
                ensure!(Instant::now() < until, "{service} does not have {wanted} ready pods");
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}
