//! Fault storms: the real program is ended at random moments while it is used, and then everything
//! is compared.
//!
//! - [`system`]: the service with its database, which can be killed and started again, part by part
//! - [`postgres`]: a PostgreSQL cluster that is killed as by a crash: postmaster and children,
//!   nothing shut down
//! - [`space`]: the room for a database, which can be taken away; [`clock`]: the clock of a
//!   process, which can be set
//! - [`body`], [`ledger`]: what is written, told apart by numbers; what was acknowledged, flushed
//!   by the client
//! - [`request`], [`writer`], [`crew`]: clients that write, send again what was not answered, and
//!   keep the ledger
//! - [`auditor`]: a client that reads what is CONFIDENTIAL, of which the log must have a line each
//!   time
//! - [`record`], [`check`]: the rows of a record, read directly, and what must hold between them
//!   and the ledger
//! - [`read_back`]: the same asked of the service
//! - [`kill`], [`disk`]: the storms of `cargo xtask faults kill` and `disk`, and their reports
//! - [`copies`], [`parties`], [`restore`]: a database that goes back, a client that uses what it
//!   was given before, the storm of `cargo xtask faults restore`
//! - [`drill`]: a backup under load, a database that is lost, a restore, the storm of
//!   `cargo xtask faults drill`
//! - [`point_in_time`]: a record that is brought back to just before a mistake, on PostgreSQL
//! - [`instants`], [`skew`]: a client that asks all replicas for an instant that one of them named,
//!   the storm of `cargo xtask faults clock`
//! - [`changer`], [`follower`]: a client that changes parties of its own, and one that watches, is
//!   cut off and goes on
//! - [`told`]: what a watcher must be told, beside what it was told
//! - [`watch`]: the storm of `cargo xtask faults watch`, and its report
//! - [`keeper`], [`hidden`], [`parents`]: a client that hides and shows projects and what lies
//!   within, what a watcher may be sent of it, the storm of `cargo xtask faults parents`
//! - [`greedy`]: callers who demand as much as they can beside honest ones, the storm of
//!   `cargo xtask faults greedy`
//! - [`replicas`]: replicas of all services that are lost and come back, the storm of
//!   `cargo xtask faults replicas`
//!
//! A storm of another kind takes `system`, `writer`, `ledger` and `check` as they are, and adds a
//! file beside `kill`.

pub mod auditor;
pub mod body;
pub mod changer;
pub mod check;
pub mod clock;
pub mod copies;
pub mod crew;
pub mod databases;
pub mod disk;
pub mod drill;
pub mod follower;
pub mod greedy;
pub mod hidden;
pub mod instants;
pub mod keeper;
pub mod kill;
pub mod ledger;
pub mod parents;
pub mod parties;
pub mod point_in_time;
pub mod postgres;
pub mod read_back;
pub mod record;
pub mod replicas;
pub mod request;
pub mod restore;
pub mod skew;
pub mod space;
pub mod system;
pub mod told;
pub mod watch;
pub mod writer;
