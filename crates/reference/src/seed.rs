//! Seeds a suite with a record: a Create for each, what is there already is left alone.

use anyhow::Context;
use api::codec::Codec;
use chassis::client::Connection;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};
use tonic::client::Grpc;
use tonic::{Code, Request};

use crate::{Loaded, Place, Record};

/// The counts of what was seeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records that are new now.
    pub created: usize,
    /// Records that were there already.
    pub existing: usize,
}

/// Seeds a whole record, in order. `progress` hears how many are done, and of how many. An error
/// names the record, and has the [`tonic::Status`] of a Create that was refused.
pub async fn seed(
    loaded: &Loaded,
    agreements: Connection,
    projects: Connection,
    rights: Connection,
    progress: impl Fn(usize, usize),
) -> anyhow::Result<Summary> {
    loaded.sound()?;
    let connections = Connections { agreements, projects, rights };
    let count = loaded.all().count();
    let mut summary = Summary::default();
    for (done, (collection, record)) in loaded.all().enumerate() {
        let package = record.resource.descriptor().package_name().to_owned();
        let created = create(record, connections.of(&package)).await;
        let created = created.with_context(|| {
            let Place { file, line, .. } = &record.place;
            format!("{} ({file}:{line})", collection.name_of(record))
        })?;
        if created {
            summary.created += 1;
        } else {
            summary.existing += 1;
        }
        progress(done + 1, count);
    }
    Ok(summary)
}

struct Connections {
    agreements: Connection,
    projects: Connection,
    rights: Connection,
}

impl Connections {
    /// Returns the connection to the service that keeps what stands in a package.
    fn of(&self, package: &str) -> &Connection {
        match package {
            "registan.projects.v1" => &self.projects,
            "registan.rights.v1" => &self.rights,
            _ => &self.agreements,
        }
    }
}

/// Creates a record at the service that keeps its kind. True if it is new, false if it was there.
pub async fn create(record: &Record, connection: &Connection) -> anyhow::Result<bool> {
    let resource = record.resource.descriptor();
    let method = create_method(&resource).context("the contract has no Create for it")?;
    let field = method.input().fields().find(|it| it.kind().as_message() == Some(&resource));
    let field = field.context("its Create does not take it")?;
    let mut request = DynamicMessage::new(method.input());
    let id = format!("{}_id", field.name());
    request.try_set_field_by_name(&id, Value::String(record.id.clone()))?;
    if !record.parent.is_empty() {
        request.try_set_field_by_name("parent", Value::String(record.parent.clone()))?;
    }
    request.try_set_field(&field, Value::Message(record.resource.clone()))?;

    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = Grpc::new(connection.clone());
    client.ready().await?;
    // Of the answer nothing is read.
    let codec = Codec::<DynamicMessage, ()>::default();
    match client.unary(Request::new(request), PathAndQuery::try_from(path)?, codec).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::AlreadyExists => Ok(false),
        Err(status) => Err(status.into()),
    }
}

/// Finds the Create of a resource: the one that answers with it.
fn create_method(resource: &MessageDescriptor) -> Option<MethodDescriptor> {
    let services = resource.parent_pool().services();
    let mut methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.find(|it| it.name().starts_with("Create") && it.output() == *resource)
}
