//! The connections to one service, which has one address or many. Each call goes to the less busy
//! of two addresses. What broke rests while others answer; what did not arrive is sent again, and
//! what may arrive twice once more, or as often as connections close in good order.
//!
//! Not tonic's channel: that has one connection, on which the 1025th stream waits for the others,
//! and hands every call to a queue and a task of its own, which a pass-through pays for twice; its
//! balancing loses the calls of a connection that closes, also in good order.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Request, Response, Uri, request};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::body::Body;

use super::again::{Budget, Method, Sent, method};
use super::answer::Answer;
use super::broken::{Broken, is_away, reason};
use super::meters::{Again, Meters};
use super::node::{Line, Node, Open};
use super::order::{connect, order};
use super::places::Places;
use crate::Settings;
use crate::tls::Dial;

/// How old the known addresses of a service may be while it is used.
const FRESH: Duration = Duration::from_secs(3);
/// After a failure they are asked for again, though not more often than this.
const SOON: Duration = Duration::from_millis(200);
/// How often a request is sent at most: every try but one costs nothing that was done.
const TRIES: usize = 8;

/// Why a request could not be sent.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Connections to one service.
#[derive(Debug)]
pub struct Pool {
    places: Places,
    dial: Dial,
    /// How many connections are used alike.
    fewest: usize,
    known: RwLock<Known>,
    /// True while the addresses are asked for.
    asking: AtomicBool,
    budget: Budget,
    meters: Meters,
}

/// The addresses of the last answer.
#[derive(Debug, Default)]
struct Known {
    nodes: Arc<[Arc<Node>]>,
    at: Option<Instant>,
}

impl Pool {
    /// Connects to `url` when first used: `http://` and a host, or several with commas between. A
    /// name with many addresses is many nodes, found again every three seconds while they are used.
    /// Up to `fewest` connections are used alike: each is read and written by one task, so that two
    /// use two cores.
    pub fn new(url: &str, fewest: usize) -> anyhow::Result<Arc<Self>> {
        Self::dialled(url, Dial::Plain, fewest, Meters::default())
    }

    /// From the service `own` to the service `peer` at `url`, with the certificates that `settings`
    /// name: nobody else is taken for it, and it is told the name of `own`.
    pub fn between(
        settings: &Settings,
        own: &str,
        peer: &'static str,
        url: &str,
        fewest: usize,
    ) -> anyhow::Result<Arc<Self>> {
        let (dial, meters) = (Dial::between(settings, own, peer, url)?, Meters::between(own, peer));
        Self::dialled(url, dial, fewest, meters)
    }

    pub(super) fn dialled(
        url: &str,
        dial: Dial,
        fewest: usize,
        meters: Meters,
    ) -> anyhow::Result<Arc<Self>> {
        let places = Places::read(url, &dial.scheme())?;
        Ok(Arc::new(Self::to(places, dial, fewest, meters)))
    }

    /// The same service, by connections of its own.
    pub fn apart(&self, fewest: usize) -> Arc<Self> {
        let meters = self.meters.clone();
        Arc::new(Self::to(self.places.clone(), self.dial.clone(), fewest, meters))
    }

    /// The same, counted in no metric.
    pub(super) fn apart_uncounted(&self, fewest: usize) -> Arc<Self> {
        let (places, dial) = (self.places.clone(), self.dial.clone());
        Arc::new(Self::to(places, dial, fewest, Meters::default()))
    }

    fn to(places: Places, dial: Dial, fewest: usize, meters: Meters) -> Self {
        Self {
            places,
            dial,
            fewest,
            known: RwLock::default(),
            asking: AtomicBool::new(false),
            budget: Budget::default(),
            meters,
        }
    }

