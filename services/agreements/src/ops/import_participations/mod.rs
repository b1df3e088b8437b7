//! Imports files of participations: how the rows of an agreement become its participations. All
//! else of an import is in the crate `ingest`.
//!
//! An import adds to what is recorded and takes nothing away: a row that says what is recorded
//! already, from any source, is no news.

mod columns;
mod table;

use std::io::{Cursor, Read};

use api::registan::agreements::v1 as wire;
use api::registan::agreements::v1::participation::Kind;
use api::registan::r#type::v1::SourceRef;
use chassis::Failure;
use chronicle::{Chronicle, Error};
use facts::vocabulary::Vocabulary;
use facts::wire::{MOST_ITEMS, checked_date};
use facts::{Confidence, Day, PartialDate};
use formats::{Reader, Record};
use ingest::{Importer, Notes, Report, Words};
use standard::failure::from_record;

use self::columns::{Entry, MAX_NOTE};
use self::table::{Known, Named, Reading, Table, Tables, named};
use super::day_or_today;
use crate::app::App;
use crate::domain::{Agreement, Party, Source};

/// Names of one query.
const NAMES: usize = 500;
/// Parties that are not recorded, of an answer.
const MAX_UNKNOWN: usize = 1000;

/// The options of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file's name, for the source of what is recorded.
    pub file_name: String,
    /// The agreement of rows that do not name theirs; empty if all do.
    pub agreement: String,
    /// The recorded source of rows that do not name theirs; empty if it is the file.
    pub source: String,
    /// As of when the file says so, where its rows do not.
    pub stated: Option<PartialDate>,
    /// Read and check everything, record nothing.
    pub validate_only: bool,
}

/// The outcome of an import.
pub struct Imported {
    /// Its report.
    pub report: Report,
    /// The parties that are not recorded, each with the number of its rows, the most frequent
    /// first.
    pub unknown: Vec<(String, i64)>,
}

/// Reads `file` to its end and records what is whole. Parties that are not recorded are not made: a
/// code in a table says too little of them. Their rows are counted.
pub async fn import_participations(
    app: &App,
    options: Options,
    file: impl Read + Send + 'static,
) -> Result<Imported, Failure> {
    let today = day_or_today(app, None);
    let chronicle = &app.records.chronicle;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        // What is longer is refused: one byte more shows it. What cannot be read is found later.
        let read = file.take(table::MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map(|_| (named(Cursor::new(&bytes), today), bytes))
    });
    let (mut named, bytes) =
        reading.await.map_err(Failure::internal)?.map_err(Failure::internal)?;
    named.sources.extend(Some(options.source.clone()).filter(|source| !source.is_empty()));
    let known = known(chronicle, &named).await;
    let known = known.map_err(|error| from_record("registan/Party", error))?;
    if !options.source.is_empty() && !known.sources.contains(&options.source) {
        let source = [("source".to_owned(), options.source.as_str())];
        return Err(standard::failure::missing(&source));
    }

    let is_unknown = |(name, _): &(String, i64)| {
        known.parties.get(name).is_none_or(|is_state| named.is_by_country && !is_state)
    };
    let mut unknown: Vec<_> = named.parties.into_iter().filter(is_unknown).collect();
    unknown.sort_by_key(|(_, rows)| -rows);
    unknown.truncate(MAX_UNKNOWN);
    let validate_only = options.validate_only;
    let importer = Participations { options, known, today };
    let report = ingest::import(chronicle, importer, validate_only, Cursor::new(bytes)).await?;
    Ok(Imported { report, unknown })
}

/// Returns those of the names that are recorded and that the caller may see.
async fn known(chronicle: &Chronicle, named: &Named) -> Result<Known, Error> {
    let reader = standard::reader();
    let parties: Vec<String> = named.parties.keys().cloned().collect();
    let sources: Vec<String> = named.sources.iter().cloned().collect();
    let mut known = Known::default();
    for some in parties.chunks(NAMES) {
        let found = chronicle.find::<Party>(some, &reader).await?;
        let found = found.into_iter().map(|stored| stored.value.into_message());
        known.parties.extend(found.map(|party| {
            let is_state = party.kind() == wire::party::Kind::State;
            (party.name, is_state)
        }));
    }
    for some in sources.chunks(NAMES) {
        known.sources.extend(chronicle.known::<Source>(some, &reader).await?);
    }
    Ok(known)
}

/// Returns the agreement that a file is of by its name: `hr_status_iccpr_op1.csv` is that of
/// `agreements/iccpr-op1`. Nothing for a file that is named otherwise.
pub fn agreement_of(file_name: &str) -> Option<String> {
    let id = file_name.strip_prefix("hr_status_")?.strip_suffix(".csv")?.replace('_', "-");
    let id = match id.as_str() {
        "icescr-op" => "op-icescr",
        "opcat" => "op-cat",
        id => id,
    };
    Some(format!("agreements/{id}"))
}

