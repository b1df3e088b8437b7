//! Recipients and sectors ↔ their messages.

use std::collections::BTreeMap;

use api::registan::projects::v1 as wire;
use facts::money::decimal;
use facts::wire::MOST_ITEMS;
use facts::{Check, ErrorReason};
use rust_decimal::Decimal;

use crate::domain::shares::{Recipient, Sector, TOLERANCE};

/// The recipients, whose shares, if any is said, add up to 100.
pub fn read_recipients(check: &mut Check, messages: Vec<wire::Recipient>) -> Vec<Recipient> {
    let recipients = check.each("recipients", MOST_ITEMS, messages, read_recipient);
    let shares = recipients.iter().filter_map(|recipient| recipient.percentage);
    check_sum(check, "recipients", "the recipients", shares);
    recipients
}

/// The sectors, whose shares, if any is said, add up to 100 in each vocabulary.
pub fn read_sectors(check: &mut Check, messages: Vec<wire::Sector>) -> Vec<Sector> {
    let sectors = check.each("sectors", MOST_ITEMS, messages, read_sector);
    let mut vocabularies: BTreeMap<&str, Vec<Decimal>> = BTreeMap::new();
    for sector in &sectors {
        vocabularies.entry(&sector.vocabulary).or_default().extend(sector.percentage);
    }
    for (vocabulary, shares) in vocabularies {
        let of = format!("the sectors of vocabulary {vocabulary}");
        check_sum(check, "sectors", &of, shares.into_iter());
    }
    sectors
}

fn read_recipient(check: &mut Check, message: wire::Recipient) -> Recipient {
    let country_code = check.text("country_code", message.country_code, 2);
    let region_code = check.text("region_code", message.region_code, 16);
    if country_code.is_empty() == region_code.is_empty() {
        let description = "either country_code or region_code must be given, and not both";
        check.violation("country_code", ErrorReason::CountryOrRegion, description);
    }
    let capitals =
        country_code.len() == 2 && country_code.bytes().all(|it| it.is_ascii_uppercase());
    if !country_code.is_empty() && !capitals {
        let description = "must be two capital letters (ISO 3166-1), such as KG";
        check.violation("country_code", ErrorReason::CountryInvalid, description);
    }
    if !region_code.bytes().all(|byte| byte.is_ascii_digit()) {
        let description = "must be a number of the IATI codelist Region, such as 619";
        check.violation("region_code", ErrorReason::RegionInvalid, description);
    }
    Recipient { country_code, region_code, percentage: read_percentage(check, &message.percentage) }
}

fn read_sector(check: &mut Check, message: wire::Sector) -> Sector {
    let vocabulary = check.text("vocabulary", message.vocabulary, 16);
    Sector {
        vocabulary: if vocabulary.is_empty() { "1".to_owned() } else { vocabulary },
        code: check.required_text("code", message.code, 64),
        percentage: read_percentage(check, &message.percentage),
    }
}

fn read_percentage(check: &mut Check, text: &str) -> Option<Decimal> {
    if text.is_empty() {
        return None;
    }
    let within = |number: &Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(number);
    let percentage = decimal(text).filter(within);
    if percentage.is_none() {
        let description = "must be a decimal number from 0 to 100, such as 33.34";
        check.violation("percentage", ErrorReason::PercentageInvalid, description);
    }
    percentage
}

fn check_sum(check: &mut Check, field: &str, of: &str, shares: impl Iterator<Item = Decimal>) {
    let shares: Vec<Decimal> = shares.collect();
    let sum: Decimal = shares.iter().sum();
    if !shares.is_empty() && (sum - Decimal::ONE_HUNDRED).abs() > TOLERANCE {
        let description =
            format!("the percentages of {of} add up to {}, not to 100", sum.normalize());
        check.violation(field, ErrorReason::PercentageSum, description);
    }
}

impl From<Recipient> for wire::Recipient {
    fn from(recipient: Recipient) -> Self {
        Self {
            country_code: recipient.country_code,
            region_code: recipient.region_code,
            percentage: percentage_text(recipient.percentage),
        }
    }
}

impl From<Sector> for wire::Sector {
    fn from(sector: Sector) -> Self {
        Self {
            vocabulary: sector.vocabulary,
            code: sector.code,
            percentage: percentage_text(sector.percentage),
        }
    }
}

fn percentage_text(percentage: Option<Decimal>) -> String {
    percentage.map(|percentage| percentage.to_string()).unwrap_or_default()
}
