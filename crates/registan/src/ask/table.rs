//! A list of messages as a table: a line for each, first what it is called, how it stands, since
//! when and how sure that is, last its source. What finds no room in the line is written below it.

use std::io::{Result, Write};

use prost_reflect::{DynamicMessage, ReflectMessage};

use super::column::{Column, GAP, columns};

/// The widest that a line becomes, but for what is too long for a column.
const MAX_WIDTH: usize = 160;

/// Writes the rows, each indented by `depth`. Nothing is left out: of a cell that is too long the
/// rest follows below.
pub fn table(out: &mut impl Write, rows: &[DynamicMessage], depth: usize) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut columns = columns(&first.descriptor(), rows);
    columns.sort_by_key(|column| column.rank);
    let (columns, below) = parted(columns);
    line(out, &columns, depth, |column| column.name.to_uppercase())?;
    for row in 0..rows.len() {
        line(out, &columns, depth, |column| clipped(&column.cells[row], column.width()))?;
        let within = depth + GAP;
        for (place, column) in columns.iter().enumerate() {
            if let Some(rest) = rest(&column.cells[row], column.width()) {
                let name = if place == 0 { String::new() } else { format!("{}: ", column.name) };
                writeln!(out, "{:within$}{name}…{rest}", "")?;
            }
        }
        let below = below.iter().filter(|column| !column.cells[row].is_empty());
        let (short, long): (Vec<_>, Vec<_>) = below.partition(|column| column.is_short());
        for line in packed(&short, row, MAX_WIDTH.saturating_sub(within)) {
            writeln!(out, "{:within$}{line}", "")?;
        }
        for column in long {
            below_line(out, within, column, row)?;
        }
    }
    Ok(())
}

/// Returns the cells of columns, each with its name, several in a line.
fn packed(columns: &[&Column], row: usize, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for column in columns {
        let (name, cell) = (&column.name, &column.cells[row]);
        // What is true is named as its field is.
        let cell = if name == cell { name.clone() } else { format!("{name}: {cell}") };
        let taken = |line: &String| line.chars().count() + GAP + cell.chars().count();
        match lines.last_mut().filter(|line| taken(line) <= width) {
            Some(line) => *line = format!("{line}; {cell}"),
            None => lines.push(cell),
        }
    }
    lines
}

/// Writes what is too long for a column; several messages that do not fit into a line have one
/// each.
fn below_line(out: &mut impl Write, depth: usize, column: &Column, row: usize) -> Result<()> {
    let (name, cell) = (&column.name, &column.cells[row]);
    let parts = column.parts.get(row).filter(|parts| parts.len() > 1);
    let Some(parts) = parts.filter(|_| depth + cell.chars().count() > MAX_WIDTH) else {
        return writeln!(out, "{:depth$}{name}: {cell}", "");
    };
    writeln!(out, "{:depth$}{name}:", "")?;
    let within = depth + GAP;
    parts.iter().try_for_each(|part| writeln!(out, "{:within$}{part}", ""))
}

/// The columns of the line and those below it. The title, since when, how sure, and the source are
/// of the line; of the others, in their order, those that fit.
fn parted(columns: Vec<Column>) -> (Vec<Column>, Vec<Column>) {
    let first = columns.iter().filter(|it| it.is_first() && it.is_short());
    let mut room = MAX_WIDTH.saturating_sub(first.map(Column::needed).sum());
    columns.into_iter().partition(|column| {
        let fits = column.is_first() || column.needed() <= room;
        if fits && column.is_short() && !column.is_first() {
            room -= column.needed();
        }
        fits && column.is_short()
    })
}

fn line(
    out: &mut impl Write,
    columns: &[Column],
    depth: usize,
    text: impl Fn(&Column) -> String,
) -> Result<()> {
    let cells = columns.iter().map(|column| format!("{:1$}", text(column), column.width() + GAP));
    writeln!(out, "{:depth$}{}", "", cells.collect::<String>().trim_end())
}

fn clipped(text: &str, width: usize) -> String {
    match kept(text, width) {
        Some(kept) => format!("{}…", kept.trim_end()),
        None => text.to_owned(),
    }
}

/// The end of a text, for which there is no room.
fn rest(text: &str, width: usize) -> Option<&str> {
    Some(text[kept(text, width)?.len()..].trim_start())
}

/// The beginning of a text that is too long, up to the end of a word.
fn kept(text: &str, width: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(width.saturating_sub(1))?;
    text.chars().nth(width)?;
    let begin = &text[..end];
    let word = begin.rfind(' ').filter(|at| *at > 0);
    Some(word.map_or(begin, |at| &begin[..at]))
}

