//! The projects service, alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::process::run(
        projects::NAME,
        "Keeps organizations, projects and their transactions.",
        projects::service,
    )
}
