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
use standard::Value;
use standard::failure::from_record;

use self::columns::Entry;
use self::table::{Known, Named, Reading, Table, Tables, named};
use super::day_or_today;
use crate::app::App;
use crate::domain::{Agreement, Party};

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
        let missing = standard::failure::missing("registan/Source", "source", &options.source);
        return Err(missing);
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
        known.sources.extend(chronicle.known::<Value<wire::Source>>(some, &reader).await?);
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
        let note: Vec<String> = contradicts.then_some(doubt).into_iter().chain(said).collect();
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
        let file = &self.options.file_name;
        let (source, citation) = match entry.source.as_str() {
            "" => (&self.options.source, file),
            name if name.starts_with("sources/") => (&entry.source, file),
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
            if !merged.participations.iter().any(|known| is_said(known, one)) {
                merged.participations.push(one.clone());
            }
        }
        (merged != **recorded).then(|| Agreement::of(merged))
    }

    fn fits(merged: &Agreement) -> bool {
        merged.participations.len() <= MOST_ITEMS
    }
}

/// Returns whether what is recorded says what the file does: of the same party the same part, or a
/// way to become a party where the file only says that it is one, since dates that can be the same
/// day. A part without a date is as old as it is stated.
fn is_said(known: &wire::Participation, file: &wire::Participation) -> bool {
    let is_way = matches!(known.kind(), Kind::Ratified | Kind::Acceded | Kind::Succeeded);
    let is_same_part = known.kind == file.kind || (file.kind() == Kind::Party && is_way);
    let of = |one: &wire::Participation| checked_date(one.date.as_ref().or(one.stated.as_ref()));
    let can_be_same = match (of(known), of(file)) {
        (Some(known), Some(file)) => known.overlaps(&file),
        (known, file) => known.is_some() || file.is_none(),
    };
    known.party == file.party && is_same_part && can_be_same
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

    #[test]
    fn a_fact_is_said_by_one_that_says_as_much() {
        let ratified = part(Kind::Ratified, Some((1998, 8, 26)));

        assert!(is_said(&ratified, &part(Kind::Ratified, Some((1998, 0, 0)))));
        assert!(is_said(&ratified, &part(Kind::Party, Some((1998, 0, 0)))));
        assert!(is_said(&ratified, &part(Kind::Party, None)));
        assert!(!is_said(&ratified, &part(Kind::Party, Some((1999, 0, 0)))));
        assert!(!is_said(&ratified, &part(Kind::Signed, Some((1998, 0, 0)))));
        assert!(!is_said(&part(Kind::Party, Some((1998, 0, 0))), &ratified));
        assert!(!is_said(&part(Kind::Ratified, None), &ratified));
    }
}
