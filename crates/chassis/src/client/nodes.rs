//! The addresses of one service as they were last found, and how old that answer may be.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Cause;
use super::meters::Meters;
use super::node::Node;
use super::places::Places;
use crate::tls::Dial;

/// How old the known addresses of a service may be while it is used.
const FRESH: Duration = Duration::from_secs(3);
/// After a failure they are asked for again, though not more often than this.
pub(super) const SOON: Duration = Duration::from_millis(200);
/// How long a call waits to learn where a service went.
const LOOK_TIMEOUT: Duration = Duration::from_secs(1);

/// The addresses of a service.
#[derive(Debug)]
pub(super) struct Nodes {
    short: OnceLock<Handle>,
    pub places: Places,
    pub dial: Dial,
    pub meters: Meters,
    known: RwLock<Known>,
    /// Held while the addresses are asked for.
    asking: Mutex<()>,
}

/// The addresses of the last answer.
#[derive(Debug, Default)]
struct Known {
    nodes: Arc<[Arc<Node>]>,
    at: Option<Instant>,
}

impl Nodes {
    /// Knows no address yet.
    pub fn new(places: Places, dial: Dial, meters: Meters) -> Arc<Self> {
        let short = Handle::try_current().map(OnceLock::from).unwrap_or_default();
        Self::on(short, places, dial, meters)
    }

    /// The same service, by connections of its own.
    pub fn apart(&self, meters: Meters) -> Arc<Self> {
        Self::on(self.short.clone(), self.places.clone(), self.dial.clone(), meters)
    }

    fn on(short: OnceLock<Handle>, places: Places, dial: Dial, meters: Meters) -> Arc<Self> {
        let (known, asking) = (RwLock::default(), Mutex::default());
        Arc::new(Self { short, places, dial, meters, known, asking })
    }

    /// The threads of the connections: those on which the pool was made, or else first used. Never
    /// those of long work that may open one: a short call on it would wait for threads that step
    /// back.
    pub fn short(&self) -> &Handle {
        self.short.get_or_init(Handle::current)
    }

    /// The addresses; those of before while newer ones are asked for.
    pub async fn get(self: &Arc<Self>) -> Result<Arc<[Arc<Node>]>, Cause> {
        let nodes = self.now();
        if !nodes.is_empty() {
            self.refresh(FRESH);
            return Ok(nodes);
        }
        self.look().await?;
        Ok(self.now())
    }

    /// The addresses of the last answer.
    pub fn now(&self) -> Arc<[Arc<Node>]> {
        Arc::clone(&self.known().nodes)
    }

    /// The addresses, if they are others than those that were tried in vain. Waits for a newer
    /// answer, for a moment.
    pub async fn moved(&self, tried: &Arc<[Arc<Node>]>) -> Option<Arc<[Arc<Node>]>> {
        let has_moved = || Some(self.now()).filter(|now| !Arc::ptr_eq(now, tried));
        if self.places.are_fixed() {
            return None;
        }
        let asked = async {
            // Somebody may be asking already.
            let _asking = self.asking.lock().await;
            if has_moved().is_none() && !self.is_known_for(SOON) {
                self.look().await?;
            }
            Ok::<_, Cause>(())
        };
        match timeout(LOOK_TIMEOUT, asked).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.not_found(&error),
            Err(_elapsed) => self.not_found(&"no answer in time".into()),
        }
        has_moved()
    }

    /// Asks for the addresses behind the scenes, if the last answer is older.
    pub fn refresh(self: &Arc<Self>, older: Duration) {
        if self.is_known_for(older) || self.places.are_fixed() || self.asking.try_lock().is_err() {
            return;
        }
        let nodes = Arc::clone(self);
        self.short().spawn(async move {
            let Ok(_asking) = nodes.asking.try_lock() else { return };
            if let Err(error) = nodes.look().await {
                nodes.not_found(&error);
            }
        });
    }

    /// Returns whether the last answer is younger.
    fn is_known_for(&self, age: Duration) -> bool {
        self.known().at.is_some_and(|at| at.elapsed() < age)
    }

    fn not_found(&self, error: &Cause) {
        let host = self.places.authority.host();
        tracing::debug!(error, host, "the addresses of a service are not found; the last stay");
    }

    async fn look(&self) -> Result<(), Cause> {
        self.learn(self.places.find().await)
    }

    /// Takes the addresses that were found. The last answer is kept when there is none.
    fn learn(&self, found: io::Result<Vec<SocketAddr>>) -> Result<(), Cause> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.at = Some(Instant::now());
        let found = found?;
        let have: Vec<_> = known.nodes.iter().map(|node| node.address).collect();
        if !found.is_empty() && found != have {
            // Calls under way on what is gone end where they are.
            let kept = |at| known.nodes.iter().find(|node| node.address == at).cloned();
            let made = |at| Arc::new(Node::new(at, self.dial.clone(), self.meters.clone()));
            let nodes = found.into_iter().map(|at| kept(at).unwrap_or_else(|| made(at)));
            known.nodes = nodes.collect();
        }
        Ok(())
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes these addresses for those of an answer of long ago.
    #[cfg(test)]
    pub fn knew(&self, addresses: Vec<SocketAddr>) {
        self.learn(Ok(addresses)).expect("it takes what is found");
        self.known.write().expect("nothing panics").at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(url: &str) -> Arc<Nodes> {
        let places = Places::read(url, &Dial::Plain.scheme()).unwrap();
        Nodes::new(places, Dial::Plain, Meters::default())
    }

    fn addresses(nodes: &Nodes) -> Vec<u16> {
        nodes.now().iter().map(|node| node.address.port()).collect()
    }

    fn at(ports: &[u16]) -> Vec<SocketAddr> {
        ports.iter().map(|port| SocketAddr::from(([127, 0, 0, 1], *port))).collect()
    }

    #[test]
    fn new_addresses_join_and_old_ones_go_and_no_answer_changes_nothing() {
        let nodes = nodes("http://agreements:1");
        nodes.learn(Ok(at(&[1, 2]))).unwrap();
        let kept = Arc::clone(&nodes.now()[1]);

        nodes.learn(Ok(at(&[2, 3]))).unwrap();
        assert_eq!(addresses(&nodes), [2, 3]);
        assert!(Arc::ptr_eq(&kept, &nodes.now()[0]), "its connections stay");

        nodes.learn(Ok(at(&[]))).unwrap();
        nodes.learn(Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(addresses(&nodes), [2, 3]);
    }

    #[tokio::test]
    async fn all_that_moved_is_found_when_nobody_answered_where_it_was() {
        let nodes = nodes("http://localhost:7");
        nodes.learn(Ok(at(&[1]))).unwrap();
        let before = nodes.now();
        assert!(nodes.moved(&before).await.is_none(), "the answer is of just now");
        nodes.knew(at(&[1]));

        let moved = nodes.moved(&before).await.unwrap();

        assert!(moved.iter().all(|node| node.address.port() == 7));
        // Another call learned it meanwhile.
        assert!(nodes.moved(&before).await.is_some());
        assert!(nodes.moved(&moved).await.is_none());
    }
}
