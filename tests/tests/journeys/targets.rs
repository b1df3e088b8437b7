//! No test is left out: a target that is said to have none, which is then not built twice, has
//! none.

use std::path::Path;

use crate::house::{files, read, root};

/// The targets of a manifest: where their sources lie, and what is said of them.
fn targets(manifest: &str) -> Vec<(String, &str)> {
    let mut targets = Vec::new();
    for section in manifest.split("\n[") {
        let (head, body) = section.split_once('\n').unwrap_or((section, ""));
        let path = body.lines().find_map(|line| line.strip_prefix("path = "));
        let path = path.map(|path| path.trim_matches('"').to_owned());
        match head {
            "lib]" => targets.push((path.unwrap_or_else(|| "src".to_owned()), body)),
            "[bin]]" => targets.push((path.unwrap_or_default(), body)),
            _ => {}
        }
    }
    targets
}

fn sources(package: &Path, path: &str) -> Vec<std::path::PathBuf> {
    let place = package.join(path);
    // The program of a package with modules of its own lies among them; that of a library is one
    // file.
    if place.ends_with("src/main.rs") && !package.join("src/lib.rs").is_file() {
        return files(&package.join("src"), &[".rs"]);
    }
    if place.is_dir() { files(&place, &[".rs"]) } else { vec![place] }
}

#[test]
fn a_target_that_is_not_tested_has_no_tests() {
    let mut untested = 0;
    for manifest in files(&root(), &["Cargo.toml"]) {
        let package = manifest.parent().expect("it lies in a folder");
        for (path, said) in targets(&read(&manifest)) {
            let sources = sources(package, &path);
            assert!(!sources.is_empty(), "{}: {path}", manifest.display());
            for (file, text) in sources.iter().map(|file| (file, read(file))) {
                let has_tests = ["#[test]", "::test]", "::test(", "proptest!"]
                    .iter()
                    .any(|mark| text.contains(mark));
                assert!(!(said.contains("\ntest = false") && has_tests), "{}", file.display());
            }
            untested += usize::from(said.contains("\ntest = false"));
        }
    }

    assert!(untested > 5, "they are found: {untested}");
}

/// The tests in comments are switched off, for to look for them takes a minute. This is what looks.
#[test]
fn no_comment_holds_a_test() {
    let mut found = Vec::new();
    for folder in ["services", "crates", "tests", "deploy"] {
        for file in files(&root().join(folder), &[".rs"]) {
            let mut is_inside = false;
            for line in read(&file).lines().map(str::trim_start) {
                let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
                let Some(fence) = comment.and_then(|text| text.trim().strip_prefix("```")) else {
                    continue;
                };
                if !is_inside && !["ignore", "text", "proto", "toml", "sh", "json"].contains(&fence)
                {
                    found.push(format!("{}: {line}", file.display()));
                }
                is_inside = !is_inside;
            }
        }
    }

    assert!(found.is_empty(), "make a test of its own of:\n{}", found.join("\n"));
}
