//! Lays the record into a suite: a Create for each, what is there already is left alone.

use anyhow::Context;
use api::registan::agreements::v1 as agreements;
use api::registan::projects::v1 as projects;
use api::registan::rights::v1 as rights;
use chassis::client::Connection;
use tonic::Code;

use crate::{COLLECTIONS, Record};

/// What was laid in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records that are new now.
    pub created: usize,
    /// Records that were there already.
    pub existing: usize,
}

/// Creates one record: the message that the service wants, sent by its client.
macro_rules! create {
    ($package:ident, $client:ident :: $Client:ident, $method:ident, $Request:ident { $field:ident, $id:ident }, $connection:expr, $record:expr) => {{
        let resource = $record.resource.transcode_to().context("the file follows the contract")?;
        let request =
            $package::$Request { $field: Some(resource), $id: $record.id.clone(), ..Default::default() };
        let mut client = $package::$client::$Client::new($connection.clone());
        client.$method(request).await.map(|_| ())
    }};
}

/// Lays in the whole record, in order. `progress` hears how many are done, and of how many. An error names the record.
pub async fn lay_in(
    agreements: Connection,
    projects: Connection,
    rights: Connection,
    progress: impl Fn(usize, usize),
) -> anyhow::Result<Summary> {
    let mut all = Vec::new();
    for collection in &COLLECTIONS {
        all.extend(collection.records()?.into_iter().map(|record| (collection.name, record)));
    }
    let connections = Connections { agreements, projects, rights };
    let mut summary = Summary::default();
    for (done, (collection, record)) in all.iter().enumerate() {
        let created = connections.create(collection, record).await;
        let created = created.with_context(|| format!("{collection}/{} of the reference record", record.id))?;
        if created { summary.created += 1 } else { summary.existing += 1 }
        progress(done + 1, all.len());
    }
    Ok(summary)
}

struct Connections {
    agreements: Connection,
    projects: Connection,
    rights: Connection,
}

impl Connections {
    /// True if the record is new, false if it was there.
    async fn create(&self, collection: &str, record: &Record) -> anyhow::Result<bool> {
        let outcome = match collection {
            "sources" => create!(agreements, source_service_client::SourceServiceClient, create_source, CreateSourceRequest { source, source_id }, self.agreements, record),
            "parties" => create!(agreements, party_service_client::PartyServiceClient, create_party, CreatePartyRequest { party, party_id }, self.agreements, record),
            "agreements" => create!(agreements, agreement_service_client::AgreementServiceClient, create_agreement, CreateAgreementRequest { agreement, agreement_id }, self.agreements, record),
            "frameworks" => create!(agreements, framework_service_client::FrameworkServiceClient, create_framework, CreateFrameworkRequest { framework, framework_id }, self.agreements, record),
            "organizations" => create!(projects, organization_service_client::OrganizationServiceClient, create_organization, CreateOrganizationRequest { organization, organization_id }, self.projects, record),
            "projects" => create!(projects, project_service_client::ProjectServiceClient, create_project, CreateProjectRequest { project, project_id }, self.projects, record),
            "recommendations" => create!(rights, recommendation_service_client::RecommendationServiceClient, create_recommendation, CreateRecommendationRequest { recommendation, recommendation_id }, self.rights, record),
            other => anyhow::bail!("nobody keeps {other}"),
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(status) if status.code() == Code::AlreadyExists => Ok(false),
            Err(status) => Err(anyhow::anyhow!("{:?}: {}", status.code(), status.message())),
        }
    }
}
