//! `TransactionService`: the sums.

use api::registan::projects::v1::{SumTransactionsRequest, SumTransactionsResponse};
use standard::at;
use tonic::{Request, Response, Status};

use super::convert::{read_question, sums_message};
use crate::app::App;
use crate::ops;

/// Returns sums of transactions.
pub async fn sum_transactions(
    app: App,
    request: Request<SumTransactionsRequest>,
) -> Result<Response<SumTransactionsResponse>, Status> {
    let question = read_question(request.into_inner())?;
    let (sums, read_time) = ops::sum_transactions(&app, &question).await?;
    Ok(at(read_time, sums_message(sums, read_time)))
}
