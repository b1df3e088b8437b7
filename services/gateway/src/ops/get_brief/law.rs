//! The law: the party, and what stands between it and the Union.

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{GetLegalBasisRequest, GetPartyRequest};
use api::registan::partnership::v1::LawPart;
use chassis::Failure;

use super::{Question, there};
use crate::App;

/// Two calls, both at the instant of the first.
pub async fn part(app: &App, question: &Question) -> Result<LawPart, Failure> {
    let down = |status| Failure::downstream("agreements", status);
    let request = GetLegalBasisRequest {
        party: question.party.clone(),
        as_of: Some(question.as_of),
        read_time: question.read_time,
    };
    let basis = AgreementServiceClient::new(app.agreements.clone())
        .get_legal_basis(request)
        .await
        .map_err(down)?;
    let basis = basis.into_inner();
    let request = GetPartyRequest { name: question.party.clone(), read_time: basis.read_time };
    let party = PartyServiceClient::new(app.agreements.clone())
        .get_party(request)
        .await
        .map_err(down)?
        .into_inner();
    Ok(LawPart {
        status: Some(there(basis.read_time, "")),
        party: Some(party),
        legal_basis: Some(basis),
    })
}
