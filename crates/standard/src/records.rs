//! Get, List, Create, Update and Delete, for every resource.

use std::sync::Arc;

use api::standard::{Create, Delete, Get, List, Resource, Update};
use aws_lc_rs::digest;
use chassis::failure::{Failure, Violation};
use chronicle::{Call, Chronicle, Error, ListRequest, Stored};
use facts::Check;
use facts::check::{is_id, matches_pattern};
use prost::{Message, Name};
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::time::{READ_TIME_KEY, micros, timestamp};
use crate::{Reference, References, Served, failure, mask};

/// How often an update runs again when another writer came first.
const MOST_TRIES: usize = 20;

/// The record of a service, as its gRPC services use it.
#[derive(Clone)]
pub struct Records {
    /// The record.
    pub chronicle: Arc<Chronicle>,
    /// What its resources may refer to.
    pub references: Arc<References>,
}

impl Records {
    /// AIP-131.
    pub async fn get<T: Served, R: Get>(
        &self,
        request: Request<R>,
    ) -> Result<Response<T::Message>, Status> {
        let parts = request.into_inner().parts();
        let (stored, read_time) = self.find::<T>(parts.name, micros(parts.read_time)?).await?;
        Ok(at(read_time, T::write(stored)))
    }

    /// The version that stood at a record time, absent for now, and the instant it holds for.
    pub async fn find<T: Served>(
        &self,
        name: String,
        read_time: Option<i64>,
    ) -> Result<(Stored<T>, i64), Failure> {
        check_name::<T>("name", &name)?;
        let at = self.chronicle.at(read_time).map_err(refused::<T>)?;
        self.chronicle.get::<T>(&name, at).await.map_err(refused::<T>)
    }

    /// AIP-132.
    pub async fn list<T: Served, R: List<Resource = T::Message>>(
        &self,
        request: Request<R>,
    ) -> Result<Response<R::Response>, Status> {
        self.list_with::<T, R>(request, T::write).await
    }

    /// AIP-132, each item written in another way.
    pub async fn list_with<T: Served, R: List<Resource = T::Message>>(
        &self,
        request: Request<R>,
        write: impl Fn(Stored<T>) -> T::Message,
    ) -> Result<Response<R::Response>, Status> {
        let parts = request.into_inner().parts();
        let Ok(page_size) = u64::try_from(parts.page_size) else {
            let violation =
                Violation::new("page_size", "PAGE_SIZE_INVALID", "must not be negative");
            return Err(Failure::invalid(vec![violation]).into());
        };
        let asked = ListRequest {
            filter: parts.filter,
            order_by: parts.order_by,
            page_size,
            page_token: parts.page_token,
            read_time: micros(parts.read_time)?,
            show_deleted: parts.show_deleted,
            scope: scope::<T>(parts.parent)?,
        };
        let page = self.chronicle.list::<T>(&asked).await.map_err(refused::<T>)?;
        let items = page.items.into_iter().map(write).collect();
        Ok(at(
            page.read_time,
            R::response(items, page.next_page_token, Some(timestamp(page.read_time))),
        ))
    }

    /// AIP-133.
    pub async fn create<T: Served, R: Create<Resource = T::Message> + Name>(
        &self,
        request: Request<R>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let fingerprint = fingerprint(&request);
        let parts = request.parts();
        let call = call::<R>(&parts.request_id, fingerprint)?;
        let value = new_value::<T>(&parts.parent, &parts.id, parts.resource)?;
        let mut references = value.references();
        references.extend(Reference::optional("parent", &parts.parent));
        self.check_references::<T>(&references, &call).await?;
        let stored = if parts.validate_only {
            self.preview(value).await?
        } else {
            self.chronicle.create(&call, value).await.map_err(refused::<T>)?
        };
        Ok(at(stored.recorded, T::write(stored)))
    }

