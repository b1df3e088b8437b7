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

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use facts::Check;
    use standard::Rules;

    use super::OfWeights;

    /// The violations of a crosswalk with these mappings, and the weights that it then has.
    fn checked(mappings: &[(&str, &str, &str)]) -> (Vec<String>, Vec<String>) {
        let mapping = |(from, to, weight): &(&str, &str, &str)| wire::CodeMapping {
            from_code: (*from).to_owned(),
            to_code: (*to).to_owned(),
            weight: (*weight).to_owned(),
            ..wire::CodeMapping::default()
        };
        let mut crosswalk = wire::Crosswalk {
            mappings: mappings.iter().map(mapping).collect(),
            ..wire::Crosswalk::default()
        };
        let mut check = Check::default();
        OfWeights::check(&mut crosswalk, &mut check);
        let found = check.finish().into_iter();
        let found = found.map(|one| format!("{} {}", one.field, one.reason.as_str_name()));
        (found.collect(), crosswalk.mappings.into_iter().map(|one| one.weight).collect())
    }

    #[test]
    fn the_weights_of_a_code_add_up_to_100() {
        let whole = checked(&[("r1", "1", ""), ("r2", "4", "50"), ("r2", "5", "50")]);
        assert_eq!(whole, (vec![], vec!["100".to_owned(), "50".to_owned(), "50".to_owned()]));
        let thirds = [("a", "1", "33.33"), ("a", "2", "33.33"), ("a", "3", "33.33")];
        assert!(checked(&thirds).0.is_empty(), "a hundredth may be lacking");
        let less = checked(&[("r1", "1", "100"), ("r2", "4", "50"), ("r2", "5", "40")]);
        assert_eq!(less.0, ["mappings[1].weight PERCENTAGE_SUM"]);
        let twice = checked(&[("r2", "4", "50"), ("r2", "4", "50")]);
        assert_eq!(twice.0, ["mappings[1].to_code DUPLICATE_ID"]);
    }
}
