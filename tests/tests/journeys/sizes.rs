//! How long files, functions and lines are, and how much of what is public is explained.

use std::path::PathBuf;

use crate::house::{files, read, root};

/// The bounds. The one that is above its aim, 0, is only ever lowered.
const LINES_OF_A_FILE: usize = 400;
const MEDIAN_LINES_OF_A_FILE: usize = 100;
const LINES_OF_A_FUNCTION: usize = 60;
const MEDIAN_LINES_OF_A_FUNCTION: usize = 8;
const NINE_IN_TEN_FUNCTIONS: usize = 25;
const COLUMNS: usize = 100;
const LINES_WITH_MORE_COLUMNS: usize = 400;
const EXPLAINED_PERCENT: usize = 95;

/// The sources of the programs and libraries: not the tests, nor what only tests use.
fn sources() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for folder in ["services", "crates", "deploy"] {
        let files = files(&root().join(folder), &[".rs"]).into_iter();
        let sources = files.filter(|file| file.iter().any(|part| part == "src"));
        all.extend(sources.map(|file| {
            let text = read(&file);
            // The tests of a file are its last part.
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
            (file, code)
        }));
    }
    all
}

/// The value below which so many percent of all lie.
fn percentile(values: &mut [usize], percent: usize) -> usize {
    values.sort_unstable();
    values[(values.len() - 1) * percent / 100]
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<usize> = sources().iter().map(|(_, text)| text.lines().count()).collect();
    let (median, most) = (percentile(&mut lengths, 50), percentile(&mut lengths, 100));
    println!("{} files: median {median} lines, most {most}", lengths.len());

    assert!(most <= LINES_OF_A_FILE, "{most}");
    assert!(median <= MEDIAN_LINES_OF_A_FILE, "{median}");
}

#[test]
fn functions_are_short() {
    let mut lengths = Vec::new();
    let mut long = Vec::new();
    for (file, text) in sources() {
        for (name, length) in functions(&text) {
            if length > LINES_OF_A_FUNCTION {
                long.push(format!("{}: {name}: {length} lines", file.display()));
            }
            lengths.push(length);
        }
    }
    let (median, most) = (percentile(&mut lengths, 50), percentile(&mut lengths, 90));
    println!("{} functions: median {median} lines, nine in ten at most {most}", lengths.len());

    assert!(lengths.len() > 1_000, "they are found");
    assert!(long.is_empty(), "{}", long.join("\n"));
    assert!(
        median <= MEDIAN_LINES_OF_A_FUNCTION && most <= NINE_IN_TEN_FUNCTIONS,
        "{median} {most}"
    );
}

/// The functions of a text as rustfmt sets it, each with its lines that hold code.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = (0..lines.len()).filter(|&place| is_function(lines[place]));
    begins
        .map(|place| {
            let first = lines[place];
            let indent = &first[..first.len() - first.trim_start().len()];
            let (end, bodyless) = (format!("{indent}}}"), first.ends_with([';', '}']));
            let last = |line: &str| {
                line == end
                    || (line.starts_with(indent)
                        && line.ends_with(';')
                        && line[indent.len()..].starts_with([')', 'w']))
            };
            let rest = lines[place + 1..].iter().position(|line| last(line)).unwrap_or(0);
            let body =
                if bodyless { &lines[place..=place] } else { &lines[place..=place + 1 + rest] };
            let code = body.iter().map(|line| line.trim_start());
            let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
            (first.trim().to_owned(), code.count())
        })
        .collect()
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub")
            || ["in", "const", "async", "default"].contains(word)
            || word.ends_with(')') && word.starts_with("crate::")
    });
    words.next() == Some("fn")
}

#[test]
fn lines_are_no_longer_than_a_screen_is_wide() {
    let mut long = 0;
    let mut all = 0;
    for folder in ["services", "crates", "tests", "deploy", "fuzz"] {
        for file in files(&root().join(folder), &[".rs"]) {
            let text = read(&file);
            all += text.lines().count();
            long += text.lines().filter(|line| line.chars().count() > COLUMNS).count();
        }
    }
    println!("{long} of {all} lines have more than {COLUMNS} columns");

    assert!(long <= LINES_WITH_MORE_COLUMNS, "{long}");
}

#[test]
fn what_is_public_is_explained() {
    let (mut explained, mut bare) = (0, Vec::new());
    let has_library = |file: &PathBuf| {
        file.ancestors().any(|folder| folder.ends_with("src") && folder.join("lib.rs").is_file())
    };
    for (file, text) in sources().into_iter().filter(|(file, _)| has_library(file)) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| is_item(line)) {
            let above = without_attributes(&lines[..place]);
            if above.last().is_some_and(|line| line.starts_with("///")) {
                explained += 1;
            } else {
                bare.push(format!("{}: {line}", file.display()));
            }
        }
    }
    let percent = 100 * explained / (explained + bare.len());
    println!("{explained} public items are explained, {percent} %; not:\n{}", bare.join("\n"));

    assert!(percent >= EXPLAINED_PERCENT, "{percent} %:\n{}", bare.join("\n"));
}

/// The lines above an item, without its attributes.
fn without_attributes<'a>(mut lines: &'a [&'a str]) -> &'a [&'a str] {
    loop {
        lines = match lines {
            [above @ .., line] if line.starts_with("#[") && line.ends_with(']') => above,
            [.., line] if line.ends_with(")]") => {
                let begin = lines.iter().rposition(|line| line.starts_with("#["));
                &lines[..begin.unwrap_or(0)]
            }
            all => return all,
        };
    }
}

/// Returns whether a line begins a public item. A module explains itself in its file.
fn is_item(line: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "const", "static", "type", "union"];
    let rest = line.strip_prefix("pub ").map(|rest| rest.strip_prefix("async ").unwrap_or(rest));
    rest.is_some_and(|rest| rest.split(' ').next().is_some_and(|word| kinds.contains(&word)))
}

#[test]
fn functions_are_counted() {
    let text = "\
impl A {
    pub(crate) async fn long(
        &self,
    ) -> u8 {
        // A comment.

        if true {
            1
        }
    }

    fn short() {}
}

trait B {
    fn none(&self) -> u8;
    fn wide(
        &self,
    ) -> u8;
}
";
    let counts: Vec<usize> = functions(text).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [7, 1, 1, 3]);
}
