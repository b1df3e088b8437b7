//! The tools that the tests and the checks need: each is looked for, and installed into `.tools`
//! where it is missing.

mod install;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{on_path, output, root};

/// The oldest PostgreSQL that the record runs on.
const POSTGRES_VERSION: u32 = 15;

/// The database server and `initdb` beside it.
pub const POSTGRES: Tool = Tool {
    name: "postgres",
    find: postgres,
    install: install::postgres,
    advice: "install PostgreSQL 15 or newer; initdb and postgres must be on PATH or below /usr/lib/postgresql",
};

/// The client of the examples.
pub const GRPCURL: Tool = Tool {
    name: "grpcurl",
    find: || found("grpcurl", "grpcurl"),
    install: install::grpcurl,
    advice: "install Go 1.25 or newer, or put grpcurl 1.9 on PATH",
};

/// The second client: Python with grpcio, always the pinned versions.
pub const PYTHON: Tool = Tool {
    name: "python",
    find: install::python_is_there,
    install: install::python,
    advice: "install Python 3.10 or newer with its venv module",
};

/// Renders the manifests.
pub const KUBECTL: Tool = Tool {
    name: "kubectl",
    find: || found("kubectl", "kubectl"),
    install: install::kubectl_and_helm,
    advice: "put kubectl 1.32 or newer on PATH",
};

/// Renders the chart.
pub const HELM: Tool = Tool {
    name: "helm",
    find: || found("helm", "helm"),
    install: install::kubectl_and_helm,
    advice: "put helm 3.16 or newer on PATH",
};

/// Puts the clock of a program off, for the clock storm.
pub const FAKETIME: Tool = Tool {
    name: "faketime",
    find: faketime,
    install: install::faketime,
    advice: "install libfaketime 0.9.10 (Debian: libfaketime); it must be below /usr/lib",
};

/// Resolves names by a file, for the replica storm.
pub const NSS_WRAPPER: Tool = Tool {
    name: "nss_wrapper",
    find: nss_wrapper,
    install: install::nss_wrapper,
    advice: "install nss_wrapper 1.1 (Debian: libnss-wrapper); it must be below /usr/lib",
};

/// Checks the contract.
pub const BUF: Tool = Tool {
    name: "buf",
    find: || found("buf", "npm/node_modules/.bin/buf"),
    install: install::buf,
    advice: "install Node.js with npm, or put buf 1.75 on PATH",
};

/// Tries the alerts.
pub const PROMTOOL: Tool = Tool {
    name: "promtool",
    find: || found("promtool", "promtool"),
    install: install::promtool,
    advice: "put promtool 2.42 or newer on PATH (Debian: prometheus)",
};

/// Passes calls on beside the gateway, for the measurements.
pub const HAPROXY: Tool = Tool {
    name: "haproxy",
    find: || found("haproxy", "haproxy"),
    install: install::haproxy,
    advice: "put haproxy 2.6 or newer on PATH",
};

/// The same.
pub const NGINX: Tool = Tool {
    name: "nginx",
    find: || found("nginx", "nginx"),
    install: install::nginx,
    advice: "put nginx 1.22 or newer on PATH, with ngx_http_v2_module",
};

/// All but what only measurements need.
pub const ALL: [Tool; 9] =
    [POSTGRES, GRPCURL, PYTHON, KUBECTL, HELM, FAKETIME, NSS_WRAPPER, PROMTOOL, BUF];

#[derive(Clone, Copy)]
pub struct Tool {
    name: &'static str,
    find: fn() -> Option<PathBuf>,
    install: fn() -> Result<()>,
    /// The remedy where it cannot be installed.
    advice: &'static str,
}

impl Tool {
    /// Where it is.
    pub fn path(&self) -> Result<PathBuf> {
        (self.find)().with_context(|| format!("{} is missing: {}", self.name, self.advice))
    }

    fn ensure(&self) -> Result<()> {
        if (self.find)().is_none() {
            println!("{}: is missing, is being installed", self.name);
            (self.install)()
                .with_context(|| format!("{} cannot be installed: {}", self.name, self.advice))?;
        }
        println!("{}: {}", self.name, self.path()?.display());
        Ok(())
    }
}

/// Installs what is missing, and says of all that cannot be what to do.
pub fn ensure(tools: &[Tool]) -> Result<()> {
    let failures: Vec<String> = tools
        .iter()
        .filter_map(|tool| tool.ensure().err())
        .map(|error| format!("{error:#}"))
        .collect();
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

/// A program on the path, or at its place in `.tools`.
fn found(name: &str, place: &str) -> Option<PathBuf> {
    on_path(name).or_else(|| Some(folder().join(place)).filter(|file| file.is_file()))
}

fn folder() -> PathBuf {
    root().join(".tools")
}

fn postgres() -> Option<PathBuf> {
    let installed = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let servers = installed.map(|entry| entry.path().join("bin/postgres"));
    on_path("postgres").into_iter().chain(servers).find(|server| {
        let version = output(Command::new(server).arg("--version")).unwrap_or_default();
        server.with_file_name("initdb").is_file() && major(&version) >= Some(POSTGRES_VERSION)
    })
}

/// The library for programs with several threads, at the place of any machine.
fn faketime() -> Option<PathBuf> {
    let folders = Path::new("/usr/lib").read_dir().into_iter().flatten().flatten();
    let files = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    files.chain(["/usr/lib/faketime/libfaketimeMT.so.1".into()]).find(|file| file.is_file())
}

/// The library at the place of any machine.
fn nss_wrapper() -> Option<PathBuf> {
    let folders = Path::new("/usr/lib").read_dir().into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("libnss_wrapper.so")).find(|file| file.is_file())
}

/// 15 in "postgres (PostgreSQL) 15.18 (Debian 15.18-0)" and in "postgres (PostgreSQL) 15beta1".
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_version_of_postgres_is_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (EnterpriseDB) 15.1"), None);
    }
}
