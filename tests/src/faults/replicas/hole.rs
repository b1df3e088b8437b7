//! The way to a process, which can be cut: packets are dropped then in both directions, new
//! connections get no answer, and nothing says so.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const BUFFER: usize = 16 * 1024;
/// How many connections may wait to be taken. When so many and one more do, the system drops the
/// packet that asks for the next.
const WAITING: u32 = 4;
const CONNECT_WITHIN: Duration = Duration::from_millis(50);

/// A way that can be cut. It ends when it is dropped.
#[derive(Debug)]
pub struct Hole {
    at: SocketAddr,
    is_cut: watch::Sender<bool>,
    /// Connections that wait, so that no other can.
    waiting: Vec<TcpStream>,
    accepting: JoinHandle<()>,
}

impl Hole {
    /// Passes on what comes to `at`. Must be called in a runtime.
    pub fn open(at: SocketAddr, to: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(at).with_context(|| format!("cannot listen on {at}"))?;
        let listener = socket.listen(WAITING)?;
        let (is_cut, cut) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, to, cut));
        Ok(Self { at, is_cut, waiting: Vec::new(), accepting })
    }

    /// Drops every packet from now on.
    pub async fn cut(&mut self) {
        self.is_cut.send_replace(true);
        for _ in 0..=2 * WAITING {
            match timeout(CONNECT_WITHIN, TcpStream::connect(self.at)).await {
                Ok(Ok(socket)) => self.waiting.push(socket),
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// Lets them through again.
    pub fn repair(&mut self) {
        self.waiting.clear();
        self.is_cut.send_replace(false);
    }
}

impl Drop for Hole {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, to: SocketAddr, mut cut: watch::Receiver<bool>) {
    loop {
        if cut.wait_for(|cut| !*cut).await.is_err() {
            return;
        }
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = cut.changed() => continue,
        };
        let Ok((here, _)) = taken else { continue };
        let cut = cut.clone();
        tokio::spawn(async move {
            // A process that is not there closes the connection.
            let Ok(there) = TcpStream::connect(to).await else { return };
            let _ = (here.set_nodelay(true), there.set_nodelay(true));
            let (asked, answers) = here.into_split();
            let (answered, questions) = there.into_split();
            tokio::spawn(pass(asked, questions, cut.clone()));
            pass(answered, answers, cut).await;
        });
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            // The way is gone for good.
            Err(_) = cut.changed() => return,
        };
        // Held where packets are dropped: what was sent is sent again later.
        if cut.wait_for(|cut| !*cut).await.is_err() {
            return;
        }
        match read {
            Ok(0) | Err(_) => break,
            Ok(count) if to.write_all(&buffer[..count]).await.is_err() => break,
            Ok(_) => {}
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_way_that_is_cut_passes_nothing_and_takes_nobody() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = testkit::free_address();
        let mut hole = Hole::open(at, server.local_addr().unwrap()).unwrap();
        let mut client = TcpStream::connect(at).await.unwrap();
        let (mut accepted, _) = server.accept().await.unwrap();
        client.write_all(b"a").await.unwrap();
        assert_eq!(accepted.read_u8().await.unwrap(), b'a');

        hole.cut().await;

        client.write_all(b"b").await.unwrap();
        assert!(timeout(MOMENT, accepted.read_u8()).await.is_err());
        assert!(timeout(MOMENT, TcpStream::connect(at)).await.is_err());

        hole.repair();

        assert_eq!(timeout(MOMENT, accepted.read_u8()).await.unwrap().unwrap(), b'b');
    }
}
