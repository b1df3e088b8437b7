//! The rights-reporting service, alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::process::run(
        rights_reporting::NAME,
        "Keeps recommendations and what delegations did about them.",
        rights_reporting::service,
    )
}
