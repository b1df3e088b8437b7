//! The use that the process makes of the machine, looked up when somebody reads it.

use std::fs;
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

use instruments::table::{
    BUILD, CERTIFICATE_LIFETIME, CERTIFICATE_REMAINING, CPU_TIME, MEMORY, OPEN_FILES, UPTIME,
};
use rustix::time::{ClockId, clock_gettime};

use crate::Settings;
use crate::tls::Tls;

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

#[cfg(test)]
mod tests {
    use super::memory;

    #[test]
    fn the_memory_of_the_process_is_read() {
        let status = "Name:\tregistan\nVmHWM:\t   50000 kB\nVmRSS:\t   44544 kB\n";

        assert_eq!(memory(status), Some(45_613_056.0));
        assert_eq!(memory("Name:\tregistan\n"), None);
    }
}
