//! No stream through the gateway, and none that it merges, outlives the token of its caller.

use std::time::{Duration, Instant};

use api::registan::agreements::v1::WatchPartiesRequest;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::partnership::v1::WatchRequest;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use chassis::auth::development::Token;
use chassis::clock::{Clock, SystemClock};
use policy::{Desks, Role, Tier};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::record::Record;
use crate::support::data_dir;

const HOUR: i64 = 3600;

/// A token that ends in so many seconds.
fn ending_in(seconds: i64) -> String {
    let token = Token {
        subject: "test".to_owned(),
        roles: vec![Role::Editor],
        desks: Desks::ALL,
        tier: Tier::Confidential,
        hours: 1,
    };
    let made = SystemClock.now() - (HOUR - seconds) * 1_000_000;
    token.sign(&data_dir(), made).expect("there is a key")
}

async fn end<M>(mut stream: Streaming<M>) -> Status {
    let ended = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Status::ok("it ended"),
                Err(status) => return status,
            }
        }
    };
    timeout(Duration::from_secs(10), ended).await.expect("it ends")
}

#[tokio::test]
async fn a_watch_ends_with_the_token_of_its_caller() {
    let record = Record::start().await;
    let (opened, channel) = (Instant::now(), record.channel_with(&ending_in(4)));
    let mut gateway = PartnershipServiceClient::new(channel.clone());
    let merged = gateway.watch(WatchRequest::default()).await.unwrap().into_inner();
    let mut parties = PartyServiceClient::new(channel);
    let passed = parties.watch_parties(WatchPartiesRequest::default()).await.unwrap().into_inner();

    let (merged, passed) = tokio::join!(end(merged), end(passed));

    assert!(opened.elapsed() >= Duration::from_secs(2), "{:?}", opened.elapsed());
    for status in [merged, passed] {
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
        assert_eq!(status.get_details_error_info().unwrap().reason, "TOKEN_EXPIRED");
    }
}
