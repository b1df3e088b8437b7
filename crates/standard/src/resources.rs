//! The one list of the resources of a service.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::rpc::search_service::Search;
use chronicle::filter::{At, filter};
use chronicle::schema::Schema;
use chronicle::verify::Kind;
use chronicle::{Chronicle, Field, Searched};
use facts::Day;
use prost::Name;

use serving::Methods;

use crate::judged::judge;
use crate::methods::resource;
use crate::{Judged, New, Records, References, Served};

/// How a resource can be asked, whatever its type; for tests that hold it against the contract.
pub struct Asked {
    /// The full name of its message.
    pub message: String,
    /// As [`Resource::AUDITED`](chronicle::Resource::AUDITED).
    pub is_audited: bool,
    /// As [`Resource::LAYERED`](chronicle::Resource::LAYERED).
    pub is_layered: bool,
    /// The paths that a filter may use.
    pub filters: BTreeSet<String>,
    /// The paths that an order may use.
    pub orders: BTreeSet<String>,
    /// Returns whether a filter is accepted.
    pub takes: fn(&str) -> bool,
}

impl Asked {
    fn of<T: Served>() -> Self {
        let paths = |can: fn(&Field<T>) -> bool| {
            T::fields().iter().filter(|it| can(it)).map(|it| it.path().to_owned()).collect()
        };
        Self {
            message: T::Message::full_name(),
            is_audited: T::AUDITED,
            is_layered: T::LAYERED,
            filters: paths(Field::is_filterable),
            orders: paths(Field::is_sortable),
            takes: |text| filter::<T>(text, At::Now).is_ok(),
        }
    }
}

/// The name of a message, and how a resource of it is judged.
type Judge = (fn() -> String, fn(New<'_>, Day) -> Judged);

/// The resources of a service. Its tables, what `registan verify` and `registan log` read, what
/// others may refer to, and the methods it serves are made from this list.
#[derive(Default)]
pub struct Resources {
    schema: Vec<fn(Schema) -> Schema>,
    references: Vec<fn(References) -> References>,
    methods: Vec<fn(Methods, &Records) -> Methods>,
    asked: Vec<fn() -> Asked>,
    judges: Vec<Judge>,
    searched: Vec<Searched>,
}

impl Resources {
    /// Adds a resource.
    #[must_use]
    pub fn with<T: Served>(mut self) -> Self {
        self.schema.push(Schema::with::<T>);
        self.references.push(References::here::<T>);
        self.methods.push(resource::<T>);
        self.asked.push(Asked::of::<T>);
        self.judges.push((T::Message::full_name, judge::<T>));
        self.searched.extend(Searched::of::<T>());
        self
    }

    /// Adds indexes for the queries of a service's own.
    #[must_use]
    pub fn with_indexes(mut self, add: fn(Schema) -> Schema) -> Self {
        self.schema.push(add);
        self
    }

    /// Returns the tables that keep them.
    pub fn schema(&self) -> Schema {
        self.schema.iter().fold(Schema::service(), |schema, add| add(schema))
    }

    /// Returns what is kept in the tables, to be verified.
    pub fn kinds(&self) -> Vec<Kind> {
        self.schema().into_kinds()
    }

    /// Returns what other resources may refer to, as far as it is kept in this record.
    pub fn references(&self, chronicle: Arc<Chronicle>) -> References {
        self.references.iter().fold(References::new(chronicle), |references, add| add(references))
    }

    /// Returns how each of them can be asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.iter().map(|of| of()).collect()
    }

    /// Returns the judgement of a resource of the message of this full name, as far as that needs
    /// no record; nothing if it is kept elsewhere. No day of an act is later than `today`.
    pub fn judge(&self, message: &str, new: New<'_>, today: Day) -> Option<Judged> {
        let judge = self.judges.iter().find(|(name, _)| name() == message);
        judge.map(|(_, judge)| judge(new, today))
    }

    /// Returns their standard methods, and the search of those that have words.
    pub fn methods(&self, records: &Records) -> Methods {
        let methods = self.methods.iter();
        let methods = methods.fold(Methods::default(), |methods, add| add(methods, records));
        let search = (records.clone(), self.searched.clone().into());
        methods.unary(Search, &search, crate::search::search)
    }
}
