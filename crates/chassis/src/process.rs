//! From the command line to the exit code.

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Command, FromArgMatches};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::auth::development;
use crate::config::{Flags, Serves};
use crate::failure::chain;
use crate::otlp;
use crate::server::while_opening;
use crate::tls::may_be_plain;
use crate::{Server, Service, Settings, telemetry};

/// The whole `main` of a service: reads its settings, builds it with `service`, serves it until a
/// stop signal.
///
/// `about` is the first line of `--help`.
pub fn run<F, S>(name: &'static str, about: &'static str, service: F) -> ExitCode
where
    F: FnOnce(Settings) -> S,
    S: Future<Output = Result<Service>>,
{
    let command = Command::new(name).about(about).version(env!("CARGO_PKG_VERSION"));
    let matches = Flags::augment_args(command).get_matches();
    let flags = Flags::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    exit(name, start(name, flags, service))
}

fn start<F, S>(name: &'static str, flags: Flags, service: F) -> Result<()>
where
    F: FnOnce(Settings) -> S,
    S: Future<Output = Result<Service>>,
{
    let settings = Settings::load(flags)?;
    otlp::name(name);
    telemetry::init(&settings)?;
    // Settings that do not fit together are reported before anything is written.
    settings.refuse_unused(Serves::of(Some(name)))?;
    development::is_on(&settings)?;
    may_be_plain(&settings, name)?;
    block_on(async {
        let stop = stop_signal()?;
        serve(name, &settings, service(settings.clone()), stop).await
    })
}

/// Serves what `opening` opens until a stop, which may come before it is open.
pub async fn serve(
    name: &'static str,
    settings: &Settings,
    opening: impl Future<Output = Result<Service>>,
    stop: CancellationToken,
) -> Result<()> {
    let opened = while_opening(name, settings, opening, &stop).await?;
    let Some(service) = opened else { return Ok(()) };
    Server::bind(service, settings).await?.run(stop).await;
    Ok(())
}

/// Runs `work` on a runtime of its own; tasks that still run afterwards are dropped.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Runtime::new().context("the system gives no threads")?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// A token that SIGTERM or SIGINT cancels. A second signal ends the process at once. Must be called
/// in a runtime.
pub fn stop_signal() -> Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                stopped.cancel();
            } else {
                std::process::exit(130);
            }
        }
    });
    Ok(stop)
}

/// Success, or one line on stderr that says what is wrong and exit code 1.
pub fn exit(name: &str, result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let line = chain(error.as_ref()).replace(['\n', '\r'], " ");
    // Nothing is left to do when stderr is closed.
    let _ = writeln!(std::io::stderr(), "{name}: {line}");
    ExitCode::FAILURE
}
