//! A suite of four processes with TLS between them, and what can be recorded on the way.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use authority::Authority;
use chassis::Settings;
use chassis::client::Connection;
use chassis::tls::Tls;
use tempfile::TempDir;
use testkit::free_address;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::process::{Process, program};

/// The three services and the gateway, in the order in which they start.
pub const NAMES: [&str; 4] = ["agreements", "projects", "rights-reporting", "gateway"];
/// How long what an authority issues here is valid.
const DAYS: u32 = 2;

/// Gives each process a certificate, in a folder of its name below `folder`; gives the authority.
pub fn certify(folder: &Path) -> anyhow::Result<Authority> {
    let authority = Authority::new(DAYS)?;
    for name in NAMES {
        authority.write(&folder.join(name), &authority.service(name, &[], DAYS)?)?;
    }
    Ok(authority)
}

/// Four processes on SQLite, each with a certificate of its own. They end with this.
pub struct Secured {
    /// Where each listens.
    pub addresses: [SocketAddr; 4],
    pub processes: Vec<Process>,
    pub authority: Authority,
    pub folder: TempDir,
}

impl Secured {
    /// Starts them. A service is called at the address that `seen` gives for the one where it
    /// listens. Connections last for so many seconds.
    ///
    /// # Panics
    /// If they do not start.
    pub fn start(seen: impl Fn(SocketAddr) -> SocketAddr, seconds: u32) -> Option<Self> {
        let registan = program("registan")?;
        let authority = Authority::new(DAYS).expect("an authority is made");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let addresses = [(); 4].map(|()| free_address());
        let mut suite = Self { addresses, processes: Vec::new(), authority, folder };
        let urls = addresses.map(|address| format!("https://{}", seen(address)));
        for (place, name) in NAMES.into_iter().enumerate() {
            suite.renew(name, suite.authority.certificate());
            let mut command = Command::new(&registan);
            command.args(["serve", name, "--listen", &addresses[place].to_string()]);
            command.arg("--data-dir").arg(suite.data()).arg("--tls-dir").arg(suite.tls(name));
            command.args(["--agreements-url", &urls[0], "--projects-url", &urls[1]]);
            command.args(["--rights-reporting-url", &urls[2]]);
            command.args(["--max-connection-age-seconds", &seconds.to_string()]);
            let log = suite.folder.path().join(format!("{name}.log"));
            let mut process = Process::start(&mut command, &log);
            process.wait_for(addresses[place]);
            suite.processes.push(process);
        }
        Some(suite)
    }

    /// Gives a process a new certificate, and the authorities that it trusts.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn renew(&self, name: &str, authorities: &str) {
        self.renew_by(&self.authority, name, authorities);
    }

    /// The same of another authority.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn renew_by(&self, authority: &Authority, name: &str, authorities: &str) {
        let issued = authority.service(name, &[], DAYS).expect("a certificate is issued");
        authority::write(&self.tls(name), &issued, authorities).expect("it is written");
    }

    /// The folder of the certificates of a process.
    pub fn tls(&self, name: &str) -> PathBuf {
        self.folder.path().join("tls").join(name)
    }

    /// The file of the authorities.
    pub fn ca(&self) -> PathBuf {
        self.tls("gateway").join("ca.crt")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A token of somebody who may write everything.
    pub fn token(&self) -> String {
        testkit::token(&self.data())
    }

    /// A connection to the gateway, as callers from outside make it, who trust the authorities in a
    /// file.
    ///
    /// # Panics
    /// If the file cannot be read.
    pub fn outside(&self, authorities: &Path) -> Connection {
        let url = format!("https://{}", self.addresses[3]);
        Connection::trusting(&url, Some(authorities), false).expect("the authorities are read")
    }

    /// A connection to a service in the name of another, which has a certificate in `folder`.
    ///
    /// # Panics
    /// If it has none.
    pub fn between(&self, folder: &Path, own: &str, peer: &'static str) -> Connection {
        let tls = Some(Tls::new(folder, None));
        let settings = Settings { tls, ..Settings::default() };
        let place = NAMES.iter().position(|name| *name == peer).expect("there is such a service");
        let url = format!("https://{}", self.addresses[place]);
        Connection::between(&settings, own, peer, &url).expect("there is a certificate")
    }
}

/// A port that hands connections on and keeps what went over them.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Line>>>);

/// The bytes that went one way over a connection.
type Line = Arc<Mutex<Vec<u8>>>;

impl Recorder {
    /// Opens a port before `to`. It is open as long as the runtime.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub fn before(&self, to: SocketAddr) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        listener.set_nonblocking(true).expect("it waits for nobody");
        let (all, listener) = (self.clone(), TcpListener::from_std(listener));
        let listener = listener.expect("it is a socket of the runtime");
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let Ok(out) = TcpStream::connect(to).await else { continue };
                let ((near, nearer), (far, farther)) = (socket.into_split(), out.into_split());
                tokio::spawn(keep(near, farther, all.line()));
                tokio::spawn(keep(far, nearer, all.line()));
            }
        });
        address
    }

    fn line(&self) -> Line {
        let line = Arc::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&line));
        line
    }

    /// The bytes of every connection, each direction by itself.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }
}

async fn keep(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    line: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        line.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
