//! Runs the examples of a document against a suite of its own, and compares what they print.
//!
//! An example is a block of the kind `console`: a line `$ COMMAND` (more lines where it ends in a
//! backslash), then what it prints, where `…` stands for what is left out. A command fails where
//! the document shows an error, and nowhere else.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::{Suite, program};

/// The commands that ask a running suite, which is elsewhere than documents say.
pub const ASKING: [&str; 12] = [
    "import iati",
    "import ratification",
    "import reference",
    "edit",
    "export",
    "brief",
    "law",
    "lineage",
    "search",
    "calendar",
    "ask",
    "load",
];
/// How a document starts a second suite, which is empty, for what is invented; and where it answers
/// and keeps its data.
const EMPTY: &str = "cargo run -- --empty --listen 127.0.0.1:8081 --data-dir sample-data";
const EMPTY_ADDRESS: &str = "127.0.0.1:8081";
const EMPTY_DATA: &str = "sample-data";
/// The beginnings of a line by which a command reports an error.
const ERRORS: [&str; 2] = ["ERROR:", "registan: "];

/// A command and what it prints.
#[derive(Debug)]
pub struct Example {
    /// As typed.
    pub command: String,
    /// The lines that the document shows.
    pub printed: Vec<String>,
}

/// The examples of a document.
///
/// # Panics
/// If a block does not begin with a command.
#[must_use]
pub fn examples(text: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let mut continued = false;
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => {
                    found.push(Example { command: command.to_owned(), printed: Vec::new() });
                }
                None if continued => {
                    let example = found.last_mut().expect("a command comes first");
                    example.command.push('\n');
                    example.command.push_str(line);
                }
                None => found
                    .last_mut()
                    .expect("a command comes first")
                    .printed
                    .push(line.trim().to_owned()),
            }
            continued = line.ends_with('\\');
        }
    }
    found
}

/// The blocks of a section of a document, of whatever kind.
///
/// # Errors
/// If it has no such section.
pub fn blocks(document: &Path, section: &str) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(document)?;
    let found = text.split("\n## ").find(|part| part.lines().next() == Some(section));
    let found = found.with_context(|| format!("{} has no {section}", document.display()))?;
    let blocks = found.split("```").skip(1).step_by(2);
    let without_kind = |block: &str| block.split_once('\n').map(|(_, lines)| lines.to_owned());
    Ok(blocks.filter_map(without_kind).collect())
}

/// Returns whether the lines stand in the output in this order; `…` stands for any number of lines,
/// or for any part of one.
fn shows(output: &str, printed: &[String]) -> Result<(), String> {
    let lines: Vec<&str> = output.lines().map(str::trim).collect();
    let mut place = 0;
    for wanted in printed.iter().filter(|line| !line.is_empty() && *line != "…") {
        let parts: Vec<&str> = wanted.split('…').collect();
        let fits = |line: &&str| {
            let mut rest = *line;
            let starts = rest.starts_with(parts[0]) && rest.ends_with(parts[parts.len() - 1]);
            starts
                && parts.iter().all(|part| match rest.find(part) {
                    Some(found) => {
                        rest = &rest[found + part.len()..];
                        true
                    }
                    None => false,
                })
                && (parts.len() > 1 || *line == wanted)
        };
        match lines[place..].iter().position(fits) {
            Some(found) => place += found + 1,
            None => return Err(format!("`{wanted}` does not follow in:\n{output}")),
        }
    }
    Ok(())
}

/// Runs the examples of a document in their order, against one suite with the reference record, and
/// an empty one if they ask it; nothing where grpcurl or the command is not there. An error says
/// which example differs, and how.
///
/// # Panics
/// If the suite does not start.
pub fn run(root: &Path, document: &str, examples: &[Example]) -> Result<(), String> {
    let (Some(grpcurl), Some(registan)) = (testkit::tool("grpcurl"), program("registan")) else {
        return Ok(());
    };
    let Some(mut suite) = Suite::embedded() else { return Ok(()) };
    let empty = empty(root, document, examples)?;
    let folders = [grpcurl, registan].map(|file| file.parent().map(Path::to_owned));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> =
        folders.into_iter().flatten().chain(std::env::split_paths(&path)).collect();
    let path = std::env::join_paths(path).expect("no folder has a colon in its name");
    for example in examples {
        let output = Command::new("bash")
            .args(["-c", &command(example, &suite, empty.as_ref())])
            .env("PATH", &path)
            .env("REGISTAN_DATA_DIR", suite.folder.path().join("data"))
            .current_dir(root)
            .output()
            .expect("bash starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let fails = |line: &String| ERRORS.iter().any(|error| line.starts_with(error));
        if output.status.success() == example.printed.iter().any(fails) {
            let suite = ended(&mut suite);
            let status = output.status;
            return Err(format!("{document}: {}\n{status}\n{text}{suite}", example.command));
        }
        shows(&text, &example.printed)
            .map_err(|difference| format!("{document}: {}\n{difference}", example.command))?;
    }
    Ok(())
}

/// The end of the log of a suite that ended meanwhile.
fn ended(suite: &mut Suite) -> String {
    let mut ended = suite.processes.iter_mut().filter_map(|it| (!it.runs()).then(|| it.logged()));
    let Some(log) = ended.next() else { return String::new() };
    let last: Vec<_> = log.lines().rev().take(20).collect();
    format!("its suite ended:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

/// The empty suite of a document whose examples ask one. An error if it does not tell how to start
/// it.
fn empty(root: &Path, document: &str, examples: &[Example]) -> Result<Option<Suite>, String> {
    if !examples.iter().any(|example| example.command.contains(EMPTY_ADDRESS)) {
        return Ok(None);
    }
    let text = std::fs::read_to_string(root.join(document)).map_err(|error| error.to_string())?;
    if !text.lines().any(|line| line == EMPTY) {
        return Err(format!("{document}: it does not tell to start `{EMPTY}`"));
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    Ok(Suite::embedded_in(folder, &["--empty"]))
}

/// The command as it is run here: the built program, and the address of the suite.
fn command(example: &Example, suite: &Suite, empty: Option<&Suite>) -> String {
    let command = example.command.replace("127.0.0.1:8080", &suite.address.to_string());
    let command = command.replace("cargo run --", "registan");
    if let Some(empty) = empty.filter(|_| command.contains(EMPTY_ADDRESS)) {
        let data = empty.folder.path().join("data").display().to_string();
        let there = command.replace(EMPTY_ADDRESS, &empty.address.to_string());
        return there.replace(EMPTY_DATA, &data);
    }
    ASKING.iter().fold(command, |command, asking| {
        let there = format!("registan {asking} --gateway http://{} ", suite.address);
        command.replace(&format!("registan {asking} "), &there)
    })
}
