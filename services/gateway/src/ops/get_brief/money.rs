//! The money: sums of transactions, and what is recorded for the party.

use api::registan::partnership::v1::part_status::GapKind;
use api::registan::partnership::v1::{MoneyPart, ProjectSummary};
use api::registan::projects::v1::left_out_sum::Reason;
use api::registan::projects::v1::project::Status;
use api::registan::projects::v1::sum_transactions_request::Dimension;
use api::registan::projects::v1::{
    LeftOutSum, ListProjectsRequest, Project, SumTransactionsRequest, SumTransactionsResponse,
};
use chassis::Failure;
use prost_types::Timestamp;

use super::Question;
use super::day::By;
use super::frameworks;
use super::gaps::Gaps;
use super::room::Room;
use super::standing::Dates;
use super::subject::Subject;
use crate::App;

/// The bytes of the projects that are listed.
const MOST_BYTES: usize = 3 << 18;

/// Two kinds of call, all at the instant of the first; and one more kind where projects serve
/// frameworks.
pub async fn part(app: &App, question: &Question) -> Result<MoneyPart, Failure> {
    if question.subject.recipients.is_empty() {
        let reason = format!("{} has no country code, by which money is recorded", question.party);
        let status = Some(Gaps::missing(GapKind::NotRecorded, reason));
        return Ok(MoneyPart { status, ..MoneyPart::default() });
    }
    if question.known_by.is_some() {
        return known(app, question).await;
    }
    let sums = sums(app, question).await?;
    let mut gaps = Gaps::default();
    let open = sums.left_out.iter().filter(|left| is_open(left, question)).count();
    gaps.add_some(GapKind::MoneyNotAttributed, open, || {
        "money that may be the party's is in no sum, but in leftOut: nobody said whether or by how much, or projects have more of it, or for others, than the one above or those below where it should be counted, or, on a past day, may have had before that one did".to_owned()
    });
    let (listed, of_projects, _) = projects(app, question, sums.read_time).await?;
    gaps.append(of_projects);
    Ok(MoneyPart {
        status: Some(gaps.there(sums.read_time)),
        sums: sums.sums,
        left_out: sums.left_out,
        projects: listed.projects,
        undetermined: listed.undetermined,
    })
}

/// The projects that were known on a day. No sum is of what was known: a service sums all that is
/// recorded.
async fn known(app: &App, question: &Question) -> Result<MoneyPart, Failure> {
    let mut gaps = Gaps::default();
    gaps.add(
        GapKind::SumNotKnown,
        "sums are left out: they are those of all that is recorded, and not of what was known on a day",
    );
    let (listed, of_projects, read_time) = projects(app, question, question.read_time).await?;
    gaps.append(of_projects);
    Ok(MoneyPart {
        status: Some(gaps.there(read_time)),
        projects: listed.projects,
        undetermined: listed.undetermined,
        ..MoneyPart::default()
    })
}

/// Returns whether it may be the party's and is not counted elsewhere. Money of any day chooses
/// between a project and those below it: on a past day, that of the one above may be later.
fn is_open(left: &LeftOutSum, question: &Question) -> bool {
    left.reason() != Reason::CountedInParent || !question.is_today()
}

async fn sums(app: &App, question: &Question) -> Result<SumTransactionsResponse, Failure> {
    let request = SumTransactionsRequest {
        group_by: vec![Dimension::Year.into()],
        filter: format!("date <= {}", question.day()),
        read_time: question.read_time,
        recipients: question.subject.recipients.clone(),
        ..SumTransactionsRequest::default()
    };
    let sums = app.services.transaction_service().sum_transactions(request).await;
    Ok(sums.map_err(|status| Failure::downstream("projects", status))?.into_inner())
}

/// The projects of a part.
#[derive(Default)]
struct Listed {
    projects: Vec<ProjectSummary>,
    undetermined: Vec<ProjectSummary>,
    /// Of how many it is not known where they stood.
    without_status: usize,
}

/// Reads the projects by that day, and those whose date cannot be determined; with the instant of
/// the record.
async fn projects(
    app: &App,
    question: &Question,
    read_time: Option<Timestamp>,
) -> Result<(Listed, Gaps, Option<Timestamp>), Failure> {
    let mut codes = question.subject.recipients.clone();
    codes.extend(question.subject.around.map(ToOwned::to_owned));
    let mut request = ListProjectsRequest {
        filter: Subject::any("recipients", ":", &codes),
        order_by: "title".to_owned(),
        page_size: 1000,
        read_time,
        known_by: question.known_by,
        ..ListProjectsRequest::default()
    };
    let mut client = app.services.project_service();
    let (mut room, mut listed) = (Room::of(MOST_BYTES), Listed::default());
    loop {
        let page = client.list_projects(request.clone()).await;
        let page = page.map_err(|status| Failure::downstream("projects", status))?.into_inner();
        for project in page.projects {
            if !listed.take(project, question, &mut room) {
                break;
            }
        }
        (request.page_token, request.read_time) = (page.next_page_token, page.read_time);
        if request.page_token.is_empty() || !room.is_left() {
            break;
        }
    }
    let mut gaps = Gaps::default();
    if !request.page_token.is_empty() || room.is_full() {
        gaps.add(GapKind::NoRoom, format!("only the first {} projects are listed", room.items()));
    }
    listed.tell(&mut gaps, question);
    frameworks::served_by(app, question, &mut listed.projects, &mut gaps).await;
    Ok((listed, gaps, request.read_time))
}

impl Listed {
    /// Takes a project in, if there was one by that day or may have been; false where there is no
    /// room.
    fn take(&mut self, project: Project, question: &Question, room: &mut Room) -> bool {
        let dates = Dates::of(&project);
        let by = dates.by(question.days);
        if by == By::Later {
            return true;
        }
        let now = project.status();
        let status = dates.status(now, question.days);
        let mut summary = summary(project);
        if by == By::Unknown {
            summary = ProjectSummary {
                project: summary.project,
                title: summary.title,
                kind: summary.kind,
                ..ProjectSummary::default()
            };
        }
        if !room.take(&summary) {
            return false;
        }
        if by == By::Unknown {
            self.undetermined.push(summary);
            return true;
        }
        self.without_status += usize::from(status.is_none());
        summary.project_status = status.unwrap_or(Status::Unspecified).into();
        self.projects.push(summary);
        true
    }

    fn tell(&self, gaps: &mut Gaps, question: &Question) {
        let undetermined = self.undetermined.len();
        gaps.add_some(GapKind::DayNotKnown, undetermined, || {
            format!("whether {undetermined} projects (undetermined) had begun by that day is not known: their dates are not recorded, or not exactly enough")
        });
        let without = self.without_status;
        gaps.add_some(GapKind::StatusNotKnown, without, || {
            format!("where {without} of the projects stood on that day is not known: only where they stand now is recorded")
        });
        let stated = self.projects.iter().filter(|project| !project.amounts.is_empty()).count();
        let stated = if question.is_today() { 0 } else { stated };
        gaps.add_some(GapKind::AmountNotDated, stated, || {
            format!("the amounts of {stated} projects are as they are stated now: since when is not recorded")
        });
    }
}

fn summary(project: Project) -> ProjectSummary {
    ProjectSummary {
        project: project.name,
        title: project.title,
        kind: project.kind,
        project_status: project.status,
        amounts: project.amounts,
        frameworks: project.frameworks,
        undetermined_frameworks: Vec::new(),
    }
}
