//! A client that reads what is CONFIDENTIAL all the time, each time under another name, and keeps
//! the names of those who were answered: of each the log must have a line.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::registan::agreements::v1::GetPartyRequest;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use policy::{Desks, Tier};
use tokio::time::{sleep, timeout};
use tonic::Status;

use super::check::{Fault, Finding};
use super::record::Record;
use super::system::connection_as;
use super::writer::{Shared, Tally};

const PAUSE: Duration = Duration::from_millis(20);
const DEADLINE: Duration = Duration::from_secs(5);

/// The audited reads.
#[derive(Debug, Default)]
pub struct Readings {
    /// The callers who were answered, as the log names them.
    pub answered: Vec<String>,
    /// The calls that were refused.
    pub tally: Tally,
}

/// Reads until the writers are told to stop.
pub async fn run(address: SocketAddr, shared: Arc<Shared>) -> anyhow::Result<Readings> {
    let mut readings = Readings::default();
    for number in 1.. {
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
        let subject = format!("reader-{number}");
        let connection = connection_as(address, &subject, Desks::ALL, Tier::Confidential)?;
        let mut client = PartyServiceClient::new(connection);
        let request =
            GetPartyRequest { name: shared.confidential.clone(), ..GetPartyRequest::default() };
        match timeout(DEADLINE, client.get_party(request)).await {
            Ok(Ok(_)) => readings.answered.push(format!("development#{subject}")),
            Ok(Err(status)) => readings.tally.refuse(&status),
            Err(_) => readings.tally.refuse(&Status::deadline_exceeded("no answer in time")),
        }
        sleep(PAUSE).await;
    }
    Ok(readings)
}

/// Returns the callers who were shown what is CONFIDENTIAL and are not in the log.
pub fn unlogged(answered: &[String], record: &Record) -> Vec<Finding> {
    let lines = record.changes.iter().filter(|change| change.is_read());
    let logged: HashSet<&str> = lines.map(|change| change.caller.as_str()).collect();
    let missing = answered.iter().filter(|reader| !logged.contains(reader.as_str()));
    missing.map(|reader| Finding::new(Fault::Unlogged, reader.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::record::Change;
    use super::*;

    #[test]
    fn a_reading_without_a_line_is_found() {
        let line = |operation: &str, caller: &str| Change {
            time: 1,
            seq: 1,
            kind: "party".to_owned(),
            uid: Uuid::nil(),
            revision: 1,
            operation: operation.to_owned(),
            caller: caller.to_owned(),
        };
        let changes = vec![line("read", "reader-1"), line("create", "reader-2")];
        let record = Record { changes, ..Record::default() };
        let answered = ["reader-1", "reader-2", "reader-3"].map(ToOwned::to_owned);

        let found: Vec<String> =
            unlogged(&answered, &record).into_iter().map(|finding| finding.what).collect();

        assert_eq!(found, ["reader-2", "reader-3"]);
    }
}
