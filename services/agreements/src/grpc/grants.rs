//! `GrantService`: how long a grant may hold.

use api::registan::access::v1::{CreateGrantRequest, Grant as Message, UpdateGrantRequest};
use chassis::Failure;
use chronicle::Shown;
use facts::Check;
use policy::Tier;
use standard::{Records, Served, mask, reader};
use tonic::{Request, Response, Status};

use crate::domain::Grant;
use crate::domain::grant::expiry_fault;

/// Creates a grant that expires in time.
pub async fn create_grant(
    records: Records,
    request: Request<CreateGrantRequest>,
) -> Result<Response<Message>, Status> {
    if let Some(message) = &request.get_ref().grant {
        check_expiry(&records, None, message.clone())?;
    }
    records.create::<Grant>(request).await
}

/// Updates a grant, which expires in time afterwards, too.
pub async fn update_grant(
    records: Records,
    request: Request<UpdateGrantRequest>,
) -> Result<Response<Message>, Status> {
    check_update(&records, request.get_ref()).await?;
    records.update::<Grant>(request).await
}

/// Reading a message knows no time, so the expiry is checked here, before the standard method. All
/// violations are told, for the caller is to hear of them at once.
fn check_expiry(
    records: &Records,
    before: Option<&Message>,
    message: Message,
) -> Result<(), Failure> {
    let mut check = Check::new("grant");
    let grant = Grant::read(&mut check, String::new(), message);
    let fault = expiry_fault(&grant, before, records.chronicle.now());
    let Some(fault) = fault else { return Ok(()) };
    fault.report(&mut check);
    standard::failure::from_violations(check.finish()).map_or(Ok(()), Err)
}

/// The grant as it would be, by what stands now. What the standard method refuses is left to it.
async fn check_update(records: &Records, request: &UpdateGrantRequest) -> Result<(), Failure> {
    let Some(wanted) = &request.grant else { return Ok(()) };
    let current = records.chronicle.last::<Grant>(&wanted.name, &reader()).await;
    let Ok(current) = current else { return Ok(()) };
    let mask = request.update_mask.as_ref();
    let message = Grant::write(Shown::unanswered(current));
    match mask::merge("grant", &message, wanted, mask, Tier::Public) {
        Ok(merged) => check_expiry(records, Some(&message), merged),
        Err(_) => Ok(()),
    }
}
