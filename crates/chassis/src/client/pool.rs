//! The connections to one service, which has one address or many. Each call goes to the less busy
//! of two addresses. What broke rests while others answer; what did not arrive is sent again, and
//! what may arrive twice once more, or as often as connections close in good order.
//!
//! Not tonic's channel: that has one connection, on which the 1025th stream waits for the others,
//! and hands every call to a queue and a task of its own, which a pass-through pays for twice; its
//! balancing loses the calls of a connection that closes, also in good order.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{Request, Response, Uri, request};
use http_body::Body as _;
use hyper::body::Incoming;
use tonic::body::Body;

use super::again::{Budget, Method, Sent, method};
use super::answer::Answer;
use super::broken::{Broken, is_away, reason};
use super::meters::{Again, Meters};
use super::node::{Line, Node, Open};
use super::nodes::{Nodes, SOON};
use super::order::{connect, order};
use super::places::Places;
use crate::Settings;
use crate::tls::Dial;

/// How often a request is sent at most: every try but one costs nothing that was done.
const TRIES: usize = 8;

/// Why a request could not be sent.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Connections to one service.
#[derive(Debug)]
pub struct Pool {
    nodes: Arc<Nodes>,
    /// How many connections are used alike.
    fewest: usize,
    budget: Budget,
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
        Ok(Self::to(Nodes::new(places, dial, meters), fewest))
    }

    /// The same service, by connections of its own.
    pub fn apart(&self, fewest: usize) -> Arc<Self> {
        self.with(fewest, self.nodes.meters.clone())
    }

    /// The same, counted in no metric.
    pub(super) fn apart_uncounted(&self, fewest: usize) -> Arc<Self> {
        self.with(fewest, Meters::default())
    }

    fn with(&self, fewest: usize, meters: Meters) -> Arc<Self> {
        Self::to(self.nodes.apart(meters), fewest)
    }

    fn to(nodes: Arc<Nodes>, fewest: usize) -> Arc<Self> {
        Arc::new(Self { nodes, fewest, budget: Budget::default() })
    }

    /// Gives the head of the answer; the frames follow in its body. Dropping either cancels the
    /// request.
    pub async fn send(
        self: &Arc<Self>,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Cause> {
        let method = method(request.uri().path());
        *request.uri_mut() = self.uri(request.uri());
        let mut call = method.and_then(|method| self.nodes.meters.begin(method, request.headers()));
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
        self.nodes.now().iter().map(|node| node.connections()).sum()
    }

    /// The same path there.
    fn uri(&self, asked: &Uri) -> Uri {
        let path =
            asked.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.nodes.dial.scheme());
        parts.authority = Some(self.nodes.places.authority.clone());
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
                    self.nodes.meters.again(Again::Unsent);
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
                self.nodes.meters.again(Again::Unsent);
            } else if (is_repeated && !broken.is_farewell) || !method.may_repeat(&sent).await {
                return broken.end();
            } else if self.budget.take() {
                self.nodes.meters.again(Again::Repeated);
                is_repeated |= !broken.is_farewell;
            } else {
                self.nodes.meters.again(Again::Refused);
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
        if is_away(&response) && self.nodes.now().len() > 1 {
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
        self.nodes.refresh(SOON);
        Broken { cause, is_unseen, is_farewell, answer: None }
    }

    /// An address that answers, and a connection to it; another than `not` if there is one. Where
    /// none of the known ones answers, all may have moved while nobody called.
    async fn line(&self, not: Option<SocketAddr>) -> Result<(Arc<Node>, Line), Cause> {
        let nodes = self.nodes.get().await?;
        let tried = self.connected(&nodes, not).await;
        if tried.is_err()
            && let Some(moved) = self.nodes.moved(&nodes).await
        {
            return self.connected(&moved, not).await;
        }
        tried
    }

    async fn connected(
        &self,
        nodes: &[Arc<Node>],
        not: Option<SocketAddr>,
    ) -> Result<(Arc<Node>, Line), Cause> {
        let fewest = self.fewest.div_ceil(nodes.len().max(1));
        let order = order(nodes, not, self.nodes.short());
        // Nearly always there is one.
        if let Some(node) = order.first()
            && let Some(line) = node.with_room(fewest)
        {
            return Ok((Arc::clone(node), line));
        }
        connect(order, fewest, self.nodes.short()).await
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::BodyExt as _;
    use hyper::server::conn::http2;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpListener;
    use tonic::Status;

    use super::*;

    /// Answers every call with OK.
    async fn serve(listener: TcpListener) {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let answer = service_fn(async |_: Request<Incoming>| {
                Ok::<_, Infallible>(Status::ok("").into_http::<Body>())
            });
            let http = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(http.serve_connection(TokioIo::new(socket), answer));
        }
    }

    async fn ask(pool: &Arc<Pool>) -> Result<(), Cause> {
        let request = Request::post("/registan.projects.v1.ProjectService/ListProjects");
        let body = Body::new(http_body_util::Full::from(vec![0_u8; 5]));
        let answer = pool.send(request.body(body)?).await?;
        answer.into_body().collect().await?;
        Ok(())
    }

    /// Once, the first call after a rollout failed where nobody had called meanwhile.
    #[tokio::test]
    async fn the_first_call_after_all_addresses_have_changed_is_answered() {
        let [now, before] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0"));
        let (now, before) = (now.await.unwrap(), before.await.unwrap());
        let url = format!("http://localhost:{}", now.local_addr().unwrap().port());
        let gone = before.local_addr().unwrap();
        drop(before);
        tokio::spawn(serve(now));
        let pool = Pool::new(&url, 1).unwrap();
        pool.nodes.knew(vec![gone]);

        ask(&pool).await.unwrap();

        assert!(pool.nodes.now().iter().all(|node| node.address != gone));
    }
}
