//! `MembershipService`: who belongs to a group on a day.

use api::registan::agreements::v1::{ListMembersRequest, Members, UndeterminedMember};
use standard::at;
use standard::time::{micros, timestamp};
use tonic::{Request, Response, Status};

use super::agreements::read_day;
use crate::app::App;
use crate::domain::membership::Belongs;
use crate::ops;

/// Returns who belongs to a group on a day.
pub async fn list_members(
    app: App,
    request: Request<ListMembersRequest>,
) -> Result<Response<Members>, Status> {
    let request = request.into_inner();
    let (as_of, read_time) = (read_day(request.as_of)?, micros(request.read_time)?);
    let answer = ops::list_members(&app, &request.group, as_of, read_time).await?;
    let mut message = Members {
        group: request.group,
        as_of: Some(answer.as_of.into()),
        read_time: Some(timestamp(answer.read_time)),
        ..Members::default()
    };
    for (party, belongs) in answer.members {
        match belongs {
            Belongs::Yes => message.members.push(party),
            Belongs::Unknown(reason) => {
                message.undetermined.push(UndeterminedMember { party, reason });
            }
            Belongs::No => {}
        }
    }
    Ok(at(answer.read_time, message))
}
