//! The output of commands that print much.

use std::future::Future;
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often to look how much was written.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// A counter on stderr, where that is a terminal.
pub fn counter(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    let bar = match ProgressStyle::with_template("{spinner} {msg}: {pos} {per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    bar.with_message(what.to_owned())
}

/// A bar of things of which it is soon known how many they are, on stderr, where that is a terminal.
pub fn items(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let bar = match ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    bar.with_message(what.to_owned())
}

/// A bar of bytes on stderr, where that is a terminal and `quiet` is false.
pub fn bytes(what: &str, total: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let template = "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    let bar = match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    bar.with_message(what.to_owned())
}

/// Shows how a file grows while something writes to it.
pub async fn growing<T>(what: &str, path: &Path, writing: impl Future<Output = T>) -> T {
    let bar = counter(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {bytes} {bytes_per_sec}") {
        bar.set_style(style);
    }
    let look = async {
        loop {
            bar.set_position(std::fs::metadata(path).map_or(0, |file| file.len()));
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    };
    let written = tokio::select! {
        written = writing => written,
        () = look => unreachable!("it looks for ever"),
    };
    bar.finish_and_clear();
    written
}

/// Accepts that the reader of the output leaves, as `head` does.
pub fn unless_closed(result: anyhow::Result<()>) -> anyhow::Result<()> {
    result.or_else(|error| {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe) { Ok(()) } else { Err(error) }
    })
}
