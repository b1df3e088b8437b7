//! The shares of recipients and sectors, in percent, and how an amount is split by them.

use std::collections::BTreeMap;

use api::registan::projects::v1::{Recipient, Sector};
use facts::code::{is_region, is_region_elsewhere};
use facts::money::{MOST_DECIMALS, percentage};
use facts::total::Total;
use facts::{Check, ErrorReason};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How far from 100 a sum of percentages may be: thirds are rounded.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// The vocabulary of the five-digit purpose codes of the DAC.
const DAC: &str = "1";

/// The code of the country or region of a recipient.
pub fn area(recipient: &Recipient) -> &str {
    let Recipient { country_code, region_code, .. } = recipient;
    if country_code.is_empty() { region_code } else { country_code }
}

/// Brings what a file says to the form that the contract has: two letters are capitals, and a
/// percentage has at most as many digits as are taken, without zeros at its end, and is at most
/// 100.
pub fn normalize(recipients: &mut [Recipient], sectors: &mut [Sector]) {
    for recipient in &mut *recipients {
        recipient.country_code = capitals(&recipient.country_code);
    }
    let of_recipients = recipients.iter_mut().map(|it| &mut it.percentage);
    for text in of_recipients.chain(sectors.iter_mut().map(|it| &mut it.percentage)) {
        if let Ok(share) = text.parse::<Decimal>() {
            let share = share.min(Decimal::ONE_HUNDRED);
            *text = share.round_dp(MOST_DECIMALS).normalize().to_string();
        }
    }
}

/// Returns the code of a country as it is meant: of two letters, their capitals.
pub fn capitals(code: &str) -> String {
    let is_two_letters = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_two_letters { code.to_ascii_uppercase() } else { code.to_owned() }
}

/// Checks that each recipient is a country or a region, and that shares, if any is said, add up to
/// 100: those of all recipients, and those of the sectors of a vocabulary. A sector of no
/// vocabulary is a purpose code of the DAC.
pub fn check(recipients: &[Recipient], sectors: &mut [Sector], check: &mut Check) {
    for (place, recipient) in recipients.iter().enumerate() {
        check.within(&format!("recipients[{place}]"), |check| check_area(recipient, check));
    }
    let shares = recipients.iter().map(|it| it.percentage.as_str());
    check_sum(check, "recipients", "the recipients", shares);
    for sector in sectors.iter_mut().filter(|sector| sector.vocabulary.is_empty()) {
        DAC.clone_into(&mut sector.vocabulary);
    }
    let mut vocabularies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sector in &*sectors {
        vocabularies.entry(&sector.vocabulary).or_default().push(&sector.percentage);
    }
    for (vocabulary, shares) in vocabularies {
        let of = format!("the sectors of vocabulary {vocabulary}");
        check_sum(check, "sectors", &of, shares.into_iter());
    }
}

/// Returns whether the shares of these are all said: what else a file names has none. One alone has
/// all, if its share is not said.
pub fn are_whole(recipients: &[Recipient]) -> bool {
    if let [one] = recipients
        && one.percentage.is_empty()
    {
        return !area(one).is_empty();
    }
    let shares = recipients.iter().filter_map(|it| it.percentage.parse::<Decimal>().ok());
    shares.sum::<Decimal>() >= Decimal::ONE_HUNDRED - TOLERANCE
}

fn check_area(recipient: &Recipient, check: &mut Check) {
    if recipient.country_code.is_empty() == recipient.region_code.is_empty() {
        let description = "either country_code or region_code must be given, and not both";
        check.violation("country_code", ErrorReason::CountryOrRegion, description);
    }
    let code = &recipient.region_code;
    if !(code.is_empty() || is_region(code) || is_region_elsewhere(code)) {
        let description = "must be a number of the IATI codelist Region, such as 619, or the number \
                           of another vocabulary, a colon and a code of that";
        check.violation("region_code", ErrorReason::RegionInvalid, description);
    }
}

fn check_sum<'a>(check: &mut Check, field: &str, of: &str, shares: impl Iterator<Item = &'a str>) {
    let shares: Vec<Decimal> = shares.filter_map(percentage).collect();
    let sum: Decimal = shares.iter().sum();
    if !shares.is_empty() && (sum - Decimal::ONE_HUNDRED).abs() > TOLERANCE {
        let description =
            format!("the percentages of {of} add up to {}, not to 100", sum.normalize());
        check.violation(field, ErrorReason::PercentageSum, description);
    }
}

/// A code and its percentage.
type Share = (String, Option<Decimal>);

