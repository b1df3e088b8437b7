//! `AgreementService`: the standard methods that answer with the status on a day, and the legal
//! basis.

use api::registan::agreements::v1::{
    Agreement as Message, ExportAgreementsRequest, GetAgreementRequest, GetLegalBasisRequest,
    LegalBasis, ListAgreementsRequest,
};
use api::registan::r#type::v1::Date;
use chassis::Failure;
use chronicle::AsOf;
use facts::{Check, Day};
use standard::time::{micros, timestamp};
use standard::{Answers, SentPage, Stamped, at};
use tonic::{Request, Response, Status};

use super::convert::{Milestones, legal_basis_message, status_message};
use crate::app::App;
use crate::domain::{Agreement, milestone, status};
use crate::ops;

/// The most codes that a legal basis is asked for.
const MAX_CODES: usize = 100;

/// Returns an agreement with its status.
pub async fn get_agreement(
    app: App,
    request: Request<GetAgreementRequest>,
) -> Result<Response<Stamped<Message>>, Status> {
    let as_of = as_of(&app, request.get_ref().as_of)?.day();
    app.records.get_with::<Agreement, _>(request, move |it| on_day(it, as_of)).await
}

/// Returns a page of agreements with their status.
pub async fn list_agreements(
    app: App,
    request: Request<ListAgreementsRequest>,
) -> Result<Response<SentPage<Agreement>>, Status> {
    let as_of = as_of(&app, request.get_ref().as_of)?;
    app.records.list_with::<Agreement, _>(request, as_of, on_day).await
}

/// Returns all agreements of a list, with their status.
pub async fn export_agreements(
    app: App,
    request: Request<ExportAgreementsRequest>,
) -> Result<Response<Answers<Stamped<Message>>>, Status> {
    let as_of = as_of(&app, request.get_ref().as_of)?.day();
    app.records.export_with::<Agreement, _>(request, move |it| on_day(it, as_of)).await
}

/// Returns what holds between a party and the Union on a day.
pub async fn get_legal_basis(
    app: App,
    request: Request<GetLegalBasisRequest>,
) -> Result<Response<LegalBasis>, Status> {
    let request = request.into_inner();
    let codes = read_codes(request.codes)?;
    let question = ops::Question {
        party: request.party.clone(),
        codes: codes.clone(),
        as_of: read_day(request.as_of)?,
        read_time: micros(request.read_time)?,
        known_by: standard::day("known_by", request.known_by)?,
    };
    let answer = ops::get_legal_basis(&app, question).await?;
    let instant = timestamp(answer.read_time);
    let basis = legal_basis_message(request.party, answer.as_of, instant, answer.basis);
    let sources_end = answer.sources_end;
    let basis = LegalBasis { known_by: request.known_by, codes, sources_end, ..basis };
    Ok(at(answer.read_time, basis))
}

fn as_of(app: &App, asked: Option<Date>) -> Result<AsOf, Failure> {
    Ok(ops::as_of(app, read_day(asked)?))
}

/// An agreement with nothing but its status on a day.
fn on_day(it: Milestones, as_of: Day) -> Message {
    let milestones = milestone::Milestone::all(&it.into_messages());
    let status = status::on(&milestones, "", as_of);
    Message { status: Some(status_message(status)), ..Message::default() }
}

fn read_codes(asked: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut check = Check::default();
    let pattern = ["codebooks/{codebook}/codes/{code}"];
    let codes =
        check.each("codes", MAX_CODES, asked, |check, code| check.name("", code, &pattern, true));
    standard::failure::from_violations(check.finish()).map_or(Ok(codes), Err)
}

pub(super) fn read_day(asked: Option<Date>) -> Result<Option<Day>, Failure> {
    standard::day("as_of", asked)
}
