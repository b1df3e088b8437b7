//! `OrganizationService`: the standard methods.

use api::registan::projects::v1::organization_service_server::OrganizationService;
use api::registan::projects::v1::{
    CreateOrganizationRequest, DeleteOrganizationRequest, DiffOrganizationsRequest,
    DiffOrganizationsResponse, ExportOrganizationsRequest, GetOrganizationRequest,
    ListOrganizationRevisionsRequest, ListOrganizationRevisionsResponse, ListOrganizationsRequest,
    ListOrganizationsResponse, Organization as Message, UndeleteOrganizationRequest,
    UpdateOrganizationRequest, WatchOrganizationsRequest, WatchOrganizationsResponse,
};
use standard::{Answers, Records};
use tonic::{Request, Response, Status};

use crate::domain::Organization;

/// Serves the organizations.
pub struct Organizations(pub Records);

#[tonic::async_trait]
impl OrganizationService for Organizations {
    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Organization, _>(request).await
    }

    async fn list_organizations(
        &self,
        request: Request<ListOrganizationsRequest>,
    ) -> Result<Response<ListOrganizationsResponse>, Status> {
        self.0.list::<Organization, _>(request).await
    }

    async fn create_organization(
        &self,
        request: Request<CreateOrganizationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Organization, _>(request).await
    }

    async fn update_organization(
        &self,
        request: Request<UpdateOrganizationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Organization, _>(request).await
    }

    async fn delete_organization(
        &self,
        request: Request<DeleteOrganizationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Organization, _>(request).await
    }

    async fn undelete_organization(
        &self,
        request: Request<UndeleteOrganizationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Organization, _>(request).await
    }

    type ExportOrganizationsStream = Answers<Message>;

    async fn export_organizations(
        &self,
        request: Request<ExportOrganizationsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Organization, _>(request).await
    }

    type WatchOrganizationsStream = Answers<WatchOrganizationsResponse>;

    async fn watch_organizations(
        &self,
        request: Request<WatchOrganizationsRequest>,
    ) -> Result<Response<Answers<WatchOrganizationsResponse>>, Status> {
        self.0.watch::<Organization, _>(request).await
    }

    async fn list_organization_revisions(
        &self,
        request: Request<ListOrganizationRevisionsRequest>,
    ) -> Result<Response<ListOrganizationRevisionsResponse>, Status> {
        self.0.revisions::<Organization, _>(request).await
    }

    type DiffOrganizationsStream = Answers<DiffOrganizationsResponse>;

    async fn diff_organizations(
        &self,
        request: Request<DiffOrganizationsRequest>,
    ) -> Result<Response<Answers<DiffOrganizationsResponse>>, Status> {
        self.0.diff::<Organization, _>(request).await
    }
}
