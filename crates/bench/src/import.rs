//! Importing a file of 37 MB into the one process on SQLite: how fast, and how much memory it
//! takes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;
use e2e::{Suite, program};
use serde_json::Value;

use crate::row;
use crate::start::megabytes;

const SIZE: usize = 37_000_000;

/// Makes the file from the real one, imports it, imports it again.
pub fn measure() -> anyhow::Result<()> {
    let Some(data) = testkit::shared_data() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("large.xml");
    repeat(&data.join("iati-unhcr-2023/UNHCR-Activities-2023.xml"), &file)?;
    let suite = Suite::embedded().context("registan is not built")?;
    let process = suite.processes[0].id();
    let idle = megabytes(process, "VmRSS")?;

    let (first, seconds) = import(&suite, &file)?;
    let most = megabytes(process, "VmHWM")?;
    let (second, seconds_again) = import(&suite, &file)?;

    let rate = |seconds: f64| {
        format!(
            "{:.1} MB/s",
            fs::metadata(&file).map_or(0.0, |file| float(file.len())) / 1e6 / seconds
        )
    };
    row(
        &format!("import of {} activities on SQLite", first["activities"]),
        &rate(seconds),
        "10 MB/s",
    );
    row(
        &format!(
            "importing them again: {} created, {} updated",
            second["created"], second["updated"]
        ),
        &rate(seconds_again),
        "-",
    );
    row("memory above idle, at most", &format!("{:.0} MB", most - idle), "100 MB");
    anyhow::ensure!(
        second["created"] == 0 && second["updated"] == 0,
        "the second import must change nothing: {second}"
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a file is far smaller than 2^52 bytes")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

fn import(suite: &Suite, file: &Path) -> anyhow::Result<(Value, f64)> {
    let registan = program("registan").context("registan is not built")?;
    let started = Instant::now();
    let output = Command::new(registan)
        .args(["import", "iati", "--json", "--gateway", &format!("http://{}", suite.address)])
        .env("REGISTAN_TOKEN", suite.token())
        .arg(file)
        .output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok((serde_json::from_slice(&output.stdout)?, started.elapsed().as_secs_f64()))
}

/// Repeats the activities of a file, each time with identifiers of its own, until it is large
/// enough.
fn repeat(source: &Path, target: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(source)?;
    let first = text
        .find("<iati-activity ")
        .or_else(|| text.find("<iati-activity>"))
        .context("it has activities")?;
    let last = text.rfind("</iati-activities>").context("it has an end")?;
    let (head, activities, tail) = (&text[..first], &text[first..last], &text[last..]);
    let mut large = head.to_owned();
    let mut copy = 0;
    while large.len() < SIZE {
        large.push_str(
            &activities.replace("</iati-identifier>", &format!("-{copy}</iati-identifier>")),
        );
        copy += 1;
    }
    large.push_str(tail);
    fs::write(target, large)?;
    Ok(())
}
