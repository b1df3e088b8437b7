//! Streams that are passed on while the gateway stops.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tonic::Code;
use tonic_types::StatusExt;

use crate::support::{Client, gateway_draining, suite, text, until_running};

#[tokio::test]
async fn a_watch_ends_in_good_order_and_another_stream_says_to_begin_again() {
    let suite = suite().await;
    let gateway = gateway_draining(suite.projects.listens, 4).await;
    let mut client = Client::of(gateway.address);
    let mut watch = client.stream("WatchProjects", text("")).await;
    let mut export = client.stream("ExportProjects", text("")).await;
    for stream in [&mut watch, &mut export] {
        assert_eq!(stream.next().await.unwrap().unwrap(), text("first"));
    }
    let begun = Instant::now();

    let stopping = tokio::spawn(gateway.stop());

    // The message that has begun comes whole.
    assert_eq!(watch.next().await.unwrap().unwrap(), text("second"));
    assert!(watch.next().await.is_none(), "it ended without an error");
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    assert_eq!(export.next().await.unwrap().unwrap(), text("second"));
    let end = export.next().await.unwrap().unwrap_err();
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    drop((watch, export));
    stopping.await.unwrap();
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    assert!(end.get_details_retry_info().unwrap().retry_delay.is_some());
    until_running(&suite.stub, 0).await;
}

/// An upload, which is answered when it is through, held the gateway to the end of its time, and
/// was cut without a word.
#[tokio::test]
async fn a_stream_that_is_not_answered_yet_is_told_to_begin_again() {
    let suite = suite().await;
    let gateway = gateway_draining(suite.projects.listens, 4).await;
    let mut client = Client::of(gateway.address);
    // The stub answers nothing.
    let waiting = tokio::spawn(async move {
        client.try_streams("DiffProjects", futures::stream::iter([text("")])).await
    });
    until_running(&suite.stub, 1).await;
    let begun = Instant::now();

    let stopping = tokio::spawn(gateway.stop());

    let end = waiting.await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    assert!(end.get_details_retry_info().unwrap().retry_delay.is_some());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    stopping.await.unwrap();
}
