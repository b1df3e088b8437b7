//! The stream of an import as a file that a thread can read.

use std::io::{self, Read};

use api::registan::projects::v1::ImportIatiRequest;
use api::registan::projects::v1::import_iati_request::Part;
use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::ops::import_iati::Options;

/// Chunks on their way from the stream to the reader.
const CHUNKS: usize = 2;
/// Bytes of one chunk.
const MOST_BYTES: usize = 1 << 20;

fn invalid(field: &str, description: &str) -> Status {
    Failure::invalid(vec![Violation::new(field, ErrorReason::ImportStreamInvalid, description)])
        .into()
}

/// The first message, which says what to do.
pub async fn options(stream: &mut Streaming<ImportIatiRequest>) -> Result<Options, Status> {
    let first = stream.message().await?.and_then(|message| message.part);
    let Some(Part::Options(options)) = first else {
        return Err(invalid("options", "the first message must carry options"));
    };
    let mut check = facts::Check::new("options");
    let file_name = check.required_text("file_name", options.file_name, 256);
    match standard::failure::from_violations(check.finish()) {
        Some(failure) => Err(failure.into()),
        None => Ok(Options { file_name, validate_only: options.validate_only }),
    }
}

/// A channel whose far end is read like a file.
pub fn pipe() -> (mpsc::Sender<Vec<u8>>, File) {
    let (bytes, receiver) = mpsc::channel(CHUNKS);
    (bytes, File { receiver, chunk: Vec::new(), read: 0 })
}

/// Sends all later messages into the channel. When its reader has had enough, the rest of the stream is read and dropped: not
/// every client can bear an answer before it has sent everything.
pub async fn upload(
    mut stream: Streaming<ImportIatiRequest>,
    bytes: mpsc::Sender<Vec<u8>>,
) -> Result<(), Status> {
    while let Some(message) = stream.message().await? {
        match message.part {
            Some(Part::Data(chunk)) if chunk.len() > MOST_BYTES => {
                return Err(invalid("data", "must be at most 1 MiB; send more messages"));
            }
            // An error says that nobody reads any more.
            Some(Part::Data(chunk)) => drop(bytes.send(chunk).await),
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
