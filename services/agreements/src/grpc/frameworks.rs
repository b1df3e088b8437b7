//! `FrameworkService`: the standard methods.

use api::registan::agreements::v1::framework_service_server::FrameworkService;
use api::registan::agreements::v1::{
    CreateFrameworkRequest, DeleteFrameworkRequest, DiffFrameworksRequest, DiffFrameworksResponse,
    ExportFrameworksRequest, Framework as Message, GetFrameworkRequest,
    ListFrameworkRevisionsRequest, ListFrameworkRevisionsResponse, ListFrameworksRequest,
    ListFrameworksResponse, UndeleteFrameworkRequest, UpdateFrameworkRequest,
    WatchFrameworksRequest, WatchFrameworksResponse,
};
use standard::{Answers, Records};
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

    async fn undelete_framework(
        &self,
        request: Request<UndeleteFrameworkRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Framework, _>(request).await
    }

    type ExportFrameworksStream = Answers<Message>;

    async fn export_frameworks(
        &self,
        request: Request<ExportFrameworksRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Framework, _>(request).await
    }

    type WatchFrameworksStream = Answers<WatchFrameworksResponse>;

    async fn watch_frameworks(
        &self,
        request: Request<WatchFrameworksRequest>,
    ) -> Result<Response<Answers<WatchFrameworksResponse>>, Status> {
        self.0.watch::<Framework, _>(request).await
    }

    async fn list_framework_revisions(
        &self,
        request: Request<ListFrameworkRevisionsRequest>,
    ) -> Result<Response<ListFrameworkRevisionsResponse>, Status> {
        self.0.revisions::<Framework, _>(request).await
    }

    type DiffFrameworksStream = Answers<DiffFrameworksResponse>;

    async fn diff_frameworks(
        &self,
        request: Request<DiffFrameworksRequest>,
    ) -> Result<Response<Answers<DiffFrameworksResponse>>, Status> {
        self.0.diff::<Framework, _>(request).await
    }
}