/// Shares as they are kept beside a version for sums: the parts that one statement needs to join,
/// and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    recipients: Vec<Share>,
    /// By vocabulary.
    sectors: BTreeMap<String, Vec<Share>>,
}

/// The one text for these shares; empty where there are none.
pub fn label(recipients: &[Recipient], sectors: &[Sector]) -> String {
    if recipients.is_empty() && sectors.is_empty() {
        return String::new();
    }
    let mut shares = Shares::default();
    // What files say is taken as they say it, be it more than 100 or less than nothing.
    let said = |text: &str| text.parse().ok().map(|share: Decimal| share.normalize());
    for recipient in recipients {
        shares.recipients.push((area(recipient).to_owned(), said(&recipient.percentage)));
    }
    for sector in sectors {
        let of_vocabulary = shares.sectors.entry(sector.vocabulary.clone()).or_default();
        of_vocabulary.push((sector.code.clone(), said(&sector.percentage)));
    }
    serde_json::to_string(&(shares.recipients, shares.sectors)).unwrap_or_default()
}

impl Shares {
    /// Reads what [`label`] wrote. Nothing is read as no shares. Countries that were recorded in
    /// small letters are read in capitals.
    pub fn from_label(label: &str) -> Result<Self, serde_json::Error> {
        if label.is_empty() {
            return Ok(Self::default());
        }
        let (recipients, sectors): (Vec<Share>, _) = serde_json::from_str(label)?;
        let recipients =
            recipients.into_iter().map(|(code, share)| (capitals(&code), share)).collect();
        Ok(Self { recipients, sectors })
    }

    /// How an amount is split by recipients: as the transaction itself says, else as its project
    /// does.
    pub fn recipients(own: &Self, project: &Self) -> Division {
        let shares = if own.recipients.is_empty() { &project.recipients } else { &own.recipients };
        Division::of(shares)
    }

    /// How an amount is split by the sectors of a vocabulary: as the transaction itself says, else
    /// as its project does.
    pub fn sectors(own: &Self, project: &Self, vocabulary: &str) -> Division {
        let of = |shares: &Self| shares.sectors.get(vocabulary).cloned().unwrap_or_default();
        let shares = Some(of(own)).filter(|own| !own.is_empty()).unwrap_or_else(|| of(project));
        Division::of(&shares)
    }
}

/// How an amount is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The weight of each code.
    pub weights: Vec<(String, Decimal)>,
    /// The codes that share what `weights` give to nobody: those without a percentage, where they
    /// are not alone.
    pub sharing: Vec<String>,
}

impl Division {
    /// All of it to nobody.
    pub fn whole() -> Self {
        Self { weights: weights(&[]), sharing: Vec::new() }
    }

    /// The codes among which the part of one goes: it alone, or those that share what nobody has.
    pub fn among(&self, code: &str) -> Vec<String> {
        if code.is_empty() { self.sharing.clone() } else { vec![code.to_owned()] }
    }

    fn of(shares: &[Share]) -> Self {
        let unstated = shares.iter().filter(|(_, percentage)| percentage.is_none());
        let sharing = if shares.len() == 1 {
            Vec::new()
        } else {
            unstated.map(|(code, _)| code.clone()).collect()
        };
        Self { weights: weights(shares), sharing }
    }
}

/// Returns the weight of each code; they add up to more than nothing. One code alone has it all.
/// Several without percentages: nobody said how to split, so it is all on "", which means "not
/// said". Below 100 the rest is on ""; above 100 all shrink.
fn weights(shares: &[Share]) -> Vec<(String, Decimal)> {
    let nobody = || vec![(String::new(), Decimal::ONE_HUNDRED)];
    if let [(code, None)] = shares {
        return vec![(code.clone(), Decimal::ONE_HUNDRED)];
    }
    let mut weights: BTreeMap<String, Decimal> = BTreeMap::new();
    for (code, percentage) in shares {
        if let Some(percentage) = percentage.filter(|percentage| !percentage.is_zero()) {
            *weights.entry(code.clone()).or_default() += percentage;
        }
    }
    let total: Decimal = weights.values().sum();
    if total <= Decimal::ZERO {
        return nobody();
    }
    let rest = Decimal::ONE_HUNDRED - total;
    if rest > TOLERANCE {
        *weights.entry(String::new()).or_default() += rest;
    }
    weights.into_iter().collect()
}

