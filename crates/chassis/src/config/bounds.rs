//! Settings of bounds and traces, put over those that there are.

use anyhow::{Result, bail};

use super::Settings;
use super::sources::Values;

impl Values {
    /// Puts what bounds connections, calls and the end of a process.
    pub(super) fn bounds(&mut self, settings: &mut Settings) -> Result<()> {
        self.put("linger-seconds", &mut settings.linger_seconds, "a whole number of seconds")?;
        self.put("drain-seconds", &mut settings.drain_seconds, "a whole number of seconds")?;
        self.put("max-connections", &mut settings.max_connections, "a whole number")?;
        self.put(
            "max-connection-age-seconds",
            &mut settings.max_connection_age_seconds,
            "a whole number of seconds",
        )?;
        self.put(
            "clock-tolerance-seconds",
            &mut settings.clock_tolerance_seconds,
            "a whole number of seconds",
        )?;
        self.put_some("calls-per-second", &mut settings.calls_per_second, "a whole number")?;
        self.put_some("calls-per-caller", &mut settings.calls_per_caller, "a whole number")?;
        self.put_some("streams-per-caller", &mut settings.streams_per_caller, "a whole number")?;
        self.put_some(
            "connections-per-address",
            &mut settings.connections_per_address,
            "a whole number",
        )?;
        if settings.max_connections == 0 || settings.max_connection_age_seconds == 0 {
            bail!("max_connections and max_connection_age_seconds must be at least 1");
        }
        Ok(())
    }

    /// Puts where traces go, and how many of them.
    pub(super) fn traces(&mut self, settings: &mut Settings) -> Result<()> {
        self.put_address("otlp-url", &mut settings.otlp_url)?;
        self.put("trace-percent", &mut settings.trace_percent, "a number from 0 to 100")?;
        if !(0.0..=100.0).contains(&settings.trace_percent) {
            bail!("trace_percent must be a number from 0 to 100");
        }
        Ok(())
    }
}
