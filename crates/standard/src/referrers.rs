//! The referrers of a resource: what others rest on is not deleted without saying so.

use std::marker::PhantomData;

use api::standard::Standard;
use chassis::failure::{ErrorReason, Failure};
use chronicle::Chronicle;
use uuid::Uuid;

use crate::Served;
use crate::records::{Records, kind, reader, refused};

/// Resources that are looked at together: each may be large.
const PAGE: u64 = 16;

/// One kind that may refer to others, whatever its type.
#[tonic::async_trait]
pub(crate) trait Referrers: Send + Sync {
    /// The kind.
    fn kind(&self) -> &'static str;

    /// One that stands, that the caller may see, and that refers to this name or a part of it.
    async fn one(&self, record: &Chronicle, name: &str) -> Result<Option<String>, Failure>;
}

/// The referrers of type `T`.
pub(crate) struct By<T>(pub PhantomData<fn() -> T>);

#[tonic::async_trait]
impl<T: Served> Referrers for By<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    async fn one(&self, record: &Chronicle, name: &str) -> Result<Option<String>, Failure> {
        let part = format!("{name}/");
        let mut after = Uuid::nil();
        loop {
            let found =
                record.holding::<T>(name, after, PAGE, &reader()).await.map_err(refused::<T>)?;
            let Some(last) = found.last() else { return Ok(None) };
            after = last.uid;
            let refers = |value: &T| {
                let mut names = value.references().into_iter().map(|one| one.name);
                value.name() != name && names.any(|to| to == name || to.starts_with(&part))
            };
            if let Some(referrer) = found.iter().find(|stored| refers(&stored.value)) {
                return Ok(Some(referrer.value.name().to_owned()));
            }
        }
    }
}

impl Records {
    /// Refuses to delete, without `force`, what another resource of this service refers to, as far
    /// as the caller may see: what is hidden from them is not told of. Other services are not
    /// asked.
    pub(crate) async fn expect_no_referrer<T: Served>(&self, name: &str) -> Result<(), Failure> {
        for referrers in self.references.referrers(T::Message::REFERRED_BY) {
            if let Some(referrer) = referrers.one(&self.chronicle, name).await? {
                let message = format!(
                    "{referrer} refers to {name}: change that first, or send force to delete it all the same"
                );
                return Err(Failure::failed_precondition(ErrorReason::IsReferenced, name, message)
                    .about(&kind::<T>(), name)
                    .with("referrer", referrer));
            }
        }
        Ok(())
    }
}
