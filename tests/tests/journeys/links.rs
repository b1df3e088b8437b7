//! The links of the documents: each leads to a file, and the function that is named after it stands
//! in that file.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns every document: those of the folder itself, of `docs`, and the README of each crate.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/adr", "deploy", "fuzz", "proto", "samples", "tests"];
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    for of in ["crates", "services"] {
        let crates = fs::read_dir(root().join(of)).expect("the folder is readable");
        folders.extend(crates.map(|entry| entry.expect("the entry is readable").path()));
    }
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let files = files.map(|entry| entry.expect("the entry is readable").path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// Returns the target of each link of a text, with what follows it on its line.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().flat_map(|line| {
        let starts = line.match_indices("](").map(move |(start, _)| &line[start + 2..]);
        starts.filter_map(|rest| rest.split_once(')'))
    })
}

/// Returns the function that is named right after a link: `` [`guard.rs`](…) `admit` ``.
fn function(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix(" `")?.split_once('`')?.0;
    let is_name = name.chars().all(|one| one.is_ascii_lowercase() || one == '_');
    (is_name && !name.is_empty()).then_some(name)
}

#[test]
fn every_link_leads_to_a_file_and_every_function_stands_in_it() {
    let (mut broken, mut followed) = (Vec::new(), 0);
    for document in documents() {
        let text = fs::read_to_string(&document).expect("the document is text");
        let folder = document.parent().expect("it lies in a folder");
        for (target, rest) in links(&text) {
            if target.contains("://") || target.starts_with(['#', '<']) || target.contains(' ') {
                continue;
            }
            followed += 1;
            let path = folder.join(target.split('#').next().unwrap_or_default());
            let is_code = path.extension().is_some_and(|ending| ending == "rs");
            let missing = match function(rest).filter(|_| is_code) {
                None => (!path.exists()).then(|| "there is no such file".to_owned()),
                Some(name) => {
                    let code = fs::read_to_string(&path).unwrap_or_default();
                    let stands = [format!("fn {name}("), format!("fn {name}<")];
                    let found = stands.iter().any(|start| code.contains(start));
                    (!found).then(|| format!("there is no `fn {name}`"))
                }
            };
            broken.extend(missing.map(|why| format!("{}: {target}: {why}", document.display())));
        }
    }

    assert!(followed > 80, "{followed}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_function_is_named_right_after_its_link() {
    let line = "| a | [`guard.rs`](a/guard.rs) `admit` | [b](b.md), `c` |";

    let found: Vec<_> = links(line).map(|(target, rest)| (target, function(rest))).collect();

    assert_eq!(found, [("a/guard.rs", Some("admit")), ("b.md", None)]);
}
