//! Tests of servers without TLS, run once more within it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use authority::Authority;
use chassis::tls::Tls;

use crate::sheath;

/// With this variable the servers under test speak TLS, and a port before each speaks it to them, so
/// that all else is as without.
const WITHIN_TLS: &str = "TESTKIT_TLS";

/// The certificate of servers under test.
#[derive(Debug)]
pub struct WithinTls {
    authority: String,
    folder: PathBuf,
}

impl WithinTls {
    /// Puts a certificate of these services into `folder`, if this program tests within TLS.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn chosen(folder: &Path, services: &[&str]) -> Option<Self> {
        std::env::var_os(WITHIN_TLS)?;
        let authority = Authority::new(1).expect("an authority is made");
        let names = [services, &["localhost", "127.0.0.1"]].concat();
        let issued = authority.issue(&names, 1).expect("it issues certificates");
        authority.write(folder, &issued).expect("they are written");
        Some(Self { authority: authority.certificate().to_owned(), folder: folder.to_owned() })
    }

    /// The certificate, as the settings of a server name it.
    pub fn tls(&self) -> Tls {
        Tls::new(&self.folder, None)
    }

    /// A plain port before the port of a server.
    pub async fn before(&self, server: SocketAddr) -> SocketAddr {
        sheath(server, &self.authority).await
    }
}

/// Runs this program of tests again, within TLS, without the tests whose names hold one of `but`;
/// gives how many passed. Nothing where it is that second run.
///
/// # Panics
/// If one of them fails.
pub fn again_within_tls(but: &[&str]) -> Option<usize> {
    if std::env::var_os(WITHIN_TLS).is_some() {
        return None;
    }
    let this = std::env::current_exe().expect("this program is a file");
    let mut again = Command::new(this);
    again.env(WITHIN_TLS, "yes");
    for name in but {
        again.args(["--skip", name]);
    }
    let output = again.output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    Some(told.matches(" ... ok").count())
}
