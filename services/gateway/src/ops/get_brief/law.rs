//! The law: the party, and what stands between it and the Union.

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{GetLegalBasisRequest, GetPartyRequest};
use api::registan::partnership::v1::LawPart;
use chassis::Failure;
use chassis::server::MAX_ENCODING;

use super::{Question, there};
use crate::App;

/// The reason by which a legal basis that no answer has room for is refused.
const TOO_LARGE: &str = "ANSWER_TOO_LARGE";

/// Two calls, both at the instant of the first.
pub async fn part(app: &App, question: &Question) -> Result<LawPart, Failure> {
    let down = |status| Failure::downstream("agreements", status);
    let request = GetLegalBasisRequest {
        party: question.party.clone(),
        as_of: Some(question.as_of),
        read_time: question.read_time,
    };
    let client = AgreementServiceClient::new(app.agreements.clone());
    let mut client = client.max_decoding_message_size(MAX_ENCODING);
    let basis = client.get_legal_basis(request).await.map_err(down);
    let (basis, left_out) = match basis {
        Ok(basis) => (Some(basis.into_inner()), String::new()),
        Err(failure) if *failure.reason == *TOO_LARGE => (None, failure.message.clone()),
        Err(failure) => return Err(failure),
    };
    let read_time = basis.as_ref().map_or(question.read_time, |basis| basis.read_time);
    let request = GetPartyRequest { name: question.party.clone(), read_time };
    let party = PartyServiceClient::new(app.agreements.clone())
        .max_decoding_message_size(MAX_ENCODING)
        .get_party(request)
        .await
        .map_err(down)?
        .into_inner();
    Ok(LawPart { status: Some(there(read_time, left_out)), party: Some(party), legal_basis: basis })
}
