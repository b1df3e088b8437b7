//! Printed tables of the reference record: every row has a name, every column one of its own.

use std::collections::BTreeSet;

use e2e::Suite;

use super::command::printed;

#[test]
fn every_row_begins_with_what_it_is_called() {
    let Some(suite) = Suite::embedded() else { return };

    let meetings = printed(&suite, &["ask", "ListMeetings", r#"{"page_size": 100}"#]);
    let rows = meetings.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let (head, rows) = rows.partition::<Vec<_>, _>(|line| line.starts_with("  TITLE "));
    assert_eq!(head.len(), 1, "{meetings}");
    let all = meetings.lines().filter(|line| line.contains("name: meetings/")).count();
    assert!(all > 15 && rows.len() == all, "{} of {all}: {meetings}", rows.len());
    assert!(
        meetings
            .contains("  Cooperation Council of the European Union and Kazakhstan, no. 18, 2021 "),
        "{meetings}"
    );

    let list = r#"{"parent": "agreements/-", "page_size": 100}"#;
    let provisions = printed(&suite, &["ask", "ListProvisions", list]);
    let head = provisions.lines().find(|line| line.contains("CONFIDENCE")).unwrap();
    let names: Vec<&str> = head.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len(), "{head}");
    assert!(names.contains(&"PROCEDURE CONFIDENCE"), "{head}");
}

#[test]
fn a_brief_is_printed_for_people() {
    let Some(suite) = Suite::embedded() else { return };

    let brief = printed(&suite, &["brief", "uz", "--on", "2026-11-29"]);

    assert!(brief.contains("EUR 12 000 000 000\n"), "{brief}");
    assert!(brief.contains("EUR 3 000 000 000 transport (likely)"), "{brief}");
    let whole = printed(&suite, &["brief", "uz", "--on", "2026-11-29", "--json"]);
    assert!(whole.contains(r#""amount": "12000000000""#), "as the contract has it");
}
