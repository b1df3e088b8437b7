//! What is asked about the party, and what delegations did there.

use std::collections::BTreeMap;

use api::registan::partnership::v1::{ActivityCount, RightsPart};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{ListActivitiesRequest, ListRecommendationsRequest};
use chassis::Failure;
use chassis::client::Connection;
use chassis::server::MAX_ENCODING;
use prost_types::Timestamp;
use tonic::Status;

use super::room::Room;
use super::{Question, there};
use crate::App;

/// The bytes of the recommendations that are listed.
const MOST_BYTES: usize = 5 << 18;

/// Two kinds of call, all at the instant of the first.
pub async fn part(app: &App, question: &Question) -> Result<RightsPart, Failure> {
    let down = |status| Failure::downstream("rights-reporting", status);
    let mut request = ListRecommendationsRequest {
        filter: format!("parties:\"{}\" AND adopted <= {}", question.party, question.day()),
        order_by: "adopted desc".to_owned(),
        page_size: 1000,
        read_time: question.read_time,
        ..ListRecommendationsRequest::default()
    };
    let client = RecommendationServiceClient::new(app.rights_reporting.clone());
    let mut client = client.max_decoding_message_size(MAX_ENCODING);
    let (mut room, mut recommendations) = (Room::of(MOST_BYTES), Vec::new());
    let mut left_out = Vec::new();
    loop {
        let page = client.list_recommendations(request.clone()).await.map_err(down)?.into_inner();
        recommendations.extend(page.recommendations.into_iter().take_while(|it| room.take(it)));
        (request.page_token, request.read_time) = (page.next_page_token, page.read_time);
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    if !request.page_token.is_empty() || room.is_full() {
        left_out.push(format!("only the newest {} recommendations are listed", room.items()));
    }
    let counted = count(&app.rights_reporting, question, request.read_time).await;
    let (activities, all) = counted.map_err(down)?;
    if !all {
        left_out.push("only some of the activities are counted".to_owned());
    }
    Ok(RightsPart {
        status: Some(there(request.read_time, left_out.join("; "))),
        recommendations,
        activities,
    })
}

/// What delegations did there by that day, counted by kind and outcome, and whether there was time to count all.
async fn count(
    connection: &Connection,
    question: &Question,
    read_time: Option<Timestamp>,
) -> Result<(Vec<ActivityCount>, bool), Status> {
    let client = ActivityServiceClient::new(connection.clone());
    let mut client = client.max_decoding_message_size(MAX_ENCODING);
    let room = Room::of(0);
    let mut request = ListActivitiesRequest {
        filter: format!("party = \"{}\" AND date <= {}", question.party, question.day()),
        page_size: 1000,
        read_time,
        ..ListActivitiesRequest::default()
    };
    let mut counts: BTreeMap<(i32, i32), i64> = BTreeMap::new();
    loop {
        let page = client.list_activities(request.clone()).await?.into_inner();
        for activity in page.activities {
            *counts.entry((activity.kind, activity.outcome)).or_default() += 1;
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    let counts = counts.into_iter();
    let counts = counts.map(|((kind, outcome), count)| ActivityCount { kind, outcome, count });
    Ok((counts.collect(), request.page_token.is_empty()))
}
