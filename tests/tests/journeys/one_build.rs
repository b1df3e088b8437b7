//! One build serves all commands: `cargo run`, `cargo xtask` and the tests choose the same features
//! of every library.

use std::collections::BTreeSet;
use std::process::Command;

/// Returns the libraries from elsewhere that a choice of packages needs, each with the features it
/// is built with.
fn libraries(choice: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} | {f}"]);
    let output = tree.args(choice).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    // Our own stand with their folders; what was printed before ends with a star.
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.filter(|line| !line.contains(" (/")).map(str::to_owned).collect()
}

#[test]
fn the_programs_and_the_tests_are_built_of_the_same_libraries() {
    let tests = libraries(&["--workspace", "--edges", "normal,build,dev"]);
    for package in ["registan", "xtask"] {
        let run = libraries(&["--package", package, "--edges", "normal,build"]);

        let twice: Vec<_> = run.difference(&tests).cloned().collect();

        assert!(run.len() > 40, "{run:?}");
        assert!(
            twice.is_empty(),
            "built a second time for the tests; choose the features of {package} and of the tests \
             in [workspace.dependencies]:\n{}",
            twice.join("\n")
        );
    }
}
