//! Elements that stand in more than one place: organisations, sectors, recipients, codes, dates.

use crate::activity::{Org, RecipientCountry, RecipientRegion, Sector};
use crate::attributes::Attrs;
use crate::codes::{self, CodeList};
use crate::date::Date;
use crate::finding::Rule;
use crate::notes::Notes;
use crate::text::shown;

/// The vocabulary meant when none is named: OECD DAC, in every list.
const DEFAULT_VOCABULARY: &str = "1";

/// A date that must stand once.
#[derive(Debug, Default)]
pub(crate) struct DayDraft {
    /// The element was there, whatever it held.
    pub seen: bool,
    pub date: Option<Date>,
}

impl DayDraft {
    /// Takes the element; the first one counts, of another it is false. `outcome` says what is lost
    /// without a date.
    pub(crate) fn start(
        &mut self,
        attrs: &Attrs<'_>,
        element: &str,
        outcome: &str,
        notes: &mut Notes,
        line: u64,
    ) -> bool {
        if self.seen {
            notes.repeated(element, line);
            return false;
        }
        self.seen = true;
        self.date = notes.iso_date(attrs, element, outcome, line);
        true
    }
}

/// Reads an organisation; `activity_id` is the attribute that names its activity, if any does.
pub(crate) fn org(
    attrs: &Attrs<'_>,
    activity_id: Option<&str>,
    notes: &mut Notes,
    line: u64,
) -> Org {
    let activity_id = activity_id.and_then(|name| attrs.text(name));
    let type_ = attrs.text("type");
    if let Some(code) = &type_ {
        notes.check_code(&codes::ORGANISATION_TYPE, code, line);
    }
    Org { ref_: attrs.text("ref"), type_, activity_id, names: Vec::new() }
}

/// Reads the code of an element that is nothing without it.
pub(crate) fn needed(
    attrs: &Attrs<'_>,
    attribute: &str,
    element: &str,
    notes: &mut Notes,
    line: u64,
) -> Option<String> {
    let code = attrs.text(attribute);
    if code.is_none() {
        notes.add(
            Rule::CodeMissing,
            line,
            format_args!("{element} has no @{attribute}; it was not taken; give it"),
        );
    }
    code
}

fn vocabulary(attrs: &Attrs<'_>, list: &CodeList, notes: &mut Notes, line: u64) -> String {
    let Some(code) = attrs.get("vocabulary") else {
        return DEFAULT_VOCABULARY.to_owned();
    };
    notes.check_code(list, code, line);
    code.to_owned()
}

pub(crate) fn sector(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Option<Sector> {
    let code = needed(attrs, "code", "sector", notes, line)?;
    let vocabulary = vocabulary(attrs, &codes::SECTOR_VOCABULARY, notes, line);
    if !codes::is_sector(&vocabulary, &code) {
        let code = shown(&code);
        notes.add(
            Rule::CodeUnknown,
            line,
            format_args!(
                "{code} is not a sector of vocabulary {vocabulary}; it was read as it stands; use a \
                 code of that vocabulary or name another"
            ),
        );
    }
    Some(Sector { vocabulary, code, percentage: notes.percentage(attrs, "sector", line) })
}

pub(crate) fn country(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Option<RecipientCountry> {
    let code = needed(attrs, "code", "recipient-country", notes, line)?;
    if !codes::is_country(&code) {
        let code = shown(&code);
        notes.add(
            Rule::CodeUnknown,
            line,
            format_args!(
                "{code} is not a country; it was read as it stands; write two capital letters"
            ),
        );
    }
    let percentage = notes.percentage(attrs, "recipient-country", line);
    Some(RecipientCountry { code, percentage })
}

pub(crate) fn region(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Option<RecipientRegion> {
    let code = needed(attrs, "code", "recipient-region", notes, line)?;
    let vocabulary = vocabulary(attrs, &codes::REGION_VOCABULARY, notes, line);
    let percentage = notes.percentage(attrs, "recipient-region", line);
    Some(RecipientRegion { vocabulary, code, percentage })
}

/// Puts an item in its list; false if there is none.
pub(crate) fn put<T>(list: &mut Vec<T>, item: Option<T>) -> bool {
    let is_there = item.is_some();
    list.extend(item);
    is_there
}

/// Puts a code in its place; the first one counts, of another it is false.
pub(crate) fn set_code(
    place: &mut Option<String>,
    attrs: &Attrs<'_>,
    list: &CodeList,
    notes: &mut Notes,
    line: u64,
) -> bool {
    let Some(code) = attrs.get("code") else {
        return true;
    };
    if place.is_some() {
        notes.repeated(list.name, line);
        return false;
    }
    notes.check_code(list, code, line);
    *place = Some(code.to_owned());
    true
}

/// As [`set_code`] for aid types, of which only vocabulary 1 is read.
pub(crate) fn set_aid_type(
    place: &mut Option<String>,
    attrs: &Attrs<'_>,
    notes: &mut Notes,
    line: u64,
) -> bool {
    let is_of_it = attrs.get("vocabulary").unwrap_or(DEFAULT_VOCABULARY) == DEFAULT_VOCABULARY;
    is_of_it && set_code(place, attrs, &codes::AID_TYPE, notes, line)
}
