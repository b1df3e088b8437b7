//! The values of this crate ↔ the messages of `registan.type.v1`.

use api::registan::r#type::v1 as wire;

use crate::ErrorReason;
use crate::check::Check;
use crate::code::{is_country, is_currency};
use crate::date::{Day, PartialDate};
use crate::money::{MOST_UNITS, Money, StatedAmount, decimal, is_plausible, percentage};
use crate::source::{Confidence, ExternalId, LocalizedText, SourceRef, normal};
use crate::vocabulary::Vocabulary;

/// Most items of any list inside a resource.
pub const MOST_ITEMS: usize = 1000;

/// A day of the calendar.
pub fn read_day(check: &mut Check, field: &str, message: wire::Date) -> Option<Day> {
    let day = Day::new(message.year, message.month, message.day);
    if day.is_none() {
        check.violation(field, ErrorReason::DateInvalid, no_day(message));
    }
    day
}

/// Says that a message is no day, and what it lacks.
pub fn no_day(message: wire::Date) -> String {
    let wire::Date { year, month, day } = message;
    let lacks = if month == 0 || day == 0 { ": year, month and day must be given" } else { "" };
    format!("{year}-{month}-{day} is no day of the calendar{lacks}")
}

/// The partial date in a message.
pub fn date(check: &mut Check, message: wire::PartialDate) -> Option<PartialDate> {
    let parts = message.date.unwrap_or_default();
    let Some(date) = PartialDate::new(parts.year, parts.month, parts.day) else {
        let description =
            format!("{}-{}-{} is no date of the calendar", parts.year, parts.month, parts.day);
        check.violation("date", ErrorReason::DateInvalid, description);
        return None;
    };
    let qualifier = check.optional_word("qualifier", message.qualifier);
    let as_given = check.text("as_given", message.as_given, 64);
    let date = PartialDate { qualifier, as_given, ..date };
    let Some(end) = message.end else { return Some(date) };
    let interval = date.until(end.year, end.month, end.day);
    if interval.is_none() {
        let description =
            "must be a date of the calendar, not before `date`, and without a qualifier beside it";
        check.violation("end", ErrorReason::DateInvalid, description);
    }
    interval
}

/// The partial date in a message that was checked before, if there is one.
pub fn checked_date(message: Option<&wire::PartialDate>) -> Option<PartialDate> {
    date(&mut Check::default(), message?.clone())
}

/// The day by which what has this date is sorted, as the number `yyyymmdd`; 0 where there is none.
pub fn sort_day(date: Option<&wire::PartialDate>) -> i64 {
    let parts = date.and_then(|date| date.date.as_ref());
    let date = parts.and_then(|parts| PartialDate::new(parts.year, parts.month, parts.day));
    crate::date::sort_day(date.as_ref())
}

/// A day as the number `yyyymmdd`; 0 where there is none.
pub fn day(date: Option<&wire::Date>) -> i64 {
    let day = date.and_then(|date| Day::new(date.year, date.month, date.day));
    day.map_or(0, |day| i64::from(day.0))
}

/// Every way in which identifiers may be asked for; as [`crate::source::spellings`].
pub fn spellings(ids: &[wire::ExternalId]) -> Vec<String> {
    let id = |id: &wire::ExternalId| {
        Some(ExternalId {
            scheme: Vocabulary::from_number(id.scheme)?,
            value: id.value.clone(),
            confidence: None,
        })
    };
    crate::source::spellings(&ids.iter().filter_map(id).collect::<Vec<_>>())
}

/// The amount in a message.
pub fn money(check: &mut Check, message: wire::Money) -> Option<Money> {
    let amount = decimal(&message.amount);
    if amount.is_none() {
        let description = "must be a decimal number such as -1234.5: at most 18 digits before and 9 after the point";
        check.violation("amount", ErrorReason::AmountInvalid, description);
    } else if !amount.is_some_and(is_plausible) {
        let description = format!("must be at most {MOST_UNITS} units, positive or negative");
        check.violation("amount", ErrorReason::AmountImplausible, description);
    }
    let currency = read_currency(check, "currency_code", message.currency_code, true);
    let value_date = message.value_date.and_then(|date| read_day(check, "value_date", date));
    Some(Money { amount: amount?, currency, value_date })
}

/// An ISO 3166-1 alpha-2 code.
pub fn read_country(check: &mut Check, field: &str, code: String, required: bool) -> String {
    let code =
        if required { check.required_text(field, code, 2) } else { check.text(field, code, 2) };
    if !code.is_empty() && !is_country(&code) {
        let description = "must be a country of ISO 3166-1 in two capital letters, such as KG";
        check.violation(field, ErrorReason::CountryInvalid, description);
    }
    code
}

