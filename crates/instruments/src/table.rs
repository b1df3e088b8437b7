//! Every metric there is.
//!
//! Names, labels and units are those of OpenTelemetry's semantic conventions for RPC, databases
//! and processes where they have one; what is of this suite alone begins with `registan.`.

use crate::cell::{Cell, Counter, Gauge, Histogram};
use crate::family::{Exported, Family};
use crate::metric::Metric;

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
/// Nanoseconds of a millisecond.
const MILLI: u64 = 1_000_000;

/// The bounds of what callers wait for: 0.5 ms to 15 s.
const LATENCY: &[u64] = &[
    MILLI / 2,
    MILLI,
    2 * MILLI,
    5 * MILLI,
    10 * MILLI,
    25 * MILLI,
    50 * MILLI,
    100 * MILLI,
    250 * MILLI,
    500 * MILLI,
    SECOND,
    5 * SECOND / 2,
    5 * SECOND,
    15 * SECOND,
];
/// The bounds of what goes on: 0.1 s to half an hour.
const LONG: &[u64] = &[
    100 * MILLI,
    SECOND,
    5 * SECOND,
    15 * SECOND,
    60 * SECOND,
    300 * SECOND,
    900 * SECOND,
    1800 * SECOND,
];
/// The bounds of counts.
const COUNTS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

