//! How long a start takes, and what an idle suite holds in memory.

use std::time::{Duration, Instant};

use anyhow::Context;
use e2e::Suite;

use crate::row;

/// First start, start with data, idle memory.
pub fn measure() -> anyhow::Result<()> {
    let (mut suite, first) = timed(tempfile::tempdir()?)?;
    suite.processes[0].stop();
    let (suite, again) = timed(suite.folder)?;
    std::thread::sleep(Duration::from_secs(2));
    row("serving after the first start", &format!("{:.2} s", first.as_secs_f64()), "3 s");
    row("serving after a start with data", &format!("{:.2} s", again.as_secs_f64()), "1 s");
    let idle = megabytes(suite.processes[0].id(), "VmRSS")?;
    row("idle memory of the one process", &format!("{idle:.0} MB"), "60 MB");
    Ok(())
}

fn timed(folder: tempfile::TempDir) -> anyhow::Result<(Suite, Duration)> {
    let started = Instant::now();
    let suite = Suite::embedded_in(folder, &[]).context("registan is not built")?;
    Ok((suite, started.elapsed()))
}

/// A figure of `/proc/PID/status`, in MB: `VmRSS` for now, `VmHWM` for the most there was.
pub fn megabytes(process: u32, figure: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line =
        status.lines().find(|line| line.starts_with(figure)).context("the system counts memory")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("it has a number")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}
