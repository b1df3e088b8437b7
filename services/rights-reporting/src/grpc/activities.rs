//! `ActivityService`: the standard methods.

use api::registan::rights::v1::activity_service_server::ActivityService;
use api::registan::rights::v1::{
    Activity as Message, CreateActivityRequest, DeleteActivityRequest, DiffActivitiesRequest,
    DiffActivitiesResponse, ExportActivitiesRequest, GetActivityRequest, ListActivitiesRequest,
    ListActivitiesResponse, ListActivityRevisionsRequest, ListActivityRevisionsResponse,
    UndeleteActivityRequest, UpdateActivityRequest, WatchActivitiesRequest,
    WatchActivitiesResponse,
};
use standard::{Answers, Records};
use tonic::{Request, Response, Status};

use crate::domain::Activity;

/// Serves the activities.
pub struct Activities(pub Records);

#[tonic::async_trait]
impl ActivityService for Activities {
    async fn get_activity(
        &self,
        request: Request<GetActivityRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Activity, _>(request).await
    }

    async fn list_activities(
        &self,
        request: Request<ListActivitiesRequest>,
    ) -> Result<Response<ListActivitiesResponse>, Status> {
        self.0.list::<Activity, _>(request).await
    }

    async fn create_activity(
        &self,
        request: Request<CreateActivityRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Activity, _>(request).await
    }

    async fn update_activity(
        &self,
        request: Request<UpdateActivityRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Activity, _>(request).await
    }

    async fn delete_activity(
        &self,
        request: Request<DeleteActivityRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Activity, _>(request).await
    }

    async fn undelete_activity(
        &self,
        request: Request<UndeleteActivityRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Activity, _>(request).await
    }

    type ExportActivitiesStream = Answers<Message>;

    async fn export_activities(
        &self,
        request: Request<ExportActivitiesRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Activity, _>(request).await
    }

    type WatchActivitiesStream = Answers<WatchActivitiesResponse>;

    async fn watch_activities(
        &self,
        request: Request<WatchActivitiesRequest>,
    ) -> Result<Response<Answers<WatchActivitiesResponse>>, Status> {
        self.0.watch::<Activity, _>(request).await
    }

    async fn list_activity_revisions(
        &self,
        request: Request<ListActivityRevisionsRequest>,
    ) -> Result<Response<ListActivityRevisionsResponse>, Status> {
        self.0.revisions::<Activity, _>(request).await
    }

    type DiffActivitiesStream = Answers<DiffActivitiesResponse>;

    async fn diff_activities(
        &self,
        request: Request<DiffActivitiesRequest>,
    ) -> Result<Response<Answers<DiffActivitiesResponse>>, Status> {
        self.0.diff::<Activity, _>(request).await
    }
}
