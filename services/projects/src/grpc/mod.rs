//! Decodes a request, runs one operation, encodes the answer.

mod convert;
mod feed;
mod projects;
mod transactions;

use api::rpc::project_service::ImportIati;
use api::rpc::reference_service::{CheckReferences, ListPublications};
use api::rpc::transaction_service::SumTransactions;
use chassis::Service;
use standard::{check_references, contract, list_publications};

use crate::app::App;
use crate::resources;

/// Every method of this service: the standard ones of its resources, and these.
pub fn service(app: &App) -> anyhow::Result<Service> {
    let records = &app.records;
    resources()
        .methods(records)
        .client_streaming(ImportIati, app, projects::import_iati)
        .max_decoding(ImportIati, ingest::feed::MAX_MESSAGE)
        .unary(SumTransactions, app, transactions::sum_transactions)
        .unary(CheckReferences, &records.references, check_references)
        .unary(ListPublications, &records.references, list_publications)
        .build(Service::new(crate::NAME, contract()))
}
