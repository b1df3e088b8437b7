//! `registan import`: IATI files, tables of participations, and the reference record, into a
//! running suite.

mod check;
mod crosswalks;
mod dates;
mod lives;
pub mod participations;
pub mod reference;
mod report;
mod unread;

use std::path::{Path, PathBuf};

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

use self::report::Report;
use crate::cli::Iati;
use crate::output::bytes;
use crate::refused::refused;

const CHUNK: usize = 256 * 1024;

/// Imports the files one after the other and prints what was done, also where one of them is not
/// imported.
pub fn iati(arguments: &Iati) -> anyhow::Result<()> {
    block_on(async {
        let mut report = Report::default();
        let ended = import_all(arguments, &mut report).await;
        if report.files > 0 {
            report.print(arguments.json, arguments.dry_run)?;
        }
        ended?;
        whole(report.critical())
    })
}

async fn import_all(arguments: &Iati, report: &mut Report) -> anyhow::Result<()> {
    for (index, file) in arguments.files.iter().enumerate() {
        let answer = import(arguments, file).await;
        report.add(file, answer.with_context(|| not_imported(&arguments.files, index))?);
    }
    Ok(())
}

/// Says that a file was not imported, and which were not tried after it.
fn not_imported(files: &[PathBuf], index: usize) -> String {
    let (tried, after) = files.split_at(index + 1);
    let file = tried.last().map(|file| file.display().to_string()).unwrap_or_default();
    let after: Vec<String> = after.iter().map(|file| file.display().to_string()).collect();
    if after.is_empty() {
        return format!("{file} was not imported whole");
    }
    format!("{file} was not imported whole, and not at all {}", after.join(", "))
}

/// Fails where a file, or the rest of one, could not be read.
fn whole(critical: i64) -> anyhow::Result<()> {
    anyhow::ensure!(
        critical == 0,
        "critical findings: {critical}: a file, or the rest of one, was not read"
    );
    Ok(())
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
    let answer = answer.map_err(|status| refused(&status, &arguments.reach.gateway))?;
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
