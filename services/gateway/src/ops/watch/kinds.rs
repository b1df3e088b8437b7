//! The watch of each kind, at the service that keeps it.

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::source_service_client::SourceServiceClient;
use api::registan::agreements::v1::{
    WatchAgreementsRequest, WatchFrameworksRequest, WatchPartiesRequest, WatchSourcesRequest,
};
use api::registan::partnership::v1::ResourceKind;
use api::registan::partnership::v1::watch_response::Resource;
use api::registan::projects::v1::organization_service_client::OrganizationServiceClient;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{
    WatchOrganizationsRequest, WatchProjectsRequest, WatchTransactionsRequest,
};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{WatchActivitiesRequest, WatchRecommendationsRequest};
use api::registan::r#type::v1::ChangeKind;
use chassis::server::MAX_ENCODING;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use prost_types::Timestamp;
use tonic::Status;

use crate::App;

/// The events of one kind, as its service sends them.
pub type Events = BoxStream<'static, Result<Event, Status>>;

/// One event of one kind.
pub struct Event {
    pub change: ChangeKind,
    pub resource: Option<Resource>,
    pub resume_token: String,
    pub read_time: Option<Timestamp>,
}

/// The process that keeps a kind.
pub const fn service(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Unspecified
        | ResourceKind::Agreement
        | ResourceKind::Framework
        | ResourceKind::Party
        | ResourceKind::Source => "agreements",
        ResourceKind::Project | ResourceKind::Transaction | ResourceKind::Organization => {
            "projects"
        }
        ResourceKind::Recommendation | ResourceKind::Activity => "rights-reporting",
    }
}

/// Writes [`open`] from a line for each kind, whose messages and methods differ in nothing but their names.
macro_rules! watched {
    ($($kind:ident, $field:ident: $service:ident $client:ident $method:ident $request:ident { $($more:tt)* };)*) => {
        /// Opens the watch of one kind at its service.
        pub async fn open(
            app: &App,
            kind: ResourceKind,
            filter: String,
            resume_token: String,
        ) -> Result<Events, Status> {
            match kind {
                ResourceKind::Unspecified => Err(Status::internal("a watch of no kind")),
                $(ResourceKind::$kind => {
                    let request = $request { filter, resume_token, $($more)* };
                    let client = $client::new(app.watched.$service.clone());
                    let mut client = client.max_decoding_message_size(MAX_ENCODING);
                    let answers = client.$method(request).await?;
                    let events = answers.into_inner().map_ok(|answer| Event {
                        change: answer.kind(),
                        resource: answer.$field.map(Resource::$kind),
                        resume_token: answer.resume_token,
                        read_time: answer.read_time,
                    });
                    Ok(events.boxed())
                })*
            }
        }
    };
}

watched! {
    Agreement, agreement: agreements AgreementServiceClient watch_agreements WatchAgreementsRequest {};
    Framework, framework: agreements FrameworkServiceClient watch_frameworks WatchFrameworksRequest {};
    Party, party: agreements PartyServiceClient watch_parties WatchPartiesRequest {};
    Source, source: agreements SourceServiceClient watch_sources WatchSourcesRequest {};
    Project, project: projects ProjectServiceClient watch_projects WatchProjectsRequest {};
    Transaction, transaction: projects TransactionServiceClient watch_transactions
        WatchTransactionsRequest { parent: "projects/-".to_owned() };
    Organization, organization: projects OrganizationServiceClient watch_organizations
        WatchOrganizationsRequest {};
    Recommendation, recommendation: rights_reporting RecommendationServiceClient
        watch_recommendations WatchRecommendationsRequest {};
    Activity, activity: rights_reporting ActivityServiceClient watch_activities
        WatchActivitiesRequest {};
}
