//! `SourceService`: the standard methods.

use api::registan::agreements::v1::source_service_server::SourceService;
use api::registan::agreements::v1::{
    CreateSourceRequest, DeleteSourceRequest, DiffSourcesRequest, DiffSourcesResponse,
    ExportSourcesRequest, GetSourceRequest, ListSourceRevisionsRequest,
    ListSourceRevisionsResponse, ListSourcesRequest, ListSourcesResponse, Source as Message,
    UndeleteSourceRequest, UpdateSourceRequest, WatchSourcesRequest, WatchSourcesResponse,
};
use standard::{Answers, Records};
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

    async fn undelete_source(
        &self,
        request: Request<UndeleteSourceRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Source, _>(request).await
    }

    type ExportSourcesStream = Answers<Message>;

    async fn export_sources(
        &self,
        request: Request<ExportSourcesRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Source, _>(request).await
    }

    type WatchSourcesStream = Answers<WatchSourcesResponse>;

    async fn watch_sources(
        &self,
        request: Request<WatchSourcesRequest>,
    ) -> Result<Response<Answers<WatchSourcesResponse>>, Status> {
        self.0.watch::<Source, _>(request).await
    }

    async fn list_source_revisions(
        &self,
        request: Request<ListSourceRevisionsRequest>,
    ) -> Result<Response<ListSourceRevisionsResponse>, Status> {
        self.0.revisions::<Source, _>(request).await
    }

    type DiffSourcesStream = Answers<DiffSourcesResponse>;

    async fn diff_sources(
        &self,
        request: Request<DiffSourcesRequest>,
    ) -> Result<Response<Answers<DiffSourcesResponse>>, Status> {
        self.0.diff::<Source, _>(request).await
    }
}
