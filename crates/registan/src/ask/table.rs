//! A list of messages as a table: a line for each, first what it is called, since when and how sure
//! that is, last its source.

use std::io::{Result, Write};

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage};

use super::cells::{cell, humanised, is_system, parts, texts};

/// The widest that a line becomes, but for what is too long for a column.
const MAX_WIDTH: usize = 160;
/// The widest column of titles.
const MAX_TITLE: usize = 80;
/// The widest column of sources.
const MAX_SOURCE: usize = 40;
/// The maximum width of a cell; a longer one is written below its line.
const MAX_CELL: usize = 40;
/// The space between two columns.
const GAP: usize = 2;

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Title,
    Since,
    Certainty,
    Name,
    Other,
    Source,
}

impl Rank {
    fn of(field: &FieldDescriptor) -> Self {
        match field.name() {
            "title" | "titles" | "display_name" | "action" => Self::Title,
            "since" => Self::Since,
            "uncertain" | "certainty" | "confidence" => Self::Certainty,
            "name" | "agreement" | "project" => Self::Name,
            "source" | "document" => Self::Source,
            _ => Self::Other,
        }
    }

    const fn widest(self) -> usize {
        match self {
            Self::Title => MAX_TITLE,
            Self::Source => MAX_SOURCE,
            _ => usize::MAX,
        }
    }
}

struct Column {
    rank: Rank,
    name: String,
    cells: Vec<String>,
    /// Of a list of messages: the text of each, by row.
    parts: Vec<Vec<String>>,
}

impl Column {
    fn longest(&self) -> usize {
        self.cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default()
    }

    fn width(&self) -> usize {
        self.longest().min(self.rank.widest()).max(self.name.chars().count())
    }
}

/// Writes the rows, each indented by `depth`. What finds no room in a line is left to the JSON, and
/// the title says so by `…`.
pub fn table(out: &mut impl Write, rows: &[DynamicMessage], depth: usize) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut columns = columns(&first.descriptor(), rows);
    columns.sort_by_key(|column| column.rank);
    let (columns, below): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .partition(|it| it.longest() <= MAX_CELL || it.rank.widest() < usize::MAX);
    let columns = fitting(columns);
    line(out, &columns, depth, |column| column.name.to_uppercase())?;
    for row in 0..rows.len() {
        line(out, &columns, depth, |column| clipped(&column.cells[row], column.width()))?;
        for long in below.iter().filter(|long| !long.cells[row].is_empty()) {
            below_line(out, depth + GAP, long, row)?;
        }
    }
    Ok(())
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

/// The columns that are not empty. A message within a row, such as the status of an agreement,
/// gives its own fields.
fn columns(kind: &MessageDescriptor, rows: &[DynamicMessage]) -> Vec<Column> {
    let mut all = Vec::new();
    // The same in several languages.
    let repeats = |field: &FieldDescriptor| {
        field.name() == "titles" && kind.get_field_by_name("title").is_some()
    };
    for field in kind.fields().filter(|field| !is_system(field) && !repeats(field)) {
        match parts(&field) {
            None => all.push(column(&field, rows.iter().map(|row| cell(row, &field)).collect())),
            Some(within) if !field.is_list() => {
                let inner = within
                    .fields()
                    .filter(|it| !is_system(it) && it.name() != "as_of" && parts(it).is_none());
                for inner in inner {
                    let cells = rows.iter().map(|row| cell_within(row, &field, &inner));
                    all.push(column(&inner, cells.collect()));
                }
            }
            Some(_) => {
                let cells = rows.iter().map(|row| cell(row, &field)).collect();
                let parts = rows.iter().map(|row| texts(row, &field)).collect();
                all.push(Column { parts, ..column(&field, cells) });
            }
        }
    }
    all.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
    all
}

fn column(field: &FieldDescriptor, cells: Vec<String>) -> Column {
    let parts = Vec::new();
    Column { rank: Rank::of(field), name: humanised(field.name()), cells, parts }
}

fn cell_within(row: &DynamicMessage, outer: &FieldDescriptor, inner: &FieldDescriptor) -> String {
    let value = row.get_field(outer);
    value.as_message().map(|message| cell(message, inner)).unwrap_or_default()
}

/// As many columns as fit, in their order: the title, since when, how sure, and the source come
/// before all others.
fn fitting(columns: Vec<Column>) -> Vec<Column> {
    let is_first = |column: &Column| !matches!(column.rank, Rank::Other | Rank::Name);
    let needed = |column: &Column| column.width() + GAP;
    let taken: usize = columns.iter().filter(|it| is_first(it)).map(needed).sum();
    let mut room = MAX_WIDTH.saturating_sub(taken);
    let mut fits = |column: &Column| {
        if is_first(column) {
            return true;
        }
        let fits = needed(column) <= room;
        if fits {
            room -= needed(column);
        }
        fits
    };
    columns.into_iter().filter(|column| fits(column)).collect()
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
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn printed(kind: &str, rows: &[Value]) -> String {
        let kind = api::descriptors().get_message_by_name(kind).unwrap();
        let read = |row: &Value| DynamicMessage::deserialize(kind.clone(), row.clone()).unwrap();
        let rows: Vec<DynamicMessage> = rows.iter().map(read).collect();
        let mut out = Vec::new();
        table(&mut out, &rows, 2).unwrap();
        String::from_utf8(out).unwrap()
    }

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
        assert_eq!(lines.len(), 3, "{text}");
        let order = ["TITLE", "SINCE", "UNCERTAIN", "AGREEMENT", "SOURCE"];
        let places: Vec<_> = order.iter().map(|name| lines[0].find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(lines[1].contains("T… ") && lines[1].ends_with("OJ L 196"), "{text}");
        assert!(lines[1].contains("1999") && lines[2].contains("uncertain"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= MAX_WIDTH + GAP), "{text}");
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
            lines[3].starts_with("Article 1 S") && lines[4].starts_with("Article 2 S"),
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
