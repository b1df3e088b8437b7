//! Sums transactions, apart as asked, split so that the parts add up to the whole, and none counted
//! twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use chassis::Failure;
use chronicle::filter::asks_for;
use chronicle::{At, Error, ListRequest};
use standard::failure::from_record;

use crate::app::App;
use crate::domain::asked::Reason;
use crate::domain::basis::Told;
use crate::domain::family::Families;
use crate::domain::levels;
use crate::domain::project::Kind;
use crate::domain::roles::Names;
use crate::domain::sum::{self, Group, LeftOut, Splits, Sums};
use crate::domain::{Project, Transaction};
use crate::store::{self, Apart, Selection};

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

/// The sums, in order, and the record time they hold for. One query; two more where projects with
/// transactions name others, and two where projects are selected by what they rest on or serve; one
/// where a participant is asked for, one where participants are told apart, one where agreements,
/// frameworks or acts are, and, for who may read what is CONFIDENTIAL, one before each that reads
/// what is summed or below; and another for each where somebody wrote meanwhile. A filter that
/// finds nothing is refused where that of a list is.
pub async fn sum_transactions(app: &App, question: &Question) -> Result<(Sums, i64), Failure> {
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let (selection, asked) = (question.selection(), question.read_time);
    let told = store::disclose(chronicle, selection, asked, &reader).await.map_err(failed)?;
    let ask = |at| store::groups(chronicle, selection, question.apart(), at, &reader);
    let (mut groups, mut read_time) = ask(asked).await.map_err(failed)?;
    // Somebody wrote meanwhile, or the reader notices the lines that were recorded just now
    // (SECRET): what is told must be of the instant for which it was recorded who reads it.
    if told != asked && told != Some(read_time) {
        (groups, read_time) = ask(told).await.map_err(failed)?;
    }
    if groups.is_empty() {
        let filter = question.filter.clone();
        let list = ListRequest { filter, read_time: asked, ..ListRequest::default() };
        app.records.explain_nothing::<Transaction>(&list).await?;
        let as_said = |description: &str| description.to_owned();
        explain(app, &question.project_filter, "project_filter", asked, as_said).await?;
    }
    let known = known(app, question, read_time).await?;
    if let Some(known) = &known {
        groups.retain(|group| group.roles.has(known, question.splits.role));
        if groups.is_empty() && known.len() < 2 {
            refuse_unknown(app, question).await?;
        }
    }
    let (mut families, mut left_out) = (Families::default(), LeftOut::default());
    if question.selects_by_basis() || groups.iter().any(|group| !group.member.is_empty()) {
        let members = store::members(chronicle, read_time, &reader).await.map_err(failed)?;
        families = Families::new(&members);
        let whole = whole(app, question, &groups, known.as_ref(), read_time).await?;
        left_out = levels::left_out(&whole, &question.splits.vocabulary, &families);
        for group in below(app, question, &families, known.as_ref(), read_time).await? {
            left_out.insert((group.measure(), group.member.clone()), Reason::NotSelected);
            groups.push(group);
        }
    }
    base(app, question, &mut groups, &families, read_time).await?;
    name(app, question, &mut groups, read_time).await?;
    Ok((sum::allocate(&groups, &question.splits, &left_out), read_time))
}

/// Looks up the law and the policy of the projects, where they are told apart: of one that names
/// none, those of the nearest above it that does.
async fn base(
    app: &App,
    question: &Question,
    groups: &mut [Group],
    families: &Families,
    read_time: i64,
) -> Result<(), Failure> {
    if !question.bases.any() {
        return Ok(());
    }
    let own = groups.iter().map(|group| group.based.as_str()).filter(|name| !name.is_empty());
    let names = own.chain(families.names()).collect();
    let told = question.bases.looked_up();
    let found = store::bases(&app.records.chronicle, told, read_time, &names).await;
    let mut found = found.map_err(failed)?;
    let mut inherited = families.inherit(&found);
    for basis in found.values_mut().chain(inherited.values_mut()) {
        Arc::make_mut(basis).keep(question.bases);
    }
    for group in groups {
        let basis = inherited.get(&group.member).or_else(|| found.get(&group.based));
        group.basis = basis.cloned().unwrap_or_default();
    }
    Ok(())
}

