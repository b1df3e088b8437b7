//! Create and Update, for every resource; `family` has Delete and Undelete.

use api::standard::{Request as Asked, Standard};
use aws_lc_rs::digest;
use chassis::failure::{Failure, Violation};
use chronicle::{Call, Error, Expected, Shown, Stored};
use facts::check::{is_id, matches_pattern};
use facts::{Check, Day, ErrorReason};
use prost::{Message, Name};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::access::Around;
use crate::lists::keep_items;
use crate::methods::{Create, Update};
use crate::records::{Records, at, check_name, noun, parent_pattern, reader, refused};
use crate::{Reference, Served, Step, access, failure, mask, untouched};

/// The field of a Create that names what the new resource lies within.
const PARENT: &str = "parent";

/// How often a write runs again when another writer came first.
pub(crate) const MOST_TRIES: usize = 20;

impl Records {
    /// AIP-133.
    pub async fn create<T: Served>(
        &self,
        request: Request<Asked<Create<T>>>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let sent = request.encode_to_vec();
        let parts = T::Message::create(request);
        let call = call::<Asked<Create<T>>>(&parts.request_id, sent)?;
        let now = self.chronicle.now();
        let mut value = new_value::<T>(&parts.parent, &parts.id, parts.resource, now)?;
        let mut references = value.references();
        references.extend(Reference::optional(PARENT, &parts.parent));
        for _ in 0..MOST_TRIES {
            let around = access::around::<T>(&self.chronicle, value.name()).await?;
            leave_desks(around.as_ref(), &mut value);
            Step::Create(&value).check(around.as_ref(), self.chronicle.now())?;
            let mut expected = self.check_references::<T>(&references, &call).await?;
            if around.is_none()
                && access::around::<T>(&self.chronicle, value.name()).await?.is_some()
            {
                // It came in between: nothing was judged by it.
                continue;
            }
            expect_desks(around.as_ref(), &value, &mut expected);
            if parts.validate_only {
                return Ok(answer(self.preview(value).await?));
            }
            match self.chronicle.create_if(&call, value.clone(), expected).await {
                Ok(written) => return Ok(answer(written)),
                Err(error) => match self.again::<T>(&call, refused::<T>(error)).await {
                    Err(failure) if failure.reason == ErrorReason::Busy => {}
                    // The name that is taken was made for the first call: it is hidden now.
                    Err(failure)
                        if failure.reason == ErrorReason::AlreadyExists && parts.id.is_empty() =>
                    {
                        let first = self.answered::<T>(&call).await?;
                        let name = first.as_ref().map_or(value.name(), |first| first.value.name());
                        return Err(refused::<T>(Error::NotFound(name.to_owned())).into());
                    }
                    first => return Ok(first?),
                },
            }
        }
        Err(refused::<T>(Error::Busy).into())
    }

    /// AIP-134.
    pub async fn update<T: Served>(
        &self,
        request: Request<Asked<Update<T>>>,
    ) -> Result<Response<T::Message>, Status> {
        let request = request.into_inner();
        let sent = request.encode_to_vec();
        let parts = T::Message::update(request);
        let call = call::<Asked<Update<T>>>(&parts.request_id, sent)?;
        let Some(wanted) = parts.resource else {
            let violation = Violation::new(noun::<T>(), ErrorReason::Required, "must be given");
            return Err(Failure::invalid(vec![violation]).into());
        };
        check_name::<T>(&format!("{}.name", noun::<T>()), wanted.name())?;
        for _ in 0..MOST_TRIES {
            let changed = self.changed::<T>(&wanted, parts.update_mask.as_ref(), &call).await;
            let outcome = match changed {
                Ok((current, value, _)) if parts.validate_only => {
                    let shown = self.shown(current).await?;
                    return Ok(Response::new(T::write(shown.with(value))));
                }
                Ok((current, value, _)) if value == current.value => {
                    match self.chronicle.keep_answer(&call, &current).await {
                        Ok(()) => self.shown(current).await,
                        Err(error) => Err(refused::<T>(error)),
                    }
                }
                Ok((current, value, mut expected)) => {
                    let heirs = self.heirs(&current.value, &value, &mut expected).await?;
                    let written =
                        self.chronicle.update_with(&call, &current, value, heirs, expected);
                    written.await.map_err(refused::<T>)
                }
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(shown) => return Ok(answer(shown)),
                Err(failure) => match self.again::<T>(&call, failure).await {
                    Err(failure) if failure.reason == ErrorReason::Busy => {}
                    first => return Ok(first?),
                },
            }
        }
        Err(refused::<T>(Error::Busy).into())
    }