/// A table of rows that are given as JSON.
#[cfg(test)]
pub fn printed(kind: &str, rows: &[serde_json::Value]) -> String {
    let kind = api::descriptors().get_message_by_name(kind).unwrap();
    let read =
        |row: &serde_json::Value| DynamicMessage::deserialize(kind.clone(), row.clone()).unwrap();
    let rows: Vec<DynamicMessage> = rows.iter().map(read).collect();
    let mut out = Vec::new();
    table(&mut out, &rows, 2).unwrap();
    String::from_utf8(out).unwrap()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_a_line_with_title_since_certainty_and_source() {
        let text = printed(
            "registan.agreements.v1.LegalBasisEntry",
            &[
                json!({
                    "agreement": "agreements/a", "title": "T".repeat(90),
                    "status": {"state": "STATE_IN_FORCE", "since": {"date": {"year": 1999}}},
                    "source": {"citation": "OJ L 196"}
                }),
                json!({"agreement": "agreements/b", "title": "B", "status": {"uncertain": true}}),
            ],
        );

        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        let order = ["TITLE", "STATE", "SINCE", "UNCERTAIN", "AGREEMENT", "SOURCE"];
        let places: Vec<_> = order.iter().map(|name| lines[0].find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(lines[1].contains("T… ") && lines[1].ends_with("OJ L 196"), "{text}");
        assert_eq!(lines[2].trim(), format!("…{}", "T".repeat(11)), "the rest of the title");
        assert!(lines[1].contains("1999") && lines[3].contains("uncertain"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= MAX_WIDTH + GAP), "{text}");
    }

    #[test]
    fn a_text_that_is_too_long_is_parted_between_words() {
        let text = "Stop prosecuting journalists and activists";

        assert_eq!(clipped(text, 30), "Stop prosecuting journalists…");
        assert_eq!(rest(text, 30), Some("and activists"));
        assert_eq!((clipped(text, 42), rest(text, 42)), (text.to_owned(), None));
        assert_eq!((clipped("Қырғыз", 4), rest("Қырғыз", 4)), ("Қыр…".to_owned(), Some("ғыз")));
    }

    #[test]
    fn dates_that_are_not_certain_are_marked_and_what_is_true_is_named_once() {
        let year = |year: i32| json!({"date": {"year": year}});
        let text = printed(
            "registan.agreements.v1.LegalBasisEntry",
            &[json!({
                "title": "T".repeat(80), "agreement": format!("agreements/{}", "a".repeat(50)),
                "signed": year(1999), "signedConfidence": "CONFIDENCE_UNSURE",
                "status": {"since": year(2010), "sinceConfidence": "CONFIDENCE_LIKELY"},
                "provisionsNotRecorded": true, "source": {"citation": "S".repeat(40)}
            })],
        );

        assert!(text.contains("2010 (likely)") && text.contains("1999 (unsure)"), "{text}");
        assert!(!text.to_lowercase().contains("confidence"), "{text}");
        assert!(!text.contains("provisions not recorded: "), "{text}");
        assert!(text.contains("provisions not recorded"), "{text}");
    }

    #[test]
    fn the_number_of_a_due_day_is_not_that_of_a_report() {
        let item = json!({"title": "Periodic report", "number": 14});
        let text = printed("registan.agreements.v1.DueItem", &[item]);

        assert!(text.contains("DUE DAY NO.") && !text.contains(" NUMBER"), "{text}");
    }

    #[test]
    fn what_finds_no_room_in_a_line_is_written_below_it() {
        let source = "S".repeat(40);
        let agreement = format!("agreements/{}", "a".repeat(29));
        let text = printed(
            "registan.agreements.v1.LegalBasisEntry",
            &[json!({
                "agreement": agreement, "title": "T".repeat(80), "kind": "KIND_PROTOCOL",
                "status": {
                    "state": "STATE_PROVISIONALLY_APPLIED", "uncertain": true,
                    "since": {"date": {"year": 2016, "month": 5, "day": 1}},
                },
                "source": {"citation": source}
            })],
        );

        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].ends_with(&source) && lines[1].contains("2016-05-01"), "{text}");
        let below = format!("state: provisionally applied; agreement: {agreement}");
        assert!(lines[1].contains("protocol") && lines[2] == below, "{text}");
    }

    #[test]
    fn a_deleted_row_is_marked() {
        let party = "registan.agreements.v1.Party";
        let current = json!({"name": "parties/a", "updateTime": "2026-01-01T00:00:00Z"});
        let deleted = json!({"name": "parties/b", "deleteTime": "2026-01-02T00:00:00Z"});

        let text = printed(party, &[current.clone(), deleted]);

        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("DELETE TIME") && !lines[0].contains("UPDATE"), "{text}");
        assert!(!lines[1].contains("2026") && lines[2].contains("2026-01-02"), "{text}");
        assert!(!printed(party, &[current]).contains("DELETE"));
    }

    #[test]
    fn several_messages_that_do_not_fit_into_a_line_have_one_each() {
        let one =
            |article: &str| json!({"provision": {"article": article, "summary": "S".repeat(90)}});
        let row = json!({"title": "A", "provisions": [one("Article 1"), one("Article 2")]});

        let text = printed("registan.agreements.v1.LegalBasisEntry", &[row]);

        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        assert_eq!(lines[2], "provisions:", "{text}");
        assert!(
            lines[3].starts_with("Article 1: S") && lines[4].starts_with("Article 2: S"),
            "{text}"
        );
    }

    #[test]
    fn what_is_too_long_for_a_column_stands_below_its_line() {
        let reason = "a reason that takes more room than any column of a table has";
        let text = printed(
            "registan.partnership.v1.PartStatus",
            &[json!({"completeness": "COMPLETENESS_PARTIAL", "reason": reason})],
        );

        assert_eq!(text, format!("  COMPLETENESS\n  partial\n    reason: {reason}\n"));
    }
}
