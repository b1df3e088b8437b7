//! Checks that the resources which another refers to exist: a query a kind here, a call for each
//! thousand names elsewhere.

use std::collections::{BTreeSet, HashSet};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use api::registan::references::v1::reference_service_client::ReferenceServiceClient;
use api::registan::references::v1::{CheckReferencesRequest, CheckReferencesResponse, Publication};
use api::registan::r#type::v1::PartialDate;
use chassis::client::Connection;
use chassis::failure::{ErrorReason, Failure, Violation};
use chronicle::{Chronicle, Error, Reader, Resource};
use facts::Day;
use facts::check::matches_pattern;

use crate::Served;
use crate::family::{Children, Of};
use crate::known::{Known, SOURCES};
use crate::records::reader;
use crate::referrers::{By, Referrers};
use crate::sources::{MOST_NAMES, Sources};
use tonic::{Request, Response, Status};

/// Resources that are read at a time for the parts they have: each may be large.
const MOST_WHOLES: usize = 16;

type Found = Pin<Box<dyn Future<Output = Result<Vec<String>, Error>> + Send>>;
type Finder = Box<dyn Fn(Arc<Chronicle>, Vec<String>) -> Found + Send + Sync>;

/// The service that knows the resources of a name pattern.
enum Knower {
    /// This service: gives those of the names that exist.
    Here(Finder),
    /// Another service, by its name and client.
    There(&'static str, ReferenceServiceClient<Connection>),
}

/// The kinds that this service can refer to, and the services that know them.
pub struct References {
    chronicle: Arc<Chronicle>,
    kinds: Vec<(&'static str, Knower)>,
    children: Vec<Box<dyn Children>>,
    referrers: Vec<Box<dyn Referrers>>,
    sources: Sources,
}

impl References {
    /// Nothing yet.
    pub fn new(chronicle: Arc<Chronicle>) -> Self {
        Self {
            chronicle,
            kinds: Vec::new(),
            children: Vec::new(),
            referrers: Vec::new(),
            sources: Sources::Unknown,
        }
    }

    /// The resources of this kind and their parts, kept here.
    #[must_use]
    pub fn here<T: Served>(mut self) -> Self {
        self.referrers.push(Box::new(By::<T>(PhantomData)));
        if T::PARENT.is_some() {
            self.children.push(Box::new(Of::<T>(PhantomData)));
        }
        if T::REFERABLE { self.names::<T>() } else { self }
    }

    /// The names of the resources of this kind and of their parts.
    fn names<T: Served>(mut self) -> Self {
        let find: Finder = Box::new(|chronicle, names| {
            Box::pin(async move { chronicle.known::<T>(&names, &reader()).await })
        });
        self.kinds.push((T::PATTERN, Knower::Here(find)));
        T::parts()
            .into_iter()
            .fold(self, |all, (pattern, names_of)| all.parts::<T>(pattern, names_of))
    }

    /// The references of these kinds.
    pub(crate) fn referrers(
        &self,
        kinds: &'static [&'static str],
    ) -> impl Iterator<Item = &dyn Referrers> {
        self.referrers.iter().map(AsRef::as_ref).filter(move |one| kinds.contains(&one.kind()))
    }

    /// The kinds that lie within this one.
    pub(crate) fn children(&self, kind: &'static str) -> impl Iterator<Item = &dyn Children> {
        self.children.iter().map(AsRef::as_ref).filter(move |children| children.of() == kind)
    }

    /// Parts of the resources of this kind, kept here:
    /// `agreements/{agreement}/provisions/{provision}`.
    fn parts<T: Resource>(
        mut self,
        pattern: &'static str,
        names_of: fn(&T) -> Vec<String>,
    ) -> Self {
        let depth = T::PATTERN.split('/').count();
        let find: Finder = Box::new(move |chronicle, names| {
            Box::pin(async move {
                let whole =
                    |name: &String| name.split('/').take(depth).collect::<Vec<_>>().join("/");
                let wholes: BTreeSet<String> = names.iter().map(whole).collect();
                let wholes: Vec<String> = wholes.into_iter().collect();
                let mut parts = Vec::new();
                for some in wholes.chunks(MOST_WHOLES) {
                    let found = chronicle.find::<T>(some, &reader()).await?;
                    parts.extend(found.iter().flat_map(|stored| names_of(&stored.value)));
                }
                Ok(parts)
            })
        });
        self.kinds.push((pattern, Knower::Here(find)));
        self
    }

