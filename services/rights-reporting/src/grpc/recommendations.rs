//! `RecommendationService`: the standard methods.

use api::registan::rights::v1::recommendation_service_server::RecommendationService;
use api::registan::rights::v1::{
    CreateRecommendationRequest, DeleteRecommendationRequest, DiffRecommendationsRequest,
    DiffRecommendationsResponse, ExportRecommendationsRequest, GetRecommendationRequest,
    ListRecommendationRevisionsRequest, ListRecommendationRevisionsResponse,
    ListRecommendationsRequest, ListRecommendationsResponse, Recommendation as Message,
    UndeleteRecommendationRequest, UpdateRecommendationRequest, WatchRecommendationsRequest,
    WatchRecommendationsResponse,
};
use standard::{Answers, Records};
use tonic::{Request, Response, Status};

use crate::domain::Recommendation;

/// Serves the recommendations.
pub struct Recommendations(pub Records);

#[tonic::async_trait]
impl RecommendationService for Recommendations {
    async fn get_recommendation(
        &self,
        request: Request<GetRecommendationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Recommendation, _>(request).await
    }

    async fn list_recommendations(
        &self,
        request: Request<ListRecommendationsRequest>,
    ) -> Result<Response<ListRecommendationsResponse>, Status> {
        self.0.list::<Recommendation, _>(request).await
    }

    async fn create_recommendation(
        &self,
        request: Request<CreateRecommendationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Recommendation, _>(request).await
    }

    async fn update_recommendation(
        &self,
        request: Request<UpdateRecommendationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Recommendation, _>(request).await
    }

    async fn delete_recommendation(
        &self,
        request: Request<DeleteRecommendationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Recommendation, _>(request).await
    }

    async fn undelete_recommendation(
        &self,
        request: Request<UndeleteRecommendationRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Recommendation, _>(request).await
    }

    type ExportRecommendationsStream = Answers<Message>;

    async fn export_recommendations(
        &self,
        request: Request<ExportRecommendationsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Recommendation, _>(request).await
    }

    type WatchRecommendationsStream = Answers<WatchRecommendationsResponse>;

    async fn watch_recommendations(
        &self,
        request: Request<WatchRecommendationsRequest>,
    ) -> Result<Response<Answers<WatchRecommendationsResponse>>, Status> {
        self.0.watch::<Recommendation, _>(request).await
    }

    async fn list_recommendation_revisions(
        &self,
        request: Request<ListRecommendationRevisionsRequest>,
    ) -> Result<Response<ListRecommendationRevisionsResponse>, Status> {
        self.0.revisions::<Recommendation, _>(request).await
    }

    type DiffRecommendationsStream = Answers<DiffRecommendationsResponse>;

    async fn diff_recommendations(
        &self,
        request: Request<DiffRecommendationsRequest>,
    ) -> Result<Response<Answers<DiffRecommendationsResponse>>, Status> {
        self.0.diff::<Recommendation, _>(request).await
    }
}
