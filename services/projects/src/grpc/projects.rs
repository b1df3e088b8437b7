//! `ProjectService`: the standard methods and the import.

use api::registan::projects::v1::project_service_server::ProjectService;
use api::registan::projects::v1::{
    CreateProjectRequest, DeleteProjectRequest, DiffProjectsRequest, DiffProjectsResponse,
    ExportProjectsRequest, GetProjectRequest, ImportIatiRequest, ImportIatiResponse,
    ListProjectRevisionsRequest, ListProjectRevisionsResponse, ListProjectsRequest,
    ListProjectsResponse, Project as Message, UndeleteProjectRequest, UpdateProjectRequest,
    WatchProjectsRequest, WatchProjectsResponse,
};
use standard::{Answers, at};
use tonic::{Request, Response, Status, Streaming};

use super::convert::report_message;
use super::feed;
use crate::app::App;
use crate::domain::Project;
use crate::ops::import_iati::import_iati;

/// Serves the projects.
pub struct Projects(pub App);

#[tonic::async_trait]
impl ProjectService for Projects {
    async fn get_project(
        &self,
        request: Request<GetProjectRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.get::<Project, _>(request).await
    }

    async fn list_projects(
        &self,
        request: Request<ListProjectsRequest>,
    ) -> Result<Response<ListProjectsResponse>, Status> {
        self.0.records.list::<Project, _>(request).await
    }

    async fn create_project(
        &self,
        request: Request<CreateProjectRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.create::<Project, _>(request).await
    }

    async fn update_project(
        &self,
        request: Request<UpdateProjectRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.update::<Project, _>(request).await
    }

    async fn delete_project(
        &self,
        request: Request<DeleteProjectRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.delete::<Project, _>(request).await
    }

    async fn undelete_project(
        &self,
        request: Request<UndeleteProjectRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.undelete::<Project, _>(request).await
    }

    type ExportProjectsStream = Answers<Message>;

    async fn export_projects(
        &self,
        request: Request<ExportProjectsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.records.export::<Project, _>(request).await
    }

    type WatchProjectsStream = Answers<WatchProjectsResponse>;

    async fn watch_projects(
        &self,
        request: Request<WatchProjectsRequest>,
    ) -> Result<Response<Answers<WatchProjectsResponse>>, Status> {
        self.0.records.watch::<Project, _>(request).await
    }

    async fn list_project_revisions(
        &self,
        request: Request<ListProjectRevisionsRequest>,
    ) -> Result<Response<ListProjectRevisionsResponse>, Status> {
        self.0.records.revisions::<Project, _>(request).await
    }

    type DiffProjectsStream = Answers<DiffProjectsResponse>;

    async fn diff_projects(
        &self,
        request: Request<DiffProjectsRequest>,
    ) -> Result<Response<Answers<DiffProjectsResponse>>, Status> {
        self.0.records.diff::<Project, _>(request).await
    }

    async fn import_iati(
        &self,
        request: Request<Streaming<ImportIatiRequest>>,
    ) -> Result<Response<ImportIatiResponse>, Status> {
        let mut stream = request.into_inner();
        let options = feed::options(&mut stream).await?;
        // Nothing more of the file is read before: what waits takes no memory.
        let _turn = self.0.import_turn().await;
        let (bytes, file) = feed::pipe();
        let importing = async { import_iati(&self.0, options, file).await.map_err(Status::from) };
        // If the client goes, the stream fails, the import is dropped, and whole batches stay recorded.
        let (report, ()) = tokio::try_join!(importing, feed::pour(stream, bytes))?;
        Ok(at(report.read_time, report_message(report)))
    }
}
