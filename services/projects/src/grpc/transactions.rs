//! `TransactionService`: the sums.

use api::registan::projects::v1::{SumTransactionsRequest, SumTransactionsResponse};
use chassis::Failure;
use chassis::failure::ErrorReason;
use prost::Message as _;
use standard::at;
use tonic::{Request, Response, Status};

use super::convert::{read_question, sums_message};
use crate::app::App;
use crate::ops;

/// The most bytes of an answer: somewhat less than the 4 MiB that clients of gRPC take by default.
const MAX_BYTES: usize = (4 << 20) - (64 << 10);

/// Returns sums of transactions.
pub async fn sum_transactions(
    app: App,
    request: Request<SumTransactionsRequest>,
) -> Result<Response<SumTransactionsResponse>, Status> {
    let question = read_question(request.into_inner())?;
    let (sums, read_time) = ops::sum_transactions(&app, &question).await?;
    let message = sums_message(sums, read_time);
    expect_room(&message)?;
    Ok(at(read_time, message))
}

/// Refuses an answer that clients could not take.
fn expect_room(answer: &SumTransactionsResponse) -> Result<(), Failure> {
    let (rows, bytes) = (answer.sums.len(), answer.encoded_len());
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let message = format!(
        "{rows} sums of {bytes} bytes are more than an answer may hold: tell apart by less, or ask for one year, recipient or sector at a time"
    );
    Err(Failure::resource_exhausted(ErrorReason::AnswerTooLarge, message))
}

#[cfg(test)]
mod tests {
    use api::registan::projects::v1::TransactionSum;

    use super::*;

    #[test]
    fn more_sums_than_an_answer_holds_are_refused_with_advice() {
        let sum =
            TransactionSum { project: "projects/one".repeat(10), ..TransactionSum::default() };
        let of =
            |rows| SumTransactionsResponse { sums: vec![sum.clone(); rows], ..Default::default() };

        expect_room(&of(20_000)).unwrap();
        let refused = expect_room(&of(40_000)).unwrap_err();

        assert_eq!(refused.reason, ErrorReason::AnswerTooLarge);
        assert!(refused.message.contains("40000 sums"), "{}", refused.message);
    }
}