struct Participations {
    options: Options,
    known: Known,
    today: Day,
}

impl Participations {
    fn participation(&self, entry: &Entry) -> wire::Participation {
        let contradicts = !entry.contradiction.is_empty();
        let confidence = match entry.confidence {
            _ if contradicts => Confidence::Unsure,
            given => given.unwrap_or(Confidence::Likely),
        };
        let doubt = format!("The row contradicts itself: {}.", entry.contradiction);
        let said = Some(entry.note.clone()).filter(|note| !note.is_empty());
        // Where there is no room for both, the finding alone tells of the doubt.
        let has_room = doubt.len() + entry.note.len() < MAX_NOTE;
        let doubt = Some(doubt).filter(|_| contradicts && has_room);
        let note: Vec<String> = doubt.into_iter().chain(said).collect();
        let stated = entry.stated.clone().or_else(|| self.options.stated.clone());
        wire::Participation {
            party: entry.party.clone(),
            kind: entry.kind.into(),
            date: entry.date.clone().map(Into::into),
            stated: stated.map(Into::into),
            note: note.join(" "),
            source: Some(self.source(entry)),
            confidence: confidence.number(),
            ..wire::Participation::default()
        }
    }

    fn source(&self, entry: &Entry) -> SourceRef {
        let cited = Some(&entry.citation).filter(|citation| !citation.is_empty());
        let cited = cited.unwrap_or(&self.options.file_name);
        let (source, citation) = match entry.source.as_str() {
            "" => (&self.options.source, cited),
            name if name.starts_with("sources/") => (&entry.source, cited),
            _ => (&self.options.source, &entry.source),
        };
        SourceRef { source: source.clone(), citation: citation.clone(), ..SourceRef::default() }
    }
}

impl Importer for Participations {
    type Record = Table;
    type Parent = Agreement;
    type Child = Agreement;

    const METHOD: &'static str = "ImportParticipations";
    const IDENTIFIER: &'static str = "name";
    const MARK: &'static str = "participations-";
    const CREATES: bool = false;
    const WORDS: Words = Words {
        record: "rows of an agreement",
        child: "row",
        record_too_large: "agreement-too-large",
        child_too_large: "row-too-large",
        parent_deleted: "agreement-deleted",
    };

    fn open(&self, file: impl Read) -> impl Reader<Record = Table> {
        let agreement = &self.options.agreement;
        Tables::open(file, Reading { agreement, today: self.today, known: Some(&self.known) })
    }

    fn parent(&self, table: &Table, _: &mut Notes) -> Agreement {
        let participations = table.entries.iter().map(|entry| self.participation(entry)).collect();
        let name = table.identifier().to_owned();
        Agreement::of(wire::Agreement { name, participations, ..wire::Agreement::default() })
    }

    fn child(&self, _: &Table, _: &mut Notes) -> Option<Agreement> {
        None
    }

    fn attach(_: &mut Agreement, _: String, _: &Agreement) {}

    fn identifier(parent: &Agreement) -> &str {
        &parent.name
    }

    fn merge(recorded: &Agreement, file: &Agreement) -> Option<Agreement> {
        let mut merged = (**recorded).clone();
        for one in &file.participations {
            if !is_said(&merged.participations, one) {
                merged.participations.push(one.clone());
            }
        }
        (merged != **recorded).then(|| Agreement::of(merged))
    }

    fn merge_child(_: &Agreement, _: &Agreement) -> Option<Agreement> {
        None
    }

    fn fits(merged: &Agreement) -> bool {
        merged.participations.len() <= MOST_ITEMS
    }
}

/// Returns whether what is recorded says what a row does. That somebody is party, without a date,
/// follows from any earlier way to become one, unless it left since then.
fn is_said(known: &[wire::Participation], row: &wire::Participation) -> bool {
    let of_it = || known.iter().filter(|one| one.party == row.party);
    if of_it().any(|one| says(one, row)) {
        return true;
    }
    if row.date.is_some() || !joins(row.kind()) {
        return false;
    }
    let by = checked_date(row.stated.as_ref()).map_or(Day::LAST, |stated| stated.latest());
    let has_left = |since: &PartialDate| {
        let leaves = |one: &&wire::Participation| {
            matches!(one.kind(), Kind::Withdrawn | Kind::NotParty)
                && day(one)
                    .is_none_or(|left| left.earliest() <= by && since.earliest() <= left.latest())
        };
        of_it().any(|one| leaves(&one))
    };
    let ways = of_it().filter(|one| is_same_part(one, row)).filter_map(day);
    ways.filter(|since| since.latest() <= by).any(|since| !has_left(&since))
}