    /// Resources of these patterns, kept by another service.
    #[must_use]
    pub fn there(
        mut self,
        patterns: &[&'static str],
        service: &'static str,
        connection: &Connection,
    ) -> Self {
        for pattern in patterns {
            let client = ReferenceServiceClient::new(connection.clone())
                .max_decoding_message_size(chassis::server::MAX_ENCODING);
            if *pattern == SOURCES {
                self.sources = Sources::Remote(service, client.clone());
            }
            self.kinds.push((pattern, Knower::There(service, client)));
        }
        self
    }

    /// The sources that facts rest on, kept by this service, and when each was published.
    #[must_use]
    pub fn sources<T: Served>(mut self, published: fn(&T) -> Option<PartialDate>) -> Self {
        self.sources = Sources::local(published);
        self
    }

    /// Returns which of the sources had been published by a day, as the record stood at an instant.
    /// Of what the reader may not see it is not known.
    pub(crate) async fn known(
        &self,
        names: BTreeSet<String>,
        day: Day,
        read_time: i64,
        reader: &Reader,
    ) -> Result<Known, Failure> {
        let published =
            self.sources.known(&self.chronicle, names, (day, read_time), reader).await?;
        Ok(Known::of(published, day))
    }

    /// Returns when those of the names were published that are sources of this service.
    pub(crate) async fn publications(
        &self,
        names: Vec<String>,
        read_time: Option<i64>,
    ) -> Result<Vec<Publication>, Failure> {
        self.sources.published(&self.chronicle, names, read_time, &reader()).await
    }

    /// Returns the names that do not exist, in order.
    pub async fn missing(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let mut found: HashSet<String> = HashSet::new();
        let mut elsewhere: Vec<(&'static str, &ReferenceServiceClient<Connection>, Vec<String>)> =
            Vec::new();
        for (pattern, knower) in &self.kinds {
            let of_kind: BTreeSet<&String> =
                names.iter().filter(|name| matches_pattern(name, pattern)).collect();
            if of_kind.is_empty() {
                continue;
            }
            let of_kind: Vec<String> = of_kind.into_iter().cloned().collect();
            match knower {
                Knower::Here(find) => {
                    let here = find(Arc::clone(&self.chronicle), of_kind).await;
                    found.extend(here.map_err(|error| crate::failure::from_record("", error))?);
                }
                Knower::There(service, client) => {
                    match elsewhere.iter_mut().find(|other| other.0 == *service) {
                        Some((_, _, all)) => all.extend(of_kind),
                        None => elsewhere.push((service, client, of_kind)),
                    }
                }
            }
        }
        for (service, client, all) in elsewhere {
            for asked in all.chunks(MOST_NAMES) {
                let request = CheckReferencesRequest { names: asked.to_vec() };
                let answer = client.clone().check_references(request).await;
                let answer =
                    answer.map_err(|status| Failure::downstream(service, status))?.into_inner();
                let missing: HashSet<&String> = answer.missing.iter().collect();
                found.extend(asked.iter().filter(|name| !missing.contains(name)).cloned());
            }
        }
        Ok(names.iter().filter(|name| !found.contains(*name)).cloned().collect())
    }
}

/// Answers which of the names in a request of another service do not exist.
pub async fn check_references(
    references: Arc<References>,
    request: Request<CheckReferencesRequest>,
) -> Result<Response<CheckReferencesResponse>, Status> {
    let names = request.into_inner().names;
    if names.len() > MOST_NAMES {
        let description = format!("has {} names; at most {MOST_NAMES} are taken", names.len());
        return Err(Failure::invalid(vec![Violation::new(
            "names",
            ErrorReason::TooMany,
            description,
        )])
        .into());
    }
    let missing = references.missing(&names).await?;
    Ok(Response::new(CheckReferencesResponse { missing }))
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::Party;
    use chassis::clock::SystemClock;
    use chronicle::schema::Schema;
    use chronicle::{Field, Shown, database};
    use facts::Check;
    use policy::Tier;
    use sea_orm_migration::SchemaManager;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::Reference;

    /// Lies within a book, and nothing may refer to it.
    #[derive(Clone, PartialEq, Serialize, Deserialize)]
    struct Page(String);

    impl Resource for Page {
        const KIND: &'static str = "page";
        const PATTERN: &'static str = "books/{book}/pages/{page}";
        const PARENT: Option<(&'static str, &'static str)> = Some(("book", "book"));

        fn name(&self) -> &str {
            &self.0
        }

        fn tier(&self) -> Tier {
            Tier::Public
        }

        fn fields() -> Vec<Field<Self>> {
            Vec::new()
        }
    }

    impl Served for Page {
        type Message = Party;
        type Held = Self;
        type Sent = Party;
        const ORDER: &'static str = "";
        const REFERABLE: bool = false;

        fn read(_: &mut Check, name: String, _: Party) -> Self {
            Self(name)
        }

        fn send(shown: Shown<Self>) -> Result<Party, String> {
            Ok(Self::write(shown))
        }

        fn write(_: Shown<Self>) -> Party {
            Party::default()
        }

        fn references(&self) -> Vec<Reference> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn what_nothing_may_refer_to_still_is_a_child_and_a_referrer() {
        testkit::on_both(|url| async move {
            let db = database::open(&url).await.expect("it opens");
            Schema::service().apply(&SchemaManager::new(&db)).await.expect("it is made");
            let record = Chronicle::open(db, Arc::new(SystemClock)).await.expect("it opens");
            let references = References::new(Arc::new(record)).here::<Page>();

            assert_eq!(references.children("book").count(), 1);
            assert_eq!(references.referrers(&["page"]).count(), 1);
            let names = ["books/law/pages/p1".to_owned()];
            assert_eq!(references.missing(&names).await.expect("nobody is asked"), names);
        })
        .await;
    }
}
