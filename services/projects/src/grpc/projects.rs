//! `ProjectService`: the import.

use api::registan::projects::v1::{ImportIatiRequest, ImportIatiResponse};
use chassis::caller::current;
use standard::at;
use tonic::{Request, Response, Status, Streaming};

use super::convert::report_message;
use super::feed;
use crate::app::App;
use crate::ops::import_iati;

/// Imports a file that comes in parts.
pub async fn import_iati(
    app: App,
    request: Request<Streaming<ImportIatiRequest>>,
) -> Result<Response<ImportIatiResponse>, Status> {
    let mut stream = request.into_inner();
    let options = feed::options(ingest::feed::options(&mut stream, feed::part).await?)?;
    // Nothing more of the file is read before: what waits takes no memory.
    let _turn = app.imports.take(&current().caller.subject).await?;
    let (bytes, file) = ingest::feed::pipe();
    let import = import_iati::import_iati(&app, options, file);
    let importing = async { import.await.map_err(Status::from) };
    // If the client goes, the stream fails, the import is dropped, and whole batches stay recorded.
    let uploading = ingest::feed::upload(stream, feed::part, bytes);
    let (report, ()) = tokio::try_join!(importing, uploading)?;
    Ok(at(report.read_time, report_message(report)))
}
