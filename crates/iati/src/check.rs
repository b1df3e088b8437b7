//! Checks that need the whole activity.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::activity::{Activity, Narrative, Transaction};
use crate::finding::Rule;
use crate::notes::Notes;

/// How far from 100 a sum of percentages may be: publishers round thirds.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Checks an activity that is about to be delivered; `lacks_language` is of the parts delivered
/// before.
pub(crate) fn whole(activity: &Activity, lacks_language: bool, notes: &mut Notes) {
    elements(activity, notes);
    languages(activity, lacks_language, notes);
    sectors(activity, notes);
    recipients(activity, notes);
}

/// The elements without which an activity says little. The schema asks for more.
fn elements(activity: &Activity, notes: &mut Notes) {
    let ref_ = activity.reporting_org.as_ref().and_then(|org| org.ref_.as_ref());
    let started = activity.dates.iter().any(|date| matches!(date.type_.as_str(), "1" | "2"));
    let needed = [
        ("reporting-org/@ref", ref_.is_some()),
        ("title", !activity.titles.is_empty()),
        ("activity-status", activity.status.is_some()),
        ("a planned or actual start date", started),
    ];
    for (name, is_there) in needed {
        if !is_there {
            let message = format_args!("the activity has no {name}; it was read without; give it");
            notes.add(Rule::ElementMissing, activity.line, message);
        }
    }
}

/// Returns whether a text of these transactions names no language.
pub(crate) fn lack_language(transactions: &[Transaction]) -> bool {
    let mut texts = transactions.iter().flat_map(|it| {
        let orgs = it.provider_org.iter().chain(&it.receiver_org);
        it.description.iter().chain(orgs.flat_map(|org| &org.names))
    });
    texts.any(|it| it.lang.is_none())
}

fn languages(activity: &Activity, lacks_language: bool, notes: &mut Notes) {
    let orgs = activity.participating_orgs.iter().map(|it| &it.org).chain(&activity.reporting_org);
    let mut texts =
        activity.titles.iter().chain(&activity.descriptions).chain(orgs.flat_map(|org| &org.names));
    let lacks_language = lacks_language || lack_language(&activity.transactions);
    if lacks_language || texts.any(|it: &Narrative| it.lang.is_none()) {
        let message = format_args!(
            "texts name no language and the activity has no default; they were read without; give \
             xml:lang"
        );
        notes.add(Rule::LanguageMissing, activity.line, message);
    }
}

/// The shares of one whole.
#[derive(Debug, Default, Clone, Copy)]
struct Split {
    shares: usize,
    given: usize,
    sum: Decimal,
}

impl Split {
    fn add(&mut self, percentage: Option<Decimal>) {
        self.shares += 1;
        if let Some(percentage) = percentage {
            self.given += 1;
            self.sum += percentage;
        }
    }

    fn check(self, of: &str, notes: &mut Notes, line: u64) {
        if self.shares > 1 && self.given < self.shares {
            let (without, shares) = (self.shares - self.given, self.shares);
            let message = format_args!(
                "{without} of {shares} {of} have no percentage; they were read all the same; give each one"
            );
            notes.add(Rule::PercentageMissing, line, message);
        } else if self.given > 0 && (self.sum - Decimal::ONE_HUNDRED).abs() > TOLERANCE {
            let sum = self.sum.normalize();
            let message = format_args!(
                "the percentages of the {of} add up to {sum}; they were read as they are; make it 100"
            );
            notes.add(Rule::PercentageSum, line, message);
        }
    }
}

/// Sectors: each vocabulary splits the whole.
fn sectors(activity: &Activity, notes: &mut Notes) {
    let mut splits: BTreeMap<&str, Split> = BTreeMap::new();
    for sector in &activity.sectors {
        splits.entry(&sector.vocabulary).or_default().add(sector.percentage);
    }
    for (vocabulary, split) in splits {
        split.check(&format!("sectors of vocabulary {vocabulary}"), notes, activity.line);
    }
}

/// Recipients: the countries together with the regions of each vocabulary split the whole.
fn recipients(activity: &Activity, notes: &mut Notes) {
    let mut countries = Split::default();
    for country in &activity.recipient_countries {
        countries.add(country.percentage);
    }
    let mut splits: BTreeMap<&str, Split> = BTreeMap::new();
    for region in &activity.recipient_regions {
        splits.entry(&region.vocabulary).or_insert(countries).add(region.percentage);
    }
    if splits.is_empty() {
        countries.check("recipient countries", notes, activity.line);
    }
    for (vocabulary, split) in splits {
        let of = format!("recipient countries and regions of vocabulary {vocabulary}");
        split.check(&of, notes, activity.line);
    }
}
