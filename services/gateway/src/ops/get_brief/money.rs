//! The money: sums of transactions, and what is recorded for the party.

use api::registan::partnership::v1::{MoneyPart, ProjectSummary};
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{ListProjectsRequest, Project, SumTransactionsRequest};
use chassis::Failure;
use chassis::server::MAX_ENCODING;

use super::room::Room;
use super::{Question, there};
use crate::App;
use crate::ops::party::country_code;

/// The bytes of the projects that are listed.
const MOST_BYTES: usize = 3 << 18;

/// Two kinds of call, all at the instant of the first.
pub async fn part(app: &App, question: &Question) -> Result<MoneyPart, Failure> {
    let down = |status| Failure::downstream("projects", status);
    let country = country_code(&question.party);
    let request = SumTransactionsRequest {
        group_by: vec![Dimension::Recipient.into(), Dimension::Year.into()],
        filter: format!("date <= {}", question.day()),
        read_time: question.read_time,
        ..SumTransactionsRequest::default()
    };
    let sums = TransactionServiceClient::new(app.projects.clone())
        .max_decoding_message_size(MAX_ENCODING)
        .sum_transactions(request)
        .await
        .map_err(down)?;
    let sums = sums.into_inner();
    let mut request = ListProjectsRequest {
        filter: format!("recipients:\"{country}\""),
        order_by: "title".to_owned(),
        page_size: 1000,
        read_time: sums.read_time,
        ..ListProjectsRequest::default()
    };
    let client = ProjectServiceClient::new(app.projects.clone());
    let mut client = client.max_decoding_message_size(MAX_ENCODING);
    let (mut room, mut projects) = (Room::of(MOST_BYTES), Vec::new());
    loop {
        let page = client.list_projects(request.clone()).await.map_err(down)?.into_inner();
        let fitting = page.projects.into_iter().map(summary).take_while(|item| room.take(item));
        projects.extend(fitting);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    let left_out = if request.page_token.is_empty() && !room.is_full() {
        String::new()
    } else {
        format!("only the first {} projects are listed", room.items())
    };
    Ok(MoneyPart {
        status: Some(there(sums.read_time, left_out)),
        sums: sums.sums.into_iter().filter(|sum| sum.recipient == country).collect(),
        projects,
    })
}

fn summary(project: Project) -> ProjectSummary {
    ProjectSummary {
        project: project.name,
        title: project.title,
        kind: project.kind,
        project_status: project.status,
        amounts: project.amounts,
        frameworks: project.frameworks,
    }
}
