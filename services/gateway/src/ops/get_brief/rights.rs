//! What is asked about the party, and what delegations did there.

use std::collections::BTreeMap;

use api::registan::partnership::v1::{ActivityCount, RightsPart};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::recommendation_service_client::RecommendationServiceClient;
use api::registan::rights::v1::{ListActivitiesRequest, ListRecommendationsRequest};
use chassis::Failure;
use chassis::client::Connection;
use prost_types::Timestamp;
use tonic::Status;

use super::{Question, there};
use crate::App;

/// Two kinds of call, all at the instant of the first.
pub async fn part(app: &App, question: &Question) -> Result<RightsPart, Failure> {
    let down = |status| Failure::downstream("rights-reporting", status);
    let request = ListRecommendationsRequest {
        filter: format!("parties:\"{}\" AND adopted <= {}", question.party, question.day()),
        order_by: "adopted desc".to_owned(),
        page_size: 1000,
        read_time: question.read_time,
        ..ListRecommendationsRequest::default()
    };
    let mut client = RecommendationServiceClient::new(app.rights_reporting.clone());
    let page = client.list_recommendations(request).await.map_err(down)?.into_inner();
    let activities = count(&app.rights_reporting, question, page.read_time).await.map_err(down)?;
    let left_out = if page.next_page_token.is_empty() {
        ""
    } else {
        "only the newest 1000 recommendations are listed"
    };
    Ok(RightsPart {
        status: Some(there(page.read_time, left_out)),
        recommendations: page.recommendations,
        activities,
    })
}

/// What delegations did there by that day, counted by kind and outcome.
async fn count(
    connection: &Connection,
    question: &Question,
    read_time: Option<Timestamp>,
) -> Result<Vec<ActivityCount>, Status> {
    let mut client = ActivityServiceClient::new(connection.clone());
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
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(counts
        .into_iter()
        .map(|((kind, outcome), count)| ActivityCount { kind, outcome, count })
        .collect())
}
