//! `registan import`: IATI files, tables of participations, and the reference record, into a
//! running suite.

mod check;
mod dates;
pub mod participations;
pub mod reference;
mod report;

use std::path::Path;

use anyhow::Context;
use api::registan::projects::v1::import_iati_request::Part;
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{ImportIatiOptions, ImportIatiRequest, ImportIatiResponse};
use chassis::process::block_on;
use indicatif::ProgressBar;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::Iati;
use crate::output::bytes;

const CHUNK: usize = 256 * 1024;

pub fn iati(arguments: &Iati) -> anyhow::Result<()> {
    block_on(async {
        let mut total = ImportIatiResponse::default();
        for file in &arguments.files {
            let answer = import(arguments, file)
                .await
                .with_context(|| format!("{} was not imported whole", file.display()))?;
            report::add(&mut total, answer);
        }
        if arguments.json {
            report::print_json(&total, arguments.dry_run)
        } else {
            report::print_sentences(&total, arguments.dry_run)
        }
    })
}

/// Sends one file, with a progress bar by bytes.
async fn import(arguments: &Iati, path: &Path) -> anyhow::Result<ImportIatiResponse> {
    let file = File::open(path).await.context("it cannot be opened")?;
    let file_name = name_of(path);
    let bar = bytes(&file_name, file.metadata().await?.len(), arguments.json);
    let options = ImportIatiOptions { file_name, validate_only: arguments.dry_run };
    let first = ImportIatiRequest { part: Some(Part::Options(options)) };
    let data = |data| ImportIatiRequest { part: Some(Part::Data(data)) };
    let (messages, reading) = pieces(file, first, data, bar.clone());
    let mut client = ProjectServiceClient::new(arguments.reach.writer()?);
    let answer = client.import_iati(messages).await;
    bar.finish_and_clear();
    let answer = answer.map_err(|status| said(&status, &arguments.reach.gateway))?;
    reading.await?.context("it could not be read to its end")?;
    Ok(answer.into_inner())
}

/// Returns the messages that upload a file: the first, then the bytes in pieces; the bar moves with
/// them. Ends with what went wrong while the file was read.
fn pieces<R: Send + 'static>(
    mut file: File,
    first: R,
    data: fn(Vec<u8>) -> R,
    progress: ProgressBar,
) -> (ReceiverStream<R>, JoinHandle<std::io::Result<()>>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let reading = tokio::spawn(async move {
        let mut open = sender.send(first).await.is_ok();
        while open {
            let mut piece = vec![0; CHUNK];
            let read = file.read(&mut piece).await?;
            if read == 0 {
                break;
            }
            piece.truncate(read);
            open = sender.send(data(piece)).await.is_ok();
            progress.inc(u64::try_from(read).unwrap_or(0));
        }
        Ok(())
    });
    (ReceiverStream::new(receiver), reading)
}

/// Returns the name of a file without its folders.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Returns the text of an error, for people.
pub fn said(status: &tonic::Status, gateway: &str) -> anyhow::Error {
    match status.code() {
        tonic::Code::Unavailable => anyhow::anyhow!(
            "no suite answers at {gateway}: start one with `registan serve` ({})",
            status.message()
        ),
        tonic::Code::Unauthenticated => anyhow::anyhow!(
            "{}; a command takes it as --token, --token-file or REGISTAN_TOKEN, or signs its own with the key in --data-dir",
            status.message()
        ),
        code => anyhow::anyhow!("{code:?}: {}", status.message()),
    }
}
