//! `PartyService`: the standard methods.

use api::registan::agreements::v1::party_service_server::PartyService;
use api::registan::agreements::v1::{
    CreatePartyRequest, DeletePartyRequest, GetPartyRequest, ListPartiesRequest,
    ListPartiesResponse, Party as Message, UpdatePartyRequest,
};
use standard::Records;
use tonic::{Request, Response, Status};

use crate::domain::Party;

/// Serves the parties.
pub struct Parties(pub Records);

#[tonic::async_trait]
impl PartyService for Parties {
    async fn get_party(
        &self,
        request: Request<GetPartyRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Party, _>(request).await
    }

    async fn list_parties(
        &self,
        request: Request<ListPartiesRequest>,
    ) -> Result<Response<ListPartiesResponse>, Status> {
        self.0.list::<Party, _>(request).await
    }

    async fn create_party(
        &self,
        request: Request<CreatePartyRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.create::<Party, _>(request).await
    }

    async fn update_party(
        &self,
        request: Request<UpdatePartyRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.update::<Party, _>(request).await
    }

    async fn delete_party(
        &self,
        request: Request<DeletePartyRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Party, _>(request).await
    }
}
