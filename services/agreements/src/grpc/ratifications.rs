//! `RatificationService`: who is missing.

use api::registan::agreements::v1::{RatificationLedger, WhoIsMissingRequest};
use standard::at;
use standard::time::{micros, timestamp};
use tonic::{Request, Response, Status};

use super::agreements::read_day;
use crate::app::App;
use crate::ops;

/// Returns who had acted towards an agreement by a day.
pub async fn who_is_missing(
    app: App,
    request: Request<WhoIsMissingRequest>,
) -> Result<Response<RatificationLedger>, Status> {
    let request = request.into_inner();
    let (as_of, read_time) = (read_day(request.as_of)?, micros(request.read_time)?);
    let (ledger, read_time) =
        ops::who_is_missing(&app, &request.agreement, as_of, read_time).await?;
    let ledger = RatificationLedger { read_time: Some(timestamp(read_time)), ..ledger };
    Ok(at(read_time, ledger))
}
