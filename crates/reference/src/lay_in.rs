//! Lays the record into a suite: a Create for each, what is there already is left alone.

use anyhow::Context;
use api::registan::agreements::v1 as agreements;
use api::registan::projects::v1 as projects;
use api::registan::rights::v1 as rights;
use chassis::client::Connection;
use prost::Message;
use tonic::{Code, Response, Status};

use crate::{COLLECTIONS, Record};

/// What was laid in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records that are new now.
    pub created: usize,
    /// Records that were there already.
    pub existing: usize,
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
        let created = created
            .with_context(|| format!("{collection}/{} of the reference record", record.id))?;
        if created {
            summary.created += 1;
        } else {
            summary.existing += 1;
        }
        progress(done + 1, all.len());
    }
    Ok(summary)
}

struct Connections {
    agreements: Connection,
    projects: Connection,
    rights: Connection,
}

type Outcome = anyhow::Result<Result<(), Status>>;

impl Connections {
    /// True if the record is new, false if it was there.
    async fn create(&self, collection: &str, record: &Record) -> anyhow::Result<bool> {
        let outcome = match collection {
            "organizations" | "projects" => self.money(collection, record).await?,
            "recommendations" => self.rights(record).await?,
            _ => self.law(collection, record).await?,
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(status) if status.code() == Code::AlreadyExists => Ok(false),
            Err(status) => Err(anyhow::anyhow!("{:?}: {}", status.code(), status.message())),
        }
    }

    async fn law(&self, collection: &str, record: &Record) -> Outcome {
        use agreements::agreement_service_client::AgreementServiceClient;
        use agreements::framework_service_client::FrameworkServiceClient;
        use agreements::party_service_client::PartyServiceClient;
        use agreements::source_service_client::SourceServiceClient;
        let to = &self.agreements;
        Ok(match collection {
            "sources" => {
                let request = agreements::CreateSourceRequest {
                    source: message(record)?,
                    source_id: record.id.clone(),
                    ..Default::default()
                };
                done(SourceServiceClient::new(to.clone()).create_source(request).await)
            }
            "parties" => {
                let request = agreements::CreatePartyRequest {
                    party: message(record)?,
                    party_id: record.id.clone(),
                    ..Default::default()
                };
                done(PartyServiceClient::new(to.clone()).create_party(request).await)
            }
            "agreements" => {
                let request = agreements::CreateAgreementRequest {
                    agreement: message(record)?,
                    agreement_id: record.id.clone(),
                    ..Default::default()
                };
                done(AgreementServiceClient::new(to.clone()).create_agreement(request).await)
            }
            _ => {
                let request = agreements::CreateFrameworkRequest {
                    framework: message(record)?,
                    framework_id: record.id.clone(),
                    ..Default::default()
                };
                done(FrameworkServiceClient::new(to.clone()).create_framework(request).await)
            }
        })
    }

    async fn money(&self, collection: &str, record: &Record) -> Outcome {
        use projects::organization_service_client::OrganizationServiceClient;
        use projects::project_service_client::ProjectServiceClient;
        let to = &self.projects;
        Ok(if collection == "organizations" {
            let request = projects::CreateOrganizationRequest {
                organization: message(record)?,
                organization_id: record.id.clone(),
                ..Default::default()
            };
            done(OrganizationServiceClient::new(to.clone()).create_organization(request).await)
        } else {
            let request = projects::CreateProjectRequest {
                project: message(record)?,
                project_id: record.id.clone(),
                ..Default::default()
            };
            done(ProjectServiceClient::new(to.clone()).create_project(request).await)
        })
    }

    async fn rights(&self, record: &Record) -> Outcome {
        use rights::recommendation_service_client::RecommendationServiceClient;
        let request = rights::CreateRecommendationRequest {
            recommendation: message(record)?,
            recommendation_id: record.id.clone(),
            ..Default::default()
        };
        Ok(done(
            RecommendationServiceClient::new(self.rights.clone())
                .create_recommendation(request)
                .await,
        ))
    }
}

/// The resource of a record, as the field of a request holds it.
fn message<M: Message + Default>(record: &Record) -> anyhow::Result<Option<M>> {
    record.resource.transcode_to().map(Some).context("the file follows the contract")
}

fn done<M>(answer: Result<Response<M>, Status>) -> Result<(), Status> {
    answer.map(|_| ())
}
