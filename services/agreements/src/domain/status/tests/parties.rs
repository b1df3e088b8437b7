//! Milestones that are of one party alone.

use super::*;
use crate::domain::milestone::signed;

/// Returns the milestone as one of a party alone.
fn of(party: &str, milestone: Milestone) -> Milestone {
    Milestone { party: format!("parties/{party}"), ..milestone }
}

fn states(milestones: &[Milestone], parties: [&str; 3], day: i32) -> [State; 3] {
    parties.map(|party| on(milestones, party, Day(day)).state)
}

const PARTIES: [&str; 3] = ["", "parties/kz", "parties/kg"];

#[test]
fn an_entry_into_force_that_names_a_party_is_its_own() {
    use MilestoneKind::{InForce, ProvisionallyApplied, Signed};
    for (kind, entered) in
        [(InForce, State::InForce), (ProvisionallyApplied, State::ProvisionallyApplied)]
    {
        let milestones = [
            milestone(Signed, 2019, 1, 1),
            of("kg", milestone(kind, 2020, 1, 1)),
            milestone(kind, 2021, 1, 1),
        ];
        for (day, wanted) in [
            (20_191_231, [State::Signed; 3]),
            (20_200_301, [State::Signed, State::Signed, entered]),
            (20_210_101, [entered; 3]),
        ] {
            assert_eq!(states(&milestones, PARTIES, day), wanted, "{kind:?} {day}");
        }
        let own = on(&milestones, "parties/kg", Day(20_220_101));
        assert_eq!(own.since, PartialDate::new(2020, 1, 1));
    }
}

#[test]
fn what_enters_into_force_later_for_a_party_is_not_in_force_for_it_before() {
    use MilestoneKind::{InForce, ProvisionallyApplied, Signed, Terminated};
    let milestones = [
        milestone(Signed, 2019, 1, 1),
        milestone(ProvisionallyApplied, 2019, 6, 1),
        milestone(InForce, 2020, 1, 1),
        of("kg", milestone(InForce, 2022, 1, 1)),
        of("kz", milestone(Terminated, 2023, 1, 1)),
    ];
    let applied = State::ProvisionallyApplied;
    for (day, wanted) in [
        (20_190_601, [applied; 3]),
        (20_210_101, [State::InForce, State::InForce, applied]),
        (20_220_101, [State::InForce; 3]),
        (20_230_101, [State::InForce, State::Terminated, State::InForce]),
    ] {
        assert_eq!(states(&milestones, PARTIES, day), wanted, "{day}");
    }
}

#[test]
fn it_is_signed_with_the_last_signature_in_whatever_order_they_are_recorded() {
    use MilestoneKind::{InForce, Mandated, Signed};
    let eu = of("eu", milestone(Signed, 2020, 6, 1));
    let kz = of("kz", milestone(Signed, 2020, 1, 1));
    let begun = milestone(Mandated, 2019, 1, 1);
    for milestones in [[eu.clone(), begun.clone(), kz.clone()], [kz.clone(), eu.clone(), begun]] {
        assert_eq!(signed(&milestones), PartialDate::new(2020, 6, 1).as_ref());
        for (day, wanted) in [(20_200_301, State::Mandated), (20_200_601, State::Signed)] {
            assert_eq!(states(&milestones, PARTIES, day), [wanted; 3], "{day}");
        }
        let status = on(&milestones, "parties/kz", Day(20_210_101));
        assert_eq!(status.since.as_ref(), signed(&milestones));
    }
    // A signature of all is the one that counts.
    let all = [kz.clone(), milestone(Signed, 2020, 3, 1), eu];
    assert_eq!(signed(&all), PartialDate::new(2020, 3, 1).as_ref());
    assert_eq!(on(&all, "", Day(20_200_201)).state, State::NotStarted);
    // A party may join what is in force by a signature.
    let late = of("uz", milestone(Signed, 2022, 1, 1));
    let joined = [kz, milestone(InForce, 2021, 1, 1), late];
    assert_eq!(signed(&joined), PartialDate::new(2020, 1, 1).as_ref());
    assert_eq!(on(&joined, "", Day(20_200_201)).state, State::Signed);
}
