//! Why a filter found nothing: it asks for something that nothing has, and something else was
//! perhaps meant. Looked for only where a list is empty, so it costs nothing else.

use facts::ErrorReason;
use policy::Clearance;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};

use crate::Chronicle;
use crate::columns::{id, side, v};
use crate::error::Error;
use crate::filter::{At, Term, Wanted, standing, terms};
use crate::fold::{like, nearest};
use crate::lane::Lane;
use crate::reader::{Reader, visible};
use crate::resource::Resource;

/// Values looked through for what was perhaps meant; where there are more, nothing is said.
const MOST_VALUES: u64 = 5000;
/// Terms of a filter that are looked into.
const MOST_TERMS: usize = 5;
/// Values named as perhaps meant, and the most letters of each.
const NAMED: usize = 3;
const LETTERS: usize = 100;

/// The names of resources that a filter asks for, each of which must exist.
pub fn names<T: Resource>(filter: &str) -> Result<Vec<String>, Error> {
    Ok(terms::<T>(filter)?.iter().filter_map(name_of::<T>).collect())
}

/// The name in a term: all of it, or what stands before the first space.
fn name_of<T: Resource>(term: &Term) -> Option<String> {
    match &term.wanted {
        Wanted::Name(name) => Some(name.clone()),
        Wanted::Value(value) => {
            let first = value.split(' ').next().unwrap_or_default();
            let field = T::fields().into_iter().find(|field| field.path == term.path)?;
            field.spelling.is_name(first).then(|| first.to_owned())
        }
        Wanted::Words(_) | Wanted::Other => None,
    }
}

impl Chronicle {
    /// Refuses a filter that found nothing at `at` and asks for something that nothing has: for one
    /// of the names that are `missing`, or for a value where another is like it. What a reader may
    /// not see is not there.
    pub async fn doubt<T: Resource>(
        &self,
        filter: &str,
        missing: &[String],
        at: At,
        reader: &Reader,
    ) -> Result<(), Error> {
        let mut said = Vec::new();
        // Values of what is not public go into no answer but by the one way out, where the log
        // keeps it.
        let terms = terms::<T>(filter)?;
        // A choice is a question as long as one alternative is no name that is missing.
        let there = |term: &&Term| !name_of::<T>(term).is_some_and(|name| missing.contains(&name));
        let open: Vec<usize> =
            terms.iter().filter(there).map(|term| term.choice).filter(|it| *it > 0).collect();
        // Each term may read a whole table.
        let _turn = self.turn(Lane::Page).await;
        let terms = terms.into_iter().filter(|term| !matches!(term.wanted, Wanted::Other));
        for mut term in terms.take(MOST_TERMS) {
            let name = name_of::<T>(&term).filter(|name| missing.contains(name));
            if name.is_some() && open.contains(&term.choice) {
                continue;
            }
            if let Some(name) = name {
                term.wanted = Wanted::Name(name);
            } else if matches!(term.wanted, Wanted::Name(_)) {
                continue;
            }
            let held = self.held::<T>(&term, at, reader).await?;
            said.extend(doubt_of(&term, &held));
        }
        if said.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("filter", ErrorReason::FilterNamesNothing, said.join("; ")))
    }

    /// The values that a field has, as far as the reader may see.
    async fn held<T: Resource>(&self, term: &Term, at: At, reader: &Reader) -> Result<Held, Error> {
        let mut held = Held::default();
        for row in self.db.query_all(&values::<T>(term.path, at, reader)).await? {
            let Some(value) = row.try_get::<Option<String>>("", "held")? else { continue };
            if row.try_get::<i32>("", "is_public")? == 1 {
                held.public.push(value.clone());
            }
            held.all.push(value);
        }
        Ok(held)
    }
}

/// The values of a field, as far as a reader may see.
#[derive(Default)]
struct Held {
    all: Vec<String>,
    /// The values of public resources.
    public: Vec<String>,
}

fn values<T: Resource>(path: &str, at: At, reader: &Reader) -> SelectStatement {
    let is_many = T::fields().iter().any(|field| field.path == path && field.many());
    let is_public = Expr::case(visible::<T>(&Clearance::public(), at), 1).finally(0);
    let mut query = Query::select();
    query
        .distinct()
        .expr_as(is_public, id("is_public"))
        .from_as(id(T::KIND), id("v"))
        .cond_where(standing("v", at))
        .cond_where(visible::<T>(&reader.clearance, at))
        .and_where(v("deleted").eq(false))
        .limit(MOST_VALUES);
    if is_many {
        let s = |column: &str| Expr::col((id("s"), id(column)));
        query
            .expr_as(s("value"), id("held"))
            .join_as(JoinType::InnerJoin, id(side(T::KIND, path)), id("s"), s("uid").eq(v("uid")))
            .cond_where(standing("s", at));
    } else {
        query.expr_as(v(path), id("held"));
    }
    query
}

/// Returns what is wrong with a term, where a field holds these values.
fn doubt_of(term: &Term, held: &Held) -> Option<String> {
    let public = held.public.iter().map(String::as_str);
    let is_all = u64::try_from(held.all.len()).is_ok_and(|all| all < MOST_VALUES);
    let (what, meant) = match &term.wanted {
        Wanted::Name(name) => {
            let meant = nearest(name, public).into_iter().collect();
            ("no such resource, or it is deleted".to_owned(), meant)
        }
        Wanted::Other => return None,
        Wanted::Value(asked) | Wanted::Words(asked) => {
            let whole = matches!(term.wanted, Wanted::Value(_));
            let is = |it: &String| if whole { it == asked } else { it.contains(asked.as_str()) };
            if !is_all || held.all.iter().any(is) {
                return None;
            }
            let is_meant = like(asked);
            let meant: Vec<&str> = public.filter(|value| is_meant(value)).take(NAMED).collect();
            if meant.is_empty() {
                return None;
            }
            (format!("no `{}` has this", term.path), meant)
        }
    };
    let short = |value: &&str| format!("\"{}\"", value.chars().take(LETTERS).collect::<String>());
    let meant: Vec<String> = meant.iter().map(short).collect();
    let hint = match meant.as_slice() {
        [] => String::new(),
        meant => format!("; did you mean {}?", meant.join(" or ")),
    };
    Some(format!("{}{what}{hint}", term.place))
}
