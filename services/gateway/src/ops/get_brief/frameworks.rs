//! Which of the frameworks that projects serve were adopted by a day.

use std::collections::HashMap;

use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::{ListFrameworksRequest, ListFrameworksResponse};
use api::registan::partnership::v1::ProjectSummary;
use api::registan::partnership::v1::part_status::GapKind;
use chassis::Failure;
use chassis::server::MAX_ENCODING;
use prost_types::Timestamp;

use super::Question;
use super::day::{By, date};
use super::gaps::Gaps;
use crate::App;

/// Keeps, of the frameworks that projects serve, those that were adopted by that day, and apart those of which that is not known.
pub async fn served_by(
    app: &App,
    question: &Question,
    projects: &mut [ProjectSummary],
    gaps: &mut Gaps,
) {
    if projects.iter().all(|project| project.frameworks.is_empty()) {
        return;
    }
    let mut page = frameworks(app, question.read_time).await;
    // The instant may be one of another service: see `if_later`.
    if page.as_ref().is_err_and(|failure| *failure.reason == *"READ_TIME_INVALID") {
        page = frameworks(app, None).await;
    }
    match page {
        Ok(page) => keep(page, question, projects, gaps),
        Err(failure) => {
            let description = format!(
                "frameworks are left out: which were adopted by that day is not known: {}",
                failure.message
            );
            gaps.add(GapKind::ServiceUnavailable, description);
            for project in projects {
                project.frameworks.clear();
            }
        }
    }
}

fn keep(
    page: ListFrameworksResponse,
    question: &Question,
    projects: &mut [ProjectSummary],
    gaps: &mut Gaps,
) {
    if !page.next_page_token.is_empty() {
        gaps.add(
            GapKind::NoRoom,
            "of only some of the frameworks it was asked when they were adopted",
        );
    }
    let days = question.days;
    let by: HashMap<String, By> = page
        .frameworks
        .into_iter()
        .map(|framework| (framework.name, By::of(date(framework.adopted).as_ref(), days.as_of)))
        .collect();
    let mut projects_in_doubt = 0;
    for project in projects {
        for name in std::mem::take(&mut project.frameworks) {
            let framework = name.split_once("/priorities/").map_or(name.as_str(), |(it, _)| it);
            match by.get(framework).copied().unwrap_or(By::Unknown) {
                By::Then => project.frameworks.push(name),
                By::Later => {}
                // What is recorded exists today.
                By::Unknown if days.as_of > days.today => project.frameworks.push(name),
                By::Unknown => project.undetermined_frameworks.push(name),
            }
        }
        projects_in_doubt += usize::from(!project.undetermined_frameworks.is_empty());
    }
    gaps.add_some(GapKind::DayNotKnown, projects_in_doubt, || {
        format!("whether frameworks that {projects_in_doubt} projects serve (undeterminedFrameworks) had been adopted by that day is not known: the date is not recorded, or not exactly enough")
    });
}

/// All frameworks, as far as there is room.
async fn frameworks(
    app: &App,
    read_time: Option<Timestamp>,
) -> Result<ListFrameworksResponse, Failure> {
    let request =
        ListFrameworksRequest { page_size: 1000, read_time, ..ListFrameworksRequest::default() };
    let client = FrameworkServiceClient::new(app.agreements.clone());
    let page = client.max_decoding_message_size(MAX_ENCODING).list_frameworks(request).await;
    Ok(page.map_err(|status| Failure::downstream("agreements", status))?.into_inner())
}
