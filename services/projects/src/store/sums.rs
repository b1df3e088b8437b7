//! The one statement of the sums.

use std::collections::BTreeSet;
use std::sync::Arc;

use chronicle::filter::{filter, standing};
use chronicle::read::{holds, v, with_head};
use chronicle::reader::visible;
use chronicle::totals::{COUNTED, sum, summands};
use chronicle::{At, Chronicle, Error, Lane, Reader, Resource};
use facts::total::Total;
use policy::Clearance;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{ConnectionTrait, QueryResult};

use super::bases::is_based;
use super::kin::is_member;
use crate::domain::basis::Told;
use crate::domain::project::Kind;
use crate::domain::roles::Roles;
use crate::domain::shares::Shares;
use crate::domain::sum::Group;
use crate::domain::transaction::Type;
use crate::domain::{Project, Transaction};

/// Projects that are selected by their names; of more, those of families are read.
const FEW: usize = 500;

/// Which transactions are summed.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// AIP-160.
    pub filter: &'a str,
    /// Of projects that match, AIP-160; empty: of all.
    pub project_filter: &'a str,
    /// Of projects of these kinds; empty: of all.
    pub kinds: &'a [Kind],
    /// Only of projects that name others, or are named.
    pub is_of_families: bool,
    /// Only of these projects, which are of families.
    pub names: Option<&'a BTreeSet<String>>,
}

impl Selection<'_> {
    /// Returns whether a project is one of these names, where names are wanted.
    pub fn has(&self, name: &str) -> bool {
        self.names.is_none_or(|names| names.contains(name))
    }
}

/// The keys that the statement groups by, besides type, currency and kind of project.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column or none")]
pub struct Apart {
    /// By year.
    pub years: bool,
    /// By project.
    pub projects: bool,
    /// By how the amounts are split.
    pub shares: bool,
    /// By who takes part.
    pub roles: bool,
    /// By what the projects rest on and serve.
    pub bases: Told,
}

/// The sums of the transactions that are selected and stand undeleted, and the record time they
/// hold for. Whom they rest on is not read yet. One query.
pub async fn groups(
    chronicle: &Chronicle,
    selection: Selection<'_>,
    apart: Apart,
    read_time: Option<i64>,
    reader: &Reader,
) -> Result<(Vec<Group>, i64), Error> {
    let at = chronicle.at(read_time, reader).await?;
    let of_projects =
        of_projects(summands::<Transaction>(selection.filter, at, reader)?, apart, at);
    let mut statement = of_kinds(of_projects, selection.kinds, apart, at, &reader.clearance);
    statement.cond_where(is_selected("p", selection, at, reader)?);
    let turn = chronicle.turn(Lane::Page).await;
    let rows = chronicle.db.query_all(&with_head(statement, reader)).await?;
    drop(turn);
    let head: i64 = match rows.first() {
        Some(row) => row.try_get("", "head")?,
        None => return Err(Error::Corrupt("the head row is gone".to_owned())),
    };
    let groups = rows.iter().filter_map(|row| group(row, apart).transpose());
    let mut groups: Vec<Group> = groups.collect::<Result<_, Error>>()?;
    groups.retain(|group| selection.has(&group.member));
    Ok((groups, holds(at, head)))
}

/// Returns the condition that the project `table` is selected: that it is of families and of these
/// names where that is wanted, and matches a filter and may be seen by its reader. Of many names it
/// is only that it is of families: see [`Selection::has`].
pub fn is_selected(
    table: &str,
    selection: Selection<'_>,
    at: At,
    reader: &Reader,
) -> Result<Condition, Error> {
    let Selection { project_filter, is_of_families, names, .. } = selection;
    let few = names.filter(|names| names.len() <= FEW);
    let all = Condition::all()
        .add_option(is_of_families.then(|| is_member(table, at, &reader.clearance)))
        .add_option(few.map(|names| column(table, "name").is_in(names)));
    if project_filter.trim().is_empty() {
        return Ok(all);
    }
    let matching = Query::select()
        .column((id("v"), id("uid")))
        .from_as(id(Project::KIND), id("v"))
        .cond_where(standing("v", at))
        .cond_where(visible::<Project>(&reader.clearance, at))
        .cond_where(filter::<Project>(project_filter, at).map_err(of_projects_filter)?)
        .to_owned();
    Ok(all.add(column(table, "uid").in_subquery(matching)))
}

/// The names of the projects that are selected at a record time. One query.
pub async fn selected(
    chronicle: &Chronicle,
    selection: Selection<'_>,
    read_time: i64,
    reader: &Reader,
) -> Result<BTreeSet<String>, Error> {
    let at = At::Time(read_time);
    let query = Query::select()
        .column((id("p"), id("name")))
        .from_as(id(Project::KIND), id("p"))
        .cond_where(standing("p", at))
        .cond_where(is_selected("p", selection, at, reader)?)
        .to_owned();
    let _turn = chronicle.turn(Lane::Page).await;
    let rows = chronicle.db.query_all(&query).await?;
    rows.iter().map(|row| Ok(row.try_get("", "name")?)).collect()
}

/// The same error, of the other filter.
fn of_projects_filter(error: Error) -> Error {
    match error {
        Error::Invalid { reason, message, .. } => {
            Error::Invalid { argument: "project_filter", reason, message }
        }
        error => error,
    }
}

