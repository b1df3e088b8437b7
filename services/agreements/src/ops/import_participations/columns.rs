//! The columns of a file of participations, and how a row of them is read.
//!
//! Two layouts are known by their heads:
//!
//! - a status table, of one convention: `iso2`, `status`; also `state party`, `signatory`,
//!   `no action` (1 or 0), `year ratification or accession`, `note`
//! - a list: `party`, `kind`; also `agreement` (or `convention`), `date`, `stated`, `source`,
//!   `citation`, `confidence`, `note`

use api::registan::agreements::v1::participation::Kind;
use facts::check::is_id;
use facts::vocabulary::Vocabulary;
use facts::{Confidence, Day, PartialDate, Qualifier};
use formats::csv::Row;

/// Most bytes of a note, and of a source.
pub const MAX_NOTE: usize = 4096;
const MAX_SOURCE: usize = 1024;

/// A row as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The party: `parties/kz`.
    pub party: String,
    /// True where the file names the party by its country code, so that it can only be a state.
    pub is_by_country: bool,
    /// The part.
    pub kind: Kind,
    /// Since when.
    pub date: Option<PartialDate>,
    /// As of when.
    pub stated: Option<PartialDate>,
    /// The source: a recorded one, or a citation; empty for the file itself.
    pub source: String,
    /// The citation beside a recorded source; empty for the file itself.
    pub citation: String,
    /// How far it is to be trusted, where the row says so.
    pub confidence: Option<Confidence>,
    /// The remark of the row.
    pub note: String,
    /// Why the row contradicts itself; empty where it does not.
    pub contradiction: String,
}

/// The indices of the columns that are known.
#[derive(Debug)]
pub struct Columns {
    width: usize,
    is_status_table: bool,
    party: usize,
    kind: usize,
    agreement: Option<usize>,
    date: Option<usize>,
    stated: Option<usize>,
    source: Option<usize>,
    citation: Option<usize>,
    confidence: Option<usize>,
    note: Option<usize>,
    flags: [Option<usize>; 3],
}

/// A problem with a cell: its index, and the problem with its remedy.
pub type Problem = (Option<usize>, String);

impl Columns {
    /// Reads the head; nothing where it is of neither layout.
    pub fn of(head: &Row) -> Option<Self> {
        let names: Vec<String> =
            head.cells.iter().map(|cell| cell.to_lowercase().replace('_', " ")).collect();
        let index = |name: &str| names.iter().position(|known| known == name);
        let status = index("iso2").zip(index("status"));
        let (party, kind) = status.or_else(|| index("party").zip(index("kind")))?;
        Some(Self {
            width: names.len(),
            is_status_table: status.is_some(),
            party,
            kind,
            agreement: index("agreement").or_else(|| index("convention")),
            date: index("year ratification or accession").or_else(|| index("date")),
            stated: index("stated"),
            source: index("source"),
            citation: index("citation"),
            confidence: index("confidence"),
            note: index("note"),
            flags: [index("state party"), index("signatory"), index("no action")],
        })
    }

    /// Returns the agreement that a row names: `agreements/cat`; nothing where the file has no such
    /// column.
    pub fn agreement(&self, row: &Row) -> Option<Result<String, Problem>> {
        let index = self.agreement?;
        let text = text(row, index);
        let id = text.strip_prefix("agreements/").unwrap_or(text).to_lowercase();
        Some(if is_id(&id) {
            Ok(format!("agreements/{id}"))
        } else {
            Err((
                Some(index),
                format!("`{}` names no agreement: write agreements/cat", short(text)),
            ))
        })
    }

    /// Returns the index of the column of sources.
    pub fn source(&self) -> Option<usize> {
        self.source
    }

    /// Reads a row, on this day.
    pub fn entry(&self, row: &Row, today: Day) -> Result<Entry, Problem> {
        if row.cells.len() != self.width {
            let (has, wanted) = (row.cells.len(), self.width);
            return Err((None, format!("the row has {has} columns, the head {wanted}")));
        }
        let (kind, contradiction) = self.kind(row)?;
        let note = limited(row, self.note, MAX_NOTE)?;
        let date = date(row, self.date, Some(today))?;
        Ok(Entry {
            party: self.party(row)?,
            is_by_country: self.is_status_table,
            kind,
            // The year of a status table is that in which a party became one, and no other's.
            date: date.filter(|_| !self.is_status_table || kind == Kind::Party),
            stated: self::date(row, self.stated, None)?,
            source: limited(row, self.source, MAX_SOURCE)?,
            citation: limited(row, self.citation, MAX_SOURCE)?,
            confidence: self.confidence(row)?,
            note,
            contradiction,
        })
    }

    fn party(&self, row: &Row) -> Result<String, Problem> {
        let text = text(row, self.party);
        let id = text.strip_prefix("parties/").unwrap_or(text).to_lowercase();
        let problem = || format!("`{}` names no party: write parties/kz, or kz", short(text));
        if is_id(&id) { Ok(format!("parties/{id}")) } else { Err((Some(self.party), problem())) }
    }

    /// Reads the part, and in a status table how its flags contradict its status.
    fn kind(&self, row: &Row) -> Result<(Kind, String), Problem> {
        let text = text(row, self.kind);
        if !self.is_status_table {
            let word = text.to_uppercase().replace([' ', '-'], "_");
            let word = if word.starts_with("KIND_") { word } else { format!("KIND_{word}") };
            let kind = Kind::from_str_name(&word).filter(|kind| *kind != Kind::Unspecified);
            let problem = || {
                let words = "PARTY, SIGNED, RATIFIED, ACCEDED, SUCCEEDED, WITHDRAWN or NOT_PARTY";
                (Some(self.kind), format!("`{}` is no kind: write {words}", short(text)))
            };
            return Ok((kind.ok_or_else(problem)?, String::new()));
        }
        let status = text.to_lowercase();
        let (kind, own) = match status.as_str() {
            "state party" => (Kind::Party, 0),
            "signatory state" => (Kind::Signed, 1),
            "no action" => (Kind::NotParty, 2),
            _ => {
                let words = "state party, signatory state or no action";
                return Err((
                    Some(self.kind),
                    format!("`{}` is no status: write {words}", short(text)),
                ));
            }
        };
        Ok((kind, self.contradiction(row, &status, own)))
    }

