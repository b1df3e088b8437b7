//! Where agreements stand on days: their lives, and what of them is not exact.

use facts::Qualifier;

use super::*;

mod breaks;
mod model;
mod parties;

fn milestone(kind: MilestoneKind, year: i32, month: i32, day: i32) -> Milestone {
    let date = PartialDate::new(year, month, day).unwrap();
    Milestone { confidence: Some(Confidence::Certain), ..Milestone::new(kind, date) }
}

/// The same, known by the end of a month.
fn by(kind: MilestoneKind, year: i32, month: i32) -> Milestone {
    let mut milestone = milestone(kind, year, month, 0);
    milestone.date.qualifier = Some(Qualifier::Until);
    milestone
}

fn state(milestones: &[Milestone], day: i32) -> State {
    on(milestones, "", Day(day)).state
}

/// The life of the Kazakh EPCA.
fn kazakh_epca() -> Vec<Milestone> {
    use MilestoneKind::*;
    vec![
        milestone(Mandated, 2011, 4, 13),
        milestone(NegotiationsOpened, 2011, 6, 0),
        milestone(NegotiationsPaused, 2012, 9, 0),
        milestone(NegotiationsResumed, 2013, 10, 0),
        milestone(NegotiationsConcluded, 2014, 9, 12),
        milestone(Initialled, 2015, 1, 20),
        milestone(Signed, 2015, 12, 21),
        milestone(ProvisionallyApplied, 2016, 5, 1),
        milestone(ConsentGiven, 2017, 12, 12),
        milestone(InForce, 2020, 3, 1),
    ]
}

#[test]
fn an_agreement_goes_through_its_states() {
    let epca = kazakh_epca();

    for (day, expected) in [
        (20_110_412, State::NotStarted),
        (20_110_413, State::Mandated),
        (20_110_630, State::Negotiating),
        (20_130_101, State::Paused),
        (20_140_101, State::Negotiating),
        (20_141_231, State::Concluded),
        (20_150_601, State::Initialled),
        (20_160_430, State::Signed),
        (20_160_601, State::ProvisionallyApplied),
        (20_200_229, State::ProvisionallyApplied),
        (20_200_301, State::InForce),
    ] {
        assert_eq!(state(&epca, day), expected, "{day}");
    }
}

#[test]
fn a_day_inside_an_inexact_date_is_uncertain() {
    let epca = kazakh_epca();

    let inside = on(&epca, "", Day(20_120_915));

    assert_eq!((inside.state, inside.uncertain), (State::Undetermined, true));
    assert_eq!(inside.range, Some((State::Negotiating, State::Paused)));
    assert_eq!(inside.reason, "NEGOTIATIONS_PAUSED between 2012-09-01 and 2012-09-30");
    for day in [20_120_831, 20_120_930, 20_121_001] {
        assert!(!on(&epca, "", Day(day)).uncertain, "{day}");
    }
}

#[test]
fn the_preferred_account_is_followed_and_the_other_stays() {
    let mut accounts = vec![
        milestone(MilestoneKind::Mandated, 2017, 9, 21),
        milestone(MilestoneKind::Mandated, 2017, 10, 9),
    ];
    assert_eq!(state(&accounts, 20_170_930), State::Mandated);

    accounts[1].preferred = true;

    let between = on(&accounts, "", Day(20_170_930));
    assert_eq!((between.state, between.uncertain), (State::NotStarted, true));
    assert_eq!(between.reason, "another account dates MANDATED 2017-09-21");
    assert_eq!(state(&accounts, 20_171_009), State::Mandated);
}

#[test]
fn a_suspension_ends_when_it_is_lifted() {
    let milestones = [
        milestone(MilestoneKind::InForce, 1999, 7, 1),
        milestone(MilestoneKind::Suspended, 2005, 10, 3),
        milestone(MilestoneKind::SuspensionLifted, 2007, 11, 0),
    ];

    assert_eq!(state(&milestones, 20_060_101), State::Suspended);
    assert_eq!(state(&milestones, 20_071_130), State::InForce);
    let lifted = on(&milestones, "", Day(20_080_101));
    assert_eq!(lifted.since, PartialDate::new(1999, 7, 1), "of the entry into force");
    let inside = on(&milestones, "", Day(20_071_115));
    assert_eq!(inside.range, Some((State::InForce, State::Suspended)));
}

