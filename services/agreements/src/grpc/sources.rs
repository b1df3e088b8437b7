//! `SourceService`: the standard methods.

use api::registan::agreements::v1::source_service_server::SourceService;
use api::registan::agreements::v1::{
    CreateSourceRequest, DeleteSourceRequest, GetSourceRequest, ListSourcesRequest,
    ListSourcesResponse, Source as Message, UpdateSourceRequest,
};
use standard::Records;
use tonic::{Request, Response, Status};

use crate::domain::Source;

/// Serves the sources.
pub struct Sources(pub Records);

#[tonic::async_trait]
impl SourceService for Sources {
    async fn get_source(
        &self,
        request: Request<GetSourceRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Source, _>(request).await
    }

    async fn list_sources(
        &self,
        request: Request<ListSourcesRequest>,
    ) -> Result<Response<ListSourcesResponse>, Status> {
        self.0.list::<Source, _>(request).await
    }

    async fn create_source(
        &self,
        request: Request<CreateSourceRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Source, _>(request).await
    }

    async fn update_source(
        &self,
        request: Request<UpdateSourceRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Source, _>(request).await
    }

    async fn delete_source(
        &self,
        request: Request<DeleteSourceRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Source, _>(request).await
    }
}
