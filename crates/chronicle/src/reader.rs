//! The reader: its clearance decides what a query finds.

use policy::{Clearance, Desks, Tier};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};

use crate::Chronicle;
use crate::columns::{OPEN, hidden_literal, id, open_literal, v};
use crate::error::Error;
use crate::filter::At;
use crate::resource::Resource;

/// The tier and desks of a resource, which decide who may see and write it, and whether it is
/// deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its tier.
    pub tier: Tier,
    /// Its desks.
    pub desks: Desks,
    /// True if it is deleted.
    pub deleted: bool,
}

/// A reader.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Its clearance.
    pub clearance: Clearance,
    /// The caller, as the log records it.
    pub caller: String,
    /// The action: `agreements.read`.
    pub action: String,
}

impl Reader {
    /// The system itself, which sees everything and answers no caller.
    pub fn system() -> Self {
        Self { clearance: Clearance::whole(), caller: String::new(), action: "system".to_owned() }
    }

    /// Returns an anonymous reader.
    pub fn public() -> Self {
        Self { clearance: Clearance::public(), caller: String::new(), action: "read".to_owned() }
    }
}

/// Returns the condition by which a reader may see the versions `v` of a resource at `at`: what
/// could be seen of them then, and, of an old version, what may be seen of the one that stands now:
/// raising a tier hides the past too. What lies within a hidden resource is hidden.
pub fn visible<T: Resource>(clearance: &Clearance, at: At) -> Condition {
    let now =
        if at == At::Now { within_seen_now::<T>(clearance) } else { seen_now::<T>(clearance) };
    could_be_seen::<T>(clearance, at).add(now)
}

/// Returns whether the versions `v` could be seen when they stood, by what they said themselves,
/// and what they lay within.
pub(crate) fn could_be_seen<T: Resource>(clearance: &Clearance, at: At) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    let all = Condition::all().add(clearance.condition("v"));
    match (T::PARENT, at) {
        (None, _) | (_, At::Now) => all,
        (Some(_), At::Time(time)) => all.add(within_seen::<T>(clearance, Expr::val(time))),
        // At some instant at which the version stood.
        (Some((kind, field)), At::Version) => all.add(Expr::exists(
            parent(kind, field)
                .and_where(o("recorded_from").lt(v("recorded_to")))
                .and_where(o("recorded_to").gt(v("recorded_from")))
                .cond_where(clearance.condition("o"))
                .take(),
        )),
    }
}

/// Returns whether what the versions `v` lie within could be seen at an instant.
pub(crate) fn within_seen<T: Resource>(clearance: &Clearance, instant: SimpleExpr) -> Condition {
    let Some((kind, field)) = T::PARENT.filter(|_| !clearance.is_whole()) else {
        return Condition::all();
    };
    let hidden = parent(kind, field)
        .and_where(o("recorded_from").lte(instant.clone()))
        .and_where(o("recorded_to").gt(instant))
        .cond_where(clearance.condition("o").not())
        .take();
    Condition::all().add(Expr::exists(hidden).not())
}

/// Returns whether the resources of the versions `v` may be seen now, whatever these versions say.
pub(crate) fn seen_now<T: Resource>(clearance: &Clearance) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    let own = v("uid").not_in_subquery(hidden(T::KIND, "uid", clearance));
    Condition::all().add(own).add(within_seen_now::<T>(clearance))
}

/// As [`visible`], for few versions, each of which is looked up: the resources that are hidden now
/// are not gathered. At an instant that is `now` what is hidden later is of no account.
pub(crate) fn visible_each<T: Resource>(clearance: &Clearance, at: At, is_now: bool) -> Condition {
    let could = could_be_seen::<T>(clearance, at);
    if is_now || clearance.is_whole() {
        return could;
    }
    // A query of one value, which planners do not make a join of.
    let current = Query::select()
        .column((id("n"), id("uid")))
        .from_as(id(T::KIND), id("n"))
        .and_where(Expr::col((id("n"), id("uid"))).eq(v("uid")))
        .and_where(Expr::col((id("n"), id("recorded_to"))).eq(open_literal()))
        .cond_where(clearance.condition("n"))
        .take();
    could
        .add(SimpleExpr::from(current).is_not_null())
        .add(within_seen::<T>(clearance, Expr::cust((OPEN - 1).to_string())))
}

fn within_seen_now<T: Resource>(clearance: &Clearance) -> Condition {
    match T::PARENT.filter(|_| !clearance.is_whole()) {
        None => Condition::all(),
        Some((kind, field)) => {
            Condition::all().add(v(field).not_in_subquery(hidden(kind, "name", clearance)))
        }
    }
}

fn o(column: &str) -> SimpleExpr {
    Expr::col((id("o"), id(column)))
}

/// The versions `o` of what the version `v` lies within.
fn parent(kind: &str, field: &str) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(id(kind), id("o"))
        .and_where(o("name").eq(v(field)))
        .take()
}

/// Returns those of a kind that stand now and may not be seen.
pub(crate) fn hidden(kind: &str, column: &str, clearance: &Clearance) -> SelectStatement {
    Query::select()
        .column((id("o"), id(column)))
        .from_as(id(kind), id("o"))
        .and_where(o("recorded_to").eq(open_literal()))
        // For the index: what is public is never hidden.
        .and_where(hidden_literal())
        .cond_where(clearance.condition("o").not())
        .take()
}

impl Chronicle {
    /// Returns what stands under a name, deleted or not, of a kind that is known by its table; for
    /// checks.
    pub async fn access(&self, kind: &str, name: &str) -> Result<Option<Standing>, Error> {
        let query = Query::select()
            .columns(["tier", "desks", "deleted"].map(id))
            .from(id(kind))
            .and_where(Expr::col(id("name")).eq(name))
            .and_where(Expr::col(id("recorded_to")).eq(open_literal()))
            .to_owned();
        let Some(row) = self.readers.query_one(&query).await? else { return Ok(None) };
        let (tier, desks): (i64, i64) = (row.try_get("", "tier")?, row.try_get("", "desks")?);
        let deleted = row.try_get("", "deleted")?;
        let (tier, desks) = (Tier::from_level(tier), Desks::from_bits(desks));
        Ok(Some(Standing { tier, desks, deleted }))
    }
}