fn dated(kind: MilestoneKind, (year, month, day): (i32, i32, i32)) -> Milestone {
    milestone(kind, year, month, day)
}

#[test]
fn a_break_whose_date_is_not_exact_ends_where_its_end_certainly_came() {
    use MilestoneKind::*;
    use State::{InForce as Force, Negotiating, Paused as Pause, Suspended as Still};
    for (begun, ended, over) in [
        ((2005, 0, 0), (2005, 11, 0), 20_051_130),
        ((2005, 0, 0), (2005, 0, 0), 20_051_231),
        ((2005, 10, 3), (2005, 10, 3), 20_051_003),
        ((2005, 10, 3), (2005, 0, 0), 20_051_231),
    ] {
        for (begin, end, free, broken) in [
            (Suspended, SuspensionLifted, milestone(InForce, 1999, 7, 1), (Force, Still)),
            (
                NegotiationsPaused,
                NegotiationsResumed,
                milestone(NegotiationsOpened, 1999, 7, 1),
                (Negotiating, Pause),
            ),
        ] {
            let life = [free, dated(begin, begun), dated(end, ended)];
            for day in [over, 20_060_101] {
                let after = on(&life, "", Day(day));
                assert_eq!((after.state, after.uncertain), (broken.0, false), "{life:?} {day}");
            }
            let within = on(&life, "", Day(20_051_010)).range;
            let certain = begun == ended && begun.2 > 0;
            assert_eq!(within, (!certain).then_some(broken), "{life:?}");
            assert_eq!(state(&life, 20_041_231), broken.0);

            let mut part = life;
            if begin == Suspended {
                "technical meetings".clone_into(&mut part[1].scope);
                let then = on(&part, "", Day(over));
                assert_eq!((then.suspended.as_str(), then.uncertain), ("", false), "{part:?}");
            }
        }
    }
}

#[test]
fn what_is_suspended_again_when_the_first_suspension_ends_stays_suspended() {
    use MilestoneKind::*;
    for again in [(2005, 0, 0), (2005, 11, 0), (2005, 11, 30)] {
        let mut life = vec![
            milestone(InForce, 1999, 7, 1),
            milestone(Suspended, 2004, 1, 1),
            milestone(SuspensionLifted, 2005, 11, 30),
            dated(Suspended, again),
        ];
        assert_eq!(state(&life, 20_051_129), State::Suspended, "by the first");
        let open = if again.1 == 0 { State::Undetermined } else { State::Suspended };
        assert_eq!(state(&life, 20_051_215), open, "{again:?}");
        assert_eq!(state(&life, 20_060_101), State::Suspended, "{again:?}");

        for part in [1, 3] {
            life[part].scope = format!("part {part}");
        }
        assert_eq!(on(&life, "", Day(20_060_101)).suspended, "part 3", "{again:?}");
    }
}

#[test]
fn a_lifting_leads_back_to_where_the_agreement_stood() {
    use MilestoneKind::*;
    for (kind, stood) in
        [(Signed, State::Signed), (ProvisionallyApplied, State::ProvisionallyApplied)]
    {
        for scope in ["", "technical meetings"] {
            let mut suspended = milestone(Suspended, 2005, 10, 3);
            scope.clone_into(&mut suspended.scope);
            let life =
                [milestone(kind, 1999, 7, 1), suspended, milestone(SuspensionLifted, 2007, 11, 0)];

            let lifted = on(&life, "", Day(20_080_101));
            assert_eq!((lifted.state, lifted.since), (stood, PartialDate::new(1999, 7, 1)));
            let within = on(&life, "", Day(20_071_115));
            let open = scope.is_empty().then_some((stood, State::Suspended));
            assert_eq!(within.range, open, "{scope}");
        }
    }
    let alone = [milestone(SuspensionLifted, 2007, 11, 0)];
    assert_eq!(state(&alone, 20_080_101), State::Unknown);
}

