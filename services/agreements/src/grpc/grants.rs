//! `GrantService`: the standard methods, and how long a grant may hold.

use api::registan::access::v1::grant_service_server::GrantService;
use api::registan::access::v1::{
    CreateGrantRequest, DeleteGrantRequest, DiffGrantsRequest, DiffGrantsResponse,
    ExportGrantsRequest, GetGrantRequest, Grant as Message, ListGrantRevisionsRequest,
    ListGrantRevisionsResponse, ListGrantsRequest, ListGrantsResponse, UndeleteGrantRequest,
    UpdateGrantRequest, WatchGrantsRequest, WatchGrantsResponse,
};
use chassis::Failure;
use chronicle::Shown;
use facts::Check;
use policy::Tier;
use standard::{Answers, Records, Served, mask, reader};
use tonic::{Request, Response, Status};

use super::convert::report;
use crate::domain::Grant;

/// Serves the grants.
pub struct Grants(pub Records);

#[tonic::async_trait]
impl GrantService for Grants {
    async fn get_grant(
        &self,
        request: Request<GetGrantRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.get::<Grant, _>(request).await
    }

    async fn list_grants(
        &self,
        request: Request<ListGrantsRequest>,
    ) -> Result<Response<ListGrantsResponse>, Status> {
        self.0.list::<Grant, _>(request).await
    }

    async fn create_grant(
        &self,
        request: Request<CreateGrantRequest>,
    ) -> Result<Response<Message>, Status> {
        if let Some(message) = &request.get_ref().grant {
            self.check_expiry(None, message.clone())?;
        }
        self.0.create::<Grant, _>(request).await
    }

    async fn update_grant(
        &self,
        request: Request<UpdateGrantRequest>,
    ) -> Result<Response<Message>, Status> {
        self.check_update(request.get_ref()).await?;
        self.0.update::<Grant, _>(request).await
    }

    async fn delete_grant(
        &self,
        request: Request<DeleteGrantRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.delete::<Grant, _>(request).await
    }

    async fn undelete_grant(
        &self,
        request: Request<UndeleteGrantRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.undelete::<Grant, _>(request).await
    }

    type ExportGrantsStream = Answers<Message>;

    async fn export_grants(
        &self,
        request: Request<ExportGrantsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.export::<Grant, _>(request).await
    }

    type WatchGrantsStream = Answers<WatchGrantsResponse>;

    async fn watch_grants(
        &self,
        request: Request<WatchGrantsRequest>,
    ) -> Result<Response<Answers<WatchGrantsResponse>>, Status> {
        self.0.watch::<Grant, _>(request).await
    }

    async fn list_grant_revisions(
        &self,
        request: Request<ListGrantRevisionsRequest>,
    ) -> Result<Response<ListGrantRevisionsResponse>, Status> {
        self.0.revisions::<Grant, _>(request).await
    }

    type DiffGrantsStream = Answers<DiffGrantsResponse>;

    async fn diff_grants(
        &self,
        request: Request<DiffGrantsRequest>,
    ) -> Result<Response<Answers<DiffGrantsResponse>>, Status> {
        self.0.diff::<Grant, _>(request).await
    }
}

impl Grants {
    /// Reading a message knows no time, so the expiry is checked here, before the standard method. All violations are told,
    /// for the caller is to hear of them at once.
    fn check_expiry(&self, before: Option<&Grant>, message: Message) -> Result<(), Failure> {
        let mut check = Check::new("grant");
        let grant = Grant::read(&mut check, String::new(), message);
        let fault = grant.expiry_fault(before, self.0.chronicle.now());
        let Some(fault) = fault else { return Ok(()) };
        report(&mut check, fault);
        standard::failure::from_violations(check.finish()).map_or(Ok(()), Err)
    }

    /// The grant as it would be, by what stands now. What the standard method refuses is left to it.
    async fn check_update(&self, request: &UpdateGrantRequest) -> Result<(), Failure> {
        let Some(wanted) = &request.grant else { return Ok(()) };
        let current = self.0.chronicle.last::<Grant>(&wanted.name, &reader()).await;
        let Ok(current) = current else { return Ok(()) };
        let before = current.value.clone();
        let mask = request.update_mask.as_ref();
        match mask::merge(
            "grant",
            &Grant::write(Shown::unanswered(current)),
            wanted,
            mask,
            Tier::Public,
        ) {
            Ok(merged) => self.check_expiry(Some(&before), merged),
            Err(_) => Ok(()),
        }
    }
}
