//! Get and List, for every resource, and what all methods share.

use std::sync::Arc;

use api::standard::{Request as Asked, Standard};
use chassis::bulk;
use chassis::failure::{ErrorReason, Failure, Violation};
use chronicle::{AsOf, Chronicle, Error, Held, Lane, ListRequest, Page, Reader, Shown};
use facts::Day;
use facts::check::{matches_pattern, no_name};
use prost::Message;
use serving::page_size;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status};

pub(crate) use crate::failure::kind;
pub use crate::failure::refused;
use crate::methods::{Get, List};
use crate::sent::{Computable, SentPage, Stamped, page, send, send_with};
use crate::time::{READ_TIME_KEY, micros, timestamp};
use crate::{References, Served, day};

/// The record of a service, as its gRPC services use it.
#[derive(Clone)]
pub struct Records {
    /// The record.
    pub chronicle: Arc<Chronicle>,
    /// The resources that its own may refer to.
    pub references: Arc<References>,
}

/// The caller, as a reader of the record.
pub fn reader() -> Reader {
    let context = chassis::caller::current();
    Reader {
        clearance: context.clearance.clone(),
        caller: context.caller.subject.clone(),
        action: context.rule.action.clone(),
    }
}

impl Records {
    /// AIP-131.
    pub async fn get<T: Served>(
        &self,
        request: Request<Asked<Get<T>>>,
    ) -> Result<Response<T::Sent>, Status> {
        let (sent, read_time) = self.got::<T>(request).await?;
        Ok(at(read_time, sent))
    }

    /// AIP-131, with the fields that `compute` makes of a part of the resource.
    pub async fn get_with<T: Computable, P: Message + Default>(
        &self,
        request: Request<Asked<Get<T>>>,
        compute: impl Fn(P) -> T::Message,
    ) -> Result<Response<Stamped<T::Message>>, Status> {
        let (sent, read_time) = self.got::<T>(request).await?;
        Ok(at(read_time, send_with::<T, P>(sent, &compute)?))
    }

    async fn got<T: Served>(
        &self,
        request: Request<Asked<Get<T>>>,
    ) -> Result<(T::Sent, i64), Failure> {
        let parts = T::Message::get(request.into_inner());
        let (read_time, known_by) = (micros(parts.read_time)?, day("known_by", parts.known_by)?);
        let (shown, read_time) =
            self.find_held::<T, T::Held>("name", &parts.name, read_time).await?;
        let sent = send::<T>(shown)?;
        if known_by.is_none() {
            return Ok((sent, read_time));
        }
        let kept = self.known_of::<T>(vec![sent], known_by, read_time, &reader()).await?.pop();
        let kept = kept.ok_or_else(|| refused::<T>(Error::NotFound(parts.name)))?;
        Ok((kept, read_time))
    }

    /// Returns the version of the name in `field` of the request that was current at a record time,
    /// absent for now, and the instant it holds for: for an answer that is computed from it. What
    /// is deleted is not found: Get alone answers with it (AIP-164).
    pub async fn find_by<T: Served>(
        &self,
        field: &str,
        name: String,
        read_time: Option<i64>,
    ) -> Result<(Shown<T>, i64), Failure> {
        let found = self.find_held::<T, T>(field, &name, read_time).await?;
        if found.0.deleted {
            return Err(refused::<T>(chronicle::Error::NotFound(name)));
        }
        Ok(found)
    }

    async fn find_held<T: Served, V: Held<Of = T>>(
        &self,
        field: &str,
        name: &str,
        read_time: Option<i64>,
    ) -> Result<(Shown<V>, i64), Failure> {
        check_name::<T>(field, name)?;
        let reader = reader();
        let at = self.chronicle.at(read_time, &reader).await.map_err(refused::<T>)?;
        self.chronicle.get::<V>(name, at, &reader).await.map_err(refused::<T>)
    }

    /// AIP-132.
    pub async fn list<T: Served>(
        &self,
        request: Request<Asked<List<T>>>,
    ) -> Result<Response<SentPage<T>>, Status> {
        self.list_sent::<T>(request, None, |_, sent| Ok(sent)).await
    }

    /// AIP-132, each item with the fields that `compute` makes of a part of it on the day that the
    /// answer is for.
    pub async fn list_with<T: Computable, P: Message + Default>(
        &self,
        request: Request<Asked<List<T>>>,
        as_of: AsOf,
        compute: impl Fn(P, Day) -> T::Message + Send + 'static,
    ) -> Result<Response<SentPage<T>>, Status> {
        let finish = move |day: Option<Day>, sent| {
            let day = day.unwrap_or_else(|| as_of.day());
            send_with::<T, P>(sent, &|part| compute(part, day))
        };
        self.list_sent::<T>(request, Some(as_of), finish).await
    }

