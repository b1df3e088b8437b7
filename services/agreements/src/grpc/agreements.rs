//! `AgreementService`: the standard methods with the status on a day, and the legal basis.

use api::registan::agreements::v1::agreement_service_server::AgreementService;
use api::registan::agreements::v1::{
    Agreement as Message, CreateAgreementRequest, DeleteAgreementRequest, DiffAgreementsRequest,
    DiffAgreementsResponse, ExportAgreementsRequest, GetAgreementRequest, GetLegalBasisRequest,
    LegalBasis, ListAgreementRevisionsRequest, ListAgreementRevisionsResponse,
    ListAgreementsRequest, ListAgreementsResponse, UndeleteAgreementRequest,
    UpdateAgreementRequest, WatchAgreementsRequest, WatchAgreementsResponse,
};
use chassis::Failure;
use chronicle::Shown;
use facts::{Check, Day};
use standard::time::{micros, timestamp};
use standard::{Answers, Served, at};
use tonic::{Request, Response, Status};

use super::convert::{legal_basis_message, status_message};
use crate::app::App;
use crate::domain::{Agreement, status};
use crate::ops;

/// Serves the agreements.
pub struct Agreements(pub App);

#[tonic::async_trait]
impl AgreementService for Agreements {
    async fn get_agreement(
        &self,
        request: Request<GetAgreementRequest>,
    ) -> Result<Response<Message>, Status> {
        let request = request.into_inner();
        let as_of = self.day(request.as_of)?;
        let (shown, read_time) =
            self.0.records.find(request.name, micros(request.read_time)?).await?;
        Ok(at(read_time, message(shown, as_of)))
    }

    async fn list_agreements(
        &self,
        request: Request<ListAgreementsRequest>,
    ) -> Result<Response<ListAgreementsResponse>, Status> {
        let as_of = self.day(request.get_ref().as_of)?;
        self.0.records.list_with::<Agreement, _>(request, move |shown| message(shown, as_of)).await
    }

    async fn create_agreement(
        &self,
        request: Request<CreateAgreementRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.create::<Agreement, _>(request).await
    }

    async fn update_agreement(
        &self,
        request: Request<UpdateAgreementRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.update::<Agreement, _>(request).await
    }

    async fn delete_agreement(
        &self,
        request: Request<DeleteAgreementRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.delete::<Agreement, _>(request).await
    }

    async fn undelete_agreement(
        &self,
        request: Request<UndeleteAgreementRequest>,
    ) -> Result<Response<Message>, Status> {
        self.0.records.undelete::<Agreement, _>(request).await
    }

    type ExportAgreementsStream = Answers<Message>;

    async fn export_agreements(
        &self,
        request: Request<ExportAgreementsRequest>,
    ) -> Result<Response<Answers<Message>>, Status> {
        let as_of = self.day(request.get_ref().as_of)?;
        self.0
            .records
            .export_with::<Agreement, _>(request, move |shown| message(shown, as_of))
            .await
    }

    type WatchAgreementsStream = Answers<WatchAgreementsResponse>;

    async fn watch_agreements(
        &self,
        request: Request<WatchAgreementsRequest>,
    ) -> Result<Response<Answers<WatchAgreementsResponse>>, Status> {
        self.0.records.watch::<Agreement, _>(request).await
    }

    async fn list_agreement_revisions(
        &self,
        request: Request<ListAgreementRevisionsRequest>,
    ) -> Result<Response<ListAgreementRevisionsResponse>, Status> {
        self.0.records.revisions::<Agreement, _>(request).await
    }

    type DiffAgreementsStream = Answers<DiffAgreementsResponse>;

    async fn diff_agreements(
        &self,
        request: Request<DiffAgreementsRequest>,
    ) -> Result<Response<Answers<DiffAgreementsResponse>>, Status> {
        self.0.records.diff::<Agreement, _>(request).await
    }

    async fn get_legal_basis(
        &self,
        request: Request<GetLegalBasisRequest>,
    ) -> Result<Response<LegalBasis>, Status> {
        let request = request.into_inner();
        let (as_of, read_time) = (read_day(request.as_of)?, micros(request.read_time)?);
        let answer = ops::get_legal_basis(&self.0, &request.party, as_of, read_time).await?;
        let instant = timestamp(answer.read_time);
        Ok(at(
            answer.read_time,
            legal_basis_message(request.party, answer.as_of, instant, answer.basis),
        ))
    }
}

impl Agreements {
    fn day(&self, asked: Option<api::registan::r#type::v1::Date>) -> Result<Day, Failure> {
        Ok(ops::day_or_today(&self.0, read_day(asked)?))
    }
}

/// An agreement with its status on a day.
fn message(shown: Shown<Agreement>, as_of: Day) -> Message {
    let status = status::on(&shown.value.milestones, "", as_of);
    Message { status: Some(status_message(status)), ..Agreement::write(shown) }
}

fn read_day(asked: Option<api::registan::r#type::v1::Date>) -> Result<Option<Day>, Failure> {
    let mut check = Check::default();
    let day = asked.and_then(|day| facts::wire::read_day(&mut check, "as_of", day));
    standard::failure::from_violations(check.finish()).map_or(Ok(day), Err)
}
