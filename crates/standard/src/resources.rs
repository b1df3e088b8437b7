//! The one list of the resources of a service.

use std::sync::Arc;

use chronicle::Chronicle;
use chronicle::schema::Schema;
use chronicle::verify::Kind;

use crate::{Methods, Records, References, Served};

/// The resources of a service. Its tables, what `registan verify` and `registan log` read, what others may refer to, and the
/// methods it serves are made from this list.
#[derive(Default)]
pub struct Resources {
    schema: Vec<fn(Schema) -> Schema>,
    references: Vec<fn(References) -> References>,
    methods: Vec<fn(Methods, &Records) -> Methods>,
}

impl Resources {
    /// Adds a resource.
    #[must_use]
    pub fn with<T: Served>(mut self) -> Self {
        self.schema.push(Schema::with::<T>);
        self.references.push(References::here::<T>);
        self.methods.push(Methods::resource::<T>);
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

    /// Returns their standard methods.
    pub fn methods(&self, records: &Records) -> Methods {
        self.methods.iter().fold(Methods::default(), |methods, add| add(methods, records))
    }
}
