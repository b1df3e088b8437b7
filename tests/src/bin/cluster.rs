//! The experiments on a cluster: `cargo xtask cluster --gateway http://…`; see
//! `tests/cluster/README.md`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use e2e::cluster::cases::Experiment;
use e2e::cluster::kube::Kube;
use e2e::cluster::runner::{Plan, run};
use e2e::load::running::{Force, Target};

/// Loses pods, nodes and the database of a suite on a cluster under load, and compares everything.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask cluster")]
struct Arguments {
    /// The experiments, in this order; without any all that need nothing but the cluster.
    #[arg(value_enum)]
    experiments: Vec<Experiment>,
    /// Where the gateway answers; may be said more than once.
    #[arg(long = "gateway", required = true, value_name = "URL")]
    gateways: Vec<String>,
    /// A file with an access token of an editor of all desks, read again for each call.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// A file of the authorities, one of which vouches for a gateway at https://…
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The kubeconfig; without it the usual one.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// A context of it.
    #[arg(long)]
    context: Option<String>,
    /// The namespace of the suite.
    #[arg(long, default_value = "registan")]
    namespace: String,
    /// The database: its namespace and its workload, for example db/statefulset/postgres
    #[arg(long, value_name = "NAMESPACE/KIND/NAME", value_parser = database)]
    database: Option<(String, String)>,
    /// A Secret with a certificate that cert-manager keeps; may be said more than once.
    #[arg(long = "certificate", value_name = "SECRET")]
    certificates: Vec<String>,
    /// The tag of the next version, for the experiment migration: the suite runs the one before.
    #[arg(long, value_name = "TAG", requires = "overlay")]
    next: Option<String>,
    /// The overlay of the next version, whose Job migrates.
    #[arg(long, value_name = "FOLDER", requires = "next")]
    overlay: Option<String>,
    /// How long what is taken away is away, in seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=600))]
    away: u64,
    /// Clients that read.
    #[arg(long, default_value_t = 8)]
    readers: usize,
    /// Clients that write.
    #[arg(long, default_value_t = 4)]
    writers: usize,
    /// Clients that watch.
    #[arg(long, default_value_t = 8)]
    watchers: usize,
    /// A file for every call, a line each.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn database(text: &str) -> Result<(String, String), String> {
    let named = text.split_once('/').filter(|(_, workload)| workload.contains('/'));
    let (namespace, workload) = named.ok_or("it is not NAMESPACE/KIND/NAME")?;
    Ok((namespace.to_owned(), workload.to_owned()))
}

impl Arguments {
    fn plan(self) -> Plan {
        let (readers, writers, watchers) = (self.readers, self.writers, self.watchers);
        let force = Force { readers, writers, watchers, pause: Duration::from_millis(20) };
        let target =
            Target { gateways: self.gateways, token: self.token_file.into(), authorities: self.ca };
        let experiments =
            if self.experiments.is_empty() { Experiment::USUAL.to_vec() } else { self.experiments };
        Plan {
            kube: Kube {
                kubeconfig: self.kubeconfig,
                context: self.context,
                namespace: self.namespace,
                ..Kube::default()
            },
            load: (target, force),
            experiments,
            away: Duration::from_secs(self.away),
            database: self.database,
            certificates: self.certificates,
            next: self.next.zip(self.overlay),
            log: self.log,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let plan = Arguments::parse().plan();
    match Box::pin(run(plan)).await.context("the experiments cannot be run") {
        Ok(table) => {
            println!("{table}");
            if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cluster: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: [&str; 5] = ["cluster", "--gateway", "http://gateway:1", "--token-file", "token"];

    #[test]
    fn the_command_is_read() {
        let more = ["kill", "out-of-memory", "database", "--database", "db/statefulset/postgres"];
        let parsed = Arguments::try_parse_from(LEAST.into_iter().chain(more)).unwrap();
        let plan = parsed.plan();

        assert_eq!(
            plan.experiments,
            [Experiment::Kill, Experiment::OutOfMemory, Experiment::Database]
        );
        assert_eq!(plan.database, Some(("db".to_owned(), "statefulset/postgres".to_owned())));
        assert_eq!(plan.away, Duration::from_secs(30));
        assert_eq!(plan.load.0.authorities, None);
        let encrypted = LEAST.into_iter().chain(["--ca", "ca.crt"]);
        let encrypted = Arguments::try_parse_from(encrypted).unwrap().plan();
        assert_eq!(encrypted.load.0.authorities, Some("ca.crt".into()));
        let next = ["migration", "--next", "0.2.0", "--overlay", "overlays/next"];
        let next = Arguments::try_parse_from(LEAST.into_iter().chain(next)).unwrap().plan();
        assert_eq!(next.next, Some(("0.2.0".to_owned(), "overlays/next".to_owned())));
        let usual = Arguments::try_parse_from(LEAST).unwrap().plan();
        assert_eq!(usual.experiments, Experiment::USUAL);
    }

    #[test]
    fn a_wrong_command_is_refused() {
        Arguments::try_parse_from(&LEAST[..3]).unwrap_err();
        for wrong in [
            &["--database", "postgres"][..],
            &["--away", "1"],
            &["--next", "0.2.0"],
            &["--overlay", "overlays/next"],
            &["explode"],
        ] {
            Arguments::try_parse_from(LEAST.iter().chain(wrong)).unwrap_err();
        }
    }
}
