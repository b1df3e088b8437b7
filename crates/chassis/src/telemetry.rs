//! Logs: for people on a terminal, as JSON elsewhere; always on stderr, never a request's content.
//!
//! - `filter`: what is logged

mod filter;

use std::io::{self, IsTerminal};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Settings};

/// Libraries that print frames, statements or addresses with passwords at their lower levels.
const SILENCED: [&str; 6] = ["h2", "hyper", "hyper_util", "tower", "sqlx", "sea_orm"];

fn is_harmless(about: &Metadata<'_>) -> bool {
    *about.level() <= Level::WARN || !SILENCED.iter().any(|name| about.target().starts_with(name))
}

/// An error if the filter of the log is none.
pub fn check(settings: &Settings) -> anyhow::Result<()> {
    filter::read(&settings.log).map(|_| ())
}

/// Starts to log as `settings` say; a panic is logged like any fault. An error means that the
/// filter is no filter or that logging had started already.
pub fn init(settings: &Settings) -> anyhow::Result<()> {
    let filter = filter::read(&settings.log)?;
    let pretty = match settings.log_format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    // Beside the filter, not in it: there a longer target such as `sea_orm::driver=trace` would
    // win.
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_harmless));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    if pretty {
        registry.with(lines.with_target(false)).try_init()?;
    } else {
        registry.with(lines.json().flatten_event(true).with_span_list(false)).try_init()?;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = panic.payload_as_str().unwrap_or_default(), "panicked");
    }));
    Ok(())
}
