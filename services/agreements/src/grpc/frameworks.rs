//! `FrameworkService`: the standard methods.

use api::registan::agreements::v1::framework_service_server::FrameworkService;
use api::registan::agreements::v1::{
    CreateFrameworkRequest, DeleteFrameworkRequest, Framework as Message, GetFrameworkRequest,
    ListFrameworksRequest, ListFrameworksResponse, UpdateFrameworkRequest,
};
use standard::Records;
use tonic::{Request, Response, Status};

use crate::domain::Framework;

/// Serves the frameworks.
pub struct Frameworks(pub Records);

#[tonic::async_trait]
impl FrameworkService for Frameworks {
    async fn get_framework(
        &self,
        request: Request<GetFrameworkRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Framework, _>(request).await
    }

    async fn list_frameworks(
        &self,
        request: Request<ListFrameworksRequest>,
    ) -> Result<Response<ListFrameworksResponse>, Status> {
        self.0.list::<Framework, _>(request).await
    }

    async fn create_framework(
        &self,
        request: Request<CreateFrameworkRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Framework, _>(request).await
    }

    async fn update_framework(
        &self,
        request: Request<UpdateFrameworkRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Framework, _>(request).await
    }

    async fn delete_framework(
        &self,
        request: Request<DeleteFrameworkRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Framework, _>(request).await
    }
}