    /// AIP-134.
    pub async fn update<T: Served, R: Update<Resource = T::Message> + Name>(
        &self,
        request: Request<R>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let fingerprint = fingerprint(&request);
        let parts = request.parts();
        let call = call::<R>(&parts.request_id, fingerprint)?;
        let Some(wanted) = parts.resource else {
            let violation = Violation::new(noun::<T>(), "REQUIRED", "must be given");
            return Err(Failure::invalid(vec![violation]).into());
        };
        check_name::<T>(&format!("{}.name", noun::<T>()), wanted.name())?;
        for _ in 0..MOST_TRIES {
            let changed = self.changed::<T>(&wanted, parts.update_mask.as_ref(), &call).await;
            let outcome = match changed {
                Ok((current, value)) if parts.validate_only => {
                    return Ok(Response::new(T::write(Stored { value, ..current })));
                }
                Ok((current, value)) if value == current.value => Ok(current),
                Ok((current, value)) => {
                    self.chronicle.update(&call, &current, value).await.map_err(refused::<T>)
                }
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(stored) => return Ok(at(stored.recorded, T::write(stored))),
                // Only what did not go through can be a request seen before: the good path pays no look-up.
                Err(failure) => {
                    match self.chronicle.answered::<T>(&call).await.map_err(refused::<T>)? {
                        Some(first) => return Ok(at(first.recorded, T::write(first))),
                        None if *failure.reason == *"BUSY" => {}
                        None => return Err(failure.into()),
                    }
                }
            }
        }
        Err(refused::<T>(Error::Busy).into())
    }

    /// AIP-135, softly (AIP-164).
    pub async fn delete<T: Served, R: Delete + Name>(
        &self,
        request: Request<R>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let fingerprint = fingerprint(&request);
        let parts = request.parts();
        let call = call::<R>(&parts.request_id, fingerprint)?;
        check_name::<T>("name", &parts.name)?;
        let deleted = if parts.validate_only {
            self.chronicle.current::<T>(&parts.name, &parts.etag).await
        } else {
            self.chronicle.delete::<T>(&call, &parts.name, &parts.etag).await
        };
        let stored = deleted.map_err(refused::<T>)?;
        Ok(at(stored.recorded, T::write(stored)))
    }

    /// The current version and the value an update makes of it, checked.
    async fn changed<T: Served>(
        &self,
        wanted: &T::Message,
        update_mask: Option<&prost_types::FieldMask>,
        call: &Call,
    ) -> Result<(Stored<T>, T), Failure> {
        let current = self
            .chronicle
            .current::<T>(wanted.name(), wanted.etag())
            .await
            .map_err(refused::<T>)?;
        let merged = mask::merge(&T::write(current.clone()), wanted, update_mask)?;
        let value = read::<T>(wanted.name().to_owned(), merged)?;
        let before = current.value.references();
        let new: Vec<Reference> =
            value.references().into_iter().filter(|one| !before.contains(one)).collect();
        self.check_references::<T>(&new, call).await?;
        Ok((current, value))
    }

    /// Refuses what refers to something that does not exist, unless the request was answered before.
    async fn check_references<T: Served>(
        &self,
        references: &[Reference],
        call: &Call,
    ) -> Result<(), Failure> {
        if references.is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            references.iter().map(|reference| reference.name.clone()).collect();
        let missing = self.references.missing(&names).await?;
        let Some(reference) = references.iter().find(|reference| missing.contains(&reference.name))
        else {
            return Ok(());
        };
        if self.chronicle.answered::<T>(call).await.map_err(refused::<T>)?.is_some() {
            return Ok(());
        }
        Err(failure::missing(
            &kind::<T>(),
            &format!("{}.{}", noun::<T>(), reference.field),
            &reference.name,
        ))
    }

    /// What a Create would record, without recording it.
    async fn preview<T: Served>(&self, value: T) -> Result<Stored<T>, Failure> {
        match self.chronicle.get::<T>(value.name(), chronicle::At::Now).await {
            Ok(_) => Err(refused::<T>(Error::AlreadyExists(value.name().to_owned()))),
            Err(Error::NotFound(_)) => {
                let now = self.chronicle.now();
                let (uid, etag) = (Uuid::nil(), String::new());
                Ok(Stored {
                    uid,
                    revision: 0,
                    created: now,
                    recorded: now,
                    deleted: false,
                    etag,
                    value,
                })
            }
            Err(error) => Err(refused::<T>(error)),
        }
    }
}

/// An answer that names the instant it holds for.
pub fn at<M>(read_time: i64, message: M) -> Response<M> {
    let mut response = Response::new(message);
    if let Ok(value) = MetadataValue::try_from(timestamp(read_time).to_string()) {
        response.metadata_mut().insert(READ_TIME_KEY, value);
    }
    response
}

/// `registan/Agreement`, for `ResourceInfo`.
fn kind<T: Served>() -> String {
    format!("registan/{}", T::Message::NAME)
}

/// The field of a request that holds the resource: `agreement`.
fn noun<T: Served>() -> &'static str {
    T::KIND
}

