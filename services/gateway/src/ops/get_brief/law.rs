//! The law: the party, and what stands between it and the Union.

use api::registan::agreements::v1::{GetLegalBasisRequest, GetPartyRequest, LegalBasis, Party};
use api::registan::partnership::v1::LawPart;
use api::registan::partnership::v1::part_status::GapKind;
use chassis::Failure;
use chassis::failure::{Code, ErrorReason};
use prost_types::Timestamp;
use serving::time::READ_TIME_KEY;

use super::Question;
use super::gaps::Gaps;
use super::room::Room;
use crate::App;

/// The bytes of the legal bases of a region.
const MOST_BYTES: usize = 6 << 18;

/// Two calls, both at the instant of the first; of a region one for each of its states.
pub async fn part(app: &App, question: &Question) -> Result<LawPart, Failure> {
    let mut gaps = Gaps::default();
    let mut laws = Vec::new();
    let (mut room, mut read_time) = (Room::of(MOST_BYTES), question.read_time);
    for state in &question.subject.states {
        let Some(basis) = legal_basis(app, question, state, read_time, &mut gaps).await? else {
            continue;
        };
        read_time = basis.read_time;
        let undetermined = basis.undetermined.len();
        gaps.add_some(GapKind::DayNotKnown, undetermined, || {
            format!("agreements of {state} of which it is not known where they stood on that day: {undetermined} (undetermined); each says why")
        });
        if room.take(&basis) {
            laws.push(basis);
        } else {
            gaps.add(GapKind::NoRoom, format!("no room is left for the legal basis of {state}"));
        }
    }
    let (party, at) = party(app, question, read_time, &mut gaps).await?;
    let status = Some(gaps.there(read_time.or(at)));
    let mut part = LawPart { status, party, ..LawPart::default() };
    if question.subject.is_region {
        part.members = laws;
    } else {
        part.legal_basis = laws.pop();
    }
    Ok(part)
}

/// The party, and the instant that the answer holds for; nothing where it rests on a source that
/// was not known on the day of the question.
async fn party(
    app: &App,
    question: &Question,
    read_time: Option<Timestamp>,
    gaps: &mut Gaps,
) -> Result<(Option<Party>, Option<Timestamp>), Failure> {
    let (name, known_by) = (question.party.clone(), question.known_by);
    let mut client = app.services.party_service();
    match client.get_party(GetPartyRequest { name, read_time, known_by }).await.map_err(down) {
        Ok(answer) => {
            let at = answer.metadata().get(READ_TIME_KEY).and_then(|at| at.to_str().ok());
            let at = at.and_then(|at| at.parse().ok());
            Ok((Some(answer.into_inner()), at))
        }
        Err(failure) if known_by.is_some() && failure.code == Code::NotFound => {
            let description = format!(
                "the entry of {} as a party, its names and codes, rests on no source that was known by then",
                question.party
            );
            gaps.add(GapKind::NotRecorded, description);
            Ok((None, read_time))
        }
        Err(failure) => Err(failure),
    }
}

/// The legal basis of a state; nothing where no answer has room for it.
async fn legal_basis(
    app: &App,
    question: &Question,
    state: &str,
    read_time: Option<Timestamp>,
    gaps: &mut Gaps,
) -> Result<Option<LegalBasis>, Failure> {
    let request = GetLegalBasisRequest {
        party: state.to_owned(),
        as_of: Some(question.as_of),
        read_time,
        known_by: question.known_by,
        ..GetLegalBasisRequest::default()
    };
    let basis = app.services.agreement_service().get_legal_basis(request).await;
    match basis.map_err(down) {
        Ok(basis) => Ok(Some(basis.into_inner())),
        Err(failure) if failure.reason == ErrorReason::AnswerTooLarge => {
            gaps.add(GapKind::NoRoom, failure.message.clone());
            Ok(None)
        }
        // A state that is bound only as one of a group.
        Err(failure) if failure.reason == ErrorReason::PartyKindInvalid => {
            gaps.add(GapKind::NotRecorded, failure.message.clone());
            Ok(None)
        }
        // A state of a region that is not recorded, or hidden.
        Err(failure) if question.subject.is_region && failure.code == Code::NotFound => {
            gaps.add(GapKind::NotRecorded, failure.message.clone());
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

fn down(status: tonic::Status) -> Failure {
    Failure::downstream("agreements", status)
}
