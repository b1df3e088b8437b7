//! Holds `docs/metrics.md` to the table: `TESTKIT_PIN=1` writes it again.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::metric::{Kind, translated};
use crate::table::ALL;

const BEGIN: &str = "<!-- table: written by `TESTKIT_PIN=1 cargo test --workspace --lib -- \
                     metric_is_documented` -->\n";
const END: &str = "<!-- end of the table -->\n";

/// One part for each metric: a table would have lines that nobody reads.
fn written() -> String {
    let mut text = String::new();
    for about in ALL.iter().map(|metric| metric.about()) {
        let labels = about.labels.iter().map(|label| format!("`{}`", translated(label)));
        let labels = labels.collect::<Vec<_>>().join(", ");
        let by = if labels.is_empty() { String::new() } else { format!(" by {labels}") };
        let (kind, unit) = (about.kind.word(), about.unit);
        let line = wrapped(&format!("`{}`, {kind}, `{unit}`{by}", about.name));
        let (name, meaning) = (about.exported(), wrapped(about.meaning));
        // A string takes all that is written.
        let _ = write!(text, "\n### `{name}`\n{meaning}\n\n{line}\n");
    }
    text.push('\n');
    text
}

/// Lines of at most 100 columns.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is one");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + word.len() < 100 {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

#[test]
fn every_metric_is_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = fs::read_to_string(&file).expect("the document is there");
    let (before, rest) = text.split_once(BEGIN).expect("it has a table");
    let (table, after) = rest.split_once(END).expect("the table ends");

    if std::env::var_os("TESTKIT_PIN").is_some() {
        let renewed = format!("{before}{BEGIN}{}{END}{after}", written());
        fs::write(&file, renewed).expect("it can be written");
        return;
    }
    assert_eq!(table, written(), "write it again with TESTKIT_PIN=1");
}

#[test]
fn every_metric_has_a_name_of_its_own_and_says_what_it_is() {
    let mut names = BTreeSet::new();
    for about in ALL.iter().map(|metric| metric.about()) {
        assert!(names.insert(about.exported()), "{} is there twice", about.name);
        assert!(about.meaning.trim().ends_with('.'), "{} is explained", about.name);
        let is_unit = matches!(about.unit, "s" | "By") || about.unit.starts_with('{');
        assert!(is_unit, "{} has the unit {}", about.name, about.unit);
        let is_number = about.kind == Kind::Counter;
        assert!(!(is_number && about.name.ends_with("total")), "{} is translated", about.name);
    }
}
