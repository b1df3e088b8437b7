//! A transaction of an activity as one of a project.

use api::registan::options::v1::Tier;
use api::registan::projects::v1 as wire;
use api::registan::projects::v1::transaction::Type;
use api::registan::projects::v1::{Recipient, TransactionParty};
use api::registan::r#type::v1::{Date, Money};
use facts::money::{MOST_DECIMALS, MOST_UNITS, is_plausible};
use iati::Org;
use ingest::{Notes, Place};
use rust_decimal::Decimal;

use super::project::{
    AS_NOT_SAID, OF_OTHERS, REGION_VOCABULARY, check_currency, code, country_code, display_name,
    region_code, sectors, texts,
};
use crate::domain::Transaction;
use crate::domain::shares::{area, normalize};

const DESCRIPTION: Place =
    Place { what: "descriptions", path: "iati-activity/transaction/description/narrative" };
const SECTORS: Place = Place { what: "sectors", path: "iati-activity/transaction/sector" };
const COUNTRY: &str = "iati-activity/transaction/recipient-country";
const REGION: &str = "iati-activity/transaction/recipient-region";
const REFERENCE: &str = "iati-activity/transaction/@ref";
/// An organisation, its names and its reference.
const PROVIDER: [&str; 3] = [
    "iati-activity/transaction/provider-org",
    "iati-activity/transaction/provider-org/narrative",
    "iati-activity/transaction/provider-org/@ref",
];
const RECEIVER: [&str; 3] = [
    "iati-activity/transaction/receiver-org",
    "iati-activity/transaction/receiver-org/narrative",
    "iati-activity/transaction/receiver-org/@ref",
];

/// Returns the value of a transaction, without its name and its source. Its shares are as the file
/// writes them: by what it says it is named.
pub fn transaction(given: &iati::Transaction, notes: &mut Notes) -> Option<Transaction> {
    let Some(r#type) = code::<Type>(&given.type_) else {
        notes.error(
            "type-unknown",
            "the transaction's type is not in the codelist TransactionType; it was not taken"
                .to_owned(),
        );
        return None;
    };
    let amount = amount(given.value.amount, notes)?;
    check_currency(&given.value.currency, notes);
    Some(Transaction::of(wire::Transaction {
        tier: Tier::Public.into(),
        r#type: r#type.into(),
        date: Some(day(given.date)),
        value: Some(Money {
            amount: amount.to_string(),
            currency_code: given.value.currency.clone(),
            value_date: given.value.value_date.map(day),
        }),
        provider: given.provider_org.as_ref().and_then(|org| party(org, &PROVIDER, notes)),
        receiver: given.receiver_org.as_ref().and_then(|org| party(org, &RECEIVER, notes)),
        descriptions: texts(notes, DESCRIPTION, &given.description, 65536),
        recipients: recipients(given, notes),
        sectors: sectors(&given.sectors, SECTORS, notes),
        r#ref: reference(given, notes),
        ..wire::Transaction::default()
    }))
}

/// Returns an amount as it is recorded. Digits after those that the contract has are noise of
/// binary fractions: `33333.333333333336`.
fn amount(given: Decimal, notes: &mut Notes) -> Option<Decimal> {
    let amount = given.round_dp(MOST_DECIMALS).normalize();
    if !is_plausible(amount) {
        notes.error(
            "amount-out-of-range",
            format!("the amount is above {MOST_UNITS}; the transaction was not taken"),
        );
        return None;
    }
    if amount != given {
        let message =
            format!("the amount {given} was rounded to {amount}; give at most 9 decimals");
        notes.warning("amount-repaired", message);
    }
    Some(amount)
}

/// Brings the shares of a transaction that has its name to the form of the contract.
pub fn settle(transaction: &mut Transaction) {
    let wire::Transaction { recipients, sectors, .. } = &mut **transaction;
    normalize(recipients, sectors);
}

