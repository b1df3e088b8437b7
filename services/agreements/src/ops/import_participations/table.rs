//! Files of participations as records: one for each agreement, whose rows are its elements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;

use facts::Day;
use formats::csv::{Row, Rows};
use formats::{Census, Elements, Event, Finding, PathId, Reader, Record, Severity, TOP, Totals};

use super::columns::{Columns, Entry, Problem};

/// Most bytes of a file.
pub const MAX_BYTES: u64 = 4 << 20;
/// Most rows of a file, and of one agreement.
const MAX_FILE_ROWS: u64 = 20_000;
const MAX_ROWS: usize = 1000;

/// The names that rows may refer to.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The recorded parties, each with whether it is a state.
    pub parties: HashMap<String, bool>,
    /// The recorded sources.
    pub sources: HashSet<String>,
}

/// How a file is read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The agreement of rows that do not name theirs.
    pub agreement: &'a str,
    /// The day of the import: no row knows what happens later.
    pub today: Day,
    /// The names that rows may refer to; absent while they are not known yet.
    pub known: Option<&'a Known>,
}

/// The rows of one agreement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    line: u64,
    agreement: String,
    elements: Elements,
    /// The rows that could be read.
    pub entries: Vec<Entry>,
}

impl Record for Table {
    type Child = Self;

    fn line(&self) -> u64 {
        self.line
    }

    fn identifier(&self) -> &str {
        &self.agreement
    }

    fn elements(&self) -> &Elements {
        &self.elements
    }

    fn children(&self) -> &[Self] {
        &[]
    }

    fn origin(child: &Self) -> (u64, &Elements) {
        (child.line, &child.elements)
    }
}

/// A file of participations, read whole: it is small.
pub struct Tables {
    all: Vec<Table>,
    findings: Vec<Finding>,
    indices: HashMap<String, usize>,
    totals: Totals,
    census: Census,
    row: PathId,
    unknown: PathId,
    /// The events that are still to be given.
    events: std::vec::IntoIter<Event<Table>>,
}

impl Tables {
    /// Reads a file.
    pub fn open(file: impl Read, reading: Reading<'_>) -> Self {
        let mut census = Census::default();
        let row = census.element(TOP, "row");
        let unknown = census.element(TOP, "row-of-a-party-that-is-not-recorded");
        let mut tables = Self {
            all: Vec::new(),
            findings: Vec::new(),
            indices: HashMap::new(),
            totals: Totals::default(),
            census,
            row,
            unknown,
            events: Vec::new().into_iter(),
        };
        let mut bytes = Vec::new();
        let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        tables.totals.bytes = bytes.len() as u64;
        match (read, std::str::from_utf8(&bytes)) {
            (Err(_), _) => tables.give_up(1, "the file could not be read"),
            _ if tables.totals.bytes > MAX_BYTES => {
                tables.give_up(1, "the file is larger than 4 MiB: split it");
            }
            (_, Err(error)) => {
                let sound = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let line = sound.matches('\n').count() as u64 + 1;
                tables.give_up(line, "the file is not UTF-8 here: save it as UTF-8");
            }
            (_, Ok(text)) => tables.read(text, reading),
        }
        let findings = std::mem::take(&mut tables.findings).into_iter().map(Event::Finding);
        let records = std::mem::take(&mut tables.all).into_iter();
        let records = records.map(|table| Event::Record(Box::new(table), Vec::new()));
        tables.events = findings.chain(records).collect::<Vec<_>>().into_iter();
        tables
    }

    fn read(&mut self, text: &str, reading: Reading<'_>) {
        let mut rows = Rows::new(text);
        let head = rows.next().and_then(Result::ok);
        let Some(columns) = head.as_ref().and_then(Columns::of) else {
            let wanted = "the first line must name the columns: `party` and `kind`, or `iso2` and \
                          `status`";
            return self.give_up(1, wanted);
        };
        for row in rows {
            if self.totals.elements == MAX_FILE_ROWS {
                let message = format!("the file has more than {MAX_FILE_ROWS} rows: split it");
                self.findings.push(found(Severity::Critical, "file-too-long", 1, message));
                break;
            }
            self.totals.elements += 1;
            match row {
                Ok(row) => self.row(&columns, &row, reading),
                Err(fault) => {
                    let problem = (Some(fault.column - 1), fault.problem.to_owned());
                    if fault.is_last {
                        self.end(fault.line, problem);
                    } else {
                        self.lose(fault.line, problem);
                    }
                }
            }
        }
        self.totals.records = self.all.len() as u64;
    }

