//! The grants of callers, as the service agreements keeps them: asked with the caller's own token,
//! remembered for a moment.

use std::sync::Arc;
use std::time::Duration;

use api::registan::access::v1::access_service_client::AccessServiceClient;
use api::registan::access::v1::{GetOwnGrantsRequest, HeldGrant};
use chassis::Failure;
use chassis::auth::grants::GrantSource;
use chassis::client::Connection;
use facts::vocabulary::Vocabulary;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use instruments::Counter;
use instruments::table::GRANTS_LOOKUPS;
use moka::sync::Cache;
use policy::{Desks, Grant, Role, Tier};
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::time::micros;

/// How long a grant that was taken back can still be used, and a new one can be missing. One that
/// expires does so at once, for that is looked at in each use. Streams ask as often as this, and so
/// end within 30 seconds.
const REMEMBERED: Duration = Duration::from_secs(10);
/// The most subjects that are remembered.
const MOST_SUBJECTS: u64 = 10_000;
/// How long agreements may take to answer where the call itself says nothing.
const WITHIN: Duration = Duration::from_secs(5);

/// Asks agreements, with the token of the caller: it verifies the token itself and answers for
/// whoever that is, so no service needs a right to read the grants of others.
#[derive(Clone, Debug)]
pub struct AskedGrants(AccessServiceClient<Connection>);

impl AskedGrants {
    /// Agreements is at the other end of `connection`. It is asked by sockets apart: every call may
    /// depend on it.
    pub fn new(connection: &Connection) -> Self {
        Self(
            AccessServiceClient::new(connection.apart())
                .max_decoding_message_size(chassis::server::MAX_ENCODING),
        )
    }
}

impl GrantSource for AskedGrants {
    fn grants<'a>(
        &'a self,
        _: &'a str,
        token: &'a HeaderValue,
    ) -> BoxFuture<'a, Result<Vec<Grant>, Failure>> {
        async move {
            let mut request = Request::new(GetOwnGrantsRequest {});
            let mut token = MetadataValue::try_from(token.as_bytes()).map_err(Failure::internal)?;
            token.set_sensitive(true);
            request.metadata_mut().insert("authorization", token);
            request.set_timeout(WITHIN);
            let answer = self.0.clone().get_own_grants(request).await;
            let answer = answer.map_err(|status| Failure::downstream("agreements", status))?;
            Ok(answer.into_inner().grants.into_iter().filter_map(read).collect())
        }
        .boxed()
    }
}

/// Remembers what another source knows, for a moment.
pub struct CachedGrants<S> {
    source: S,
    known: Cache<String, Arc<Vec<Grant>>>,
    hits: Arc<Counter>,
    misses: Arc<Counter>,
    failures: Arc<Counter>,
}

impl<S: GrantSource> CachedGrants<S> {
    /// Knows nothing yet.
    pub fn new(source: S) -> Self {
        Self::remembering(source, REMEMBERED)
    }

    fn remembering(source: S, how_long: Duration) -> Self {
        let known = Cache::builder().max_capacity(MOST_SUBJECTS).time_to_live(how_long).build();
        let [hits, misses, failures] =
            ["hit", "miss", "failure"].map(|result| GRANTS_LOOKUPS.with(&[result]));
        Self { source, known, hits, misses, failures }
    }
}

impl<S: GrantSource> GrantSource for CachedGrants<S> {
    fn grants<'a>(
        &'a self,
        subject: &'a str,
        token: &'a HeaderValue,
    ) -> BoxFuture<'a, Result<Vec<Grant>, Failure>> {
        async move {
            if let Some(known) = self.known.get(subject) {
                self.hits.one();
                return Ok(known.to_vec());
            }
            self.misses.one();
            let grants = self.source.grants(subject, token).await;
            let grants = grants.inspect_err(|_| self.failures.one())?;
            self.known.insert(subject.to_owned(), Arc::new(grants.clone()));
            Ok(grants)
        }
        .boxed()
    }
}

/// A grant of an answer. One that says what this program does not know yet gives nothing.
fn read(held: HeldGrant) -> Option<Grant> {
    Some(Grant {
        role: Role::from_number(held.role)?,
        desks: Desks::all_named(held.for_desks.iter().map(String::as_str))?,
        tier: Tier::from_number(held.up_to)?,
        resource: (!held.resource.is_empty()).then_some(held.resource),
        expires: Some(micros(held.expire_time).ok()??),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Gives every subject one role more each time it is asked, and none to nobody.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl GrantSource for Counting {
        fn grants<'a>(
            &'a self,
            subject: &'a str,
            _: &'a HeaderValue,
        ) -> BoxFuture<'a, Result<Vec<Grant>, Failure>> {
            let asked = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let grant = Grant {
                role: Role::Editor,
                desks: Desks::ALL,
                tier: Tier::Public,
                resource: Some(subject.to_owned()),
                expires: None,
            };
            let answer = if subject.is_empty() {
                Err(Failure::internal("nobody was asked for"))
            } else {
                Ok(vec![grant; asked])
            };
            async move { answer }.boxed()
        }
    }

    async fn count(source: &CachedGrants<Counting>, subject: &str) -> Option<usize> {
        let token = HeaderValue::from_static("Bearer x");
        source.grants(subject, &token).await.ok().map(|grants| grants.len())
    }

    #[tokio::test]
    async fn each_subject_is_asked_for_once_and_a_failure_is_not_remembered() {
        let source = CachedGrants::new(Counting::default());

        assert_eq!(count(&source, "a").await, Some(1));
        assert_eq!(count(&source, "b").await, Some(2));
        assert_eq!((count(&source, "a").await, count(&source, "b").await), (Some(1), Some(2)));
        assert_eq!((count(&source, "").await, count(&source, "").await), (None, None));
        assert_eq!(source.source.0.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn what_was_remembered_for_long_enough_is_asked_again() {
        let source = CachedGrants::remembering(Counting::default(), Duration::from_millis(1));

        assert_eq!(count(&source, "a").await, Some(1));
        tokio::time::sleep(Duration::from_millis(50)).await;

        assert_eq!(count(&source, "a").await, Some(2));
    }
}
