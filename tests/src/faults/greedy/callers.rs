//! The greedy callers. Each counts what it got and what it was refused, until it is ended. They run
//! on threads that step back: the machine that they ask from is the one that answers, and what they
//! take of it is not what is measured.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use api::registan::agreements::v1::ExportAgreementsRequest;
use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::partnership::v1::WatchRequest;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::transaction_service_client::TransactionServiceClient;
use api::registan::projects::v1::{ImportIatiOptions, ImportIatiRequest, ListTransactionsRequest};
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use super::door::Door;
use super::fill::{CHUNK, activity};

/// The results of one kind of greed.
#[derive(Debug, Default)]
pub struct Greed {
    /// Answers, or streams and connections that stand.
    pub had: AtomicUsize,
    /// Told to come again later, and when.
    pub exhausted: AtomicUsize,
    /// Whatever else went wrong.
    pub failed: AtomicUsize,
    /// The last of that.
    pub last: Mutex<String>,
}

impl Greed {
    fn note<T>(&self, answer: Result<T, tonic::Status>) -> Option<T> {
        let (count, answer) = match answer {
            Ok(answer) => (&self.had, Some(answer)),
            Err(status) if is_told_when(&status) => (&self.exhausted, None),
            Err(status) => {
                if let Ok(mut last) = self.last.lock() {
                    *last = format!("{:?}: {}", status.code(), status.message());
                }
                (&self.failed, None)
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
        answer
    }
}

/// Returns whether a refusal says that there is too much to do, and when to come again.
fn is_told_when(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::ResourceExhausted | Code::Unavailable)
        && status.get_details_retry_info().is_some_and(|retry| retry.retry_delay.is_some())
}

/// One caller of pages of 1000, so many a second, whether answered or not.
pub async fn lists(door: Door, a_second: u32, greed: Arc<Greed>) {
    let client = TransactionServiceClient::new(door.from([127, 0, 2, 1]))
        .max_decoding_message_size(16 << 20);
    let mut running = JoinSet::new();
    let mut turn = interval(Duration::from_secs(1) / a_second);
    loop {
        turn.tick().await;
        while running.try_join_next().is_some() {}
        let (mut client, greed) = (client.clone(), Arc::clone(&greed));
        running.spawn(async move {
            let parent = "projects/-".to_owned();
            let request = ListTransactionsRequest { parent, page_size: 1000, ..Default::default() };
            greed.note(client.list_transactions(request).await);
        });
    }
}

/// Merged watches, as many from each address as one caller may have. Each stands for as long as it
/// can and comes again.
pub async fn watches(door: Door, count: usize, greed: Arc<Greed>) {
    let (mut running, mut channel) = (JoinSet::new(), door.from([127, 0, 3, 1]));
    for place in 0..count {
        let caller = u8::try_from(place / 32 % 250).unwrap_or(0) + 1;
        if place.is_multiple_of(32) {
            sleep(Duration::from_millis(20)).await;
            channel = door.from([127, 0, 3, caller]);
        }
        running.spawn(watch(channel.clone(), Arc::clone(&greed)));
    }
    running.join_all().await;
}

async fn watch(channel: Channel, greed: Arc<Greed>) {
    loop {
        let request = WatchRequest { party: "parties/kz".to_owned(), ..Default::default() };
        let opened = PartnershipServiceClient::new(channel.clone()).watch(request).await;
        match opened {
            Ok(answer) => {
                greed.had.fetch_add(1, Ordering::Relaxed);
                let mut events = answer.into_inner();
                while let Ok(Some(_)) = events.message().await {}
                greed.had.fetch_sub(1, Ordering::Relaxed);
            }
            refused => drop(greed.note(refused)),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Connections that say nothing but that they live, from 16 addresses; each comes again when it was
/// closed.
pub async fn idle(door: Door, count: usize, greed: Arc<Greed>) {
    let mut running = JoinSet::new();
    for place in 0..count {
        let caller = u8::try_from(place % 16).unwrap_or(0) + 1;
        let (door, greed) = (door.clone(), Arc::clone(&greed));
        running.spawn(async move {
            loop {
                greed.had.fetch_add(1, Ordering::Relaxed);
                let closed = quiet(&door, [127, 0, 4, caller]).await;
                greed.had.fetch_sub(1, Ordering::Relaxed);
                let count = if closed.is_ok() { &greed.exhausted } else { &greed.failed };
                count.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
            }
        });
    }
    running.join_all().await;
}

/// Ends when the server has closed the connection.
async fn quiet(door: &Door, from: [u8; 4]) -> anyhow::Result<()> {
    let (sender, connection) = hyper::client::conn::http2::handshake::<_, _, tonic::body::Body>(
        TokioExecutor::new(),
        door.open(from).await?,
    )
    .await?;
    let _ = connection.await;
    drop(sender);
    Ok(())
}

/// Imports of one activity of so many transactions each, all at once; how long the longest took.
pub async fn imports(
    door: Door,
    tokens: Vec<MetadataValue<Ascii>>,
    transactions: usize,
    greed: Arc<Greed>,
) -> Option<Duration> {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for (place, token) in tokens.into_iter().enumerate() {
        let (door, greed) = (door.clone(), Arc::clone(&greed));
        running.spawn(async move {
            let caller = u8::try_from(place).unwrap_or(0) + 1;
            let mut client = ProjectServiceClient::new(door.from([127, 0, 5, caller]));
            let file = activity(place, transactions);
            let options = ImportIatiOptions {
                file_name: format!("greedy-{place}.xml"),
                ..Default::default()
            };
            let first = ImportIatiRequest { part: Some(Part::Options(options)) };
            let chunks: Vec<_> = file
                .as_bytes()
                .chunks(CHUNK)
                .map(|chunk| ImportIatiRequest { part: Some(Part::Data(chunk.to_vec())) })
                .collect();
            drop(file);
            let parts = std::iter::once(first).chain(chunks);
            let mut request = Request::new(tokio_stream::iter(parts));
            request.metadata_mut().insert("authorization", token);
            greed.note(client.import_iati(request).await)
        });
    }
    while running.join_next().await.is_some() {}
    Some(began.elapsed())
}

/// One caller who exports what is large, again and again, some at a time.
pub async fn exports(door: Door, abreast: usize, greed: Arc<Greed>) {
    let client =
        AgreementServiceClient::new(door.from([127, 0, 6, 1])).max_decoding_message_size(16 << 20);
    let mut running = JoinSet::new();
    for _ in 0..abreast {
        let (mut client, greed) = (client.clone(), Arc::clone(&greed));
        running.spawn(async move {
            loop {
                let request = ExportAgreementsRequest::default();
                if let Some(answer) = greed.note(client.export_agreements(request).await) {
                    let mut resources = answer.into_inner();
                    while let Ok(Some(_)) = resources.message().await {}
                } else {
                    sleep(Duration::from_millis(500)).await;
                }
            }
        });
    }
    running.join_all().await;
}

/// Lets this process have as many files open as a thousand callers need.
pub fn raise_limit() -> anyhow::Result<()> {
    let id = std::process::id().to_string();
    let status = std::process::Command::new("prlimit")
        .args(["--pid", &id, "--nofile=20000:"])
        .status()
        .context("prlimit is not there")?;
    anyhow::ensure!(status.success(), "the limit on open files cannot be raised to 20000");
    Ok(())
}