    fn row(&mut self, columns: &Columns, row: &Row, reading: Reading<'_>) {
        let (named, entry) = match read(columns, row, reading) {
            Ok(read) => read,
            Err(problem) => return self.lose(row.line, problem),
        };
        if !is_recorded(&entry, reading.known) {
            return self.census.lose(self.unknown);
        }
        let index = *self.indices.entry(named.clone()).or_insert_with(|| {
            let table = Table { line: row.line, agreement: named.clone(), ..Table::default() };
            self.all.push(table);
            self.all.len() - 1
        });
        if self.all[index].entries.len() == MAX_ROWS {
            let problem = format!("{named} has more than {MAX_ROWS} rows in this file");
            return self.lose(row.line, (None, problem));
        }
        if !entry.contradiction.is_empty() {
            let message = format!(
                "{}: {}; the row was taken by its status, marked UNSURE",
                entry.party, entry.contradiction
            );
            let rule = "row-contradicts-itself";
            let mut finding = found(Severity::Warning, rule, row.line, message);
            finding.identifier = Some(named);
            self.findings.push(finding);
        }
        self.all[index].elements.add(self.row, 1);
        self.all[index].entries.push(entry);
    }

    /// Counts a row that was not taken.
    fn lose(&mut self, line: u64, problem: Problem) {
        self.census.lose(self.row);
        let message = format!("{}; the row was not taken", told(problem));
        self.findings.push(found(Severity::Error, "row-unreadable", line, message));
    }

    /// Counts a row that was not taken, nor was any after it.
    fn end(&mut self, line: u64, problem: Problem) {
        self.census.lose(self.row);
        let message = format!("{}; nothing of the file after it was taken", told(problem));
        self.findings.push(found(Severity::Critical, "file-broken-off", line, message));
    }

    /// Notes that nothing of the file can be taken.
    fn give_up(&mut self, line: u64, problem: &str) {
        let message = format!("{problem}; nothing of the file was taken");
        self.findings.push(found(Severity::Critical, "file-unreadable", line, message));
    }
}

/// A problem, after the column it is in.
fn told((column, problem): Problem) -> String {
    let column = column.map_or(String::new(), |index| format!("column {}: ", index + 1));
    format!("{column}{problem}")
}

/// Returns the agreement of a row, and what it says.
fn read(columns: &Columns, row: &Row, reading: Reading<'_>) -> Result<(String, Entry), Problem> {
    let entry = columns.entry(row, reading.today)?;
    let agreement = columns.agreement(row).unwrap_or_else(|| Ok(reading.agreement.to_owned()))?;
    if agreement.is_empty() {
        let problem = "the row names no agreement, nor does the name of the file: add the column \
                       `agreement`, or say with the import which it is";
        return Err((None, problem.to_owned()));
    }
    let is_missing = |known: &Known| !known.sources.contains(&entry.source);
    if entry.source.starts_with("sources/") && reading.known.is_some_and(is_missing) {
        let problem = "the source is not recorded: record it first, or write a citation";
        return Err((columns.source(), problem.to_owned()));
    }
    Ok((agreement, entry))
}

/// Returns whether the party of a row is recorded. The code of a country stands for no union:
/// Ecuador is EC, and so is the European Community.
fn is_recorded(entry: &Entry, known: Option<&Known>) -> bool {
    let is_state = known.map(|known| known.parties.get(&entry.party).copied());
    is_state.is_none_or(|it| it.is_some_and(|is_state| is_state || !entry.is_by_country))
}

/// The names in the rows of a file.
#[derive(Default)]
pub struct Named {
    /// The parties, each with the number of its rows.
    pub parties: BTreeMap<String, i64>,
    /// True where they are named by their country codes.
    pub is_by_country: bool,
    /// The sources.
    pub sources: BTreeSet<String>,
}

/// Returns the names in the rows of a file.
pub fn named(file: impl Read, today: Day) -> Named {
    let mut named = Named::default();
    let reading = Reading { agreement: "agreements/any", today, known: None };
    for event in Tables::open(file, reading) {
        let Event::Record(table, _) = event else { continue };
        for entry in table.entries {
            *named.parties.entry(entry.party).or_default() += 1;
            named.is_by_country |= entry.is_by_country;
            if entry.source.starts_with("sources/") {
                named.sources.insert(entry.source);
            }
        }
    }
    named
}

impl Iterator for Tables {
    type Item = Event<Table>;

    fn next(&mut self) -> Option<Self::Item> {
        self.events.next()
    }
}

impl Reader for Tables {
    type Record = Table;

    fn totals(&self) -> Totals {
        self.totals
    }

    fn into_census(self) -> Census {
        self.census
    }
}

fn found(severity: Severity, rule: &'static str, line: u64, message: String) -> Finding {
    Finding { severity, rule, line, identifier: None, message }
}
