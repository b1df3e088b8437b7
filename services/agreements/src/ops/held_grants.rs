//! The grants that somebody holds.

use chassis::Failure;
use chassis::auth::grants::GrantSource;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use standard::failure::from_record;

use crate::app::App;
use crate::domain::grant;
use crate::store;

/// The grants that `subject` holds now; nothing for the empty subject of a caller who did not say
/// who they are.
pub async fn held_grants(app: &App, subject: &str) -> Result<Vec<policy::Grant>, Failure> {
    if subject.is_empty() {
        return Ok(Vec::new());
    }
    let chronicle = &app.records.chronicle;
    let given = store::grants_of(chronicle, subject)
        .await
        .map_err(|error| from_record("registan/Grant", error))?;
    let now = chronicle.now();
    let held = given.into_iter().map(|shown| {
        let recorded = shown.recorded;
        grant::held(&shown.into_stored().value, recorded)
    });
    Ok(held.filter(|grant| grant.holds(now)).collect())
}

/// The grants are kept here, so the token is not needed.
impl GrantSource for App {
    fn grants<'a>(
        &'a self,
        subject: &'a str,
        _: &'a HeaderValue,
    ) -> BoxFuture<'a, Result<Vec<policy::Grant>, Failure>> {
        held_grants(self, subject).boxed()
    }
}