    async fn answered<T: Served>(&self, call: &Call) -> Result<Option<Stored<T>>, Failure> {
        self.chronicle.answered::<T>(call).await.map_err(refused::<T>)
    }

    /// The first answer, where what did not go through is a request seen before, of something that
    /// the caller may see as it was then; else why it did not. Only what did not go through is looked
    /// up: the good path pays nothing.
    pub(crate) async fn again<T: Served>(
        &self,
        call: &Call,
        failure: Failure,
    ) -> Result<Response<T::Message>, Failure> {
        let Some(first) = self.answered::<T>(call).await? else { return Err(failure) };
        match self.chronicle.may_see(&first, &reader()).await {
            Ok(true) => Ok(answer(self.shown(first).await?)),
            Ok(false) => Err(failure),
            Err(error) => Err(refused::<T>(error)),
        }
    }

    pub(crate) async fn shown<T: Served>(&self, stored: Stored<T>) -> Result<Shown<T>, Failure> {
        self.chronicle.show(&reader(), stored).await.map_err(refused::<T>)
    }

    /// The current version and the value an update makes of it, checked, with what must still hold.
    async fn changed<T: Served>(
        &self,
        wanted: &T::Message,
        update_mask: Option<&prost_types::FieldMask>,
        call: &Call,
    ) -> Result<(Stored<T>, T, Expected), Failure> {
        let name = wanted.name();
        let current = self.chronicle.last::<T>(name, &reader()).await.map_err(refused::<T>)?;
        let around = access::around_seen::<T>(&self.chronicle, name).await?;
        // First whether they may see it, then whether they may write it, then how it stands.
        Step::Update(&current, &current.value).check(around.as_ref(), self.chronicle.now())?;
        current.expect(wanted.etag(), true).map_err(refused::<T>)?;
        let level = access::level(&current.value);
        let message = T::write(Shown::unanswered(current.clone()));
        let merged = mask::merge(noun::<T>(), &message, wanted, update_mask, level)?;
        let now = self.chronicle.now();
        let mut value = read::<T>(wanted.name().to_owned(), merged.clone(), now)
            .or_else(|_| untouched::read(&current, &message, merged.clone(), now))?;
        leave_desks(around.as_ref(), &mut value);
        Step::Update(&current, &value).check(around.as_ref(), self.chronicle.now())?;
        if wanted.etag().is_empty() {
            let updated = T::write(Shown::unanswered(current.clone()).with(value.clone()));
            keep_items::<T>(name, &message, &merged, &updated)?;
        }
        let before = current.value.references();
        let new: Vec<Reference> =
            value.references().into_iter().filter(|one| !before.contains(one)).collect();
        let mut expected = self.check_references::<T>(&new, call).await?;
        expect_desks(around.as_ref(), &value, &mut expected);
        Ok((current, value, expected))
    }

    /// Refuses what refers to something that does not exist, unless the request was answered
    /// before; what is kept here must exist still when it is written.
    async fn check_references<T: Served>(
        &self,
        references: &[Reference],
        call: &Call,
    ) -> Result<Expected, Failure> {
        let expected = Expected::since(self.chronicle.known_head());
        if references.is_empty() {
            return Ok(expected);
        }
        let names: Vec<String> =
            references.iter().map(|reference| reference.name.clone()).collect();
        let expected = expected.undeleted(&names);
        let missing = self.references.missing(&names).await?;
        if missing.is_empty() || self.answered::<T>(call).await?.is_some() {
            return Ok(expected);
        }
        // The parent is a field of the request, all others are of the resource.
        let field = |of: &str| {
            if of == PARENT { of.to_owned() } else { format!("{}.{of}", noun::<T>()) }
        };
        let is_missing = |one: &&Reference| missing.contains(&one.name);
        let all = references.iter().filter(is_missing);
        let all: Vec<_> = all.map(|one| (field(&one.field), one.name.as_str())).collect();
        Err(failure::missing(&all))
    }

