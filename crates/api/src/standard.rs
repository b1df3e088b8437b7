//! What the requests of the standard methods (AIP-131 to 135) have in common; the impls are generated from the contract.

use prost_types::{FieldMask, Timestamp};

/// The message of a resource.
pub trait Resource {
    /// Its name.
    fn name(&self) -> &str;
    /// Its etag, as sent.
    fn etag(&self) -> &str;
}

/// A Get request.
pub trait Get: prost::Message {
    /// What it asks.
    fn parts(self) -> GetParts;
}

/// What a Get request asks.
#[derive(Debug)]
pub struct GetParts {
    /// Resource name.
    pub name: String,
    /// The instant of the record; absent for now.
    pub read_time: Option<Timestamp>,
}

/// A List request.
pub trait List: prost::Message {
    /// The message of one item.
    type Resource;
    /// The message of a page.
    type Response;
    /// What it asks.
    fn parts(self) -> ListParts;
    /// A page of these items.
    fn response(
        items: Vec<Self::Resource>,
        next_page_token: String,
        read_time: Option<Timestamp>,
    ) -> Self::Response;
}

/// What a List request asks; see the contract for each field.
#[derive(Debug)]
pub struct ListParts {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// Items a page, as sent.
    pub page_size: i32,
    /// Token of the page before.
    pub page_token: String,
    /// AIP-160 filter.
    pub filter: String,
    /// AIP-132 order.
    pub order_by: String,
    /// Deleted ones too.
    pub show_deleted: bool,
    /// The instant of the record; absent for now.
    pub read_time: Option<Timestamp>,
}

/// A Create request.
pub trait Create: prost::Message {
    /// The message of the resource.
    type Resource;
    /// What it asks.
    fn parts(self) -> CreateParts<Self::Resource>;
}

/// What a Create request asks.
#[derive(Debug)]
pub struct CreateParts<R> {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// The last part of the name; empty to let the server choose.
    pub id: String,
    /// The resource.
    pub resource: Option<R>,
    /// AIP-155.
    pub request_id: String,
    /// AIP-163.
    pub validate_only: bool,
}

/// An Update request.
pub trait Update: prost::Message {
    /// The message of the resource.
    type Resource;
    /// What it asks.
    fn parts(self) -> UpdateParts<Self::Resource>;
}

/// What an Update request asks.
#[derive(Debug)]
pub struct UpdateParts<R> {
    /// The resource: its name, its etag, its new values.
    pub resource: Option<R>,
    /// Which fields to take.
    pub update_mask: Option<FieldMask>,
    /// AIP-155.
    pub request_id: String,
    /// AIP-163.
    pub validate_only: bool,
}

/// A Delete request.
pub trait Delete: prost::Message {
    /// What it asks.
    fn parts(self) -> DeleteParts;
}

/// What a Delete request asks.
#[derive(Debug)]
pub struct DeleteParts {
    /// Resource name.
    pub name: String,
    /// AIP-154.
    pub etag: String,
    /// AIP-155.
    pub request_id: String,
    /// AIP-163.
    pub validate_only: bool,
}

include!(concat!(env!("OUT_DIR"), "/standard.rs"));
