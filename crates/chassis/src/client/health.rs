//! The health of the service at an address, and whether it is the one that should answer there.

use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::Connection;
use crate::tls::GATEWAY;

/// A proto service of each service, which no other answers itself.
const MARKS: [(&str, &str); 4] = [
    ("agreements", "registan.agreements.v1.PartyService"),
    ("projects", "registan.projects.v1.ProjectService"),
    ("rights-reporting", "registan.rights.v1.RecommendationService"),
    (GATEWAY, "registan.partnership.v1.PartnershipService"),
];

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is ready.
    Serving,
    /// It is there and not ready.
    NotServing,
    /// Another answers at its address: that service, where it is known.
    Another(Option<&'static str>),
}

/// Asks at a connection for the health of the service `name`, or, where that is empty, of whoever
/// answers. An address that is that of another service is told as such; a gateway too, although it
/// knows the health of all.
pub async fn health(connection: Connection, name: &str) -> Result<Health, Status> {
    let mut client = HealthClient::new(connection);
    let whole = ask(&mut client, "").await?;
    let Some(whole) = whole else { return Ok(Health::Another(None)) };
    let Some((_, own)) = MARKS.iter().find(|(known, _)| *known == name) else {
        return Ok(state(whole));
    };
    if name != GATEWAY && ask(&mut client, MARKS[3].1).await?.is_some() {
        return Ok(Health::Another(Some(GATEWAY)));
    }
    if let Some(own) = ask(&mut client, own).await? {
        return Ok(state(own));
    }
    // One that is not ready may not say yet which proto services it has.
    if whole != ServingStatus::Serving {
        return Ok(Health::NotServing);
    }
    for (other, mark) in MARKS.iter().filter(|(other, _)| *other != name) {
        if ask(&mut client, mark).await?.is_some() {
            return Ok(Health::Another(Some(other)));
        }
    }
    Ok(Health::Another(None))
}

fn state(status: ServingStatus) -> Health {
    if status == ServingStatus::Serving { Health::Serving } else { Health::NotServing }
}

/// Asks for the health of a proto service, or of the whole; nothing where there is no such, or
/// where health is not told.
async fn ask(
    client: &mut HealthClient<Connection>,
    service: &str,
) -> Result<Option<ServingStatus>, Status> {
    let request = HealthCheckRequest { service: service.to_owned() };
    match client.check(request).await {
        Ok(answer) => Ok(Some(answer.into_inner().status())),
        Err(status) if matches!(status.code(), Code::NotFound | Code::Unimplemented) => Ok(None),
        Err(status) => Err(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_the_contract() {
        for (name, mark) in MARKS {
            assert!(api::descriptors().get_service_by_name(mark).is_some(), "{name}: {mark}");
        }
    }
}