fn refused<T: Served>(error: Error) -> Failure {
    failure::from_record(&kind::<T>(), error)
}

/// Reads a message into a value, or says everything that is wrong with it.
fn read<T: Served>(name: String, message: T::Message) -> Result<T, Failure> {
    let mut check = Check::new(noun::<T>());
    let value = T::read(&mut check, name, message);
    failure::from_violations(check.finish()).map_or(Ok(value), Err)
}

fn check_name<T: Served>(field: &str, name: &str) -> Result<(), Failure> {
    if matches_pattern(name, T::PATTERN) {
        return Ok(());
    }
    let shown: String = name.chars().take(100).collect();
    let description = format!("`{shown}` is not a name like {}", T::PATTERN);
    Err(Failure::invalid(vec![Violation::new(field, "NAME_INVALID", description)]))
}

/// The parent of a pattern: `projects/{project}` of `projects/{project}/transactions/{transaction}`, if it has one.
fn parent_pattern<T: Served>() -> Option<&'static str> {
    let collection = T::PATTERN.rsplit_once('/')?.0;
    collection.rsplit_once('/').map(|(parent, _)| parent)
}

/// The value a Create is to record, or everything that is wrong with it.
fn new_value<T: Served>(parent: &str, id: &str, message: Option<T::Message>) -> Result<T, Failure> {
    let mut check = Check::default();
    if let Some(pattern) = parent_pattern::<T>().filter(|pattern| !matches_pattern(parent, pattern))
    {
        check.violation("parent", "NAME_INVALID", format!("must be a name like {pattern}"));
    }
    let field = format!("{}_id", noun::<T>());
    if T::SERVER_IDS && !id.is_empty() {
        check.violation(&field, "ID_NOT_ALLOWED", "must be empty: the server makes the id");
    } else if !id.is_empty() && !is_id(id) {
        check.violation(&field, "ID_INVALID", "must be [a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    }
    let message = check.required(noun::<T>(), message).unwrap_or_default();
    let value =
        check.within(noun::<T>(), |check| T::read(check, new_name::<T>(parent, id), message));
    failure::from_violations(check.finish()).map_or(Ok(value), Err)
}

fn new_name<T: Served>(parent: &str, id: &str) -> String {
    let collection = T::PATTERN.rsplit_once('/').map_or("", |(collection, _)| collection);
    let collection = collection.rsplit('/').next().unwrap_or(collection);
    // 122 random bits: an id of the server's tells nothing of when it was made.
    let made = format!("{}{}", &T::KIND[..1], Uuid::new_v4().simple());
    let id = if id.is_empty() { &made } else { id };
    if parent.is_empty() {
        format!("{collection}/{id}")
    } else {
        format!("{parent}/{collection}/{id}")
    }
}

/// What restricts a list to one parent; `projects/-` and resources without a parent do not.
fn scope<T: Served>(parent: String) -> Result<Option<(&'static str, String)>, Failure> {
    let Some(pattern) = parent_pattern::<T>() else { return Ok(None) };
    let collection = pattern.split('/').next().unwrap_or_default();
    if parent == format!("{collection}/-") {
        return Ok(None);
    }
    if !matches_pattern(&parent, pattern) {
        let description = format!("must be a name like {pattern}, or {collection}/- for all");
        return Err(Failure::invalid(vec![Violation::new("parent", "NAME_INVALID", description)]));
    }
    let field = pattern.rsplit('/').next().unwrap_or_default().trim_matches(['{', '}']);
    Ok(Some((field, parent)))
}

fn call<R: Name>(request_id: &str, fingerprint: i64) -> Result<Call, Failure> {
    let request = match request_id {
        "" => None,
        text => {
            let id = Uuid::parse_str(text).map_err(|_| {
                let description = "must be a UUID, such as 6fa459ea-ee8a-4ca4-894e-db77e160355e";
                Failure::invalid(vec![Violation::new(
                    "request_id",
                    "REQUEST_ID_INVALID",
                    description,
                )])
            })?;
            Some((id, fingerprint))
        }
    };
    Ok(Call { caller: "anonymous".to_owned(), method: R::NAME, request })
}

/// Tells whether a request is the same again.
fn fingerprint(request: &impl Message) -> i64 {
    let hash = digest::digest(&digest::SHA256, &request.encode_to_vec());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_ref()[..8]);
    i64::from_be_bytes(first)
}
