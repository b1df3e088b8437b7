//! The projects that name others, or are named.

use chronicle::filter::standing;
use chronicle::read::v;
use chronicle::reader::visible;
use chronicle::{At, Chronicle, Error, Lane, Reader, Resource};
use policy::Clearance;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr,
};

use crate::domain::Project;
use crate::domain::family::Member;
use crate::domain::kin::Kin;

/// The side table of whom projects name, by name and by identifier.
const RELATIONS: &str = "project_relations";

fn id(name: &str) -> Alias {
    Alias::new(name)
}

/// Returns the condition that the project `table` names another at `at`, or is named, as far as a
/// caller of this clearance can see, or had another identifier by which it may be named.
pub fn is_member(table: &str, at: At, clearance: &Clearance) -> Condition {
    let column = |path: &str| -> SimpleExpr { Expr::col((id(table), id(path))) };
    Condition::any()
        .add(column("kin").ne(""))
        .add(column("uid").in_subquery(relations("uid", at, clearance)))
        .add(column("name").in_subquery(relations("value", at, clearance)))
        .add(column("iati_identifier").in_subquery(relations("value", at, clearance)))
}

/// Whom projects name: what is hidden, or deleted, names nobody. Who sees everything is spared the
/// look at the projects.
fn relations(column: &str, at: At, clearance: &Clearance) -> SelectStatement {
    let mut query = Query::select()
        .column((id("s"), id(column)))
        .from_as(id(RELATIONS), id("s"))
        .cond_where(standing("s", at))
        .to_owned();
    if !clearance.is_whole() {
        let seen = Condition::all()
            .add(v("uid").eq(Expr::col((id("s"), id("uid")))))
            .add(v("deleted").eq(false))
            .add(standing("v", at))
            .add(visible::<Project>(clearance, at));
        query.join_as(JoinType::InnerJoin, id(Project::KIND), id("v"), seen);
    }
    query
}

/// The projects that name others at a record time, or are named, as far as a reader may see them.
/// One query.
pub async fn members(
    chronicle: &Chronicle,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Member>, Error> {
    let at = At::Time(read_time);
    let query = Query::select()
        .columns(["name", "iati_identifier", "kin"].map(|path| (id("v"), id(path))))
        .from_as(id(Project::KIND), id("v"))
        .cond_where(standing("v", at))
        .cond_where(visible::<Project>(&reader.clearance, at))
        .and_where(v("deleted").eq(false))
        .cond_where(is_member("v", at, &reader.clearance))
        .to_owned();
    let turn = chronicle.turn(Lane::Page).await;
    let rows = chronicle.db.query_all(&query).await?;
    drop(turn);
    let member = |row: &sea_orm::QueryResult| {
        let label: String = row.try_get("", "kin")?;
        let kin = Kin::from_label(&label)
            .map_err(|error| Error::Corrupt(format!("the relations of a project: {error}")))?;
        let identifier = row.try_get("", "iati_identifier")?;
        Ok(Member { name: row.try_get("", "name")?, identifier, kin })
    };
    rows.iter().map(member).collect()
}
