//! The use that the process makes of the machine, looked up when somebody reads it.

use std::fs;
use std::path::Path;
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

use instruments::table::{
    BUILD, CERTIFICATE_LIFETIME, CERTIFICATE_REMAINING, CPU_TIME, MEMORY, MEMORY_LIMIT, OPEN_FILES,
    UPTIME,
};
use rustix::time::{ClockId, clock_gettime};

use crate::Settings;
use crate::tls::Tls;

/// Numbers of bytes from which on a limit is none.
const UNLIMITED: f64 = 1e18;

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
static WATCHED: Once = Once::new();

/// Has them looked up from now on. What the system does not tell is left out.
pub(super) fn watch() {
    WATCHED.call_once(|| {
        BUILD.with(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        instruments::on_read(|| {
            look();
            true
        });
    });
}

/// Notes when the process started, and returns how long ago that was.
pub(super) fn age() -> Duration {
    STARTED.elapsed()
}

fn look() {
    UPTIME.with(&[]).set(age().as_secs_f64());
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = used.tv_sec.saturating_mul(1_000_000_000).saturating_add(used.tv_nsec);
    CPU_TIME.with(&[]).set(u64::try_from(nanos).unwrap_or_default());
    if let Some(bytes) = fs::read_to_string("/proc/self/status").ok().and_then(|it| memory(&it)) {
        MEMORY.with(&[]).set(bytes);
    }
    if let Some(bytes) = memory_limit(Path::new("/")) {
        MEMORY_LIMIT.with(&[]).set(bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them reads the folder.
        OPEN_FILES.with(&[]).set_count(open.count().saturating_sub(1));
    }
}

/// Has the age of the certificates of a process looked up from now on.
pub(super) fn watch_certificates(settings: &Settings) {
    for (name, tls) in [("service", &settings.tls), ("public", &settings.public_tls)] {
        if let Some(tls) = tls {
            watch_certificate(name, tls);
        }
    }
}

fn watch_certificate(name: &'static str, certificate: &Tls) {
    let certificate = certificate.clone();
    let float = |seconds: i64| f64::from(i32::try_from(seconds).unwrap_or(i32::MAX));
    instruments::on_read(move || {
        if let Some(left) = certificate.seconds_left() {
            CERTIFICATE_REMAINING.with(&[name]).set(float(left));
        }
        if let Some(life) = certificate.lifetime() {
            CERTIFICATE_LIFETIME.with(&[name]).set(float(life));
        }
        true
    });
}

/// Returns the resident memory that `/proc/self/status` tells, in bytes.
fn memory(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}

/// Returns the limit of the memory of the process, in bytes, where the file system below `root` has
/// one: that of its cgroup, or of the container, which sees its own cgroup alone.
fn memory_limit(root: &Path) -> Option<f64> {
    let cgroups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let own = cgroups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let second = root.join("sys/fs/cgroup").join(own).join("memory.max");
    let first = root.join("sys/fs/cgroup/memory/memory.limit_in_bytes");
    let limit = fs::read_to_string(second).or_else(|_| fs::read_to_string(first)).ok()?;
    // The second version has the word `max` where there is none, the first a number above this.
    limit.trim().parse().ok().filter(|bytes| *bytes < UNLIMITED)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{memory, memory_limit};

    fn limit_by(files: &[(&str, &str)]) -> Option<f64> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        memory_limit(root.path())
    }

    #[test]
    fn the_limit_of_the_memory_is_that_of_the_cgroup() {
        let (own, second) = ("proc/self/cgroup", "sys/fs/cgroup/memory.max");
        let first = "sys/fs/cgroup/memory/memory.limit_in_bytes";
        let bytes = "268435456\n";

        assert_eq!(limit_by(&[(own, "0::/\n"), (second, bytes)]), Some(268_435_456.0));
        assert_eq!(limit_by(&[(own, "0::/\n"), (second, "max\n")]), None);
        let unit = "sys/fs/cgroup/system.slice/registan.service/memory.max";
        let below = [(own, "0::/system.slice/registan.service\n"), (unit, bytes)];
        assert_eq!(limit_by(&below), Some(268_435_456.0));
        assert_eq!(
            limit_by(&[(own, "5:memory:/kubepods/a\n"), (first, bytes)]),
            Some(268_435_456.0)
        );
        assert_eq!(limit_by(&[(first, "9223372036854771712\n")]), None);
        assert_eq!(limit_by(&[]), None);
    }

    #[test]
    fn the_memory_of_the_process_is_read() {
        let status = "Name:\tregistan\nVmHWM:\t   50000 kB\nVmRSS:\t   44544 kB\n";

        assert_eq!(memory(status), Some(45_613_056.0));
        assert_eq!(memory("Name:\tregistan\n"), None);
    }
}