/// A share in percent, in its one form; empty where it is not said.
pub fn read_percentage(check: &mut Check, field: &str, text: String) -> String {
    if text.is_empty() {
        return text;
    }
    if let Some(percentage) = percentage(&text) {
        return percentage.to_string();
    }
    let description = "must be a decimal number from 0 to 100, such as 33.34";
    check.violation(field, ErrorReason::PercentageInvalid, description);
    text
}

/// An ISO 4217 code.
pub fn read_currency(check: &mut Check, field: &str, code: String, required: bool) -> String {
    let code =
        if required { check.required_text(field, code, 3) } else { check.text(field, code, 3) };
    if !code.is_empty() && !is_currency(&code) {
        let description = "must be a currency of ISO 4217 in three capital letters, such as EUR";
        check.violation(field, ErrorReason::CurrencyInvalid, description);
    }
    code
}

/// The text in a message, of at most `most` bytes.
pub fn text(check: &mut Check, message: wire::LocalizedText, most: usize) -> LocalizedText {
    LocalizedText {
        language: check.text("language_code", message.language_code, 35),
        text: check.required_text("text", message.text, most),
        original: message.original,
    }
}

/// The source in a message.
pub fn source(check: &mut Check, message: wire::SourceRef) -> SourceRef {
    let source = SourceRef {
        source: check.name("source", message.source, &["sources/{source}"], false),
        citation: check.text("citation", message.citation, 1024),
        locator: check.text("locator", message.locator, 256),
        basis: check.optional_word("basis", message.basis),
    };
    if source.source.is_empty() && source.citation.is_empty() {
        check.violation("citation", ErrorReason::Required, "source or citation must be given");
    }
    source
}

/// The identifier in a message, brought to its one spelling.
pub fn id(check: &mut Check, message: wire::ExternalId) -> ExternalId {
    ExternalId {
        scheme: check.word("scheme", message.scheme),
        value: normal(&check.required_text("value", message.value, 256)),
        confidence: check.optional_word("confidence", message.confidence),
    }
}

/// The amount in a message, as a source states it.
pub fn amount(check: &mut Check, message: wire::StatedAmount) -> Option<StatedAmount> {
    let kind = check.word("kind", message.kind);
    let given = check.required("money", message.money);
    let money = given.and_then(|it| check.within("money", |check| money(check, it)));
    let note = check.text("note", message.note, 1024);
    let source = message.source.map(|it| check.within("source", |check| source(check, it)));
    let confidence = check.optional_word("confidence", message.confidence);
    Some(StatedAmount { kind, money: money?, note, source, confidence })
}

/// The number of an optional word.
pub fn number<V: Vocabulary>(word: Option<V>) -> i32 {
    word.map_or(0, Vocabulary::number)
}

impl From<Day> for wire::Date {
    fn from(day: Day) -> Self {
        Self { year: day.year(), month: day.month(), day: day.day() }
    }
}

impl From<PartialDate> for wire::PartialDate {
    fn from(date: PartialDate) -> Self {
        let parts = wire::Date { year: date.year, month: date.month, day: date.day };
        let end = date.end.map(|end| wire::Date { year: end.year, month: end.month, day: end.day });
        Self { date: Some(parts), qualifier: number(date.qualifier), as_given: date.as_given, end }
    }
}

impl From<Money> for wire::Money {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount.to_string(),
            currency_code: money.currency,
            value_date: money.value_date.map(Into::into),
        }
    }
}

impl From<LocalizedText> for wire::LocalizedText {
    fn from(text: LocalizedText) -> Self {
        Self { language_code: text.language, text: text.text, original: text.original }
    }
}

impl From<SourceRef> for wire::SourceRef {
    fn from(source: SourceRef) -> Self {
        Self {
            source: source.source,
            citation: source.citation,
            locator: source.locator,
            basis: number(source.basis),
        }
    }
}

impl From<ExternalId> for wire::ExternalId {
    fn from(id: ExternalId) -> Self {
        Self { scheme: id.scheme.number(), value: id.value, confidence: number(id.confidence) }
    }
}

impl From<StatedAmount> for wire::StatedAmount {
    fn from(amount: StatedAmount) -> Self {
        Self {
            kind: amount.kind.number(),
            money: Some(amount.money.into()),
            note: amount.note,
            source: amount.source.map(Into::into),
            confidence: number::<Confidence>(amount.confidence),
        }
    }
}
