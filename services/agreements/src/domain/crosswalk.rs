//! How the codes of one classification correspond to those of another.

use std::collections::{BTreeMap, BTreeSet};

use api::registan::agreements::v1 as wire;
use facts::money::percentage;
use facts::{Check, ErrorReason};
use rust_decimal::Decimal;
use standard::{Rules, Value};

/// How far from 100 a sum of weights may be: thirds are rounded.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A crosswalk.
pub type Crosswalk = Value<wire::Crosswalk, OfWeights>;

/// The weights of one code add up to 100, and each pair stands once.
pub enum OfWeights {}

impl Rules<wire::Crosswalk> for OfWeights {
    fn check(crosswalk: &mut wire::Crosswalk, check: &mut Check) {
        let (mut sums, mut pairs) = (BTreeMap::new(), BTreeSet::new());
        for (place, mapping) in crosswalk.mappings.iter_mut().enumerate() {
            if mapping.weight.is_empty() {
                "100".clone_into(&mut mapping.weight);
            }
            let start = || (place, Decimal::default());
            let sum = sums.entry(mapping.from_code.clone()).or_insert_with(start);
            sum.1 += percentage(&mapping.weight).unwrap_or_default();
            if !pairs.insert((mapping.from_code.clone(), mapping.to_code.clone())) {
                let field = format!("mappings[{place}].to_code");
                let description = "stands twice for this `from_code`";
                check.violation(&field, ErrorReason::DuplicateId, description);
            }
        }
        for (code, (place, sum)) in sums {
            if (sum - Decimal::ONE_HUNDRED).abs() > TOLERANCE {
                let field = format!("mappings[{place}].weight");
                let description = format!("the weights of `{code}` add up to {sum}, not to 100");
                check.violation(&field, ErrorReason::PercentageSum, description);
            }
        }
    }
}
