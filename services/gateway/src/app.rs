//! The state that all operations share.

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
    /// For streams: on sockets apart, so that however many watch, a short call finds room.
    pub watched: Services,
}

/// A connection to each service.
#[derive(Clone)]
pub struct Services {
    pub agreements: Connection,
    pub projects: Connection,
    pub rights_reporting: Connection,
}

impl Services {
    /// Returns the connection to a service, by its name.
    pub fn of(&self, service: &str) -> &Connection {
        match service {
            "projects" => &self.projects,
            "rights-reporting" => &self.rights_reporting,
            _ => &self.agreements,
        }
    }

    /// The same services, by sockets of their own.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            agreements: self.agreements.apart(),
            projects: self.projects.apart(),
            rights_reporting: self.rights_reporting.apart(),
        }
    }
}
