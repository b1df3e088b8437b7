//! The relations that a deletion needs: the children that go with their parent, and who refers to
//! it.

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr,
};
use uuid::Uuid;

use crate::Chronicle;
use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::At;
use crate::layers::Stored;
use crate::limited::Limited;
use crate::read::versions;
use crate::reader::Reader;
use crate::resource::Resource;

/// Which children are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Current children.
    Standing,
    /// Children deleted by a call of this method.
    DeletedBy(&'a str),
}

impl Chronicle {
    /// The next children of a parent that a writer may see, after one of them, in the order of
    /// their uids; for checks and writes, not to be shown. Nothing for a kind without a parent. One
    /// query.
    pub async fn children<T: Resource>(
        &self,
        parent: &str,
        which: Which<'_>,
        after: Uuid,
        most: u64,
        reader: &Reader,
    ) -> Result<Vec<Stored<T>>, Error> {
        let Some(mut query) = within::<T>(parent, reader) else { return Ok(Vec::new()) };
        query.and_where(v("uid").gt(after)).order_by((id("v"), id("uid")), Order::Asc).limit(most);
        match which {
            Which::Standing => query.and_where(v("deleted").eq(false)),
            Which::DeletedBy(method) => {
                let c = |column: &str| Expr::col((id("c"), id(column)));
                let same = Condition::all()
                    .add(c("time").eq(SimpleExpr::from(deletion::<T>())))
                    .add(c("method").eq(method));
                query
                    .join_as(JoinType::InnerJoin, id("change"), id("c"), same)
                    .and_where(v("deleted").eq(true))
            }
        };
        self.readers.query_all(&Limited(&query)).await?.iter().map(|row| self.stored(row)).collect()
    }

    /// The next resources that stand and whose documents hold the bytes of a text, after one of
    /// them, as far as a writer may see; for checks, not to be shown. There is no index for it: it
    /// looks through all that stand.
    pub async fn holding<T: Resource>(
        &self,
        text: &str,
        after: Uuid,
        most: u64,
        reader: &Reader,
    ) -> Result<Vec<Stored<T>>, Error> {
        let query = versions::<T>(At::Now, reader)
            .and_where(v("deleted").eq(false))
            .and_where(v("uid").gt(after))
            .and_where(holds(self.db.get_database_backend(), text))
            .order_by((id("v"), id("uid")), Order::Asc)
            .limit(most)
            .to_owned();
        self.readers.query_all(&Limited(&query)).await?.iter().map(|row| self.stored(row)).collect()
    }
}

/// The children `v` of a parent, deleted ones too, as far as a reader may see; nothing for a kind
/// without a parent.
fn within<T: Resource>(parent: &str, reader: &Reader) -> Option<SelectStatement> {
    let (_, field) = T::PARENT?;
    Some(versions::<T>(At::Now, reader).and_where(v(field).eq(parent)).take())
}

/// The record time at which what the versions `v` are of was deleted last: of the first version
/// since it last stood. What lies within another gets more when the desks of that change.
fn deletion<T: Resource>() -> SelectStatement {
    let of = |name: &'static str| move |column: &str| Expr::col((id(name), id(column)));
    let (d, s) = (of("d"), of("s"));
    let stood = Query::select()
        .expr(Expr::val(1))
        .from_as(id(T::KIND), id("s"))
        .and_where(s("uid").eq(v("uid")))
        .and_where(s("deleted").eq(false))
        .and_where(s("revision").gt(d("revision")))
        .take();
    Query::select()
        .expr(d("recorded_from").min())
        .from_as(id(T::KIND), id("d"))
        .and_where(d("uid").eq(v("uid")))
        .and_where(d("deleted").eq(true))
        .and_where(Expr::exists(stood).not())
        .take()
}

/// As [`within`], of those that stand.
pub(crate) fn standing<T: Resource>(parent: &str, reader: &Reader) -> Option<SelectStatement> {
    Some(within::<T>(parent, reader)?.and_where(v("deleted").eq(false)).take())
}

/// Returns whether the documents of the versions `v` hold the bytes of a text.
pub(crate) fn holds(backend: DbBackend, text: &str) -> SimpleExpr {
    let (document, bytes) = (v("document"), Expr::val(text.as_bytes()));
    let place = match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("POSITION($1 IN $2)", [bytes, document]),
        _ => Expr::cust_with_exprs("INSTR(?, ?)", [document, bytes]),
    };
    place.gt(0)
}
