//! Little room for a database, on demand: a small file system of its own where the machine allows a
//! mount, else a limit on the size of the files of its processes. Both refuse a write as a full
//! disk does, the second with EFBIG instead of ENOSPC.

use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// Room that is left to write in when there is much.
const MUCH: u64 = 64 << 20;
/// How long the room may take to be made little: who writes meanwhile takes more than was measured.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How the room is made little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A tmpfs that is mounted with another size.
    FileSystem,
    /// `RLIMIT_FSIZE` of the processes that write.
    FileSize,
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileSystem => "a small file system",
            Self::FileSize => "a limit on the size of files",
        })
    }
}

/// A folder whose room can be taken away; unmounted when dropped.
pub struct Space {
    folder: PathBuf,
    means: Means,
    owner: Option<(u32, u32)>,
}

impl Space {
    /// Makes the folder, for this user and group alone. Without `means`, what the machine allows
    /// decides.
    pub fn make(
        folder: &Path,
        owner: Option<(u32, u32)>,
        means: Option<Means>,
    ) -> anyhow::Result<Self> {
        fs::create_dir(folder)?;
        if means != Some(Means::FileSize) {
            let who = owner.map(|(user, group)| format!(",uid={user},gid={group}"));
            let options = format!("size={MUCH},mode=0700{}", who.unwrap_or_default());
            let mounted = run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], folder);
            match (mounted, means) {
                (Ok(()), _) => {
                    return Ok(Self { folder: folder.to_owned(), means: Means::FileSystem, owner });
                }
                (Err(error), Some(_)) => return Err(error),
                (Err(_), None) => {}
            }
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Some((user, group)) = owner {
            chown(folder, Some(user), Some(group)).context("the folder cannot be given away")?;
        }
        Ok(Self { folder: folder.to_owned(), means: Means::FileSize, owner })
    }

    /// How the room is made little.
    pub const fn means(&self) -> Means {
        self.means
    }

    /// Leaves room for `left` bytes to these processes and to those they start.
    pub fn fill(&self, left: u64, processes: &[u32]) -> anyhow::Result<()> {
        let until = Instant::now() + TIMEOUT;
        loop {
            let resized = self.resize(left, processes);
            if resized.is_ok() || Instant::now() > until {
                return resized;
            }
        }
    }

    /// Gives the room back.
    pub fn free(&self, processes: &[u32]) -> anyhow::Result<()> {
        match self.means {
            Means::FileSystem => self.resize(MUCH, processes),
            Means::FileSize => self.limit(processes, "unlimited"),
        }
    }

    fn resize(&self, left: u64, processes: &[u32]) -> anyhow::Result<()> {
        match self.means {
            Means::FileSystem => {
                let size = format!("remount,size={}", used(&self.folder)? + left);
                run("mount", &["-o", &size], &self.folder)
            }
            // Who appends to the largest file meets it, and who copies into it.
            Means::FileSize => self.limit(processes, &(largest(&self.folder) + left).to_string()),
        }
    }

    fn limit(&self, processes: &[u32], size: &str) -> anyhow::Result<()> {
        for process in processes {
            let mut command = Command::new("prlimit");
            command.args([format!("--pid={process}"), format!("--fsize={size}:")]);
            if let Some((user, group)) = self.owner {
                // A user may limit its own processes; even root needs another right for those of
                // others.
                command.uid(user).gid(group);
            }
            let output = command.output().context("prlimit (util-linux) is needed")?;
            let complaint = String::from_utf8_lossy(&output.stderr);
            // One that has ended meanwhile writes nothing.
            let gone = !Path::new("/proc").join(process.to_string()).exists();
            ensure!(output.status.success() || gone, "prlimit: {complaint}");
        }
        Ok(())
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if self.means == Means::FileSystem
            && let Err(error) = run("umount", &["--lazy"], &self.folder)
        {
            eprintln!("{error:#}");
        }
    }
}

fn used(folder: &Path) -> anyhow::Result<u64> {
    let output =
        Command::new("df").args(["--block-size=1", "--output=used"]).arg(folder).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.split_whitespace().last().unwrap_or_default();
    last.parse().with_context(|| format!("df says {text}"))
}

/// The size of the largest file below a folder.
fn largest(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => largest(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.max().unwrap_or_default()
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> anyhow::Result<()> {
    let output = Command::new(program).args(arguments).arg(folder).output()?;
    ensure!(
        output.status.success(),
        "{program} {}: {}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
