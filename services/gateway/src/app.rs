//! The state that all operations share.

use std::sync::Arc;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::search::v1::search_service_client::SearchServiceClient;
use chassis::Clock;
use chassis::client::Connection;
use chassis::server::MAX_ENCODING;

/// The clock and a connection to each service.
#[derive(Clone)]
pub struct App {
    pub clock: Arc<dyn Clock>,
    pub services: Services,
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

/// A client that takes whatever a service may send.
macro_rules! client {
    ($client:ident, $connection:expr) => {
        $client::new($connection.clone()).max_decoding_message_size(MAX_ENCODING)
    };
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

    /// The parties, kept by agreements.
    pub fn party_service(&self) -> PartyServiceClient<Connection> {
        client!(PartyServiceClient, self.agreements)
    }

    /// The agreements, and the law on a day.
    pub fn agreement_service(&self) -> AgreementServiceClient<Connection> {
        client!(AgreementServiceClient, self.agreements)
    }

    /// The frameworks, kept by agreements.
    pub fn framework_service(&self) -> FrameworkServiceClient<Connection> {
        client!(FrameworkServiceClient, self.agreements)
    }

    /// The sources, kept by agreements.
    pub fn source_service(&self) -> SourceServiceClient<Connection> {
        client!(SourceServiceClient, self.agreements)
    }

    /// The projects.
    pub fn project_service(&self) -> ProjectServiceClient<Connection> {
        client!(ProjectServiceClient, self.projects)
    }

    /// The transactions, and their sums.
    pub fn transaction_service(&self) -> TransactionServiceClient<Connection> {
        client!(TransactionServiceClient, self.projects)
    }

    /// The recommendations.
    pub fn recommendation_service(&self) -> RecommendationServiceClient<Connection> {
        client!(RecommendationServiceClient, self.rights_reporting)
    }

    /// The activities of delegations.
    pub fn activity_service(&self) -> ActivityServiceClient<Connection> {
        client!(ActivityServiceClient, self.rights_reporting)
    }

    /// The search of a service, by its name.
    pub fn search_service(&self, service: &str) -> SearchServiceClient<Connection> {
        client!(SearchServiceClient, self.of(service))
    }
}
