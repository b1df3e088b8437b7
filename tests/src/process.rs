//! A program of the suite as a process of its own, ended with the value that stands for it.

use std::env;
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a program may take to answer or to end.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Where a program of the workspace was built, beside this test.
pub fn program(name: &str) -> Option<PathBuf> {
    let this = env::current_exe().ok()?;
    // A test stands in `deps`, a program beside the others.
    let found = this
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_some() {
        return found;
    }
    testkit::skip(&format!("{name} is not built: run `cargo build --workspace --bins` first"));
    None
}

/// A running program; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it writes to stderr goes to `log`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).expect("the log can be created");
        let child = command.stdout(Stdio::null()).stderr(file).spawn().expect("the program starts");
        Self { child, log: log.to_owned() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether it has not ended.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it listens.
    ///
    /// # Panics
    /// If it ends or does not listen in time; says what it logged.
    pub fn wait_for(&mut self, address: SocketAddr) {
        let until = Instant::now() + TIMEOUT;
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait().expect("its state is known");
            assert!(
                ended.is_none() && Instant::now() < until,
                "{address} does not answer: {}",
                self.logged()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().expect("its state is known") {
                return status;
            }
            assert!(Instant::now() < until, "it does not end: {}", self.logged());
            sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        self.wait()
    }

    /// Ends it at once (SIGKILL): no drain, no last words.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Returns what it wrote to stderr so far.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use testkit::free_address;

    #[test]
    fn an_address_is_given_once_and_can_be_listened_on_again_and_again() {
        let (one, other) = (free_address(), free_address());

        assert_ne!(one, other);
        assert!(UdpSocket::bind(one).is_err(), "another process does not get it");
        for _ in 0..2 {
            TcpListener::bind(one).unwrap();
        }
    }
}
