//! The bounds of a server, and what one caller may use of it.

use std::time::Duration;

use super::lease;
use crate::Settings;
use crate::deadline::Deadlines;

/// The bounds of a server that no operator needs to change; tests do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub deadlines: Deadlines,
    /// A connection that has not sent a whole HTTP/2 preface by then is closed.
    pub first_bytes: Duration,
    /// How often a connection is asked whether it lives, and how long it has to say so.
    pub keepalive: (Duration, Duration),
    /// After so long without a request a connection is asked to close. A caller comes again when
    /// they need one.
    pub idle: Duration,
    /// After so long without a request a connection gives way to a newcomer, when every place is
    /// taken.
    pub gives_way: Duration,
    /// The longest pause in the body of a request; then the request ends, though its deadline be
    /// later.
    pub pause: Duration,
    /// The most bytes of headers of one request: a token may have 8 KiB of them.
    pub headers: u32,
    /// The most requests at a time on one connection.
    pub streams: u32,
    /// The most unary calls at a time on one connection; others wait for their turn. A call lasts
    /// until its answer is taken, so this bounds what is kept for a caller who does not read.
    pub calls: usize,
    /// How many bytes a caller may send ahead of our reading: on one stream, and on one connection.
    /// The second is the most memory a connection can hold; when stalled streams fill it, the
    /// others on that connection wait for them.
    pub windows: (u32, u32),
    /// How many calls that ended early a connection survives. A stranger gets h2's own bound;
    /// between our services a refused upload is daily business.
    pub local_resets: usize,
    /// How many calls that were taken back before they were looked at a connection survives. A
    /// stranger gets h2's own bound; between our services callers who leave together must not end
    /// the calls of others.
    pub pending_resets: usize,
    /// How many streams there may be at a time, of all callers; 0 is any number. The last quarter
    /// is kept for callers who have few.
    pub streams_in_all: u32,
    /// The quotas of a caller where the settings give none.
    pub quotas: Quotas,
    /// How often it is asked what the caller of a stream still holds.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            first_bytes: Duration::from_secs(10),
            // Together less than 15 s: by then nobody holds a connection without saying something.
            keepalive: (Duration::from_secs(8), Duration::from_secs(5)),
            idle: Duration::from_mins(1),
            gives_way: Duration::from_secs(1),
            pause: Duration::from_secs(10),
            headers: 10 * 1024,
            streams: 1024,
            calls: 1024,
            windows: (256 * 1024, 64 * 1024 * 1024),
            local_resets: usize::MAX,
            pending_resets: 16 * 1024,
            streams_in_all: 0,
            quotas: Quotas::default(),
            lease: lease::EVERY,
        }
    }
}

/// The quotas of a caller; 0 is no limit.
///
/// The default is no limit, because the caller of a service behind the gateway is the gateway: to
/// count there would count all who have no name as one. The gateway counts, and has a default of
/// its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Calls a second; after a pause those of two seconds at once. A dear call counts for several.
    pub calls_per_second: u32,
    /// Calls without a stream, under way at a time; others wait.
    pub calls_per_caller: u32,
    /// Methods with a stream in either direction, at a time.
    pub streams_per_caller: u32,
    /// Connections of one address, at a time.
    pub connections_per_address: u32,
}

impl Quotas {
    /// Returns the limits of a server with these `settings`. On loopback everybody has the same
    /// address, so no limit holds that is not asked for.
    pub(super) fn chosen(self, settings: &Settings) -> Self {
        let own = if settings.listen.ip().is_loopback() { Self::default() } else { self };
        Self {
            calls_per_second: settings.calls_per_second.unwrap_or(own.calls_per_second),
            calls_per_caller: settings.calls_per_caller.unwrap_or(own.calls_per_caller),
            streams_per_caller: settings.streams_per_caller.unwrap_or(own.streams_per_caller),
            connections_per_address: settings
                .connections_per_address
                .unwrap_or(own.connections_per_address),
        }
    }
}