    /// The value that a Create would record, without recording it. A name is taken by whatever has
    /// it, seen or not, as it is for the Create itself.
    async fn preview<T: Served>(&self, value: T) -> Result<Shown<T>, Failure> {
        let taken = self.chronicle.access(T::KIND, value.name()).await.map_err(refused::<T>)?;
        if taken.is_some() {
            return Err(refused::<T>(Error::AlreadyExists(value.name().to_owned())));
        }
        Ok(Shown::unrecorded(value, self.chronicle.now()))
    }
}

fn leave_desks<T: Served>(around: Option<&Around>, value: &mut T) {
    if let Some(around) = around {
        around.leave_desks(value);
    }
}

fn expect_desks<T: Served>(around: Option<&Around>, value: &T, expected: &mut Expected) {
    if let Some(around) = around {
        around.expect_desks(value, expected);
    }
}

/// An answer that holds for the instant its version was recorded.
pub(crate) fn answer<T: Served>(shown: Shown<T>) -> Response<T::Message> {
    at(shown.recorded, T::write(shown))
}

/// Reads a message into a value, or says everything that is wrong with it.
fn read<T: Served>(name: String, message: T::Message, now: i64) -> Result<T, Failure> {
    let mut check = Check::new(noun::<T>()).on(Day::latest_at(now));
    let value = T::read(&mut check, name, message);
    failure::from_violations(check.finish()).map_or(Ok(value), Err)
}

/// The value a Create is to record, or everything that is wrong with it.
fn new_value<T: Served>(
    parent: &str,
    id: &str,
    message: Option<T::Message>,
    now: i64,
) -> Result<T, Failure> {
    let mut check = Check::default().on(Day::latest_at(now));
    check_new_name::<T>(&mut check, parent, id);
    let message = check.required(noun::<T>(), message).unwrap_or_default();
    let sent = message.clone();
    let value =
        check.within(noun::<T>(), |check| T::read(check, new_name::<T>(parent, id), message));
    if let Some(failure) = failure::from_violations(check.finish()) {
        return Err(failure);
    }
    let mut violations = access::set_above::<T>(&sent, access::level(&value))?;
    violations.extend(access::id_violation(&value, id).filter(|_| !T::SERVER_IDS));
    if violations.is_empty() { Ok(value) } else { Err(Failure::invalid(violations)) }
}

/// Checks the parent and the id of what is to be created.
pub(crate) fn check_new_name<T: Served>(check: &mut Check, parent: &str, id: &str) {
    if let Some(pattern) = parent_pattern::<T>().filter(|pattern| !matches_pattern(parent, pattern))
    {
        check.violation(
            "parent",
            ErrorReason::NameInvalid,
            format!("must be a name like {pattern}"),
        );
    }
    let field = format!("{}_id", noun::<T>());
    if T::SERVER_IDS && !id.is_empty() {
        check.violation(
            &field,
            ErrorReason::IdNotAllowed,
            "must be empty: the server makes the id",
        );
    } else if !id.is_empty() && !is_id(id) {
        check.violation(&field, ErrorReason::IdInvalid, "must be [a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    }
}

/// Returns the name of what is to be created; without an id, one of the server's.
pub(crate) fn new_name<T: Served>(parent: &str, id: &str) -> String {
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

/// A call of the method with this request, which was `sent` so.
pub(crate) fn call<R: Name>(request_id: &str, sent: Vec<u8>) -> Result<Call, Failure> {
    let request = match request_id {
        "" => None,
        text => {
            let id = Uuid::parse_str(text).map_err(|_| {
                let description = "must be a UUID, such as 6fa459ea-ee8a-4ca4-894e-db77e160355e";
                Failure::invalid(vec![Violation::new(
                    "request_id",
                    ErrorReason::RequestIdInvalid,
                    description,
                )])
            })?;
            Some((id, fingerprint(sent, request_id)))
        }
    };
    let caller = chassis::caller::current().caller.subject.clone();
    Ok(Call { caller, method: R::NAME.into(), request })
}

/// Returns a number that tells whether a request, as it was encoded, is the same again: its id in
/// capitals is the same id.
pub(crate) fn fingerprint(mut sent: Vec<u8>, id: &str) -> i64 {
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let is_id = |at: &usize| sent[*at..].starts_with(id.as_bytes());
        let places: Vec<usize> = (0..sent.len()).filter(is_id).collect();
        for at in places {
            sent[at..at + id.len()].make_ascii_lowercase();
        }
    }
    let hash = digest::digest(&digest::SHA256, &sent);
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_ref()[..8]);
    i64::from_be_bytes(first)
}
