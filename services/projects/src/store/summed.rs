//! The audit records of a sum: a sum over one transaction reveals its amount.

use chronicle::filter::standing;
use chronicle::read::{holds, v, with_head};
use chronicle::totals::{COUNTED, sum, summands};
use chronicle::{At, Chronicle, Error, Lane, Reader, Resource};
use policy::Tier;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, JoinType, Query, SimpleExpr};

use super::sums::{Selection, is_selected};
use crate::domain::{Project, Transaction};

/// How the log names the reading.
const METHOD: &str = "SumTransactions";

/// Records, for the transactions of a sum that are above RESTRICTED or lie in a project that is,
/// that their projects were read: a line each, however many transactions there are. Gives the
/// instant to sum at, so that nothing is in the sum that was not recorded. One query, and none for
/// who may read nothing of it.
pub async fn disclose(
    chronicle: &Chronicle,
    selection: Selection<'_>,
    read_time: Option<i64>,
    reader: &Reader,
) -> Result<Option<i64>, Error> {
    if !reader.clearance.top().is_audited() {
        return Ok(read_time);
    }
    let at = chronicle.at(read_time, reader).await?;
    let id = |name: &str| Alias::new(name);
    let p = |path: &str| -> SimpleExpr { Expr::col((id("p"), id(path))) };
    let project = Condition::all().add(p("name").eq(v("project"))).add(standing("p", At::Now));
    let above = |tier: SimpleExpr| tier.gt(Tier::Restricted.level());
    let read = Query::select()
        .columns(["uid", "revision", "name"].map(|path| (id("p"), id(path))))
        .from_subquery(summands::<Transaction>(selection.filter, at, reader)?, id("v"))
        .join_as(JoinType::InnerJoin, id(Project::KIND), id("p"), project)
        .and_where(above(v("tier")).or(above(p("tier"))))
        .cond_where(is_selected("p", selection, at, reader)?)
        .add_group_by(["uid", "revision", "name"].map(p))
        .and_having(sum("v", COUNTED).gt(0))
        .to_owned();
    let turn = chronicle.turn(Lane::Page).await;
    let rows = chronicle.db.query_all(&with_head(read, reader)).await?;
    drop(turn);
    let (mut head, mut versions) = (0, Vec::with_capacity(rows.len()));
    for row in &rows {
        head = row.try_get("", "head")?;
        let Some(name) = row.try_get::<Option<String>>("", "name")? else { continue };
        if selection.has(&name) {
            versions.push((row.try_get("", "uid")?, row.try_get("", "revision")?));
        }
    }
    chronicle.told::<Project>(reader, METHOD, &versions).await?;
    // An empty record has no instant.
    Ok(Some(holds(at, head)).filter(|time| *time > 0).or(read_time))
}