    async fn list_sent<T: Served>(
        &self,
        request: Request<Asked<List<T>>>,
        as_of: Option<AsOf>,
        finish: impl Fn(Option<Day>, T::Sent) -> Result<T::Sent, Failure> + Send + 'static,
    ) -> Result<Response<SentPage<T>>, Status> {
        let parts = T::Message::list(request.into_inner());
        let page_size = page_size(parts.page_size)?;
        let asked = ListRequest {
            filter: parts.filter,
            order_by: ordered::<T>(parts.order_by),
            page_size,
            page_token: parts.page_token,
            read_time: micros(parts.read_time)?,
            show_deleted: parts.show_deleted,
            scope: scope::<T>(parts.parent)?,
            known_by: day("known_by", parts.known_by)?,
            as_of,
        };
        let reader = reader();
        let short = self.chronicle.list_if_short::<T::Held>(&asked, &reader).await;
        if let Some(page) = short.map_err(refused::<T>)? {
            if page.items.is_empty() {
                self.explain_nothing::<T>(&asked).await?;
            }
            return Ok(self.sent::<T>(page, asked.known_by, &reader, finish).await?);
        }
        let records = self.clone();
        let long = async move {
            let page = records.chronicle.list_in::<T::Held>(Lane::Long, &asked, &reader).await;
            let page = page.map_err(refused::<T>)?;
            Ok(records.sent::<T>(page, asked.known_by, &reader, finish).await?)
        };
        bulk::run(long).await?
    }

    /// Returns the answer that holds what was known of a page.
    async fn sent<T: Served>(
        &self,
        page: Page<Shown<T::Held>>,
        known_by: Option<Day>,
        reader: &Reader,
        finish: impl Fn(Option<Day>, T::Sent) -> Result<T::Sent, Failure>,
    ) -> Result<Response<SentPage<T>>, Failure> {
        let (read_time, as_of) = (page.read_time, page.as_of);
        let stamp = Some(timestamp(read_time));
        let rest = T::Message::page(Vec::new(), page.next_page_token, stamp, page.resume_token);
        let mut sent = page.items.into_iter().map(send::<T>).collect::<Result<_, _>>()?;
        if known_by.is_some() {
            sent = self.known_of::<T>(sent, known_by, read_time, reader).await?;
        }
        let sent = sent.into_iter().map(|one| finish(as_of, one)).collect::<Result<_, _>>()?;
        Ok(at(read_time, self::page::<T>(sent, rest)))
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

/// The field of a request that holds the resource: `agreement`.
pub(crate) fn noun<T: Served>() -> &'static str {
    T::KIND
}

pub(crate) fn check_name<T: Served>(field: &str, name: &str) -> Result<(), Failure> {
    if matches_pattern(name, T::PATTERN) {
        return Ok(());
    }
    let shown: String = name.chars().take(100).collect();
    let description = no_name(&shown, &[T::PATTERN]);
    Err(Failure::invalid(vec![Violation::new(field, ErrorReason::NameInvalid, description)]))
}

/// The parent of a pattern: `projects/{project}` of
/// `projects/{project}/transactions/{transaction}`, if it has one.
pub(crate) fn parent_pattern<T: Served>() -> Option<&'static str> {
    let collection = T::PATTERN.rsplit_once('/')?.0;
    collection.rsplit_once('/').map(|(parent, _)| parent)
}

/// The order that is asked for, else that of the resource.
fn ordered<T: Served>(asked: String) -> String {
    if asked.trim().is_empty() { T::ORDER.to_owned() } else { asked }
}

/// A field, and the names of which it has one.
type Scope = (&'static str, Vec<String>);

/// The scope that restricts a list to one parent; `projects/-` and resources without a parent do
/// not.
pub(crate) fn scope<T: Served>(parent: String) -> Result<Option<Scope>, Failure> {
    let Some(pattern) = parent_pattern::<T>() else { return Ok(None) };
    let collection = pattern.split('/').next().unwrap_or_default();
    if parent == format!("{collection}/-") {
        return Ok(None);
    }
    if !matches_pattern(&parent, pattern) {
        let description = format!("must be a name like {pattern}, or {collection}/- for all");
        return Err(Failure::invalid(vec![Violation::new(
            "parent",
            ErrorReason::NameInvalid,
            description,
        )]));
    }
    let field = pattern.rsplit('/').next().unwrap_or_default().trim_matches(['{', '}']);
    Ok(Some((field, vec![parent])))
}
