//! Pauses and suspensions: what can have come before them, what ended them, and what of that is not
//! known.

use super::*;

fn a_part(mut suspended: Milestone, scope: &str) -> Milestone {
    scope.clone_into(&mut suspended.scope);
    suspended
}

/// The first and the last state that it may be in.
fn range(life: &[Milestone], day: i32) -> (State, State) {
    let status = on(life, "", Day(day));
    status.range.unwrap_or((status.state, status.state))
}

#[test]
fn what_is_known_by_a_day_can_have_come_before_what_stands_later_in_life() {
    use MilestoneKind::*;
    let signed = by(Signed, 2026, 3);
    let force = milestone(InForce, 1999, 7, 1);
    let suspended = milestone(Suspended, 2005, 10, 3);
    let part = a_part(suspended.clone(), "technical meetings");
    let lifted = milestone(SuspensionLifted, 2007, 11, 30);
    let applied = milestone(ProvisionallyApplied, 2013, 7, 1);
    let before = (State::NotStarted, State::Signed);

    for (life, day, expected) in [
        (vec![signed.clone(), force.clone(), suspended.clone()], 19_900_101, before),
        (
            vec![signed.clone(), force.clone(), suspended.clone(), lifted.clone()],
            19_900_101,
            before,
        ),
        (vec![signed.clone(), force.clone(), part, lifted], 19_900_101, before),
        (vec![signed, applied], 20_130_630, before),
        (
            vec![force, suspended, by(SuspensionLifted, 2026, 3), milestone(Replaced, 2020, 3, 1)],
            20_150_101,
            (State::InForce, State::Suspended),
        ),
        (
            vec![
                milestone(NegotiationsOpened, 2000, 1, 1),
                milestone(NegotiationsPaused, 2001, 7, 5),
                by(NegotiationsResumed, 2026, 3),
                milestone(NegotiationsConcluded, 2010, 1, 1),
            ],
            20_050_101,
            (State::Negotiating, State::Paused),
        ),
    ] {
        assert_eq!(range(&life, day), expected, "{life:?}");
    }
}

#[test]
fn negotiations_were_opened_before_they_were_paused() {
    use MilestoneKind::*;
    for (opened, may_be) in [
        (milestone(NegotiationsOpened, 2001, 0, 0), 20_010_301),
        (by(NegotiationsOpened, 2001, 7), 20_010_301),
    ] {
        let life = [
            opened,
            milestone(NegotiationsPaused, 2001, 4, 21),
            milestone(NegotiationsResumed, 2003, 1, 15),
        ];
        assert_eq!(range(&life, may_be), (State::NotStarted, State::Negotiating), "{life:?}");
        for day in [20_010_421, 20_011_231, 20_020_601] {
            assert_eq!(range(&life, day), (State::Paused, State::Paused), "{day} of {life:?}");
        }
        assert_eq!(state(&life, 20_030_115), State::Negotiating);
    }
}

#[test]
fn which_of_two_liftings_ended_which_suspension_is_not_known() {
    use MilestoneKind::*;
    let life = [
        milestone(InForce, 1999, 7, 1),
        a_part(milestone(Suspended, 2004, 1, 1), "A"),
        a_part(milestone(Suspended, 2005, 1, 1), "B"),
        milestone(SuspensionLifted, 2006, 1, 1),
        milestone(SuspensionLifted, 2007, 1, 1),
    ];
    for (day, parts, uncertain) in
        [(20_050_601, "A; B", false), (20_060_601, "A; B", true), (20_070_101, "", false)]
    {
        let status = on(&life, "", Day(day));
        assert_eq!((status.suspended.as_str(), status.uncertain), (parts, uncertain), "{day}");
    }
}

#[test]
fn a_lifting_after_two_parts_were_suspended_ends_neither_for_certain() {
    use MilestoneKind::*;
    let mut life = vec![
        milestone(InForce, 1999, 7, 1),
        a_part(milestone(Suspended, 2004, 1, 1), "A"),
        a_part(milestone(Suspended, 2005, 1, 1), "B"),
        milestone(SuspensionLifted, 2006, 0, 0),
    ];
    let doubt = "SUSPENSION_LIFTED does not say of which: A; B";
    for (day, reason) in [
        (20_051_231, ""),
        (20_060_101, doubt),
        (20_061_231, doubt),
        (20_240_117, doubt),
        (99_991_231, doubt),
    ] {
        let status = on(&life, "", Day(day));
        assert_eq!((status.state, status.suspended.as_str()), (State::InForce, "A; B"), "{day}");
        assert_eq!((status.reason.as_str(), status.uncertain), (reason, !reason.is_empty()));
    }

    life.push(a_part(milestone(Suspended, 2010, 1, 1), "C"));
    let later = on(&life, "", Day(20_100_101));
    assert_eq!((later.suspended.as_str(), later.reason.as_str()), ("A; B; C", doubt));
    life.push(milestone(SuspensionLifted, 2011, 1, 1));
    let doubt = "SUSPENSION_LIFTED does not say of which: A; B; C";
    let one = on(&life, "", Day(20_110_101));
    assert_eq!((one.suspended.as_str(), one.reason.as_str()), ("A; B; C", doubt));
    life.push(milestone(SuspensionLifted, 2012, 1, 1));
    let none = on(&life, "", Day(20_120_101));
    assert_eq!((none.suspended.as_str(), none.uncertain), ("", false), "each has been lifted");
}

