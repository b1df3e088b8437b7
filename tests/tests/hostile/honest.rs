//! Honest callers, all the while.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
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
const TIMEOUT: Duration = Duration::from_secs(5);

/// The results of the calls.
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

    /// Adds what `other` holds.
    pub fn add(&mut self, other: Self) {
        self.answered.extend(other.answered);
        self.failed.extend(other.failed);
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
    tally: Arc<Mutex<Tally>>,
    callers: JoinSet<()>,
}

impl Honest {
    /// Begins to read the first agreement there is.
    pub async fn start(address: SocketAddr) -> Self {
        let mut client = AgreementServiceClient::new(connect(address));
        let list = ListAgreementsRequest { page_size: 1, ..Default::default() };
        let page = client.list_agreements(list).await.expect("there is a list").into_inner();
        let name = page.agreements[0].name.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let tally = Arc::new(Mutex::new(Tally::default()));
        let mut callers = JoinSet::new();
        for number in 0..=CALLERS {
            let newcomer = number == CALLERS;
            let kept = (!newcomer).then(|| connect(address));
            let (name, stop, tally) = (name.clone(), Arc::clone(&stop), Arc::clone(&tally));
            callers.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let channel = kept.clone().unwrap_or_else(|| connect(address));
                    let called = Instant::now();
                    let answer = ask(channel, &name).await;
                    tally.lock().expect("nobody panics").note(called, answer);
                    let every = if newcomer { NEWCOMER_EVERY } else { EVERY };
                    sleep(every.saturating_sub(called.elapsed())).await;
                }
            });
        }
        Self { stop, tally, callers }
    }

    /// Returns the results of the calls since the last time.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().expect("nobody panics"))
    }

    /// Stops, and tells what became of the calls since it was asked last.
    pub async fn end(mut self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        while self.callers.join_next().await.is_some() {}
        self.take()
    }
}

fn connect(address: SocketAddr) -> Channel {
    chassis::client::channel(&format!("http://{address}")).expect("an address is a url")
}

async fn ask(channel: Channel, name: &str) -> Result<(), Status> {
    let mut request =
        Request::new(GetAgreementRequest { name: name.to_owned(), ..Default::default() });
    request.set_timeout(TIMEOUT);
    AgreementServiceClient::new(channel).get_agreement(request).await.map(drop)
}
