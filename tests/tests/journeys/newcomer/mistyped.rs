//! Mistakes within a request, which nothing but the command can explain: it is never sent.

use e2e::Suite;

use super::command::{printed, refused};

#[test]
fn a_mistake_within_a_request_is_named_with_what_to_write() {
    let Some(suite) = Suite::embedded() else { return };

    let day = refused(&suite, &["ask", "ListOverdue", r#"{"as_of": "2024-06-30"}"#]);
    assert!(day.contains(r#"as_of: "2024-06-30" is not a Date: write {"year":2024,"#), "{day}");
    let value = refused(&suite, &["ask", "SumTransactions", r#"{"group_by": ["RECIPIENT"]}"#]);
    assert!(value.contains("group_by[0]: "), "{value}");
    assert!(value.contains("did you mean `DIMENSION_RECIPIENT`? known are "), "{value}");
    let date = r#"{"activity": {"date": {"year": 2024}}}"#;
    let date = refused(&suite, &["ask", "CreateActivity", date]);
    assert!(date.contains("activity.date.year: PartialDate has no field `year`"), "{date}");
    // As it says to write them.
    printed(&suite, &["ask", "ListOverdue", r#"{"as_of": {"year":2024,"month":6,"day":30}}"#]);
    printed(&suite, &["ask", "SumTransactions", r#"{"group_by": ["DIMENSION_RECIPIENT"]}"#]);
}

#[test]
fn what_stands_within_a_request_is_explained() {
    let Some(suite) = Suite::embedded() else { return };

    let method = printed(&suite, &["ask", "CreateActivity", "--explain"]);
    for line in ["\nPartialDate\n", "\nDate\n  A day", "\nSourceRef\n", "\n  as_given: string\n"] {
        assert_eq!(method.matches(line).count(), 1, "{line}: {method}");
    }
    let list = printed(&suite, &["ask", "ListAgreements", "--explain"]);
    assert!(list.contains("\nMessages within the answer: Agreement, "), "{list}");
    let message = printed(&suite, &["ask", "PartialDate", "--explain"]);
    assert!(message.starts_with("registan.type.v1.PartialDate\n  A date as exactly"), "{message}");
    assert!(message.contains(r#"For example: {"date":{"year":2024,"month":6}}"#), "{message}");
}
