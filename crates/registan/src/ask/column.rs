//! The columns of a table: a field each, with its name, and where it stands.

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage, Value};

use super::cells::{cell, humanised, is_system, label, parts, texts};

/// The widest column of titles.
const MAX_TITLE: usize = 80;
/// The widest column of sources.
const MAX_SOURCE: usize = 40;
/// The maximum width of a cell; a longer one is written below its line.
const MAX_CELL: usize = 40;
/// The space between two columns.
pub const GAP: usize = 2;

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Title,
    State,
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
            "state" | "status" | "delete_time" => Self::State,
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

pub struct Column {
    pub rank: Rank,
    pub name: String,
    /// The part of the row that it is of, where it is not of the row itself.
    of: Option<String>,
    pub cells: Vec<String>,
    /// Of a list of messages: the text of each, by row.
    pub parts: Vec<Vec<String>>,
}

impl Column {
    fn longest(&self) -> usize {
        self.cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default()
    }

    pub fn width(&self) -> usize {
        self.longest().min(self.rank.widest()).max(self.name.chars().count())
    }

    /// The width in a line, with the space after it.
    pub fn needed(&self) -> usize {
        self.width() + GAP
    }

    /// True where every cell can be part of a line; titles and sources are cut for that.
    pub fn is_short(&self) -> bool {
        self.longest() <= MAX_CELL || self.rank.widest() < usize::MAX
    }

    /// True for what has its place in the line before all others.
    pub const fn is_first(&self) -> bool {
        matches!(self.rank, Rank::Title | Rank::Since | Rank::Certainty | Rank::Source)
    }
}

/// The columns that are not empty. A message within a row, such as the status of an agreement,
/// gives its own fields.
pub fn columns(kind: &MessageDescriptor, rows: &[DynamicMessage]) -> Vec<Column> {
    let mut all = Vec::new();
    for field in shown(kind) {
        let Some(within) = parts(&field).filter(|_| !field.is_list()) else {
            let mut column = column(&field, rows);
            if column.rank == Rank::Title {
                fill(&mut column.cells, rows);
            }
            all.push(column);
            continue;
        };
        let inner: Vec<DynamicMessage> =
            rows.iter().map(|row| part(row, &field, &within)).collect();
        for one in shown(&within).filter(|it| it.name() != "as_of") {
            let of = Some(humanised(field.name()));
            all.push(Column { of, ..column(&one, &inner) });
        }
    }
    // Of two parts that have the same fields, as payer and payee, each says whose they are, also
    // where one of the two is empty; so does a part that has one of the fields of the row.
    let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
    for column in &mut all {
        let is_alone = names.iter().filter(|name| **name == column.name).count() == 1;
        if let Some(part) = column.of.as_ref().filter(|_| !is_alone) {
            column.name = format!("{part} {}", column.name);
        }
    }
    all.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
    without_repeats(&mut all);
    all
}

/// Lets the names be the titles, where no row has another.
fn without_repeats(columns: &mut Vec<Column>) {
    let Some(names) = columns.iter().position(|it| it.rank == Rank::Name && it.name == "name")
    else {
        return;
    };
    let repeats = |it: &Column| it.rank == Rank::Title && it.cells == columns[names].cells;
    if let Some(titles) = columns.iter().position(repeats) {
        "name".clone_into(&mut columns[titles].name);
        columns.remove(names);
    }
}

/// Gives rows without a title another one: of a meeting its body and number, of anything else its
/// name.
fn fill(titles: &mut [String], rows: &[DynamicMessage]) {
    for (title, row) in titles.iter_mut().zip(rows).filter(|(title, _)| title.is_empty()) {
        let part = |name: &str| {
            let field = row.descriptor().get_field_by_name(name);
            field.map(|field| cell(row, &field)).unwrap_or_default()
        };
        *title = match (part("body"), part("number")) {
            (body, number) if body.is_empty() || number.is_empty() => part("name"),
            (body, number) => format!("{body}, no. {number}"),
        };
    }
}

/// The fields that people read; titles in several languages only where there is no title.
fn shown(kind: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    let has_title = kind.get_field_by_name("title").is_some();
    let is_again = move |it: &FieldDescriptor| has_title && it.name() == "titles";
    kind.fields().filter(move |it| !is_system(it) && !is_again(it))
}

fn column(field: &FieldDescriptor, rows: &[DynamicMessage]) -> Column {
    let is_parts = field.is_list() && parts(field).is_some();
    Column {
        rank: Rank::of(field),
        name: label(field),
        of: None,
        cells: rows.iter().map(|row| cell(row, field)).collect(),
        parts: rows.iter().filter(|_| is_parts).map(|row| texts(row, field)).collect(),
    }
}

/// The message in a field of a row; an empty one where it is not set.
fn part(row: &DynamicMessage, field: &FieldDescriptor, kind: &MessageDescriptor) -> DynamicMessage {
    match row.get_field(field).into_owned() {
        Value::Message(message) => message,
        _ => DynamicMessage::new(kind.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::table::printed;

    #[test]
    fn the_payer_is_not_taken_for_the_payee() {
        let text = printed(
            "registan.projects.v1.Transaction",
            &[json!({"provider": {"displayName": "A"}, "receiver": {"displayName": "B"}})],
        );

        assert!(text.starts_with("  PROVIDER DISPLAY NAME  RECEIVER DISPLAY NAME\n"), "{text}");
    }

    #[test]
    fn a_part_with_a_field_of_the_row_says_whose_it_is() {
        let text = printed(
            "registan.agreements.v1.Provision",
            &[json!({
                "title": "Visas", "confidence": "CONFIDENCE_CERTAIN",
                "procedure": {"confidence": "CONFIDENCE_LIKELY"}
            })],
        );

        assert!(text.starts_with("  TITLE  PROCEDURE CONFIDENCE  CONFIDENCE\n"), "{text}");
    }

    #[test]
    fn a_meeting_without_a_title_is_called_by_its_body_and_number() {
        let meeting = |fields: Value| {
            let mut all = json!({"name": "meetings/a", "body": "bodies/b", "place": "Astana"});
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            all
        };
        let counted = meeting(json!({"number": 19}));
        let titled = meeting(json!({"title": "The first summit"}));

        let text = printed(
            "registan.agreements.v1.Meeting",
            &[counted.clone(), titled, meeting(json!({}))],
        );
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        assert!(lines[0].starts_with("TITLE "), "{text}");
        assert!(lines[1].starts_with("bodies/b, no. 19 "), "{text}");
        assert!(lines[2].starts_with("The first summit "), "{text}");
        assert!(lines[3].starts_with("meetings/a "), "{text}");
        let untitled = printed("registan.agreements.v1.Meeting", &[counted]);
        assert!(untitled.contains("\n  bodies/b, no. 19 "), "{untitled}");
        let unnumbered = printed("registan.agreements.v1.Meeting", &[meeting(json!({}))]);
        assert!(unnumbered.starts_with("  NAME "), "{unnumbered}");
        assert_eq!(unnumbered.matches("meetings/a").count(), 1, "{unnumbered}");
    }
}
