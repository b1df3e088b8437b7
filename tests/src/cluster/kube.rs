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
    /// The kubeconfig; without it the usual one.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; without it the current one.
    pub context: Option<String>,
    /// The namespace of the suite.
    pub namespace: String,
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
        let mut command = Command::new("kubectl");
        command.args(self.kubeconfig.iter().flat_map(|file| ["--kubeconfig".into(), file.clone()]));
        command.args(self.context.iter().flat_map(|context| ["--context", context]));
        command.args(["--namespace", &self.namespace]).args(arguments);
        command
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
        let until = Instant::now() + TIMEOUT;
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