/// Gives the participants, where they are told apart, one name each.
async fn name(
    app: &App,
    question: &Question,
    groups: &mut [Group],
    read_time: i64,
) -> Result<(), Failure> {
    if !question.splits.by_participant {
        return Ok(());
    }
    let names = Names::published(groups.iter().map(|group| &group.roles));
    let at = At::Time(read_time);
    let known = app.records.chronicle.named_by::<Project>(PARTICIPANTS, names.keys(), at).await;
    let names = names.recorded(known.map_err(|error| from_record("registan/Project", error))?);
    for group in groups {
        group.roles.name(&names);
    }
    Ok(())
}

/// The money of projects below those that a filter selects by what they rest on or serve, and that
/// do not match it themselves: it may be of the same law or policy, and is summed for none.
async fn below(
    app: &App,
    question: &Question,
    families: &Families,
    known: Option<&BTreeSet<String>>,
    read_time: i64,
) -> Result<Vec<Group>, Failure> {
    if !question.selects_by_basis() {
        return Ok(Vec::new());
    }
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let of_families = Selection { is_of_families: true, ..question.selection() };
    let selected = store::selected(chronicle, of_families, read_time, &reader).await;
    let names = families.below(&selected.map_err(failed)?);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let selection = Selection { project_filter: "", names: Some(&names), ..of_families };
    store::disclose(chronicle, selection, Some(read_time), &reader).await.map_err(failed)?;
    let mut groups = groups_at(app, question, selection, question.apart(), read_time).await?;
    if let Some(known) = known {
        groups.retain(|group| group.roles.has(known, question.splits.role));
    }
    Ok(groups)
}

/// The groups of a selection at the instant of the answer. Totals are kept of what stands now: only
/// where somebody wrote meanwhile is the past asked.
async fn groups_at(
    app: &App,
    question: &Question,
    selection: Selection<'_>,
    apart: Apart,
    read_time: i64,
) -> Result<Vec<Group>, Failure> {
    let (chronicle, reader) = (&app.records.chronicle, standard::reader());
    let ask = |at| store::groups(chronicle, selection, apart, at, &reader);
    let (groups, at) = ask(question.read_time).await.map_err(failed)?;
    if at == read_time {
        return Ok(groups);
    }
    Ok(ask(Some(read_time)).await.map_err(failed)?.0)
}

/// All money of the families of which something is summed: of all projects that may be summed,
/// whichever transactions are. Where the filter is about projects, of those that it found.
async fn whole(
    app: &App,
    question: &Question,
    summed: &[Group],
    known: Option<&BTreeSet<String>>,
    read_time: i64,
) -> Result<Vec<Group>, Failure> {
    let selection = Selection { filter: "", is_of_families: true, ..question.selection() };
    let apart = Apart { shares: true, roles: known.is_some(), ..Apart::default() };
    let mut groups = groups_at(app, question, selection, apart, read_time).await?;
    if let Some(known) = known {
        groups.retain(|group| group.roles.has(known, question.splits.role));
    }
    if asks_for::<Transaction>(&question.filter, "project") {
        let found: BTreeSet<&str> = summed.iter().map(|group| group.member.as_str()).collect();
        groups.retain(|group| found.contains(group.member.as_str()));
    }
    Ok(groups)
}

fn failed(error: Error) -> Failure {
    from_record("registan/Transaction", error)
}

impl Question {
    fn selection(&self) -> Selection<'_> {
        let Self { filter, project_filter, kinds, .. } = self;
        Selection { filter, project_filter, kinds, is_of_families: false, names: None }
    }

    /// Returns whether its projects are selected by what they rest on or serve.
    fn selects_by_basis(&self) -> bool {
        let mut fields = ["agreements", "frameworks", "acts"].into_iter();
        fields.any(|field| asks_for::<Project>(&self.project_filter, field))
    }

    fn apart(&self) -> Apart {
        Apart {
            years: self.years,
            projects: self.projects,
            bases: self.bases,
            shares: self.splits.need_shares(),
            roles: self.splits.by_participant || !self.participant.is_empty(),
        }
    }
}

/// All names of the participant that is asked for; nothing where none is.
async fn known(
    app: &App,
    question: &Question,
    read_time: i64,
) -> Result<Option<BTreeSet<String>>, Failure> {
    let Question { participant, .. } = question;
    if participant.is_empty() {
        return Ok(None);
    }
    let at = At::Time(read_time);
    let known = app.records.chronicle.known_as::<Project>(PARTICIPANTS, participant, at).await;
    known.map(Some).map_err(|error| from_record("registan/Project", error))
}

/// Refuses a participant that nobody knows as a filter of projects does.
async fn refuse_unknown(app: &App, question: &Question) -> Result<(), Failure> {
    let Question { participant, given_participant, .. } = question;
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