macro_rules! table {
    ($(
        $(#[doc = $line:literal])+
        $item:ident: $cell:ident $(within $bounds:ident)?
            = $name:literal in $unit:literal by [$($label:literal),*];
    )+) => {
        $(
            $(#[doc = $line])+
            pub static $item: Family<$cell> = Family::new(
                Metric {
                    name: $name,
                    kind: <$cell as Cell>::KIND,
                    unit: $unit,
                    labels: &[$($label),*],
                    meaning: concat!($($line),+),
                },
                table!(@bounds $($bounds)?),
            );
        )+

        /// All of them, in the order in which they are shown.
        pub static ALL: &[&dyn Exported] = &[$(&$item),+];
    };
    (@bounds $bounds:ident) => { $bounds };
    (@bounds) => { &[] };
}

table! {
    /// Calls with one request and one answer: from their head to the last frame of the answer.
    /// Without the wait for other calls of the same caller, and without calls that ended in it or
    /// that a quota refused: those are errors alone.
    CALL_DURATION: Histogram within LATENCY
        = "rpc.server.call.duration" in "s" by ["service.name", "rpc.method"];

    /// Calls and streams that did not end OK, by their gRPC code and their reason
    /// (`ErrorReason`); by the code again where there is no reason, such as CANCELLED; as
    /// `DEADLINE_SHORT` where the caller waited less than 250 ms; and as `DEADLINE_QUEUED` where the
    /// deadline passed in the wait for other calls of the same caller.
    CALL_ERRORS: Counter = "rpc.server.call.errors" in "{call}"
        by ["service.name", "rpc.method", "rpc.response.status_code", "error.type"];

    /// Calls with one request and one answer that are under way.
    ACTIVE_CALLS: Gauge = "rpc.server.active_calls" in "{call}" by ["service.name"];

    /// Streams in either direction, from their head to their end. Without those that a quota
    /// refused.
    STREAM_DURATION: Histogram within LONG
        = "rpc.server.stream.duration" in "s" by ["service.name", "rpc.method"];

    /// Streams in either direction that are open.
    OPEN_STREAMS: Gauge = "rpc.server.open_streams" in "{stream}" by ["service.name"];

    /// Calls to another service with one request and one answer, with all their tries: from their
    /// head to the last frame of the answer.
    CLIENT_CALL_DURATION: Histogram within LATENCY = "rpc.client.call.duration" in "s"
        by ["service.name", "peer.service", "rpc.method"];

    /// Calls and streams to another service that did not end OK, by their gRPC code: UNAVAILABLE
    /// where it was not reached, CANCELLED where the caller left. Uploads are not counted.
    CLIENT_CALL_ERRORS: Counter = "rpc.client.call.errors" in "{call}"
        by ["service.name", "peer.service", "rpc.method", "rpc.response.status_code"];

    /// Requests to another service that were sent again: the first try did not arrive (`unsent`),
    /// or may have arrived, and the method can be repeated (`repeated`); and those that were not,
    /// because too many were repeated (`refused`).
    CLIENT_RETRIES: Counter = "registan.client.retries" in "{try}"
        by ["service.name", "peer.service", "registan.reason"];

    /// Times that an address of another service was set aside until it answers again: a connection
    /// broke, or could not be made, or it answered that it is not available.
    CLIENT_EJECTIONS: Counter = "registan.client.ejections" in "{ejection}"
        by ["service.name", "peer.service"];

    /// Connections to another service that are open, by its addresses; no value is none.
    CLIENT_CONNECTIONS: Gauge = "registan.client.connections" in "{connection}"
        by ["service.name", "peer.service", "server.address", "server.port"];

    /// Connections of callers that are open.
    CONNECTIONS: Gauge = "registan.server.connections" in "{connection}" by ["service.name"];

    /// Connections that were closed at once, because their address has its share.
    CONNECTIONS_REFUSED: Counter = "registan.server.connections.refused" in "{connection}"
        by ["service.name"];

    /// Calls that were refused because a quota of the caller is used up: `calls_per_second`,
    /// `calls_per_caller` or `streams_per_caller`.
    QUOTA_REFUSALS: Counter = "registan.server.quota.refusals" in "{call}" by ["registan.quota"];

    /// 1 while the service serves, 0 while it opens, while its database is away, and while it
    /// drains. The page `/readyz` says which.
    SERVING: Gauge = "registan.server.serving" in "{service}" by ["service.name"];

    /// Statements, by their first word: from the moment the connection is there to the last row.
    STATEMENT_DURATION: Histogram within LATENCY = "db.client.operation.duration" in "s"
        by ["db.system.name", "db.namespace", "db.operation.name"];

    /// Statements that failed.
    STATEMENT_ERRORS: Counter = "db.client.operation.errors" in "{statement}"
        by ["db.system.name", "db.namespace", "db.operation.name"];

    /// 1 while the database answers the question that is put to it every second.
    DATABASE_UP: Gauge = "registan.database.up" in "{database}"
        by ["db.system.name", "db.namespace"];

    /// Connections to the database that are open, by pool and state (`idle`, `used`). The pool
    /// `read` is for reads and pages, `long` for what is long. A single read keeps its connection
    /// for the next one, and that counts as used.
    DATABASE_CONNECTIONS: Gauge = "db.client.connection.count" in "{connection}"
        by ["db.namespace", "db.client.connection.pool.name", "db.client.connection.state"];

    /// The maximum of open connections to the database, by pool.
    DATABASE_CONNECTIONS_MAX: Gauge = "db.client.connection.max" in "{connection}"
        by ["db.namespace", "db.client.connection.pool.name"];

    /// Single reads that wait for a connection to the database.
    READS_WAITING: Gauge = "db.client.connection.pending_requests" in "{request}"
        by ["db.namespace"];

    /// Single reads that waited too long for a connection to the database, and failed.
    CONNECTION_TIMEOUTS: Counter = "db.client.connection.timeouts" in "{timeout}"
        by ["db.namespace"];

    /// Writes that wait for the writer of the process, or that it is at.
    WRITER_QUEUE: Gauge = "registan.writer.queue" in "{write}" by ["db.namespace"];

    /// Writes that shared a transaction.
    BATCH_SIZE: Histogram within COUNTS = "registan.writer.batch.size" in "{write}"
        by ["db.namespace"];

    /// Transactions that wrote, each with all its tries, to the end of its commit.
    COMMIT_DURATION: Histogram within LATENCY = "registan.writer.commit.duration" in "s"
        by ["db.namespace"];

    /// Transactions that ran again: another process was first (`moved`), or the database ended one
    /// for the sake of another (`aborted`).
    WRITER_RETRIES: Counter = "registan.writer.retries" in "{try}"
        by ["db.namespace", "registan.reason"];

    /// Transactions that were refused because the clock is wrong (`CLOCK_WRONG`).
    CLOCK_REFUSALS: Counter = "registan.writer.clock.refusals" in "{transaction}"
        by ["db.namespace"];

    /// The number of the last change of the record, as far as this process knows.
    HEAD_SEQUENCE: Gauge = "registan.record.head.sequence" in "{change}" by ["db.namespace"];

    /// The record time of that change, since 1970.
    HEAD_TIME: Gauge = "registan.record.head.time" in "s" by ["db.namespace"];

    /// Watches that are open at the record.
    WATCHERS: Gauge = "registan.watch.watchers" in "{watch}" by ["db.namespace"];

    /// From the record time of a change to the moment when it is sent to a watcher that had all
    /// before it.
    WATCH_LAG: Histogram within LATENCY = "registan.watch.lag" in "s" by ["db.namespace"];

    /// Imports that are under way.
    IMPORTS: Gauge = "registan.import.running" in "{import}" by ["registan.import"];

    /// Records of imports that were recorded or compared, by what became of them; `children_…` is
    /// what records hold, such as transactions. It grows with each batch.
    IMPORTED: Counter = "registan.import.records" in "{record}"
        by ["registan.import", "registan.outcome"];

    /// Look-ups of what a caller was granted: from memory (`hit`), or asked of agreements (`miss`);
    /// one that was asked for in vain counts as `failure`, too.
    GRANTS_LOOKUPS: Counter = "registan.grants.lookups" in "{lookup}" by ["registan.outcome"];

    /// The time when the keys of the issuer of access tokens were fetched last, since 1970. They
    /// are used for an hour.
    TOKEN_KEYS_TIME: Gauge = "registan.token_keys.fetched" in "s" by [];

    /// Fetches of these keys that failed.
    TOKEN_KEYS_FAILURES: Counter = "registan.token_keys.failures" in "{fetch}" by [];

    /// Time until the certificate in use expires, less than 0 afterwards: that of a service
    /// (`service`), or that of the port of the gateway (`public`).
    CERTIFICATE_REMAINING: Gauge = "registan.certificate.remaining" in "s"
        by ["registan.certificate"];

    /// Time that this certificate is valid in all.
    CERTIFICATE_LIFETIME: Gauge = "registan.certificate.lifetime" in "s"
        by ["registan.certificate"];

    /// 1 while a service behind the gateway serves, as the gateway finds it every two seconds.
    UPSTREAM_UP: Gauge = "registan.gateway.upstream.up" in "{service}" by ["peer.service"];

    /// Spans of sampled traces that the collector took.
    SPANS_SENT: Counter = "registan.trace.spans.sent" in "{span}" by [];

    /// Spans that the collector did not take.
    SPANS_FAILED: Counter = "registan.trace.spans.failed" in "{span}" by [];

    /// Spans that were dropped because too many waited for the collector.
    SPANS_DROPPED: Counter = "registan.trace.spans.dropped" in "{span}" by [];

    /// Memory of the process that is in use (resident).
    MEMORY: Gauge = "process.memory.usage" in "By" by [];

    /// Memory that the process may use, as its cgroup has it; absent where there is no limit. At it
    /// the process is killed.
    MEMORY_LIMIT: Gauge = "registan.memory.limit" in "By" by [];

    /// Time that the process had a processor.
    CPU_TIME: Counter = "process.cpu.time" in "s" by [];

    /// Files and sockets that the process has open.
    OPEN_FILES: Gauge = "process.unix.file_descriptor.count" in "{file_descriptor}" by [];

    /// Time since the process started.
    UPTIME: Gauge = "process.uptime" in "s" by [];

    /// Always 1; the version of the program is its label.
    BUILD: Gauge = "registan.build.info" in "{program}" by ["service.version"];
}
