//! The stream of an import, taken apart.

use api::registan::projects::v1::import_iati_request::Part as Wire;
use api::registan::projects::v1::{ImportIatiOptions, ImportIatiRequest};
use ingest::feed::Part;
use tonic::Status;

use crate::ops::import_iati::Options;

/// Returns the content of a message of the stream.
pub fn part(message: ImportIatiRequest) -> Option<Part<ImportIatiOptions>> {
    message.part.map(|part| match part {
        Wire::Options(options) => Part::Options(options),
        Wire::Data(data) => Part::Data(data),
    })
}

/// Returns the options, checked.
pub fn options(message: ImportIatiOptions) -> Result<Options, Status> {
    let mut check = facts::Check::new("options");
    let file_name = check.required_text("file_name", message.file_name, 256);
    match standard::failure::from_violations(check.finish()) {
        Some(failure) => Err(failure.into()),
        None => Ok(Options { file_name, validate_only: message.validate_only }),
    }
}
