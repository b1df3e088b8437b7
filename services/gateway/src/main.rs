//! The gateway, alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::process::run(
        gateway::NAME,
        "Passes calls to the services and joins their answers.",
        gateway::service,
    )
}
