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

#[test]
fn a_move_needs_what_it_moves_from() {
    use MilestoneKind::{Expired, InForce, Mandated, ProvisionallyApplied, Signed};
    use MilestoneKind::{NegotiationsOpened, NegotiationsPaused, NegotiationsResumed};
    use MilestoneKind::{Ratified, Replaced, Suspended, SuspensionLifted, Terminated, Withdrawn};
    let of = |(kind, year): &(MilestoneKind, i32)| {
        Milestone::new(*kind, PartialDate::new(*year, 0, 0).unwrap())
    };
    for (life, wrong) in [
        (&[(Signed, 2000), (Suspended, 2001)][..], &[1][..]),
        (&[(Mandated, 2000), (Suspended, 2001)], &[1]),
        (&[(Suspended, 1990), (InForce, 2000)], &[0]),
        (&[(InForce, 2001), (Suspended, 2001)], &[]),
        (&[(ProvisionallyApplied, 2000), (Suspended, 2001), (InForce, 2002)], &[]),
        (&[(InForce, 2000), (SuspensionLifted, 2001)], &[1]),
        (&[(InForce, 2000), (Suspended, 2002), (SuspensionLifted, 2001)], &[2]),
        (&[(InForce, 2000), (Withdrawn, 2005)], &[1]),
        (&[(Signed, 2000), (Withdrawn, 2005)], &[]),
        (&[(Mandated, 2000), (Expired, 2005)], &[1]),
        (&[(Mandated, 2000), (Signed, 2001), (Expired, 2005)], &[]),
        (&[(Mandated, 2000), (Replaced, 2005)], &[1]),
        (&[(Ratified, 2000), (Replaced, 2005)], &[]),
        (&[(InForce, 2000), (Terminated, 2005), (Suspended, 2010)], &[2]),
        (&[(InForce, 2000), (Terminated, 2005), (Suspended, 2005)], &[]),
        (&[(NegotiationsPaused, 2000), (NegotiationsOpened, 2001)], &[0]),
        (&[(NegotiationsPaused, 2001), (NegotiationsOpened, 2001)], &[]),
        (&[(NegotiationsPaused, 2001)], &[]),
        (&[(NegotiationsOpened, 2000), (NegotiationsResumed, 2001)], &[1]),
        (&[(NegotiationsPaused, 2000), (NegotiationsResumed, 2001)], &[]),
        (&[(Ratified, 1999), (Signed, 2000)], &[0]),
        (&[(Ratified, 2000), (Signed, 2000)], &[]),
        // Of two accounts of the signature one leaves room for it.
        (&[(Ratified, 1999), (Signed, 2000), (Signed, 1998)], &[]),
        // An end may be all that is known.
        (&[(Expired, 2005)], &[]),
    ] {
        let life: Vec<Milestone> = life.iter().map(of).collect();
        let found: Vec<usize> = unfounded(&life).into_iter().map(|(place, _)| place).collect();
        assert_eq!(found, wrong, "{life:?}");
    }
    // One party may leave what stays in force for the others.
    let left = Milestone { party: "parties/kz".to_owned(), ..of(&(Withdrawn, 2005)) };
    assert_eq!(unfounded(&[of(&(InForce, 2000)), left]), []);
}
