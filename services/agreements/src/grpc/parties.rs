//! `PartyService`: the standard methods.

use api::registan::agreements::v1::party_service_server::PartyService;
use api::registan::agreements::v1::{
    CreatePartyRequest, DeletePartyRequest, DiffPartiesRequest, DiffPartiesResponse,
    ExportPartiesRequest, GetPartyRequest, ListPartiesRequest, ListPartiesResponse,
    ListPartyRevisionsRequest, ListPartyRevisionsResponse, Party as Message, UndeletePartyRequest,
    UpdatePartyRequest, WatchPartiesRequest, WatchPartiesResponse,
};
use standard::{Answers, Records};
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

    async fn undelete_party(
        &self,
        request: Request<UndeletePartyRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Party, _>(request).await
    }

    type ExportPartiesStream = Answers<Message>;

    async fn export_parties(
        &self,
        request: Request<ExportPartiesRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Party, _>(request).await
    }

    type WatchPartiesStream = Answers<WatchPartiesResponse>;

    async fn watch_parties(
        &self,
        request: Request<WatchPartiesRequest>,
    ) -> Result<Response<Answers<WatchPartiesResponse>>, Status> {
        self.0.watch::<Party, _>(request).await
    }

    async fn list_party_revisions(
        &self,
        request: Request<ListPartyRevisionsRequest>,
    ) -> Result<Response<ListPartyRevisionsResponse>, Status> {
        self.0.revisions::<Party, _>(request).await
    }

    type DiffPartiesStream = Answers<DiffPartiesResponse>;

    async fn diff_parties(
        &self,
        request: Request<DiffPartiesRequest>,
    ) -> Result<Response<Answers<DiffPartiesResponse>>, Status> {
        self.0.diff::<Party, _>(request).await
    }
}
