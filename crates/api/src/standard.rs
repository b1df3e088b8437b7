//! What the requests of the standard methods (AIP-131 to 135) have in common; the impls are generated from the contract.

use prost_types::{FieldMask, Timestamp};

use crate::registan::r#type::v1::{ChangeKind, Operation};

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
        resume_token: String,
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
    /// AIP-135: also with what lies within it.
    pub force: bool,
}

/// An Undelete request (AIP-164).
pub trait Undelete: prost::Message {
    /// What it asks.
    fn parts(self) -> DeleteParts;
}

/// An Export request.
pub trait Export: prost::Message {
    /// What it asks.
    fn parts(self) -> ExportParts;
}

/// What an Export request asks.
#[derive(Debug)]
pub struct ExportParts {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// AIP-160 filter.
    pub filter: String,
    /// AIP-132 order.
    pub order_by: String,
    /// Deleted ones too.
    pub show_deleted: bool,
    /// The instant of the record; absent for now.
    pub read_time: Option<Timestamp>,
}

/// A Watch request.
pub trait Watch: prost::Message {
    /// The message of the resource.
    type Resource: Removed;
    /// The message of one event.
    type Response;
    /// What it asks.
    fn parts(self) -> WatchParts;
    /// An event.
    fn response(
        kind: ChangeKind,
        resource: Option<Self::Resource>,
        resume_token: String,
        read_time: Option<Timestamp>,
    ) -> Self::Response;
}

/// A resource of which nothing is left but who it was.
pub trait Removed {
    /// Name and uid alone.
    fn removed(name: String, uid: String) -> Self;
}

/// What a Watch request asks.
#[derive(Debug)]
pub struct WatchParts {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// AIP-160 filter.
    pub filter: String,
    /// Where to go on.
    pub resume_token: String,
}

/// A request for the revisions of a resource.
pub trait Revisions: prost::Message {
    /// The message of the resource.
    type Resource;
    /// The message of a page.
    type Response;
    /// What it asks.
    fn parts(self) -> RevisionsParts;
    /// A page.
    fn response(
        revisions: Vec<RevisionParts<Self::Resource>>,
        next_page_token: String,
        read_time: Option<Timestamp>,
    ) -> Self::Response;
}

/// What a request for revisions asks.
#[derive(Debug)]
pub struct RevisionsParts {
    /// Resource name.
    pub name: String,
    /// Revisions a page, as sent.
    pub page_size: i32,
    /// Token of the page before.
    pub page_token: String,
    /// The instant of the record; absent for now.
    pub read_time: Option<Timestamp>,
}

/// One revision; the contract says what each field means.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is explained in the contract, in every service")]
pub struct RevisionParts<R> {
    pub revision: i64,
    pub record_time: Option<Timestamp>,
    pub operation: Operation,
    pub author: String,
    pub changed: Option<FieldMask>,
    pub resource: R,
}

/// A Diff request.
pub trait Diff: prost::Message {
    /// The message of the resource.
    type Resource;
    /// The message of one difference.
    type Response;
    /// What it asks.
    fn parts(self) -> DiffParts;
    /// A difference.
    fn response(
        kind: ChangeKind,
        before: Option<Self::Resource>,
        after: Option<Self::Resource>,
        changed: Option<FieldMask>,
    ) -> Self::Response;
}

/// What a Diff request asks.
#[derive(Debug)]
pub struct DiffParts {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// AIP-160 filter.
    pub filter: String,
    /// The first instant.
    pub from_time: Option<Timestamp>,
    /// The second; absent for now.
    pub to_time: Option<Timestamp>,
}

include!(concat!(env!("OUT_DIR"), "/standard.rs"));