    /// Gives the head of the answer; the frames follow in its body. Dropping either cancels the
    /// request.
    pub async fn send(
        self: &Arc<Self>,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Cause> {
        let method = method(request.uri().path());
        *request.uri_mut() = self.uri(request.uri());
        let mut call = method.and_then(|method| self.meters.begin(method, request.headers()));
        let answer = match method {
            Some(method) => self.send_kept(request, method).await,
            None => self.send_once(request).await,
        };
        match (&mut call, &answer) {
            (Some(call), Ok(answer)) => call.note(answer.headers()),
            (Some(call), Err(_)) => call.failed(),
            (None, _) => {}
        }
        Ok(answer?.map(|answer| Body::new(Answer { call, ..answer })))
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.now().nodes.iter().map(|node| node.connections()).sum()
    }

    /// The same path there.
    fn uri(&self, asked: &Uri) -> Uri {
        let path =
            asked.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.dial.scheme());
        parts.authority = Some(self.places.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("scheme, authority and path make a uri")
    }

    /// Sends a request whose body is not kept: again only if nothing of it left.
    async fn send_once(
        self: &Arc<Self>,
        mut request: Request<Body>,
    ) -> Result<Response<Answer>, Cause> {
        for _ in 0..TRIES {
            let (node, mut line) = self.line(None).await?;
            let open = Open::on(&line);
            match line.sender.try_send_request(request).await {
                Ok(response) => return Ok(self.answer(&node, response, open)),
                Err(mut failed) => {
                    let unsent = failed.take_message();
                    let broken = self.broke(&node, &line, failed.into_error(), unsent.is_some());
                    let Some(again) = unsent else { return Err(broken.cause) };
                    self.meters.again(Again::Unsent);
                    request = again;
                }
            }
        }
        Err("each connection closes before it takes a request".into())
    }

    /// Sends a request with one message, again if it did not arrive. If it may have, again only
    /// where the contract allows that: after every farewell, for that is no failure, and once more
    /// after anything else, also after an answer that it is not available.
    async fn send_kept(
        self: &Arc<Self>,
        request: Request<Body>,
        method: &Method,
    ) -> Result<Response<Answer>, Cause> {
        let (head, body) = request.into_parts();
        let sent = Sent::new(body);
        let (mut failed, mut is_repeated) = (None::<(SocketAddr, Broken)>, false);
        for _ in 0..TRIES {
            let found = self.line(failed.as_ref().map(|(at, _)| *at)).await;
            let (node, line) = match found {
                Ok(found) => found,
                Err(cause) => return failed.map_or(Err(cause), |(_, broken)| broken.end()),
            };
            let Some(body) = sent.body() else { break };
            let broken = match self.attempt(&node, line, &head, body, method).await {
                Ok(response) => return Ok(response),
                Err(broken) => broken,
            };
            if broken.is_unseen {
                self.meters.again(Again::Unsent);
            } else if (is_repeated && !broken.is_farewell) || !method.may_repeat(&sent).await {
                return broken.end();
            } else if self.budget.take() {
                self.meters.again(Again::Repeated);
                is_repeated |= !broken.is_farewell;
            } else {
                self.meters.again(Again::Refused);
                return broken.end();
            }
            failed = Some((node.address, broken));
        }
        failed.map_or_else(
            || Err("the request is too large to be sent again".into()),
            |(_, broken)| broken.end(),
        )
    }

    async fn attempt(
        self: &Arc<Self>,
        node: &Arc<Node>,
        line: Line,
        head: &request::Parts,
        body: Body,
        method: &Method,
    ) -> Result<Response<Answer>, Broken> {
        let open = Open::on(&line);
        let request = Request::from_parts(head.clone(), body);
        let mut sender = line.sender.clone();
        let response = match sender.try_send_request(request).await {
            Ok(response) => response,
            Err(failed) => {
                let never_left = failed.message().is_some();
                return Err(self.broke(node, &line, failed.into_error(), never_left));
            }
        };
        let (head, mut incoming) = response.into_parts();
        // An answer of one message comes whole: while none of it has, all of it can come from
        // elsewhere.
        let first = if method.is_unary && !incoming.is_end_stream() {
            let next = std::future::poll_fn(|context| Pin::new(&mut incoming).poll_frame(context));
            next.await.transpose().map_err(|error| self.broke(node, &line, error, false))?
        } else {
            None
        };
        let answer = Answer { first, body: incoming, call: None, _open: open };
        let response = Response::from_parts(head, answer);
        if is_away(&response) && self.now().nodes.len() > 1 {
            node.failed(&"it is not available".into());
            return Err(Broken::away(response));
        }
        self.budget.earn();
        node.answered();
        Ok(response)
    }

    fn answer(&self, node: &Node, response: Response<Incoming>, open: Open) -> Response<Answer> {
        self.budget.earn();
        node.answered();
        response.map(|body| Answer { first: None, body, call: None, _open: open })
    }

    /// Notes what broke: the address, the connection, or only this request.
    fn broke(
        self: &Arc<Self>,
        node: &Node,
        line: &Line,
        error: hyper::Error,
        never_left: bool,
    ) -> Broken {
        let reason = reason(&error);
        let is_unseen = never_left || reason == Some(h2::Reason::REFUSED_STREAM);
        let is_farewell = reason == Some(h2::Reason::NO_ERROR);
        let cause = Cause::from(error);
        if is_unseen || is_farewell {
            line.retire();
        } else if line.sender.is_closed() && line.retire() {
            // All calls on a connection break with it: that is one failure.
            node.failed(&cause);
        }
        self.refresh(SOON);
        Broken { cause, is_unseen, is_farewell, answer: None }
    }

    /// An address that answers, and a connection to it; another than `not` if there is one.
    async fn line(self: &Arc<Self>, not: Option<SocketAddr>) -> Result<(Arc<Node>, Line), Cause> {
        let nodes = self.nodes().await?;
        let fewest = self.fewest.div_ceil(nodes.len().max(1));
        let order = order(&nodes, not);
        // Nearly always there is one.
        if let Some(node) = order.first()
            && let Some(line) = node.with_room(fewest)
        {
            return Ok((Arc::clone(node), line));
        }
        let connected = connect(order, fewest).await;
        if connected.is_err() {
            self.refresh(SOON);
        }
        connected
    }

    /// The addresses of the service; those of before while newer ones are asked for.
    async fn nodes(self: &Arc<Self>) -> Result<Arc<[Arc<Node>]>, Cause> {
        let nodes = self.now().nodes.clone();
        if !nodes.is_empty() {
            self.refresh(FRESH);
            return Ok(nodes);
        }
        self.look().await?;
        Ok(self.now().nodes.clone())
    }

    /// Asks for the addresses behind the scenes, if the last answer is older.
    fn refresh(self: &Arc<Self>, older: Duration) {
        let is_fresh = self.now().at.is_some_and(|at| at.elapsed() < older);
        if is_fresh || self.places.are_fixed() || self.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = pool.look().await {
                let host = pool.places.authority.host();
                tracing::debug!(
                    error,
                    host,
                    "the addresses of a service are not found; the last stay"
                );
            }
            pool.asking.store(false, Ordering::Release);
        });
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

    fn now(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(pool: &Pool) -> Vec<u16> {
        pool.now().nodes.iter().map(|node| node.address.port()).collect()
    }

    fn at(ports: &[u16]) -> Vec<SocketAddr> {
        ports.iter().map(|port| SocketAddr::from(([127, 0, 0, 1], *port))).collect()
    }

    #[test]
    fn new_addresses_join_and_old_ones_go_and_no_answer_changes_nothing() {
        let pool = Pool::new("http://agreements:1", 1).unwrap();
        pool.learn(Ok(at(&[1, 2]))).unwrap();
        let kept = Arc::clone(&pool.now().nodes[1]);

        pool.learn(Ok(at(&[2, 3]))).unwrap();
        assert_eq!(addresses(&pool), [2, 3]);
        assert!(Arc::ptr_eq(&kept, &pool.now().nodes[0]), "its connections stay");

        pool.learn(Ok(at(&[]))).unwrap();
        pool.learn(Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(addresses(&pool), [2, 3]);
    }
}
