//! The upload of an import as a file that a thread can read.

use std::io::{self, Read};
use std::time::Duration;

use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::pace::{UPLOAD_INTERVAL, pass_on};

/// Chunks on their way from the stream to the reader.
const CHUNKS: usize = 2;
/// Bytes of one chunk.
const MAX_BYTES: usize = 1 << 20;
/// The most bytes of a message: a chunk, and a little around it.
pub const MAX_MESSAGE: usize = 2 << 20;

/// The content of one message of the stream; a service gets it from its own request.
pub enum Part<O> {
    /// The options: of the first message.
    Options(O),
    /// The next bytes of the file: of all others.
    Data(Vec<u8>),
}

fn invalid(field: &str, description: &str) -> Status {
    Failure::invalid(vec![Violation::new(field, ErrorReason::ImportStreamInvalid, description)])
        .into()
}

/// Returns the options of the first message.
pub async fn options<M, O>(
    stream: &mut Streaming<M>,
    part: fn(M) -> Option<Part<O>>,
) -> Result<O, Status> {
    match stream.message().await?.and_then(part) {
        Some(Part::Options(options)) => Ok(options),
        _ => Err(invalid("options", "the first message must carry options")),
    }
}

/// Returns a channel whose far end is read like a file.
pub fn pipe() -> (mpsc::Sender<Vec<u8>>, File) {
    let (bytes, receiver) = mpsc::channel(CHUNKS);
    (bytes, File { receiver, chunk: Vec::new(), read: 0 })
}

/// Sends all later messages into the channel, and ends the upload where too few bytes come in time.
/// When its reader has had enough, the rest of the stream is read and dropped: not every client can
/// bear an answer before it has sent everything.
pub async fn upload<M, O>(
    stream: Streaming<M>,
    part: fn(M) -> Option<Part<O>>,
    bytes: mpsc::Sender<Vec<u8>>,
) -> Result<(), Status> {
    upload_paced(stream, part, bytes, UPLOAD_INTERVAL).await
}

async fn upload_paced<M, O>(
    stream: Streaming<M>,
    part: fn(M) -> Option<Part<O>>,
    bytes: mpsc::Sender<Vec<u8>>,
    interval: Duration,
) -> Result<(), Status> {
    let (chunks, received) = mpsc::channel(1);
    let passing = pass_on(received, bytes, interval);
    tokio::try_join!(receive(stream, part, chunks), passing)?;
    Ok(())
}

/// Sends the bytes of all messages into a channel.
async fn receive<M, O>(
    mut stream: Streaming<M>,
    part: fn(M) -> Option<Part<O>>,
    chunks: mpsc::Sender<Vec<u8>>,
) -> Result<(), Status> {
    while let Some(message) = stream.message().await? {
        match part(message) {
            Some(Part::Data(chunk)) if chunk.len() > MAX_BYTES => {
                return Err(invalid("data", "must be at most 1 MiB; send more messages"));
            }
            // An error says that the upload has ended.
            Some(Part::Data(chunk)) => drop(chunks.send(chunk).await),
            Some(Part::Options(_)) => {
                return Err(invalid("options", "only the first message may carry options"));
            }
            None => return Err(invalid("data", "every message after the first must carry data")),
        }
    }
    Ok(())
}

/// The uploaded file, read from a channel in a thread that may block.
pub struct File {
    receiver: mpsc::Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    read: usize,
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.chunk.len() {
            match self.receiver.blocking_recv() {
                Some(chunk) => (self.chunk, self.read) = (chunk, 0),
                None => return Ok(0),
            }
        }
        let rest = &self.chunk[self.read..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::{Body, Frame};
    use tokio::time::timeout;
    use tonic::Code;
    use tonic::codec::{DecodeBuf, Decoder};
    use tonic::codegen::Bytes;

    use super::*;

    /// The body of a request that never goes on.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Pending
        }
    }

    impl Decoder for Silent {
        type Item = Vec<u8>;
        type Error = Status;

        fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn an_upload_that_stops_is_ended() {
        let stream = Streaming::new_request(Silent, Silent, None, None);
        let (bytes, _file) = pipe();
        let data = |chunk| Some(Part::<()>::Data(chunk));

        let interval = Duration::from_millis(100);
        let upload = upload_paced(stream, data, bytes, interval);
        let ended = timeout(Duration::from_secs(10), upload).await;

        assert_eq!(ended.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    }
}
