//! A connection that must say something soon: HTTP/2 keepalive does not reach one that never began
//! to speak HTTP/2.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::time::Sleep;

use crate::tls::Socket;

/// The length of the preface by which a client begins HTTP/2.
const PREFACE: usize = 24;

/// A socket whose reads fail when the first bytes are late. Afterwards it costs one branch a read.
pub(super) struct FirstBytes {
    socket: TokioIo<Socket>,
    /// How many of the first bytes are still to come, and until when.
    awaited: Option<(usize, Pin<Box<Sleep>>)>,
}

impl FirstBytes {
    /// A connection whose first bytes must come within a time.
    pub fn new(socket: Socket, within: Duration) -> Self {
        let awaited = Some((PREFACE, Box::pin(tokio::time::sleep(within))));
        Self { socket: TokioIo::new(socket), awaited }
    }
}

impl Read for FirstBytes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some((missing, timer)) = &mut this.awaited else {
            return Pin::new(&mut this.socket).poll_read(context, buffer);
        };
        if timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the first bytes are late",
            )));
        }
        // Counted in a buffer of our own: the cursor does not tell how much was read.
        let mut bytes = [0; PREFACE];
        let wanted = (*missing).min(buffer.remaining());
        let mut first = hyper::rt::ReadBuf::new(&mut bytes[..wanted]);
        match Pin::new(&mut this.socket).poll_read(context, first.unfilled()) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        let read = first.filled();
        buffer.put_slice(read);
        *missing -= read.len();
        if *missing == 0 {
            this.awaited = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for FirstBytes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, slices)
    }
}
