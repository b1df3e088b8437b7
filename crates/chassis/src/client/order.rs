//! The addresses of a service in the order in which a call tries them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::Cause;
use super::node::{Line, Node};

/// How long a call waits for a connection to one address before it tries the next beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// The order in which addresses are tried: first the less busy of two that are connected, then the
/// other connected ones, those not yet connected, those that failed lately, and last the one that
/// just did. Those not connected yet are connected behind the scenes, on the threads of `short`,
/// while others answer.
pub fn order(nodes: &[Arc<Node>], not: Option<SocketAddr>, short: &Handle) -> Vec<Arc<Node>> {
    if nodes.len() < 2 {
        return nodes.to_vec();
    }
    let rank = |node: &Arc<Node>| {
        let is_cold = node.connections() == 0;
        (not == Some(node.address), node.rests(), is_cold)
    };
    let mut all: Vec<_> = nodes.iter().map(|node| (rank(node), Arc::clone(node))).collect();
    fastrand::shuffle(&mut all);
    all.sort_by_key(|(rank, _)| *rank);
    let best = all[0].0;
    if all[1].0 == best && all[1].1.open() < all[0].1.open() {
        all.swap(0, 1);
    }
    if best == (false, false, false) {
        let cold = all.iter().filter(|(rank, _)| *rank == (false, false, true));
        cold.for_each(|(_, node)| node.warm(short));
    }
    all.into_iter().map(|(_, node)| node).collect()
}

/// Connects to the first address that answers. Each has a head start over the next: one to which
/// packets are lost holds a call up for a moment, and not until it is given up. The connection is
/// made, read and written on the threads of `short`, whichever threads ask: other calls share it.
pub async fn connect(
    order: Vec<Arc<Node>>,
    fewest: usize,
    short: &Handle,
) -> Result<(Arc<Node>, Line), Cause> {
    AbortOnDropHandle::new(short.spawn(first(order, fewest))).await?
}

async fn first(order: Vec<Arc<Node>>, fewest: usize) -> Result<(Arc<Node>, Line), Cause> {
    let (mut rest, mut trying) = (order.into_iter(), FuturesUnordered::new());
    let mut last = None;
    loop {
        let next = rest.next();
        let is_last = next.is_none();
        if let Some(node) = next {
            trying.push(async move { (node.line(fewest).await, node) });
        } else if trying.is_empty() {
            return Err(last.unwrap_or_else(|| "the service has no address".into()));
        }
        tokio::select! {
            Some((tried, node)) = trying.next() => match tried {
                Ok(line) => return Ok((node, line)),
                Err(cause) => last = Some(cause),
            },
            () = sleep(HEAD_START), if !is_last => {}
        }
    }
}
