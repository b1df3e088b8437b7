//! Every example of every `--help` that asks a running suite works when it is pasted: it succeeds,
//! and finds something.

use std::process::Command;

use e2e::examples::ASKING;
use e2e::{Suite, program};

use super::command::printed;

/// The examples that cannot run here, by a part of each, and why.
const EXCEPTIONS: [(&str, &str); 9] = [
    ("registan edit", "a person closes the editor"),
    ("ask WatchParties", "it does not end by itself"),
    ("ask SumTransactions", "the reference record has no transactions"),
    ("FILE", "it stands for a file of the reader"),
    ("ONE.xml", "it stands for a file of the reader"),
    ("hr_status_cat.csv", "it stands for a file of the reader"),
    ("list.csv", "it stands for a file of the reader"),
    ("my-record", "it stands for a folder of the reader"),
    ("--read-time 2026-11-24", "the record of this test begins when the test does"),
];
/// The beginnings of what is printed where nothing was found.
const NOTHING: [&str; 2] = ["Nothing ", "None recorded: "];

fn help(command: &[&str]) -> String {
    let help = Command::new(program("registan").unwrap()).args(command).arg("--help").output();
    String::from_utf8(help.unwrap().stdout).unwrap()
}

/// The commands of a help.
fn commands(help: &str) -> Vec<String> {
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(ToOwned::to_owned).collect()
}

/// The examples of a help, without what is said of them.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.starts_with("  ") && line.contains("registan "));
    let typed = lines.filter_map(|line| line.trim().split("  ").next());
    let typed = typed.filter(|it| it.starts_with("registan ") || it.starts_with("REGISTAN_"));
    typed.map(ToOwned::to_owned).collect()
}

fn of_all_helps() -> Vec<String> {
    let main = help(&[]);
    let mut all = examples(&main);
    for command in commands(&main) {
        let help_of = help(&[&command]);
        all.extend(examples(&help_of));
        for inner in commands(&help_of) {
            all.extend(examples(&help(&[&command, &inner])));
        }
    }
    all
}

/// The example as it is run here: where the suite is, and without what draws or keeps the output.
fn command(example: &str, suite: &Suite) -> Option<String> {
    let asking = ASKING.iter().find(|asking| example.contains(&format!("registan {asking}")))?;
    let there = format!("registan {asking} --gateway http://{}", suite.address);
    let command = example.replace(&format!("registan {asking}"), &there);
    let end = command.find(" | ").or_else(|| command.find(" > ")).unwrap_or(command.len());
    Some(command[..end].replace("--seconds 10", "--seconds 1"))
}

#[test]
fn every_example_of_every_help_works() {
    let Some(suite) = Suite::embedded() else { return };
    let folder = program("registan").unwrap().parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let (mut wrong, mut count) = (Vec::new(), 0);
    for example in of_all_helps() {
        if EXCEPTIONS.iter().any(|(part, _)| example.contains(part)) {
            continue;
        }
        let Some(command) = command(&example, &suite) else { continue };
        let output = Command::new("bash")
            .args(["-c", &command])
            .env("PATH", &path)
            .env("REGISTAN_DATA_DIR", suite.folder.path().join("data"))
            .current_dir(suite.folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        let nothing = |line: &str| NOTHING.iter().any(|it| line.starts_with(it));
        let is_found = text.lines().any(|line| !line.is_empty() && !nothing(line));
        if !output.status.success() || !is_found || errors.lines().any(nothing) {
            wrong.push(format!("{example}\n{text}{errors}"));
        }
        count += 1;
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count > 30, "{count}");
}

#[test]
fn a_day_is_given_by_either_name() {
    let Some(suite) = Suite::embedded() else { return };
    let day = "2018-01-01";

    let law = printed(&suite, &["law", "kz", "--on", day]);
    assert_eq!(printed(&suite, &["law", "kz", "--as-of", day]), law);
    let lineage = printed(&suite, &["lineage", "eu-kz-epca-2015", "--as-of", day]);
    assert_eq!(printed(&suite, &["lineage", "eu-kz-epca-2015", "--on", day]), lineage);
}

#[test]
fn what_is_due_is_a_table_for_people_and_lines_for_programs() {
    let Some(suite) = Suite::embedded() else { return };
    let due = ["ask", "ListDue", r#"{"filter": "parties:\"parties/kz\""}"#];

    let table = printed(&suite, &due);
    assert!(table.starts_with("\nDue (") && table.contains("  TITLE "), "{table}");
    let lines = printed(&suite, &[&due[..], &["--json"]].concat());
    assert!(lines.lines().count() > 0 && lines.lines().all(|it| it.starts_with('{')), "{lines}");
}
