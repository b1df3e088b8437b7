//! Load on a whole suite: clients that read, write and watch through the gateway and repeat
//! nothing; every call is logged, and what was written is compared with the record and with what
//! watchers were sent.
//!
//! - [`calls`]: the log of all calls
//! - [`session`]: a connection as somebody
//! - [`reader`], [`writer`], [`watcher`]: the clients
//! - [`record`]: the record at the end
//! - [`outcome`]: all of it, compared
//! - [`table`]: the cases of an experiment, with their bounds
//! - [`trust`]: connections with TLS
//! - [`running`]: the clients at work

pub mod calls;
pub mod outcome;
pub mod reader;
pub mod record;
pub mod running;
pub mod session;
pub mod table;
pub mod trust;
pub mod watcher;
pub mod writer;
