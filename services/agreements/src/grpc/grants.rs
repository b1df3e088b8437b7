//! `GrantService`: the standard methods, and how long a grant may hold.

use api::registan::access::v1::grant_service_server::GrantService;
use api::registan::access::v1::{
    CreateGrantRequest, DeleteGrantRequest, GetGrantRequest, Grant as Message, ListGrantsRequest,
    ListGrantsResponse, UpdateGrantRequest,
};
use chassis::Failure;
use facts::Check;
use standard::{Records, Served, mask};
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
        let Ok(current) = self.0.chronicle.current::<Grant>(&wanted.name, "").await else {
            return Ok(());
        };
        let before = current.value.clone();
        match mask::merge(&Grant::write(current), wanted, request.update_mask.as_ref()) {
            Ok(merged) => self.check_expiry(Some(&before), merged),
            Err(_) => Ok(()),
        }
    }
}
