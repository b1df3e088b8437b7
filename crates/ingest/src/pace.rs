//! The pace of an upload: an import that has a turn keeps others waiting, so its file must come.

use std::time::Duration;

use chassis::Failure;
use chassis::failure::{Code, ErrorReason};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

/// Bytes of the file that must come in each [`UPLOAD_INTERVAL`].
const MIN_UPLOAD: usize = 64 << 10;
/// The time for so many bytes.
pub const UPLOAD_INTERVAL: Duration = Duration::from_secs(30);

/// Passes the chunks of an upload on to the reader of the file, and ends it where too few bytes
/// come in an interval. The time in which the reader is not ready does not count.
pub async fn pass_on(
    mut chunks: Receiver<Vec<u8>>,
    bytes: Sender<Vec<u8>>,
    interval: Duration,
) -> Result<(), Status> {
    loop {
        let (mut until, mut came) = (Instant::now() + interval, 0);
        while came < MIN_UPLOAD {
            let Ok(chunk) = timeout_at(until, chunks.recv()).await else {
                return Err(too_slow(interval).into());
            };
            let Some(chunk) = chunk else { return Ok(()) };
            came += chunk.len();
            let begun = Instant::now();
            // An error says that nobody reads any more.
            drop(bytes.send(chunk).await);
            until += begun.elapsed();
        }
    }
}

fn too_slow(interval: Duration) -> Failure {
    let within = interval.as_millis();
    let message = format!("less than {MIN_UPLOAD} bytes of the file came within {within} ms");
    Failure::new(Code::DeadlineExceeded, ErrorReason::RequestStalled, message)
        .with("within_ms", within.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::sleep;

    use super::*;

    const INTERVAL: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn an_upload_that_drips_is_ended() {
        let (drops, chunks) = mpsc::channel(1);
        let (bytes, mut file) = mpsc::channel(2);

        let drip = async {
            while drops.send(vec![b' ']).await.is_ok() {
                sleep(INTERVAL / 20).await;
            }
        };
        let read = async { while file.recv().await.is_some() {} };
        let (ended, (), ()) = tokio::join!(pass_on(chunks, bytes, INTERVAL), drip, read);

        assert_eq!(ended.unwrap_err().code(), Code::DeadlineExceeded);
    }

    #[tokio::test]
    async fn an_upload_waits_for_its_reader_for_any_time() {
        let (sender, chunks) = mpsc::channel(1);
        let (bytes, mut file) = mpsc::channel::<Vec<u8>>(1);

        let send = async {
            for _ in 0..4 {
                sender.send(vec![b' '; 1000]).await.unwrap();
            }
            drop(sender);
        };
        let read = async {
            let mut read = 0;
            loop {
                sleep(INTERVAL * 2).await;
                match file.recv().await {
                    Some(chunk) => read += chunk.len(),
                    None => return read,
                }
            }
        };
        let (ended, (), read) = tokio::join!(pass_on(chunks, bytes, INTERVAL), send, read);

        assert!(ended.is_ok());
        assert_eq!(read, 4000);
    }
}