#[test]
fn a_lifting_is_certain_of_the_one_part_that_was_suspended() {
    use MilestoneKind::*;
    let part = |scope, year| a_part(milestone(Suspended, year, 1, 1), scope);
    for (life, suspended) in [
        (vec![part("A", 2004), part("A", 2005), milestone(SuspensionLifted, 2006, 1, 1)], ""),
        (vec![part("A", 2004), milestone(SuspensionLifted, 2004, 6, 1), part("B", 2005)], "B"),
        (
            vec![
                part("A", 2004),
                milestone(SuspensionLifted, 2004, 6, 1),
                part("B", 2005),
                milestone(SuspensionLifted, 2006, 1, 1),
            ],
            "",
        ),
    ] {
        let life = [vec![milestone(InForce, 1999, 7, 1)], life].concat();
        let status = on(&life, "", Day(20_060_101));
        assert_eq!((status.suspended.as_str(), status.uncertain), (suspended, false), "{life:?}");
    }
}

#[test]
fn one_lifting_of_a_part_or_of_the_whole_leaves_a_doubt() {
    use MilestoneKind::*;
    let mut life = vec![
        milestone(InForce, 1999, 7, 1),
        a_part(milestone(Suspended, 2005, 10, 3), "A"),
        milestone(Suspended, 2006, 1, 1),
        milestone(SuspensionLifted, 2006, 11, 13),
    ];
    assert!(!on(&life, "", Day(20_060_601)).uncertain);
    let lifted = on(&life, "", Day(20_070_101));
    assert_eq!((lifted.state, lifted.uncertain), (State::InForce, true));
    assert_eq!(lifted.reason, "SUSPENSION_LIFTED may be of the whole or of a part");

    life.push(milestone(SuspensionLifted, 2008, 1, 1));
    assert!(on(&life, "", Day(20_070_101)).uncertain, "which of both it was is not known");
    assert!(!on(&life, "", Day(20_080_101)).uncertain, "each has been lifted");
}

#[test]
fn a_suspension_of_a_part_rests_on_what_begins_and_ends_it() {
    use MilestoneKind::*;
    for (unsure, day, parts) in [(1, 20_060_101, "A"), (2, 20_080_101, "")] {
        let mut life = [
            milestone(InForce, 1999, 7, 1),
            a_part(milestone(Suspended, 2005, 10, 3), "A"),
            milestone(SuspensionLifted, 2007, 11, 30),
        ];
        assert!(!on(&life, "", Day(day)).uncertain);
        life[unsure].confidence = Some(Confidence::Unsure);

        let status = on(&life, "", Day(day));

        let word = life[unsure].kind.word();
        assert_eq!(status.reason, format!("it rests on {word}, which is marked UNSURE"));
        assert_eq!((status.suspended.as_str(), status.uncertain), (parts, true));
        let other = [20_060_101, 20_080_101].into_iter().find(|other| *other != day).unwrap();
        assert!(!on(&life, "", Day(other)).uncertain, "{word} says nothing of {other}");
    }
}

#[test]
fn what_was_applied_may_be_suspended_yet_when_it_has_entered_into_force() {
    use MilestoneKind::*;
    let mut life = vec![
        milestone(ProvisionallyApplied, 2016, 5, 1),
        milestone(InForce, 2020, 0, 0),
        milestone(Suspended, 2020, 6, 15),
    ];
    for day in [20_201_231, 20_240_117] {
        let status = on(&life, "", Day(day));
        assert_eq!(status.range, Some((State::InForce, State::Suspended)), "{day}");
        assert_eq!(status.reason, "IN_FORCE between 2020-01-01 and 2020-12-31");
    }
    for (kind, after) in [
        (SuspensionLifted, State::InForce),
        (Suspended, State::Suspended),
        (Expired, State::Expired),
    ] {
        life.push(milestone(kind, 2022, 1, 1));
        assert_eq!(range(&life, 20_220_101), (after, after), "{kind:?}");
        life.truncate(3);
    }
}
