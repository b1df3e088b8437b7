//! Which level of each family is counted: chosen by all its money of a type and currency, whatever
//! part of that a sum is of. So the rows of each way to tell sums apart add up to the same.

use std::collections::BTreeMap;

use super::family::Families;
use super::holding::Holding;
use super::sum::{Group, LeftOut, Measure, Splits};

/// Returns the projects that are left out, of groups that are apart by shares. Recipients and
/// sectors of a vocabulary tell what can be a part of what.
pub fn left_out(groups: &[Group], vocabulary: &str, families: &Families) -> LeftOut {
    let vocabulary = vocabulary.to_owned();
    let all = Splits { by_recipient: true, by_sector: true, vocabulary, ..Splits::default() };
    let mut counted: BTreeMap<Measure, BTreeMap<&str, Holding>> = BTreeMap::new();
    for group in groups.iter().filter(|group| !group.member.is_empty()) {
        let of_measure = counted.entry(group.measure()).or_default();
        all.hold(of_measure.entry(&group.member).or_default(), group);
    }
    let mut left = LeftOut::new();
    for (measure, members) in &counted {
        let of_measure = families.left_out(members).into_iter();
        left.extend(
            of_measure.map(|(member, reason)| ((measure.clone(), member.to_owned()), reason)),
        );
    }
    left
}
