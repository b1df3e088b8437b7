//! The agreements service, alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::process::run(
        agreements::NAME,
        "Keeps parties, sources, agreements and frameworks.",
        agreements::service,
    )
}
