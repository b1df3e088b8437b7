//! The requests of the standard methods (AIP-131 to 135) of any resource; the impls are generated
//! from the contract.

use prost::{Message, Name};
use prost_types::{FieldMask, Timestamp};

use crate::registan::r#type::v1::{ChangeKind, Date, Operation};
use crate::rpc::{Rpc, ServerStreaming, Unary};

/// The request of a method.
pub type Request<M> = <M as Rpc>::Request;
/// The answer of a method, or one of its answers.
pub type Response<M> = <M as Rpc>::Response;

/// The message of a resource with the ten standard methods: their types, how their requests are
/// taken apart and their answers put together.
pub trait Standard: Message + Name + Default + Clone + 'static {
    /// AIP-131.
    type Get: Rpc<Kind = Unary, Response = Self>;
    /// AIP-132.
    type List: Rpc<Kind = Unary>;
    /// AIP-133.
    type Create: Rpc<Kind = Unary, Response = Self>;
    /// AIP-134.
    type Update: Rpc<Kind = Unary, Response = Self>;
    /// AIP-135, softly.
    type Delete: Rpc<Kind = Unary, Response = Self>;
    /// AIP-164.
    type Undelete: Rpc<Kind = Unary, Response = Self>;
    /// All of a list, without pages.
    type Export: Rpc<Kind = ServerStreaming, Response = Self>;
    /// Watch.
    type Watch: Rpc<Kind = ServerStreaming>;
    /// AIP-162: the versions of one.
    type Revisions: Rpc<Kind = Unary>;
    /// Diff.
    type Diff: Rpc<Kind = ServerStreaming>;

    /// The number of the field of a List response that holds the resources.
    const ITEMS: u32;
    /// The number of the field of an event of Watch that holds the resource.
    const CHANGED: u32;

    /// The resources of its package with a field that names it or a part of it, as the contract
    /// says: the singulars of their names. They are searched before one is deleted.
    const REFERRED_BY: &'static [&'static str];

    /// Returns its name.
    fn name(&self) -> &str;
    /// Returns its etag, as sent.
    fn etag(&self) -> &str;
    /// Returns a resource of which nothing is left but name and uid.
    fn removed(name: String, uid: String) -> Self;

    /// Returns the parts of a Get request.
    fn get(request: Request<Self::Get>) -> GetParts;
    /// Returns the parts of a List request.
    fn list(request: Request<Self::List>) -> ListParts;
    /// Returns the parts of a Create request.
    fn create(request: Request<Self::Create>) -> CreateParts<Self>;
    /// Returns the parts of an Update request.
    fn update(request: Request<Self::Update>) -> UpdateParts<Self>;
    /// Returns the parts of a Delete request.
    fn delete(request: Request<Self::Delete>) -> DeleteParts;
    /// Returns the parts of an Undelete request.
    fn undelete(request: Request<Self::Undelete>) -> DeleteParts;
    /// Returns the parts of an Export request.
    fn export(request: Request<Self::Export>) -> ExportParts;
    /// Returns the parts of a Watch request.
    fn watch(request: Request<Self::Watch>) -> WatchParts;
    /// Returns the parts of a request for revisions.
    fn revisions(request: Request<Self::Revisions>) -> RevisionsParts;
    /// Returns the parts of a Diff request.
    fn diff(request: Request<Self::Diff>) -> DiffParts;

    /// Returns a page of a List.
    fn page(
        items: Vec<Self>,
        next_page_token: String,
        read_time: Option<Timestamp>,
        resume_token: String,
    ) -> Response<Self::List>;
    /// Returns an event of a Watch.
    fn event(
        kind: ChangeKind,
        resource: Option<Self>,
        resume_token: String,
        read_time: Option<Timestamp>,
    ) -> Response<Self::Watch>;
    /// Returns a page of revisions.
    fn revisions_page(
        revisions: Vec<RevisionParts<Self>>,
        next_page_token: String,
        read_time: Option<Timestamp>,
    ) -> Response<Self::Revisions>;
    /// Returns an answer of a Diff.
    fn difference(
        kind: ChangeKind,
        before: Option<Self>,
        after: Option<Self>,
        changed: Option<FieldMask>,
    ) -> Response<Self::Diff>;
}

/// The parts of a Get request.
#[derive(Debug)]
pub struct GetParts {
    /// Resource name.
    pub name: String,
    /// The instant of the record; absent for now.
    pub read_time: Option<Timestamp>,
    /// The day on which it must have been known; absent for any.
    pub known_by: Option<Date>,
}

/// The parts of a List request; see the contract for each field.
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
    /// The day on which it must have been known; absent for any.
    pub known_by: Option<Date>,
}

/// The parts of a Create request.
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

/// The parts of an Update request.
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

/// The parts of a Delete request.
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

/// The parts of an Export request.
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
    /// The day on which it must have been known; absent for any.
    pub known_by: Option<Date>,
}

/// The parts of a Watch request.
#[derive(Debug)]
pub struct WatchParts {
    /// The parent's name; empty for resources without one.
    pub parent: String,
    /// AIP-160 filter.
    pub filter: String,
    /// Where to go on.
    pub resume_token: String,
}

/// The parts of a request for revisions.
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

/// The parts of a Diff request.
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
