//! Those who only want an answer, all the while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::{GetAgreementRequest, ListAgreementsRequest};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Callers who keep their connection; each calls every 50 ms, so together 80 times a second.
const CALLERS: usize = 4;
const EVERY: Duration = Duration::from_millis(50);
/// One more comes on a new connection each time.
const NEWCOMER_EVERY: Duration = Duration::from_millis(250);
/// Longer nobody waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of the calls.
#[derive(Debug, Default)]
pub struct Tally {
    pub answered: Vec<Duration>,
    pub failed: Vec<String>,
}

impl Tally {
    fn note(&mut self, called: Instant, answer: Result<(), Status>) {
        match answer {
            Ok(()) => self.answered.push(called.elapsed()),
            Err(status) => self.failed.push(format!("{:?}: {}", status.code(), status.message())),
        }
    }

    pub fn all(&self) -> usize {
        self.answered.len() + self.failed.len()
    }

    /// The time within which 99 of 100 were answered.
    pub fn p99(&self) -> Duration {
        let mut times = self.answered.clone();
        times.sort();
        times.get(times.len() * 99 / 100).or(times.last()).copied().unwrap_or_default()
    }
}

/// Honest callers at work.
pub struct Honest {
    stop: Arc<AtomicBool>,
    callers: JoinSet<Tally>,
}

impl Honest {
    /// Begins to read the first agreement there is.
    pub async fn start(address: SocketAddr) -> Self {
        let mut client = AgreementServiceClient::new(connect(address));
        let list = ListAgreementsRequest { page_size: 1, ..Default::default() };
        let page = client.list_agreements(list).await.expect("there is a list").into_inner();
        let name = page.agreements[0].name.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let kept = Some(connect(address));
            callers.spawn(caller(address, kept, name.clone(), EVERY, Arc::clone(&stop)));
        }
        callers.spawn(caller(address, None, name, NEWCOMER_EVERY, Arc::clone(&stop)));
        Self { stop, callers }
    }

    /// Stops and tells how it went.
    pub async fn end(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Tally::default();
        for tally in self.callers.join_all().await {
            all.answered.extend(tally.answered);
            all.failed.extend(tally.failed);
        }
        all
    }
}

fn connect(address: SocketAddr) -> Channel {
    chassis::client::channel(&format!("http://{address}")).expect("an address is a url")
}

async fn caller(
    address: SocketAddr,
    kept: Option<Channel>,
    name: String,
    every: Duration,
    stop: Arc<AtomicBool>,
) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::SeqCst) {
        let channel = kept.clone().unwrap_or_else(|| connect(address));
        let mut request =
            Request::new(GetAgreementRequest { name: name.clone(), ..Default::default() });
        request.set_timeout(PATIENCE);
        let called = Instant::now();
        let answer = AgreementServiceClient::new(channel).get_agreement(request).await;
        tally.note(called, answer.map(drop));
        sleep(every.saturating_sub(called.elapsed())).await;
    }
    tally
}
