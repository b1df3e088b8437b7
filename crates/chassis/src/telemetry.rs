//! Logs: for people on a terminal, as JSON elsewhere; always on stderr, never a request's content.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Settings};

/// Libraries that print frames, statements or addresses with passwords at their lower levels.
const SILENCED: [&str; 6] =
    ["h2=warn", "hyper=warn", "hyper_util=warn", "tower=warn", "sqlx=warn", "sea_orm=warn"];

/// Starts to log as `settings` say; a panic is logged like any fault. An error means that the filter is no filter or
/// that logging had started already.
pub fn init(settings: &Settings) -> anyhow::Result<()> {
    let mut filter = EnvFilter::try_new(&settings.log).with_context(|| {
        format!("log: `{}` is not a filter like info or chassis=debug,info", settings.log)
    })?;
    for directive in SILENCED {
        filter = filter.add_directive(directive.parse()?);
    }
    let pretty = match settings.log_format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
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