/// Returns the new value of a recorded transaction; nothing if it is as the file has it, whatever
/// the file is called. Its tier stays, and so do links to recorded organizations.
pub fn news(recorded: &Transaction, file: &Transaction) -> Option<Transaction> {
    let mut merged = (**recorded).clone();
    let wire::Transaction { r#type, date, value, provider, receiver, .. } = (**file).clone();
    let wire::Transaction { descriptions, recipients, sectors, r#ref, .. } = (**file).clone();
    (merged.r#type, merged.date, merged.value, merged.r#ref) = (r#type, date, value, r#ref);
    merged.provider = linked(provider, merged.provider);
    merged.receiver = linked(receiver, merged.receiver);
    merged.descriptions = descriptions;
    (merged.recipients, merged.sectors) = (recipients, sectors);
    // That of a file is PUBLIC, but for one in whose place it comes back.
    merged.tier = merged.tier.max(file.tier);
    if merged == **recorded {
        return None;
    }
    merged.source.clone_from(&file.source);
    Some(Transaction::of(merged))
}

/// Returns the keys by which a transaction is found to be a correction: its reference; its type,
/// date, amount and currency.
pub fn alike(it: &Transaction) -> Vec<String> {
    let value = it.value.clone().unwrap_or_default();
    let Date { year, month, day } = it.date.unwrap_or_default();
    let (amount, currency) = (value.amount, value.currency_code);
    vec![it.r#ref.clone(), format!("{} {year}-{month}-{day} {amount} {currency}", it.r#type)]
}

/// Gives a transaction the tier and the links of the one whose place it takes: a correction shows
/// nothing that was hidden. Where that is `perhaps` another one, the tier alone.
pub fn succeed(gone: &Transaction, it: &mut Transaction, perhaps: bool) {
    it.tier = it.tier.max(gone.tier);
    if perhaps {
        return;
    }
    it.provider = linked(it.provider.take(), gone.provider.clone());
    it.receiver = linked(it.receiver.take(), gone.receiver.clone());
}

/// Returns a party as the file has it, with the link of the recorded one where that is the same
/// party, or nothing but a link.
fn linked(
    file: Option<TransactionParty>,
    recorded: Option<TransactionParty>,
) -> Option<TransactionParty> {
    let Some(recorded) = recorded.filter(|it| !it.organization.is_empty()) else { return file };
    let is_link = recorded.r#ref.is_empty() && recorded.display_name.is_empty();
    let Some(mut party) = file else { return Some(recorded).filter(|_| is_link) };
    let is_same = party.r#ref == recorded.r#ref
        && (!party.r#ref.is_empty() || party.display_name == recorded.display_name);
    if is_same || is_link {
        party.organization = recorded.organization;
    }
    Some(party)
}

fn day(date: iati::Date) -> Date {
    Date { year: date.year.into(), month: date.month.into(), day: date.day.into() }
}

fn reference(given: &iati::Transaction, notes: &mut Notes) -> String {
    let reference = notes.code("a transaction/@ref", given.ref_.as_deref(), 256);
    notes.lose_attribute(REFERENCE, given.ref_.as_deref(), &reference);
    reference
}

fn party(org: &Org, paths: &[&'static str; 3], notes: &mut Notes) -> Option<TransactionParty> {
    let party = TransactionParty {
        organization: String::new(),
        r#ref: notes.code("an organisation's @ref", org.ref_.as_deref(), 256),
        display_name: display_name(notes, org, paths[1]),
    };
    let is_named = !(party.r#ref.is_empty() && party.display_name.is_empty());
    if is_named {
        notes.lose_attribute(paths[2], org.ref_.as_deref(), &party.r#ref);
    } else {
        notes.lose(paths[0], 1);
    }
    is_named.then_some(party)
}

/// Returns the code of the region. One of another vocabulary than that of the DAC says again what a
/// country says.
fn region(given: &iati::Transaction, has_country: bool, notes: &mut Notes) -> String {
    let Some(region) = &given.recipient_region else { return String::new() };
    if region.vocabulary == REGION_VOCABULARY {
        return region_code(region, notes);
    }
    let taken = if has_country { OF_OTHERS } else { AS_NOT_SAID };
    let message = format!("regions of vocabulary {} {taken}", region.vocabulary);
    notes.warning("region-vocabulary", message);
    if has_country { String::new() } else { region_code(region, notes) }
}

fn recipients(given: &iati::Transaction, notes: &mut Notes) -> Vec<Recipient> {
    let given_region = usize::from(given.recipient_region.is_some());
    let given_country = usize::from(given.recipient_country.is_some());
    let country = country_code(given.recipient_country.as_deref(), notes);
    let region = region(given, !country.is_empty(), notes);
    notes.lose(COUNTRY, given_country.saturating_sub(usize::from(!country.is_empty())));
    notes.lose(REGION, given_region.saturating_sub(usize::from(!region.is_empty())));
    let all = [(country, String::new()), (String::new(), region)].into_iter();
    let recipients = all.map(|(country_code, region_code)| Recipient {
        country_code,
        region_code,
        percentage: String::new(),
    });
    recipients.filter(|recipient| !area(recipient).is_empty()).collect()
}