/// Returns whether a participation says by itself all that a row does: the same part, as exactly or
/// more so. A part without a date is as old as it is stated.
fn says(known: &wire::Participation, row: &wire::Participation) -> bool {
    let within = |known: PartialDate, row: PartialDate| {
        row.earliest() <= known.earliest() && known.latest() <= row.latest()
    };
    let date = |one: &wire::Participation| checked_date(one.date.as_ref());
    is_same_part(known, row)
        && match (date(row), checked_date(row.stated.as_ref())) {
            (Some(row), _) => date(known).is_some_and(|known| within(known, row)),
            (None, Some(stated)) => day(known).is_some_and(|known| within(known, stated)),
            (None, None) => day(known).is_none() || !joins(row.kind()),
        }
}

/// True for the same part, and for a way to become a party where the row only says that it is one.
fn is_same_part(known: &wire::Participation, row: &wire::Participation) -> bool {
    known.kind == row.kind || (row.kind() == Kind::Party && joins(known.kind()))
}

/// True for a party, however it became one.
const fn joins(kind: Kind) -> bool {
    matches!(kind, Kind::Party | Kind::Ratified | Kind::Acceded | Kind::Succeeded)
}

/// The date of a participation, else as of when it is stated.
fn day(one: &wire::Participation) -> Option<PartialDate> {
    checked_date(one.date.as_ref().or(one.stated.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: Kind, date: Option<(i32, i32, i32)>) -> wire::Participation {
        let date = date.and_then(|(year, month, day)| PartialDate::new(year, month, day));
        wire::Participation {
            party: "parties/kz".to_owned(),
            kind: kind.into(),
            date: date.map(Into::into),
            ..wire::Participation::default()
        }
    }

    #[test]
    fn the_name_of_a_published_table_names_its_convention() {
        let of = |name| agreement_of(name).unwrap_or_default();

        assert_eq!(of("hr_status_iccpr_op1.csv"), "agreements/iccpr-op1");
        assert_eq!(of("hr_status_icescr_op.csv"), "agreements/op-icescr");
        assert_eq!(of("hr_status_opcat.csv"), "agreements/op-cat");
        assert_eq!(of("list.csv"), "");
    }

    /// The same without a date, as of a year.
    fn stated(kind: Kind, year: i32) -> wire::Participation {
        let stated = PartialDate::new(year, 0, 0).map(Into::into);
        wire::Participation { stated, ..part(kind, None) }
    }

    #[test]
    fn a_fact_is_said_by_one_that_says_as_much() {
        let ratified = part(Kind::Ratified, Some((1998, 8, 26)));
        let is_said = |known: &wire::Participation, row: &wire::Participation| {
            super::is_said(std::slice::from_ref(known), row)
        };

        assert!(is_said(&ratified, &part(Kind::Ratified, Some((1998, 0, 0)))));
        assert!(is_said(&ratified, &part(Kind::Party, Some((1998, 0, 0)))));
        assert!(is_said(&ratified, &part(Kind::Party, None)));
        assert!(!is_said(&ratified, &part(Kind::Party, Some((1999, 0, 0)))));
        assert!(!is_said(&ratified, &part(Kind::Signed, Some((1998, 0, 0)))));
        assert!(!is_said(&part(Kind::Party, Some((1998, 0, 0))), &ratified));
        assert!(!is_said(&part(Kind::Ratified, None), &ratified));
        assert!(!is_said(&part(Kind::Ratified, Some((1998, 0, 0))), &ratified), "it is exact");
        assert!(!is_said(&stated(Kind::Ratified, 1998), &ratified), "it has a date");
    }

    #[test]
    fn a_party_without_a_date_is_news_only_where_it_had_left() {
        let ratified = part(Kind::Ratified, Some((1998, 8, 26)));
        let withdrawn = part(Kind::Withdrawn, Some((2010, 1, 1)));
        let (stayed, left) = ([ratified.clone()], [ratified, withdrawn]);

        for kind in [Kind::Party, Kind::Ratified] {
            assert!(is_said(&stayed, &stated(kind, 2024)), "{kind:?}");
            assert!(!is_said(&stayed, &stated(kind, 1995)), "{kind:?} earlier");
            assert!(!is_said(&left, &stated(kind, 2024)), "{kind:?} again");
            assert!(is_said(&left, &stated(kind, 2005)), "{kind:?} before it left");
        }
        let again = [&left[..], &[stated(Kind::Party, 2024)]].concat();
        assert!(is_said(&again, &stated(Kind::Party, 2024)));
        assert!(is_said(&again, &stated(Kind::Party, 2026)));
        // What may change from table to table is news.
        assert!(!is_said(&[stated(Kind::NotParty, 2022)], &stated(Kind::NotParty, 2024)));
        assert!(is_said(&[stated(Kind::NotParty, 2022)], &stated(Kind::NotParty, 2022)));
    }
}
