//! Sums transactions, apart as asked, split so that the parts add up to the whole, and none counted
//! twice.

use chassis::Failure;
use chronicle::{At, ListRequest};
use standard::failure::from_record;

use crate::app::App;
use crate::domain::basis::Told;
use crate::domain::family::Families;
use crate::domain::project::Kind;
use crate::domain::sum::{self, Group, Splits, Sums};
use crate::domain::{Project, Transaction};
use crate::store::{self, Apart};

/// The field of projects that a participant is looked for in.
const PARTICIPANTS: &str = "participants";

/// The request.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// AIP-160, over transactions.
    pub filter: String,
    /// AIP-160, over projects; empty: of all.
    pub project_filter: String,
    /// Of projects of these kinds; empty: of all.
    pub kinds: Vec<Kind>,
    /// By year.
    pub years: bool,
    /// By project.
    pub projects: bool,
    /// By what projects rest on and serve.
    pub bases: Told,
    /// Of projects in which this one takes part: a name, or the key of an identifier; empty: of
    /// all.
    pub participant: String,
    /// The same as the caller wrote it.
    pub given_participant: String,
    /// By recipient, sector and participant, and of which of them.
    pub splits: Splits,
    /// Record time; absent for now.
    pub read_time: Option<i64>,
}

/// The sums, in order, and the record time they hold for. One query; one more where projects with
/// transactions name others, one where a participant is asked for, one where agreements, frameworks
/// or acts are told apart, and, for who may read what is
/// CONFIDENTIAL, one before, and another where somebody wrote meanwhile. A filter that finds
/// nothing is refused where that of a list is.
pub async fn sum_transactions(app: &App, question: &Question) -> Result<(Sums, i64), Failure> {
    let Question { filter, kinds, project_filter, participant, splits, .. } = question;
    let asked = &question.read_time;
    let apart = Apart {
        years: question.years,
        projects: question.projects,
        bases: question.bases,
        shares: splits.need_shares(),
        roles: splits.by_participant || !participant.is_empty(),
    };
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let failed = |error| from_record("registan/Transaction", error);
    let selection = store::Selection { filter, project_filter, kinds };
    let told = store::disclose(chronicle, selection, *asked, &reader).await.map_err(failed)?;
    let ask = |at| store::groups(chronicle, selection, apart, at, &reader);
    let (mut groups, mut read_time) = ask(*asked).await.map_err(failed)?;
    // Somebody wrote meanwhile, or the reader notices the lines that were recorded just now
    // (SECRET): what is told must be of the instant for which it was recorded who reads it.
    if told != *asked && told != Some(read_time) {
        (groups, read_time) = ask(told).await.map_err(failed)?;
    }
    if groups.is_empty() {
        let filter = filter.clone();
        let list = ListRequest { filter, read_time: *asked, ..ListRequest::default() };
        app.records.explain_nothing::<Transaction>(&list).await?;
        let as_said = |description: &str| description.to_owned();
        explain(app, project_filter, "project_filter", *asked, as_said).await?;
    }
    if !participant.is_empty() {
        keep(app, &mut groups, question, read_time).await?;
    }
    let families = if groups.iter().any(|group| !group.member.is_empty()) {
        let members = store::members(chronicle, read_time, &reader).await.map_err(failed)?;
        Families::new(&members)
    } else {
        Families::default()
    };
    Ok((sum::allocate(&groups, splits, &families), read_time))
}

/// Keeps what the participant that is asked for has a part in, by any name of it. One that nobody
/// knows is refused as in a filter of projects.
async fn keep(
    app: &App,
    groups: &mut Vec<Group>,
    question: &Question,
    read_time: i64,
) -> Result<(), Failure> {
    let Question { participant, given_participant, splits, .. } = question;
    let at = At::Time(read_time);
    let known = app.records.chronicle.known_as::<Project>(PARTICIPANTS, participant, at).await;
    let known = known.map_err(|error| from_record("registan/Project", error))?;
    groups.retain(|group| group.roles.has(&known, splits.role));
    if !groups.is_empty() || known.len() > 1 {
        return Ok(());
    }
    let filter = format!("{PARTICIPANTS}:\"{participant}\"");
    // The place in that filter, and the spelling in it, are none that the caller knows.
    let as_given = |description: &str| match description.split_once("`: ") {
        Some((_, problem)) => format!("`{given_participant}`: {problem}"),
        None => description.to_owned(),
    };
    explain(app, &filter, "participant", question.read_time, as_given).await
}

/// Refuses a filter of projects that could find nothing, as a list of projects does, and names the
/// field of the request that it comes from, in the words of `describe`.
async fn explain(
    app: &App,
    filter: &str,
    field: &str,
    read_time: Option<i64>,
    describe: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let filter = filter.to_owned();
    let asked = ListRequest { filter, read_time, ..ListRequest::default() };
    app.records.explain_nothing::<Project>(&asked).await.map_err(|failure| {
        let mut violations = failure.violations.clone();
        if violations.is_empty() {
            return failure;
        }
        for violation in &mut violations {
            field.clone_into(&mut violation.field);
            violation.description = describe(&violation.description);
        }
        Failure::invalid(violations)
    })
}