#[test]
fn what_is_suspended_as_a_whole_has_entered_into_force() {
    use MilestoneKind::*;
    let mut life = vec![
        milestone(Signed, 1999, 7, 1),
        milestone(Suspended, 2005, 0, 0),
        milestone(SuspensionLifted, 2007, 0, 0),
        by(InForce, 2026, 3),
    ];

    let before = on(&life, "", Day(20_041_231));
    assert_eq!(before.range, Some((State::Signed, State::InForce)));
    assert_eq!(before.reason, "IN_FORCE between 1999-07-02 and 2005-12-31");
    assert_eq!(state(&life, 20_060_101), State::Suspended);
    assert_eq!(state(&life, 20_080_101), State::InForce);

    life.push(milestone(ProvisionallyApplied, 2000, 1, 1));
    let applied = on(&life, "", Day(20_080_101));
    assert_eq!(applied.range, Some((State::ProvisionallyApplied, State::InForce)));
}

#[test]
fn a_state_rests_on_the_lifting_and_on_what_led_there() {
    use MilestoneKind::*;
    for unsure in [0, 2] {
        let mut life = [
            milestone(InForce, 1999, 7, 1),
            milestone(Suspended, 2005, 10, 3),
            milestone(SuspensionLifted, 2007, 11, 30),
        ];
        life[unsure].confidence = Some(Confidence::Unsure);

        let lifted = on(&life, "", Day(20_080_101));

        let word = life[unsure].kind.word();
        assert_eq!(lifted.reason, format!("it rests on {word}, which is marked UNSURE"));
    }
}

#[test]
fn another_account_is_told_as_it_is_given_and_only_where_it_differs() {
    let mut accounts = [
        milestone(MilestoneKind::Adopted, 1997, 12, 11),
        milestone(MilestoneKind::Adopted, 1998, 0, 0),
    ];
    let status = on(&accounts, "", Day(19_980_601));
    assert_eq!(status.reason, "another account dates ADOPTED 1998");

    accounts[1] = milestone(MilestoneKind::Adopted, 1997, 0, 0);
    let agreed = on(&accounts, "", Day(19_971_220));
    assert_eq!((agreed.state, agreed.uncertain), (State::Adopted, false));
}

#[test]
fn a_suspension_of_a_part_leaves_it_in_force_and_says_which() {
    let mut suspended = milestone(MilestoneKind::Suspended, 2005, 10, 3);
    "technical meetings".clone_into(&mut suspended.scope);
    let mut lifted = milestone(MilestoneKind::SuspensionLifted, 2006, 11, 0);
    lifted.date = lifted.date.until(2007, 11, 0).unwrap();
    let milestones = [milestone(MilestoneKind::InForce, 1999, 7, 1), suspended, lifted];

    for (day, part, uncertain) in [
        (20_051_002, "", false),
        (20_051_003, "technical meetings", false),
        (20_061_031, "technical meetings", false),
        (20_061_101, "technical meetings", true),
        (20_071_129, "technical meetings", true),
        (20_071_130, "", false),
    ] {
        let status = on(&milestones, "", Day(day));
        assert_eq!(
            (status.state, status.suspended.as_str(), status.uncertain),
            (State::InForce, part, uncertain),
            "{day}"
        );
        assert_eq!(status.since, PartialDate::new(1999, 7, 1), "{day}");
    }
}

#[test]
fn what_is_known_by_a_day_is_undetermined_after_the_milestone_before_it() {
    let milestones =
        [milestone(MilestoneKind::Signed, 2007, 6, 1), by(MilestoneKind::InForce, 2026, 3)];

    for (day, expected) in [
        (20_070_531, State::NotStarted),
        (20_070_601, State::Signed),
        (20_070_602, State::Undetermined),
        (20_260_330, State::Undetermined),
        (20_260_331, State::InForce),
    ] {
        assert_eq!(state(&milestones, day), expected, "{day}");
    }
    let alone = on(&milestones[1..], "", Day(19_500_101));
    assert_eq!(alone.state, State::Undetermined);
    assert_eq!(alone.reason, "IN_FORCE by 2026-03-31, and nothing is recorded before it");
}

