//! `DeskService`: the desks that there are.

use api::registan::access::v1::{Desk, GetDeskRequest, ListDesksRequest, ListDesksResponse};
use chassis::Failure;
use policy::Partnership;
use tonic::{Request, Response, Status};

use crate::app::App;

/// Returns all desks.
pub async fn list_desks(
    _: App,
    _: Request<ListDesksRequest>,
) -> Result<Response<ListDesksResponse>, Status> {
    let desks = Partnership::current().desks().iter().map(message).collect();
    Ok(Response::new(ListDesksResponse { desks }))
}

/// Returns the desk of a name.
pub async fn get_desk(_: App, request: Request<GetDeskRequest>) -> Result<Response<Desk>, Status> {
    let name = &request.get_ref().name;
    let desk = Partnership::current().desk(name);
    let desk = desk.ok_or_else(|| Failure::not_found("registan/Desk", name))?;
    Ok(Response::new(message(desk)))
}

fn message(desk: &policy::Desk) -> Desk {
    Desk {
        name: desk.name().to_owned(),
        title: desk.title.clone(),
        parties: desk.parties.clone(),
        region: desk.region,
    }
}
