//! The test programs of the workspace: the build says where each is.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{cargo, root};

/// Everything that the tests need: they start the programs of the suite, too.
pub const BUILD: [&str; 4] = ["build", "--workspace", "--bins", "--tests"];

/// The programs that take longest, longest first: they begin first, so that none of them runs on
/// when all others have ended.
const LONG: [&str; 7] = [
    "services/projects service",
    "tests matrix",
    "tests journeys",
    "services/gateway gateway",
    "tests faults",
    "crates/chronicle chronicle",
    "services/agreements service",
];

/// The programs that measure time, which would measure the others too, and those that fill the
/// machine, so that calls of others time out.
const ALONE: [&str; 5] = [
    "crates/chassis server",
    "tests hostile",
    "tests renewals",
    "tests greedy",
    "crates/fuzzing corpus",
];

/// A test program: what `cargo test` runs for one target.
#[derive(Debug, PartialEq)]
pub struct Program {
    /// The folder of its package and the name of its target: `services/projects service`. The tests
    /// within the sources of a library or a program have the name of their file:
    /// `services/projects src/lib.rs`.
    pub name: String,
    /// The folder of its package, in which it runs.
    pub folder: PathBuf,
    pub file: PathBuf,
}

impl Program {
    /// Returns whether it is to run when no other runs.
    pub fn is_alone(&self) -> bool {
        ALONE.contains(&&*self.name)
    }
}

/// Builds everything, and returns the test programs, in the order in which they are to begin.
pub fn build() -> Result<Vec<Program>> {
    let mut build = cargo(&BUILD);
    build.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = build.output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("the build failed ({})", output.status);
    }
    let messages = String::from_utf8(output.stdout).context("cargo prints text")?;
    let mut programs = read(&messages, &root())?;
    programs.sort_by_key(|program| {
        let place = LONG.iter().position(|name| *name == program.name);
        (place.unwrap_or(LONG.len()), program.name.clone())
    });
    Ok(programs)
}

/// Returns the test programs that messages of cargo name.
fn read(messages: &str, root: &Path) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message = serde_json::from_str(line).context("cargo prints a message on each line")?;
        programs.extend(program(&message, root));
    }
    Ok(programs)
}

/// Returns the test program that a message is about, if it is about one.
fn program(message: &Value, root: &Path) -> Option<Program> {
    if message["profile"]["test"] != true {
        return None;
    }
    let file = PathBuf::from(message["executable"].as_str()?);
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
    let package = folder.strip_prefix(root).unwrap_or(&folder).display();
    let target = &message["target"];
    let source = Path::new(target["src_path"].as_str()?);
    let is_test = target["kind"].as_array()?.iter().any(|kind| kind == "test");
    let target = if is_test { target["name"].as_str()? } else { in_package(source, &folder) };
    let name = format!("{package} {target}");
    Some(Program { name, folder, file })
}

/// The path of a file within its package.
fn in_package<'a>(file: &'a Path, folder: &Path) -> &'a str {
    file.strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"
{"reason":"compiler-artifact","manifest_path":"/r/tests/Cargo.toml","target":{"kind":["bin"],"name":"faults","src_path":"/r/tests/src/bin/faults.rs"},"profile":{"test":false},"executable":"/r/target/debug/faults"}
{"reason":"compiler-artifact","manifest_path":"/r/tests/Cargo.toml","target":{"kind":["test"],"name":"greedy","src_path":"/r/tests/tests/greedy.rs"},"profile":{"test":true},"executable":"/r/target/debug/deps/greedy-1"}
{"reason":"compiler-artifact","manifest_path":"/r/tests/Cargo.toml","target":{"kind":["lib"],"name":"greedy","src_path":"/r/tests/src/lib.rs"},"profile":{"test":true},"executable":"/r/target/debug/deps/greedy-2"}
{"reason":"build-script-executed","package_id":"path+file:///r/crates/api#0.1.0"}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn the_messages_of_a_build_name_the_test_programs() {
        let programs = read(MESSAGES, Path::new("/r")).unwrap();

        let greedy = Program {
            name: "tests greedy".to_owned(),
            folder: "/r/tests".into(),
            file: "/r/target/debug/deps/greedy-1".into(),
        };
        let library = Program {
            name: "tests src/lib.rs".to_owned(),
            folder: "/r/tests".into(),
            file: "/r/target/debug/deps/greedy-2".into(),
        };
        assert!(greedy.is_alone() && !library.is_alone());
        assert_eq!(programs, [greedy, library]);
    }

    /// A name that is written wrong would be no error, only slow.
    #[test]
    fn the_named_programs_are_there() {
        for name in LONG.iter().chain(&ALONE) {
            let (package, target) = name.split_once(' ').unwrap();
            let tests = root().join(package).join("tests");
            let is_there = tests.join(format!("{target}.rs")).is_file()
                || tests.join(target).join("main.rs").is_file();
            assert!(is_there, "{name}");
        }
    }
}
