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
/// could be seen of them then, and ever since. Raising a tier hides the past, and lowering it again
/// does not show it. What lies within a hidden resource is hidden.
pub fn visible<T: Resource>(clearance: &Clearance, at: At) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    if at == At::Now {
        let own = Condition::all().add(clearance.condition("v"));
        return own.add(within_seen_now::<T>(clearance));
    }
    ever_since::<T>(clearance, at)
}

/// Returns whether the versions `v` could be seen at an instant at which they stood, by what they
/// said themselves, and what they lay within.
pub(crate) fn could_be_seen<T: Resource>(clearance: &Clearance, time: i64) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    let own = Condition::all().add(clearance.condition("v"));
    own.add(within_seen::<T>(clearance, Expr::val(time)))
}

/// Returns whether what the versions `v` lie within could be seen at an instant.
pub(crate) fn within_seen<T: Resource>(clearance: &Clearance, instant: SimpleExpr) -> Condition {
    let Some((kind, field)) = T::PARENT.filter(|_| !clearance.is_whole()) else {
        return Condition::all();
    };
    let hidden = hidden_since(kind, v(field), instant.clone(), clearance)
        .and_where(h("recorded_from").lte(instant))
        .take();
    Condition::all().add(Expr::exists(hidden).not())
}

/// Returns whether the resources of the versions `v`, and what they lie within, could be seen from
/// an instant on, whatever these versions say.
pub(crate) fn seen_since<T: Resource>(clearance: &Clearance, instant: &SimpleExpr) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    let around = T::PARENT.map(|(kind, field)| (kind, v(field)));
    let both = [(T::KIND, v("name"))].into_iter().chain(around);
    both.fold(Condition::all(), |all, (kind, name)| {
        all.add(none(hidden_since(kind, name, instant.clone(), clearance)))
    })
}

/// Returns whether what has a name of this kind could be seen by everybody from an instant on.
pub(crate) fn public_since(kind: &str, name: SimpleExpr, instant: i64) -> SimpleExpr {
    none(hidden_since(kind, name, Expr::val(instant), &Clearance::public()))
}

/// Returns whether the versions `v` may be seen, and could be ever since `at`; a version that is
/// looked at by itself, since it stood last.
fn ever_since<T: Resource>(clearance: &Clearance, at: At) -> Condition {
    if clearance.is_whole() {
        return Condition::all();
    }
    let instant = match at {
        At::Now => Expr::cust((OPEN - 1).to_string()),
        At::Time(time) => Expr::val(time),
        At::Version => v("recorded_to").sub(1),
    };
    let own = Condition::all().add(clearance.condition("v"));
    own.add(seen_since::<T>(clearance, &instant))
}

/// The versions `h` of what has this name that stood at an instant or after it, and may not be
/// seen.
fn hidden_since(
    kind: &str,
    name: SimpleExpr,
    instant: SimpleExpr,
    clearance: &Clearance,
) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(id(kind), id("h"))
        .and_where(h("name").eq(name))
        .and_where(h("recorded_to").gt(instant))
        // For the index: what is public is never hidden.
        .and_where(hidden_literal())
        .cond_where(clearance.condition("h").not())
        .take()
}

/// Returns whether a query has no row, as one of a value, which planners do not make a join of.
fn none(mut query: SelectStatement) -> SimpleExpr {
    SimpleExpr::from(query.limit(1).take()).is_null()
}

/// As [`visible`], for few versions, each of which is looked up: what is hidden now is not
/// gathered. At an instant that is `now` what is hidden later is of no account.
pub(crate) fn visible_each<T: Resource>(clearance: &Clearance, at: At, is_now: bool) -> Condition {
    match at {
        At::Time(time) if is_now => could_be_seen::<T>(clearance, time),
        _ => ever_since::<T>(clearance, at),
    }
}

fn within_seen_now<T: Resource>(clearance: &Clearance) -> Condition {
    let Some((kind, field)) = T::PARENT else { return Condition::all() };
    Condition::all().add(v(field).not_in_subquery(hidden(kind, "name", clearance)))
}

fn h(column: &str) -> SimpleExpr {
    Expr::col((id("h"), id(column)))
}

fn o(column: &str) -> SimpleExpr {
    Expr::col((id("o"), id(column)))
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
