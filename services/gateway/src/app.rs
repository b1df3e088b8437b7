//! What every operation may use.

use std::sync::Arc;

use chassis::Clock;
use chassis::client::Connection;

/// The clock and a connection to each service; give a clone of it to a generated client.
#[derive(Clone)]
pub struct App {
    pub clock: Arc<dyn Clock>,
    pub agreements: Connection,
    pub projects: Connection,
    pub rights_reporting: Connection,
}
