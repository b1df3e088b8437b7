//! `ActivityService`: the standard methods.

use api::registan::rights::v1::activity_service_server::ActivityService;
use api::registan::rights::v1::{
    Activity as Message, CreateActivityRequest, DeleteActivityRequest, GetActivityRequest,
    ListActivitiesRequest, ListActivitiesResponse, UpdateActivityRequest,
};
use standard::Records;
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
}