    /// Returns how the flags, or the year, of a row contradict its status. An empty flag says
    /// nothing.
    fn contradiction(&self, row: &Row, status: &str, own: usize) -> String {
        let cells = self.flags.map(|flag| flag.map_or("", |index| self::text(row, index)));
        let flags = ["state party", "signatory", "no action"];
        let agrees = |place: usize| match cells[place] {
            "" => true,
            flag => (flag == "1") == (place == own),
        };
        let mut said: Vec<String> = Vec::new();
        for place in (0..flags.len()).filter(|place| !agrees(*place)) {
            said.push(format!("`{}` is {}", flags[place], short(cells[place])));
        }
        let year = self.date.map_or("", |index| self::text(row, index));
        if own != 0 && !year.is_empty() {
            said.push(format!("it has the year {}", short(year)));
        }
        if said.is_empty() {
            return String::new();
        }
        format!("the status is `{status}`, but {}", said.join(", "))
    }

    fn confidence(&self, row: &Row) -> Result<Option<Confidence>, Problem> {
        let Some(index) = self.confidence else { return Ok(None) };
        let text = text(row, index);
        if text.is_empty() {
            return Ok(None);
        }
        let known = Confidence::ALL.iter().find(|one| one.word().eq_ignore_ascii_case(text));
        let problem = || {
            format!("`{}` is no confidence: write {}", short(text), Confidence::WORDS.join(", "))
        };
        known.copied().map(Some).ok_or_else(|| (Some(index), problem()))
    }
}

/// Returns the text of a cell, unless it is too long.
fn limited(row: &Row, index: Option<usize>, most: usize) -> Result<String, Problem> {
    let text = index.map_or("", |index| text(row, index));
    if text.len() > most {
        return Err((index, format!("the text is longer than {most} bytes: shorten it")));
    }
    Ok(text.to_owned())
}

/// Returns the date of a cell: `2009`, `2009-03` or `2009-03-15`, or an inexact one as it is
/// exported; none where the cell is empty.
fn date(
    row: &Row,
    index: Option<usize>,
    today: Option<Day>,
) -> Result<Option<PartialDate>, Problem> {
    let text = index.map_or("", |index| text(row, index));
    if text.is_empty() {
        return Ok(None);
    }
    let Some(date) = inexact(text) else {
        let shown = short(text);
        let problem = format!("`{shown}` is no date: write 1998, 1998-08 or 1998-08-26");
        return Err((index, problem));
    };
    if today.is_some_and(|today| date.earliest() > today) {
        return Err((index, format!("{date} is in the future")));
    }
    Ok(Some(date))
}

/// Reads a date as it is shown: `2006/2007`, `about 2006`, `by 2006-03`, `2006 or later`.
fn inexact(text: &str) -> Option<PartialDate> {
    let qualified = |text, qualifier| {
        exact(text).map(|date| PartialDate { qualifier: Some(qualifier), ..date })
    };
    if let Some(text) = text.strip_prefix("about ") {
        return qualified(text, Qualifier::Circa);
    }
    if let Some(text) = text.strip_prefix("by ") {
        return qualified(text, Qualifier::Until);
    }
    if let Some(text) = text.strip_suffix(" or later") {
        return qualified(text, Qualifier::From);
    }
    let Some((first, last)) = text.split_once('/') else { return exact(text) };
    let last = exact(last)?;
    exact(first)?.until(last.year, last.month, last.day)
}

fn exact(text: &str) -> Option<PartialDate> {
    let parts: Option<Vec<i32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let parts = parts.filter(|parts| parts.len() <= 3)?;
    let part = |place: usize| parts.get(place).copied().unwrap_or(0);
    PartialDate::new(part(0), part(1), part(2))
}

fn text(row: &Row, index: usize) -> &str {
    row.cells.get(index).map_or("", String::as_str)
}

/// The beginning of a cell, for a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use formats::csv::Rows;

    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_shown() {
        for text in
            ["2006", "2006-03", "2006-03-15", "2006/2007", "2006-03/2007-01-02", "about 2006"]
                .into_iter()
                .chain(["by 2026-03", "2006 or later"])
        {
            let shown = inexact(text).map(|date| date.to_string());
            assert_eq!(shown.as_deref(), Some(text));
        }
        for text in ["2006/", "2007/2006", "about", "by 2006 or later", "2006-13", "1-2-3-4"] {
            assert_eq!(inexact(text), None, "{text}");
        }
    }

    #[test]
    fn the_year_of_a_party_is_not_that_of_a_signature() {
        let table = "iso2,status,year ratification or accession\nKZ,state party,1998\n\
                     KG,signatory state,1998\nTJ,no action,1998\n";
        let mut rows = Rows::new(table).filter_map(Result::ok);
        let columns = Columns::of(&rows.next().unwrap()).unwrap();
        let read = |row: Row| columns.entry(&row, Day(20_240_101)).unwrap();
        let said: Vec<_> = rows.map(read).map(|one| (one.kind, one.date)).collect();

        let year = PartialDate::new(1998, 0, 0);
        assert_eq!(said, [(Kind::Party, year), (Kind::Signed, None), (Kind::NotParty, None)]);
    }
}
