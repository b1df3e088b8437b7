//! Counts that name those they count, and records that contradict themselves.

use super::*;

fn tally(date: PartialDate, done: i32, of: i32) -> wire::RatificationTally {
    wire::RatificationTally { date: Some(date), done, of, ..wire::RatificationTally::default() }
}

/// An agreement with 28 members of a union, of which three are recorded as not having acted in
/// April 2015.
fn three_outstanding() -> Recorded {
    let month = |party| wire::Ratification {
        stated: Some(PartialDate {
            date: Some(Date { year: 2015, month: 4, day: 0 }),
            ..PartialDate::default()
        }),
        ..not_yet(party, 20_150_430)
    };
    let mut all = recorded(&["states", "kz"], ["m03", "m05", "m08"].map(month).into());
    all.groups = vec![group(20_200_131)];
    all.agreement.tallies = vec![tally(by(20_150_430), 25, 28)];
    all
}

#[test]
fn a_count_names_the_rest_where_all_others_are_recorded_as_missing() {
    let mut all = three_outstanding();
    for (day, done, missing, not_known) in [
        (20_150_401, 0, 3, 26),
        (20_150_429, 0, 3, 26),
        (20_150_430, 25, 3, 1),
        (20_150_501, 25, 0, 4),
    ] {
        let ledger = on(&all, Day(day));
        let found = (ledger.done.len(), ledger.missing.len(), ledger.not_known.len());
        assert_eq!(found, (done, missing, not_known), "{day}");
    }
    let ledger = on(&all, Day(20_150_430));
    assert_eq!(names(&ledger.missing), ["m03", "m05", "m08"]);
    assert_eq!(
        ledger.done[0].reason,
        "25 of 28 had acted: by 2015-04-30; the 3 others are recorded"
    );
    assert_eq!(ledger.notes, ["no day follows yet: 3 had not acted"]);

    // Of two outstanding and three left it is not known who the third is.
    all.ratifications.pop();
    let ledger = on(&all, Day(20_150_430));
    assert_eq!((ledger.done.len(), ledger.missing.len()), (0, 0));
    assert!(ledger.notes[1].contains("only the count is known"), "{:?}", ledger.notes);
    // Others than the members are counted.
    let mut all = three_outstanding();
    all.agreement.tallies = vec![tally(by(20_150_430), 26, 29)];
    assert_eq!(on(&all, Day(20_150_430)).done.len(), 0);
}

#[test]
fn what_contradicts_a_count_is_told() {
    let mut all = three_outstanding();
    all.agreement.tallies[0].done = 26;
    let notes = on(&all, Day(20_150_430)).notes;
    let note = "3 are recorded as not having acted: \
                the count of 26 of 28 (by 2015-04-30) contradicts that";
    assert!(notes.iter().any(|one| one == note), "{notes:?}");

    all.agreement.tallies = vec![tally(date(20_160_101), 20, 28), tally(date(20_170_101), 18, 28)];
    let notes = on(&all, Day(20_180_101)).notes;
    let note = "the count falls from 20 (2016-01-01) to 18 (2017-01-01): one is wrong";
    assert!(notes.iter().any(|one| one == note), "{notes:?}");
    // Where fewer are counted, fewer may have acted.
    all.agreement.tallies[1].of = 27;
    let notes = on(&all, Day(20_180_101)).notes;
    assert!(!notes.iter().any(|one| one.contains("falls")), "{notes:?}");
}

#[test]
fn one_that_had_not_acted_contradicts_the_published_entry_into_force() {
    let acts = vec![deposit("eu", date(19_990_101)), deposit("kz", date(20_010_131))];
    let mut all = recorded(&["eu", "kz"], acts);
    let in_force = wire::milestone::Kind::InForce;
    all.agreement.milestones = vec![milestone(in_force, 20_000_301, "")];
    let noted = |all: &Recorded, day| {
        let notes = on(all, Day(day)).notes;
        let note = "in force 2000-03-01 as published, though parties/kz had not acted by then";
        notes.iter().any(|one| one == note)
    };

    assert!(!noted(&all, 20_000_229), "it is not yet in force");
    assert!(noted(&all, 20_000_301) && noted(&all, 20_000_531));
    let acted = on(&all, Day(20_010_131));
    assert!(acted.differs && acted.missing.is_empty());
    all.ratifications[1] = deposit("kz", date(20_000_101));
    assert!(!noted(&all, 20_000_531));
}

#[test]
fn nobody_has_acted_before_what_comes_before_the_signature() {
    use wire::milestone::Kind::{InForce, Initialled, Mandated, NegotiationsPaused};
    let life = |kinds: &[(wire::milestone::Kind, i32)]| {
        let mut all = recorded(&["eu", "tj"], Vec::new());
        let milestones = kinds.iter().map(|(kind, day)| milestone(*kind, *day, ""));
        all.agreement.milestones = milestones.collect();
        all
    };
    let missing = |all: &Recorded, day| on(all, Day(day)).missing.len();
    let initialled = life(&[(Mandated, 20_220_101), (Initialled, 20_250_701)]);
    for day in [20_090_101, 20_240_101, 20_250_701, 20_260_101] {
        assert_eq!(missing(&initialled, day), 2, "{day}");
    }
    let reason = |all: &Recorded, day| on(all, Day(day)).missing[0].reason.clone();
    assert_eq!(reason(&initialled, 20_090_101), "no signature is recorded");
    assert_eq!(
        missing(&life(&[(Mandated, 20_220_101), (NegotiationsPaused, 20_230_101)]), 20_240_101),
        2
    );

    // Where more is recorded, it was signed on some day after the initials.
    let later = life(&[(Initialled, 20_100_701), (InForce, 20_200_101)]);
    assert_eq!(reason(&later, 20_100_630), "not signed before 2010-07-01");
    assert_eq!(missing(&later, 20_150_101), 0);
    let mut acted = life(&[(Initialled, 20_100_701)]);
    acted.ratifications = vec![deposit("eu", date(20_120_101))];
    assert_eq!(missing(&acted, 20_130_101), 0, "one acted: it was signed");
    assert_eq!(missing(&life(&[]), 20_130_101), 0, "nothing is recorded");
}
