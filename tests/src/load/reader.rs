//! A client that reads from all services, by turns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{GetPartyRequest, ListPartiesRequest};
use api::registan::partnership::v1::part_status::GapKind;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::{Brief, GetBriefRequest, PartStatus};
use api::registan::projects::v1::ListProjectsRequest;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::rights::v1::ListRecommendationsRequest;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use tokio::time::sleep;

use super::calls::Kind;
use super::session::Session;

/// The calls, in turn.
const TURNS: [Kind; 6] = [
    Kind::GetBrief,
    Kind::GetParty,
    Kind::ListProjects,
    Kind::GetBrief,
    Kind::ListRecommendations,
    Kind::ListParties,
];
const PAGE: i32 = 10;

/// Reads until it is told to stop; `party` is a state.
pub async fn read(session: Session, party: String, pause: Duration, stop: &AtomicBool) {
    for kind in TURNS.into_iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        ask(&session, kind, &party).await;
        sleep(pause).await;
    }
}

async fn ask(session: &Session, kind: Kind, party: &str) {
    let (channel, calls, party) = (session.channel.clone(), &session.calls, party.to_owned());
    // How it ended is in the log.
    match kind {
        Kind::GetBrief => {
            let request = session.request(GetBriefRequest { party, ..Default::default() });
            let mut client = PartnershipServiceClient::new(channel);
            let _ = calls.make(kind, client.get_brief(request), lacks).await;
        }
        Kind::ListProjects => {
            let list = ListProjectsRequest { page_size: PAGE, ..Default::default() };
            let mut client = ProjectServiceClient::new(channel);
            let call = client.list_projects(session.request(list));
            let _ = calls.make(kind, call, |_| None).await;
        }
        Kind::ListRecommendations => {
            let list = ListRecommendationsRequest { page_size: PAGE, ..Default::default() };
            let mut client = RecommendationServiceClient::new(channel);
            let call = client.list_recommendations(session.request(list));
            let _ = calls.make(kind, call, |_| None).await;
        }
        Kind::ListParties => {
            let list = ListPartiesRequest { page_size: PAGE, ..Default::default() };
            let mut client = PartyServiceClient::new(channel);
            let _ = calls.make(kind, client.list_parties(session.request(list)), |_| None).await;
        }
        Kind::GetParty | Kind::CreateParty | Kind::UpdateParty => {
            let get = GetPartyRequest { name: party, ..Default::default() };
            let mut client = PartyServiceClient::new(channel);
            let call = client.get_party(session.request(get));
            let _ = calls.make(Kind::GetParty, call, |_| None).await;
        }
    }
}

/// The parts of a brief that are not there because a service did not answer.
fn lacks(brief: &Brief) -> Option<String> {
    let law = brief.law.as_ref().and_then(|part| part.status.as_ref());
    let money = brief.money.as_ref().and_then(|part| part.status.as_ref());
    let rights = brief.rights.as_ref().and_then(|part| part.status.as_ref());
    let is_away = |status: &&PartStatus| {
        status.gaps.iter().any(|gap| gap.kind() == GapKind::ServiceUnavailable)
    };
    let reasons: Vec<_> = [law, money, rights]
        .into_iter()
        .flatten()
        .filter(is_away)
        .map(|status| status.reason.as_str())
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
