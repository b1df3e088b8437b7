//! The law and the policy of projects, as their fields name them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chronicle::filter::standing;
use chronicle::{At, Chronicle, Error, Lane, Resource};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr, UnionType,
};

use crate::domain::Project;
use crate::domain::basis::{Basis, Told};

/// Projects that are looked up by their names; of more all are read.
const FEW: usize = 500;

fn id(name: impl Into<String>) -> Alias {
    Alias::new(name)
}

fn column(table: &str, path: &str) -> SimpleExpr {
    Expr::col((id(table), id(path)))
}

/// The values of a field of projects at `at`.
fn values(field: &str, at: At) -> SelectStatement {
    Query::select()
        .from_as(id(format!("{}_{field}", Project::KIND)), id("s"))
        .cond_where(standing("s", at))
        .to_owned()
}

/// Returns the condition that the project `table` names something at `at` that is told apart.
pub fn is_based(table: &str, told: Told, at: At) -> Condition {
    let uid = column(table, "uid");
    told.fields().fold(Condition::any(), |any, field| {
        let named = values(field, at).column((id("s"), id("uid"))).to_owned();
        any.add(uid.clone().in_subquery(named))
    })
}

/// The basis of each project at a record time, by its name, as far as it is told apart.
/// Not to be shown but beside what the reader may see: nobody was asked. One query; of few projects
/// only for these.
pub async fn bases(
    chronicle: &Chronicle,
    told: Told,
    read_time: i64,
    names: &BTreeSet<&str>,
) -> Result<HashMap<String, Arc<Basis>>, Error> {
    let at = At::Time(read_time);
    let few = (names.len() <= FEW).then(|| column("p", "name").is_in(names.iter().copied()));
    let mut fields = told.fields().map(|field| {
        let project = column("p", "uid").eq(column("s", "uid"));
        let project = Condition::all().add(project).add(standing("p", at)).add_option(few.clone());
        values(field, at)
            .columns([("p", "name"), ("s", "value")].map(|(table, it)| (id(table), id(it))))
            .join_as(JoinType::InnerJoin, id(Project::KIND), id("p"), project)
            .to_owned()
    });
    let Some(mut query) = fields.next() else { return Ok(HashMap::new()) };
    for field in fields {
        query.union(UnionType::All, field);
    }
    let turn = chronicle.turn(Lane::Page).await;
    let rows = chronicle.db.query_all(&query).await?;
    drop(turn);
    let mut bases: HashMap<String, Basis> = HashMap::new();
    for row in &rows {
        let value: String = row.try_get("", "value")?;
        bases.entry(row.try_get("", "name")?).or_default().add(&value, told);
    }
    Ok(bases.into_iter().map(|(name, basis)| (name, Arc::new(basis))).collect())
}
