//! The text of what a transaction says, by which an import names it: the JSON in which transactions
//! were kept when the first were imported. It never changes, or a file that is imported again would
//! be recorded anew: what is taken only since is not in it.

use api::registan::projects::v1 as wire;
use api::registan::r#type::v1::{Date, LocalizedText};
use facts::code::is_region_elsewhere;
use rust_decimal::Decimal;
use serde::Serialize;

#[derive(Serialize)]
struct Said<'a> {
    name: &'a str,
    r#type: &'a str,
    date: i64,
    value: Money<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    descriptions: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Recipient<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sectors: Vec<Sector<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reference: &'a str,
    source: Nothing,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Money<'a> {
    amount: &'a str,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_date: Option<i64>,
}

#[derive(Serialize)]
struct Party<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    reference: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    display_name: &'a str,
}

#[derive(Serialize)]
struct Text<'a> {
    language: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Recipient<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    country_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region_code: &'a str,
}

#[derive(Serialize)]
struct Sector<'a> {
    vocabulary: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    percentage: &'a str,
}

/// Returns whether a transaction has what is not in its name, so that a recorded one of this name
/// may lack it.
pub fn says_more(transaction: &wire::Transaction) -> bool {
    transaction.recipients.iter().any(is_elsewhere)
}

/// Returns what a transaction of a file says.
pub fn said(transaction: &wire::Transaction) -> Option<Vec<u8>> {
    let day = |date: &Date| facts::wire::day(Some(date));
    let value = transaction.value.as_ref()?;
    let known = transaction.recipients.iter().filter(|it| !is_elsewhere(it));
    let said = Said {
        name: "",
        r#type: transaction.r#type().as_str_name().trim_start_matches("TYPE_"),
        date: transaction.date.as_ref().map(day)?,
        value: Money {
            amount: &value.amount,
            currency: &value.currency_code,
            value_date: value.value_date.as_ref().map(day),
        },
        provider: transaction.provider.as_ref().map(party),
        receiver: transaction.receiver.as_ref().map(party),
        descriptions: transaction.descriptions.iter().map(text).collect(),
        recipients: known.map(recipient).collect(),
        sectors: transaction.sectors.iter().map(sector).collect(),
        reference: &transaction.r#ref,
        source: Nothing {},
    };
    serde_json::to_vec(&said).ok()
}

fn party(party: &wire::TransactionParty) -> Party<'_> {
    Party { reference: &party.r#ref, display_name: &party.display_name }
}

fn text(text: &LocalizedText) -> Text<'_> {
    Text { language: &text.language_code, text: &text.text }
}

fn recipient(recipient: &wire::Recipient) -> Recipient<'_> {
    Recipient { country_code: &recipient.country_code, region_code: &recipient.region_code }
}

fn sector(sector: &wire::Sector) -> Sector<'_> {
    let wire::Sector { vocabulary, code, percentage } = sector;
    Sector { vocabulary, code, percentage: if is_above(percentage) { "" } else { percentage } }
}

/// Returns whether it is a region of another vocabulary than that of the DAC: none was taken.
fn is_elsewhere(recipient: &wire::Recipient) -> bool {
    is_region_elsewhere(&recipient.region_code)
}

/// Returns whether a percentage is above 100 by rounding: it was taken for none.
fn is_above(percentage: &str) -> bool {
    percentage.parse::<Decimal>().is_ok_and(|share| share > Decimal::ONE_HUNDRED)
}
