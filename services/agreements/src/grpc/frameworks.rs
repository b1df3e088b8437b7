//! `FrameworkService`: who benefits from preference schemes on a day.

use api::registan::agreements::v1::{Beneficiaries, ListBeneficiariesRequest};
use facts::Check;
use standard::at;
use standard::time::{micros, timestamp};
use tonic::{Request, Response, Status};

use super::agreements::read_day;
use crate::app::App;
use crate::ops;

/// Returns who benefits on a day.
pub async fn list_beneficiaries(
    app: App,
    request: Request<ListBeneficiariesRequest>,
) -> Result<Response<Beneficiaries>, Status> {
    let request = request.into_inner();
    let mut check = Check::default();
    let party = check.name("party", request.party, &["parties/{party}"], false);
    standard::failure::from_violations(check.finish()).map_or(Ok(()), Err)?;
    let (as_of, read_time) = (read_day(request.as_of)?, micros(request.read_time)?);
    let answer = ops::list_beneficiaries(&app, &party, as_of, read_time).await?;
    let message = Beneficiaries {
        as_of: Some(answer.as_of.into()),
        read_time: Some(timestamp(answer.read_time)),
        benefits: answer.benefits,
        undetermined: answer.undetermined,
    };
    Ok(at(answer.read_time, message))
}
