//! `TransactionService`: the standard methods and the sums.

use api::registan::projects::v1::transaction_service_server::TransactionService;
use api::registan::projects::v1::{
    CreateTransactionRequest, DeleteTransactionRequest, DiffTransactionsRequest,
    DiffTransactionsResponse, ExportTransactionsRequest, GetTransactionRequest,
    ListTransactionRevisionsRequest, ListTransactionRevisionsResponse, ListTransactionsRequest,
    ListTransactionsResponse, SumTransactionsRequest, SumTransactionsResponse,
    Transaction as Message, UndeleteTransactionRequest, UpdateTransactionRequest,
    WatchTransactionsRequest, WatchTransactionsResponse,
};
use standard::{Answers, at};
use tonic::{Request, Response, Status};

use super::convert::{read_question, sums_message};
use crate::app::App;
use crate::domain::Transaction;
use crate::ops;

/// Serves the transactions.
pub struct Transactions(pub App);

#[tonic::async_trait]
impl TransactionService for Transactions {
    async fn get_transaction(
        &self,
        request: Request<GetTransactionRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.get::<Transaction, _>(request).await
    }

    async fn list_transactions(
        &self,
        request: Request<ListTransactionsRequest>,
    ) -> Result<Response<ListTransactionsResponse>, Status> {
        self.0.records.list::<Transaction, _>(request).await
    }

    async fn create_transaction(
        &self,
        request: Request<CreateTransactionRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.create::<Transaction, _>(request).await
    }

    async fn update_transaction(
        &self,
        request: Request<UpdateTransactionRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.update::<Transaction, _>(request).await
    }

    async fn delete_transaction(
        &self,
        request: Request<DeleteTransactionRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.delete::<Transaction, _>(request).await
    }

    async fn undelete_transaction(
        &self,
        request: Request<UndeleteTransactionRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.undelete::<Transaction, _>(request).await
    }

    type ExportTransactionsStream = Answers<Message>;

    async fn export_transactions(
        &self,
        request: Request<ExportTransactionsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        self.0.records.export::<Transaction, _>(request).await
    }

    type WatchTransactionsStream = Answers<WatchTransactionsResponse>;

    async fn watch_transactions(
        &self,
        request: Request<WatchTransactionsRequest>,
    ) -> Result<Response<Answers<WatchTransactionsResponse>>, Status> {
        self.0.records.watch::<Transaction, _>(request).await
    }

    async fn list_transaction_revisions(
        &self,
        request: Request<ListTransactionRevisionsRequest>,
    ) -> Result<Response<ListTransactionRevisionsResponse>, Status> {
        self.0.records.revisions::<Transaction, _>(request).await
    }

    type DiffTransactionsStream = Answers<DiffTransactionsResponse>;

    async fn diff_transactions(
        &self,
        request: Request<DiffTransactionsRequest>,
    ) -> Result<Response<Answers<DiffTransactionsResponse>>, Status> {
        self.0.records.diff::<Transaction, _>(request).await
    }

    async fn sum_transactions(
        &self,
        request: Request<SumTransactionsRequest>,
    ) -> Result<Response<SumTransactionsResponse>, Status> {
        let question = read_question(request.into_inner())?;
        let (sums, read_time) = ops::sum_transactions(&self.0, &question).await?;
        Ok(at(read_time, sums_message(sums, read_time)))
    }
}
