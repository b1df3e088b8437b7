//! Every example of the README gets the answer that the README shows.
//!
//! An example is a block of the kind `console`: a line `$ COMMAND` (more lines where it ends in a backslash), then what it
//! prints, where `…` stands for what is left out.

use std::fs;
use std::path::Path;
use std::process::Command;

use e2e::Suite;

struct Example {
    command: String,
    printed: Vec<String>,
}

fn examples(text: &str) -> Vec<Example> {
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

/// Whether the lines stand in the output in this order; `…` stands for any number of lines, or for any part of one.
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

#[test]
fn every_example_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let examples = examples(&fs::read_to_string(root.join("README.md")).unwrap());
    assert!(examples.len() >= 6, "the README has {} examples", examples.len());
    let (Some(grpcurl), Some(registan)) = (testkit::tool("grpcurl"), e2e::program("registan"))
    else {
        return;
    };
    let suite = Suite::embedded().unwrap();
    let folders = [grpcurl.parent().unwrap(), registan.parent().unwrap()]
        .map(|folder| folder.display().to_string());
    let path = format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap());

    for example in examples {
        let command = example
            .command
            .replace("127.0.0.1:8080", &suite.address.to_string())
            .replace("cargo run --", &format!("registan {}", ""))
            .replace("import iati", &format!("import iati --gateway http://{}", suite.address));
        let output = Command::new("bash")
            .args(["-c", &command])
            .env("PATH", &path)
            .env("REGISTAN_DATA_DIR", suite.folder.path().join("data"))
            .current_dir(&root)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{command}\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        if let Err(difference) = shows(&text, &example.printed) {
            panic!("{}\n{difference}", example.command);
        }
    }
}
