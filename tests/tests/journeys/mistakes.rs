//! The mistakes of `docs/mistakes.md`, each asked of the reference record with the real grpcurl:
//! what was meant is found, or what is wrong is said, as the table says.

use std::fs;
use std::path::Path;

use e2e::Suite;

struct Row {
    method: String,
    request: String,
    answer: String,
    with: String,
}

fn rows(text: &str) -> Vec<Row> {
    let plain = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(plain).collect::<Vec<_>>();
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| match <[String; 4]>::try_from(cells(line)) {
        Ok([method, request, answer, with]) => Row { method, request, answer, with },
        Err(other) => panic!("not a row of four: {other:?}"),
    });
    rows.collect()
}

#[test]
fn every_mistake_finds_or_explains() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mistakes.md");
    let rows = rows(&fs::read_to_string(file).unwrap());
    assert!(rows.len() >= 40, "the table has {} rows", rows.len());
    if testkit::tool("grpcurl").is_none() {
        return;
    }
    let Some(suite) = Suite::embedded() else { return };
    let mut wrong = Vec::new();
    for Row { method, request, answer, with } in &rows {
        let (code, text) = match suite.ask(method, request) {
            Ok(found) => ("finds".to_owned(), found.to_string()),
            Err(refusal) => (refusal.code, refusal.text),
        };
        // grpcurl prints the details as JSON, in which a quote has a backslash before it.
        if code != *answer || !text.replace('\\', "").contains(with.as_str()) {
            wrong.push(format!("{method} {request}\nwants {answer}: {with}\ngets {code}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