fn id(name: &str) -> Alias {
    Alias::new(name)
}

fn column(table: &str, path: &str) -> SimpleExpr {
    Expr::col((id(table), id(path)))
}

/// The sums of each project: so that what belongs to it is looked up once, not for each of its
/// transactions.
fn of_projects(summands: SelectStatement, apart: Apart, at: At) -> SelectStatement {
    let mut query = Query::select()
        .expr_as(sum("v", COUNTED), id("transactions"))
        .from_subquery(summands, id("v"))
        .and_where(v("project").not_in_subquery(deleted_projects(at)))
        .and_having(sum("v", COUNTED).gt(0))
        .to_owned();
    for path in ["billions", "units", "nanos"] {
        query.expr_as(sum("v", path), id(path));
    }
    let parts = [(apart.years, "year"), (apart.shares, "shares")];
    let asked = parts.into_iter().filter_map(|(is_asked, path)| is_asked.then_some(path));
    for path in ["type", "currency", "project"].into_iter().chain(asked) {
        query.column((id("v"), id(path))).add_group_by([v(path)]);
    }
    query
}

/// The sums of the projects, brought together by kind and by what else is asked. Those that name
/// others, or are named, stay apart: what is counted in one above is not counted again.
fn of_kinds(
    of_projects: SelectStatement,
    kinds: &[Kind],
    apart: Apart,
    at: At,
    clearance: &Clearance,
) -> SelectStatement {
    let standing =
        Condition::all().add(column("p", "name").eq(column("t", "project"))).add(standing("p", at));
    let mut query = Query::select()
        .from_subquery(of_projects, id("t"))
        .join_as(JoinType::InnerJoin, id(Project::KIND), id("p"), standing)
        .to_owned();
    for path in ["billions", "units", "nanos", "transactions"] {
        query.expr_as(sum("t", path), id(path));
    }
    if !kinds.is_empty() {
        let word = |kind: &Kind| kind.as_str_name().trim_start_matches("KIND_");
        query.and_where(column("p", "kind").is_in(kinds.iter().map(word)));
    }
    let member = Expr::case(is_member("p", at, clearance), column("t", "project")).finally("");
    query.expr_as(member, id("member")).add_group_by([Expr::col(id("member"))]);
    if apart.bases.any() {
        let based = Expr::case(is_based("p", apart.bases, at), column("p", "name")).finally("");
        query.expr_as(based, id("based")).add_group_by([Expr::col(id("based"))]);
    }
    let parts = [
        (true, "type", column("t", "type")),
        (true, "currency", column("t", "currency")),
        (true, "kind", column("p", "kind")),
        (apart.years, "year", column("t", "year")),
        (apart.projects, "project", column("t", "project")),
        (apart.shares, "shares", column("t", "shares")),
        (apart.shares, "project_shares", column("p", "shares")),
        (apart.roles, "roles", column("p", "roles")),
    ];
    for (_, name, key) in parts.into_iter().filter(|(is_asked, ..)| *is_asked) {
        query.expr_as(key.clone(), id(name)).add_group_by([key]);
    }
    query
}

/// The projects that are deleted at `at`: what stands within them counts no more.
fn deleted_projects(at: At) -> SelectStatement {
    Query::select()
        .column((id("d"), id("name")))
        .from_as(id(Project::KIND), id("d"))
        .cond_where(standing("d", at))
        .and_where(Expr::col((id("d"), id("deleted"))).eq(true))
        .to_owned()
}

/// A row as a group; nothing where no transaction matched.
fn group(row: &QueryResult, apart: Apart) -> Result<Option<Group>, Error> {
    let Some(word) = row.try_get::<Option<String>>("", "type")? else { return Ok(None) };
    let corrupt = |what: &str| Error::Corrupt(format!("a sum of transactions: {what}"));
    let r#type = Type::from_str_name(&format!("TYPE_{word}"));
    let kind: String = row.try_get("", "kind")?;
    let known = Kind::from_str_name(&format!("KIND_{kind}"));
    let label = |is_asked: bool, path: &str| -> Result<String, Error> {
        let label: Option<String> = if is_asked { row.try_get("", path)? } else { None };
        Ok(label.unwrap_or_default())
    };
    let shares = |path: &str| {
        Shares::from_label(&label(apart.shares, path)?).map_err(|error| corrupt(&error.to_string()))
    };
    let roles = Roles::from_label(&label(apart.roles, "roles")?);
    let number = |path: &str| row.try_get::<i64>("", path);
    let total = Total::new(number("billions")?, number("units")?, number("nanos")?);
    let year: i64 = if apart.years { row.try_get("", "year")? } else { 0 };
    let group = Group {
        r#type: r#type.ok_or_else(|| corrupt(&format!("the type {word} is not known")))?,
        currency: row.try_get("", "currency")?,
        kind: known.ok_or_else(|| corrupt(&format!("the kind {kind} is not known")))?,
        year: i32::try_from(year).map_err(|error| corrupt(&error.to_string()))?,
        project: label(apart.projects, "project")?,
        member: row.try_get("", "member")?,
        own: shares("shares")?,
        of_project: shares("project_shares")?,
        roles: roles.map_err(|error| corrupt(&error.to_string()))?,
        total,
        based: label(apart.bases.any(), "based")?,
        basis: Arc::default(),
        transactions: row.try_get("", "transactions")?,
    };
    Ok(Some(group))
}
