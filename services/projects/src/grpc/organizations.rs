//! `OrganizationService`: the standard methods.

use api::registan::projects::v1::organization_service_server::OrganizationService;
use api::registan::projects::v1::{
    CreateOrganizationRequest, DeleteOrganizationRequest, GetOrganizationRequest,
    ListOrganizationsRequest, ListOrganizationsResponse, Organization as Message,
    UpdateOrganizationRequest,
};
use standard::Records;
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
}
