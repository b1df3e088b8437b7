//! `registan appoint`: grants the first operator their role, by the database of agreements.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use api::registan::access::v1::grant_service_client::GrantServiceClient;
use api::registan::access::v1::{CreateGrantRequest, Grant, ListGrantsRequest};
use chassis::auth::development::{self, Token};
use chassis::client::Connection;
use chassis::clock::{Clock, SystemClock};
use chassis::process::block_on;
use chassis::{Server, Settings};
use policy::{Desks, Role, Tier};
use prost_types::Timestamp;
use standard::startup::open_existing;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::cli::{Appoint, ServiceName};
use crate::refused::refused;
use crate::serve::defaults;

const SECONDS_OF_A_DAY: i64 = 86_400;
const MICROSECONDS: i64 = 1_000_000;
/// More grants than a subject has of one role.
const ALL: i32 = 1000;

pub fn run(arguments: Appoint) -> anyhow::Result<()> {
    let Appoint { subject, days, again, settings } = arguments;
    let settings = Settings::load_over(defaults(Some(ServiceName::Agreements)), settings)?;
    // On loopback alone, where the tokens of this process are accepted, and no others.
    let own = Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: settings.database_url,
        data_dir: settings.data_dir,
        desks: settings.desks,
        development_issuer: Some(true),
        ..Settings::default()
    };
    let said = block_on(async {
        // The record of a suite, and not one that a mistyped folder would begin.
        open_existing(agreements::NAME, &own, &agreements::store::Migrator).await?.close().await?;
        development::make_key(&own.data_dir)?;
        let server = Server::bind(agreements::service(own.clone()).await?, &own).await?;
        let url = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.run(stop.clone()));
        let connection = Connection::to(&url)?.with_token(&token(&own)?)?;
        let said = appoint(&mut GrantServiceClient::new(connection), subject, days, again).await;
        stop.cancel();
        serving.await.context("the service panicked")?;
        said.map_err(|error| match error.downcast_ref::<Status>() {
            Some(status) => refused(status, &url),
            None => error,
        })
    })?;
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

/// A token of an operator.
fn token(settings: &Settings) -> anyhow::Result<String> {
    let token = Token {
        subject: "appoint".to_owned(),
        roles: vec![Role::Operator],
        desks: Desks::ALL,
        tier: Tier::Public,
        hours: 1,
    };
    token.sign(&settings.data_dir, SystemClock.now())
}

/// How a subject stands to a role, by all grants of it.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// The name of the grant by which they have it.
    Held(String),
    /// The name of the newest grant, which was revoked.
    Revoked(String),
    /// They never had it, or it expired.
    Free,
}

impl Standing {
    /// Returns it at a time, in seconds.
    fn of(grants: &[Grant], now: i64) -> Self {
        let holds = |grant: &&Grant| {
            grant.delete_time.is_none() && grant.expire_time.is_some_and(|it| it.seconds > now)
        };
        if let Some(grant) = grants.iter().find(holds) {
            return Self::Held(grant.name.clone());
        }
        let made = |grant: &&Grant| grant.create_time.map(|it| (it.seconds, it.nanos));
        let newest = grants.iter().max_by_key(made);
        let revoked = newest.filter(|grant| grant.delete_time.is_some());
        revoked.map_or(Self::Free, |grant| Self::Revoked(grant.name.clone()))
    }
}

/// Grants the role, unless the subject has it: what is run again changes nothing. A role that was
/// revoked is given back only where `again` says so.
async fn appoint(
    client: &mut GrantServiceClient<Connection>,
    subject: String,
    days: u32,
    again: bool,
) -> anyhow::Result<String> {
    let quoted = subject.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = format!("subject = \"{quoted}\" AND role = OPERATOR");
    let list = ListGrantsRequest {
        page_size: ALL,
        filter,
        show_deleted: true,
        ..ListGrantsRequest::default()
    };
    let found = client.list_grants(list).await?.into_inner().grants;
    let now = SystemClock.now() / MICROSECONDS;
    match Standing::of(&found, now) {
        Standing::Held(name) => return Ok(format!("{subject} is an operator already, by {name}")),
        Standing::Revoked(name) if !again => bail!(
            "{subject} was an operator by {name}, which was revoked: --again appoints them all the same"
        ),
        Standing::Revoked(_) | Standing::Free => {}
    }
    let seconds = now + i64::from(days) * SECONDS_OF_A_DAY;
    let grant = Grant {
        subject: subject.clone(),
        role: api::registan::options::v1::Role::Operator.into(),
        purpose: "the first operator".to_owned(),
        expire_time: Some(Timestamp { seconds, nanos: 0 }),
        ..Grant::default()
    };
    let create = CreateGrantRequest { grant: Some(grant), ..CreateGrantRequest::default() };
    let grant = client.create_grant(create).await?.into_inner();
    Ok(format!("{subject} is an operator for {days} days, by {}", grant.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(name: &str, made: i64, expires: i64, deleted: Option<i64>) -> Grant {
        let at = |seconds| Timestamp { seconds, nanos: 0 };
        Grant {
            name: name.to_owned(),
            create_time: Some(at(made)),
            expire_time: Some(at(expires)),
            delete_time: deleted.map(at),
            ..Grant::default()
        }
    }

    #[test]
    fn a_role_that_was_revoked_is_not_free_and_one_that_expired_is() {
        let revoked = grant("r", 1, 100, Some(5));
        let expired = grant("e", 2, 10, None);
        let held = grant("h", 3, 100, None);

        for (grants, expected) in [
            (vec![], Standing::Free),
            (vec![expired.clone()], Standing::Free),
            (vec![revoked.clone()], Standing::Revoked("r".to_owned())),
            (vec![revoked.clone(), expired.clone()], Standing::Free),
            (vec![expired, held, revoked], Standing::Held("h".to_owned())),
        ] {
            assert_eq!(Standing::of(&grants, 50), expected, "{grants:?}");
        }
    }
}
