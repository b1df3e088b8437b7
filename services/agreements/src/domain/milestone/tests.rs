//! The order of milestones.

use super::*;

#[test]
fn only_what_is_certainly_in_the_wrong_order_is_misplaced() {
    use MilestoneKind::{InForce, ProvisionallyApplied, Replaced, Signed};
    let date = |year, month, day| PartialDate::new(year, month, day).unwrap();
    let signed = Milestone::new(Signed, date(2020, 3, 0));

    for (other, wrong) in [
        (Milestone::new(InForce, date(2020, 2, 29)), true),
        (Milestone::new(InForce, date(2020, 3, 1)), false),
        (Milestone::new(InForce, date(2020, 0, 0)), false),
        (Milestone::new(ProvisionallyApplied, date(2013, 7, 1)), false),
        (Milestone::new(Replaced, date(2019, 0, 0)), true),
    ] {
        let found = misplaced(&[other.clone(), signed.clone()]);
        assert_eq!(found, if wrong { vec![(1, 0)] } else { vec![] }, "{other:?}");
    }
}

#[test]
fn the_act_of_one_party_is_misplaced_among_its_own_only() {
    use MilestoneKind::{Replaced, Signed};
    let of = |kind, year, party: &str| {
        let mut milestone = Milestone::new(kind, PartialDate::new(year, 0, 0).unwrap());
        party.clone_into(&mut milestone.party);
        milestone
    };

    for (signatory, ended, wrong) in [
        ("parties/kz", "parties/tm", false),
        ("parties/kz", "", false),
        ("parties/kz", "parties/kz", true),
        ("", "parties/kz", true),
    ] {
        let found = misplaced(&[of(Signed, 2020, signatory), of(Replaced, 2010, ended)]);
        assert_eq!(found, if wrong { vec![(0, 1)] } else { vec![] }, "{signatory} {ended}");
    }
}