#[test]
fn an_interval_ends_where_the_next_milestone_certainly_came() {
    let mut concluded = milestone(MilestoneKind::NegotiationsConcluded, 2022, 6, 0);
    concluded.date = concluded.date.until(2022, 7, 0).unwrap();
    let milestones = [
        milestone(MilestoneKind::NegotiationsOpened, 2018, 11, 23),
        milestone(MilestoneKind::Initialled, 2022, 7, 6),
        concluded,
    ];

    for (day, expected) in [
        (20_220_531, State::Negotiating),
        (20_220_601, State::Undetermined),
        (20_220_705, State::Undetermined),
        (20_220_706, State::Initialled),
    ] {
        assert_eq!(state(&milestones, day), expected, "{day}");
    }
}

#[test]
fn an_agreement_without_milestones_is_unknown() {
    assert_eq!(state(&[], 20_240_117), State::Unknown);
    let ratified = [milestone(MilestoneKind::Ratified, 2005, 6, 28)];
    assert_eq!(state(&ratified, 20_240_117), State::Unknown);
}

#[test]
fn an_end_that_names_a_party_is_its_own() {
    let mut ended = milestone(MilestoneKind::Replaced, 1999, 7, 1);
    "parties/kz".clone_into(&mut ended.party);
    let milestones = [
        milestone(MilestoneKind::InForce, 1990, 4, 1),
        ended,
        milestone(MilestoneKind::Replaced, 2010, 0, 0),
    ];

    let on = |party: &str, day| on(&milestones, party, Day(day)).state;
    assert_eq!((on("", 20_050_101), on("", 20_110_101)), (State::InForce, State::Replaced));
    assert_eq!(on("parties/kz", 20_050_101), State::Replaced);
    assert_eq!(on("parties/kz", 19_990_630), State::InForce);
    assert_eq!(on("parties/tm", 20_050_101), State::InForce);
}

#[test]
fn a_provisional_application_says_what_is_applied_or_that_it_is_not_known() {
    let mut applied = milestone(MilestoneKind::ProvisionallyApplied, 2016, 5, 1);
    assert_eq!(on(&[applied.clone()], "", Day(20_170_101)).applied, NOT_KNOWN);

    "Titles III and V".clone_into(&mut applied.scope);

    assert_eq!(on(&[applied], "", Day(20_170_101)).applied, "Titles III and V");
}

#[test]
fn a_milestone_that_was_perhaps_known_leaves_the_state_undetermined() {
    use MilestoneKind::{InForce, Signed};
    let perhaps = |mut milestone: Milestone| {
        milestone.date = milestone.date.opened();
        Milestone { perhaps: true, ..milestone }
    };
    let signed = milestone(Signed, 2004, 10, 11);
    let in_force = milestone(InForce, 2010, 1, 1);
    let status = on(&[signed.clone(), perhaps(in_force.clone())], "", Day(20_240_112));

    assert_eq!(status.state, State::Undetermined);
    assert_eq!(status.range, Some((State::Signed, State::InForce)));
    assert_eq!(status.reason, "it is not certain that IN_FORCE was known by then");
    // Before it, it matters not; nor where another account of it was surely known.
    assert_eq!(state(&[signed.clone(), perhaps(in_force.clone())], 20_091_231), State::Signed);
    let accounts = [signed, perhaps(in_force.clone()), in_force];
    assert_eq!(state(&accounts, 20_240_112), State::InForce);
}

#[test]
fn what_happened_about_a_day_has_not_surely_happened_on_it() {
    use MilestoneKind::{InForce, Signed};
    let about = |year, month, day| {
        let mut about = milestone(InForce, year, month, day);
        about.date.qualifier = Some(Qualifier::Circa);
        [milestone(Signed, 1999, 1, 1), about]
    };
    for (life, first, sure) in [
        (about(2000, 6, 15), 20_000_515, 20_000_716),
        (about(2000, 6, 0), 20_000_501, 20_000_731),
        (about(2000, 0, 0), 19_990_101, 20_020_101),
    ] {
        assert_eq!(state(&life, sure), State::InForce);
        assert_eq!(state(&life, first), State::Undetermined);
        assert_eq!(state(&life, Day(sure).days_before(1).unwrap().0), State::Undetermined);
    }
    assert_eq!(state(&about(2000, 6, 15), 20_000_514), State::Signed);
}
