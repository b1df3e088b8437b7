//! The kinds that a search looks in.

use std::pin::Pin;

use policy::Clearance;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, ExprTrait};
use uuid::Uuid;
use words::Weight;

use crate::Chronicle;
use crate::columns::v;
use crate::error::Error;
use crate::filter::At;
use crate::layers::Stored;
use crate::limited::padded;
use crate::read::versions;
use crate::reader::{Reader, visible_each};
use crate::resource::Resource;
use crate::shown::Readings;

/// A kind that a search looks in.
#[derive(Clone, Copy)]
pub struct Searched {
    /// Its name in the record.
    pub kind: &'static str,
    /// As [`Resource::THROUGH`].
    pub(super) through: &'static [(&'static str, &'static str)],
    /// True if it lies within resources that may be hidden.
    pub(super) is_within: bool,
    /// As [`visible_each`].
    pub(super) visible: fn(&Clearance, At, bool) -> Condition,
    /// Reads the texts of these resources that a reader may see.
    pub(super) texts: for<'a> fn(&'a Chronicle, Vec<Uuid>, At, &'a Reader) -> Reading<'a>,
}

type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Texts>, Error>> + Send + 'a>>;

impl Searched {
    /// The resources `T`; nothing where they are not searched.
    pub fn of<T: Resource>() -> Option<Self> {
        T::SEARCHED.then_some(Self {
            kind: T::KIND,
            through: T::THROUGH,
            is_within: T::PARENT.is_some(),
            visible: visible_each::<T>,
            texts: |chronicle, uids, at, reader| Box::pin(texts::<T>(chronicle, uids, at, reader)),
        })
    }
}

/// The texts of a resource.
pub(super) struct Texts {
    pub uid: Uuid,
    /// The first that is a name, or else the first.
    pub title: String,
    /// As [`Resource::said`] has them.
    pub said: Vec<String>,
    /// To be recorded before any of it is shown.
    pub readings: Readings,
}

async fn texts<T: Resource>(
    chronicle: &Chronicle,
    uids: Vec<Uuid>,
    at: At,
    reader: &Reader,
) -> Result<Vec<Texts>, Error> {
    let query = versions::<T>(at, reader).and_where(v("uid").is_in(padded(uids))).to_owned();
    let mut found = Vec::new();
    for row in chronicle.db.query_all(&query).await? {
        let stored: Stored<T> = chronicle.stored(&row)?;
        let said = stored.value.said();
        let named = said.iter().find(|said| said.weight == Weight::Name).or(said.first());
        let title = named.map(|said| words::title(&said.text)).unwrap_or_default();
        let said = said.into_iter().map(|said| said.text.into_owned()).collect();
        let readings = reader.readings(at, [&stored]);
        found.push(Texts { uid: stored.uid, title, said, readings });
    }
    Ok(found)
}
