//! The participations of agreements as CSV: the form that `registan import ratification` reads.

use api::registan::agreements::v1::{Agreement, Participation};
use api::registan::r#type::v1::PartialDate;
use facts::wire::checked_date;
use prost_reflect::DynamicMessage;

/// The first line.
pub const HEAD: &str = "agreement,party,kind,date,stated,source,citation,confidence,note\n";

/// Returns the rows of an agreement.
pub fn rows(agreement: &DynamicMessage) -> anyhow::Result<String> {
    let agreement: Agreement = agreement.transcode_to()?;
    Ok(agreement.participations.iter().map(|one| row(&agreement.name, one)).collect())
}

fn row(agreement: &str, one: &Participation) -> String {
    let source = one.source.clone().unwrap_or_default();
    let word = |word: &str, prefix: &str| match word.trim_start_matches(prefix) {
        "UNSPECIFIED" => String::new(),
        word => word.to_owned(),
    };
    let cells = [
        agreement.to_owned(),
        one.party.clone(),
        word(one.kind().as_str_name(), "KIND_"),
        date(one.date.as_ref()),
        date(one.stated.as_ref()),
        source.source,
        source.citation,
        word(one.confidence().as_str_name(), "CONFIDENCE_"),
        one.note.clone(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\n"
}

/// Returns a date as a cell, as the import reads it: `2006-01-24`, `2006/2007`, `by 2026-03`.
fn date(message: Option<&PartialDate>) -> String {
    checked_date(message).map(|date| date.to_string()).unwrap_or_default()
}

/// Returns a cell, in quotes where RFC 4180 asks for them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::participation::Kind;
    use api::registan::r#type::v1::{Confidence, Date, SourceRef};

    use super::*;

    #[test]
    fn a_row_has_all_that_an_import_reads() {
        let day = |year, month, day| Some(Date { year, month, day });
        let citation = "UN Treaty Collection, \"IV.4\"".to_owned();
        let one = Participation {
            party: "parties/kz".to_owned(),
            kind: Kind::Ratified.into(),
            date: Some(PartialDate { date: day(2006, 1, 24), ..PartialDate::default() }),
            stated: Some(PartialDate { date: day(2022, 8, 0), ..PartialDate::default() }),
            source: Some(SourceRef {
                source: "sources/untc".to_owned(),
                citation,
                ..SourceRef::default()
            }),
            confidence: Confidence::Likely.into(),
            ..Participation::default()
        };

        let until =
            PartialDate { date: day(2006, 0, 0), end: day(2007, 0, 0), ..PartialDate::default() };
        let interval =
            Participation { date: Some(until), note: "as told".to_owned(), ..one.clone() };
        let wanted = "agreements/iccpr,parties/kz,RATIFIED,2006-01-24,2022-08,sources/untc,\
                      \"UN Treaty Collection, \"\"IV.4\"\"\",LIKELY,\n";
        assert_eq!(row("agreements/iccpr", &one), wanted);
        let row = row("agreements/iccpr", &interval);
        assert!(row.ends_with(",LIKELY,as told\n"), "{row}");
        let wanted = "agreements/iccpr,parties/kz,RATIFIED,2006/2007,2022-08,";
        assert!(row.starts_with(wanted), "{row}");
    }
}
