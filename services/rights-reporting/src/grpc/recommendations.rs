//! `RecommendationService`: the standard methods.

use api::registan::rights::v1::recommendation_service_server::RecommendationService;
use api::registan::rights::v1::{
    CreateRecommendationRequest, DeleteRecommendationRequest, GetRecommendationRequest,
    ListRecommendationsRequest, ListRecommendationsResponse, Recommendation as Message,
    UpdateRecommendationRequest,
};
use standard::Records;
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
}