/// Splits a total by weights; the parts add up to it.
pub fn split(total: Total, weights: &[(String, Decimal)]) -> Vec<(&str, Total)> {
    let numbers: Vec<Decimal> = weights.iter().map(|(_, weight)| *weight).collect();
    let parts = total.split(&numbers);
    weights.iter().map(|(code, _)| code.as_str()).zip(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(code: &str, percentage: Option<&str>) -> Recipient {
        Recipient {
            country_code: code.to_owned(),
            region_code: String::new(),
            percentage: percentage.unwrap_or_default().to_owned(),
        }
    }

    fn parts(amount: i64, recipients: &[(&str, Option<&str>)]) -> String {
        let recipients: Vec<_> =
            recipients.iter().map(|(code, share)| recipient(code, *share)).collect();
        let shares = Shares::from_label(&label(&recipients, &[])).unwrap();
        let division = Shares::recipients(&Shares::default(), &shares);
        let parts = split(Total::new(0, amount, 0), &division.weights);
        let shown: Vec<_> = parts.iter().map(|(code, part)| format!("{code}={part}")).collect();
        shown.join(" ")
    }

    #[test]
    fn an_amount_is_split_as_the_source_says_and_never_by_guess() {
        for (recipients, wanted) in [
            (vec![], "=100"),
            (vec![("KG", None)], "KG=100"),
            (vec![("KG", None), ("TM", None)], "=100"),
            (vec![("KG", Some("60")), ("TM", Some("40"))], "KG=60 TM=40"),
            (vec![("KG", Some("60")), ("TM", None)], "=40 KG=60"),
            (vec![("KG", Some("60"))], "=40 KG=60"),
            (vec![("KG", Some("150")), ("TM", Some("50"))], "KG=75 TM=25"),
            (vec![("KG", Some("0")), ("TM", Some("100"))], "TM=100"),
            (vec![("KG", Some("0")), ("TM", Some("0"))], "=100"),
            (vec![("kg", Some("60.0")), ("KG", Some("40"))], "KG=100"),
            (
                vec![("KG", Some("33.33")), ("TJ", Some("33.33")), ("UZ", Some("33.33"))],
                "KG=33.34 TJ=33.33 UZ=33.33",
            ),
        ] {
            assert_eq!(parts(100, &recipients), wanted, "{recipients:?}");
        }
    }

    #[test]
    fn shares_of_the_transaction_itself_come_first() {
        let sector = |vocabulary: &str, code: &str| Sector {
            vocabulary: vocabulary.to_owned(),
            code: code.to_owned(),
            percentage: String::new(),
        };
        let own = Shares::from_label(&label(&[], &[sector("1", "15160")])).unwrap();
        let project =
            Shares::from_label(&label(&[], &[sector("1", "11220"), sector("2", "112")])).unwrap();

        let codes = |vocabulary| Shares::sectors(&own, &project, vocabulary).weights[0].0.clone();

        assert_eq!(
            (codes("1").as_str(), codes("2").as_str(), codes("9").as_str()),
            ("15160", "112", "")
        );
    }

    #[test]
    fn those_without_a_share_have_the_rest_together() {
        let sharing = |recipients: &[Recipient]| {
            let shares = Shares::from_label(&label(recipients, &[])).unwrap();
            Shares::recipients(&Shares::default(), &shares).sharing.join(" ")
        };

        assert_eq!(sharing(&[recipient("KG", None), recipient("TM", None)]), "KG TM");
        assert_eq!(sharing(&[recipient("KG", Some("60")), recipient("TM", None)]), "TM");
        assert_eq!(
            sharing(&[recipient("KG", None)]) + &sharing(&[recipient("KG", Some("60"))]),
            ""
        );
    }

    #[test]
    fn what_a_file_says_is_brought_to_the_form_of_the_contract() {
        let mut recipients = [
            recipient("kz", Some("5.0000000000")),
            recipient("Kg", Some("33.33333333333333")),
            recipient("xxx", Some("0.0000000001")),
            recipient("TJ", Some("100")),
            recipient("UZ", None),
            recipient("TM", Some("100.00001")),
        ];

        normalize(&mut recipients, &mut []);

        let all = recipients.iter().map(|it| (area(it), it.percentage.as_str()));
        let wanted = [("KZ", "5"), ("KG", "33.333333333"), ("xxx", "0"), ("TJ", "100"), ("UZ", "")];
        assert_eq!(all.collect::<Vec<_>>(), [&wanted[..], &[("TM", "100")]].concat());
    }

    #[test]
    fn no_shares_take_no_room() {
        assert_eq!(label(&[], &[]), "");
    }
}
