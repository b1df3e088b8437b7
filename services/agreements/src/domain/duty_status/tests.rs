//! The status of a duty against a model that tries every day that anything could have happened on.

use api::registan::agreements::v1::obligation::Kind as DutyKind;
use api::registan::r#type::v1 as types;
use facts::Qualifier;

use std::sync::Arc;

use super::*;
use crate::domain::binding::Law;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i32::try_from((self.0 >> 33) % u64::try_from(most).unwrap()).unwrap()
    }
}

/// Law that binds from a day until a day; from the first that there is, where none is given.
fn law(first: Option<PartialDate>, ended: Option<Day>) -> Bound {
    let ended = ended.and_then(|day| PartialDate::new(day.year(), day.month(), day.day()));
    let first = first.or_else(|| PartialDate::new(1, 1, 1));
    let (in_force, ended) = (first.map(Into::into), ended.map(Into::into));
    let act = wire::Act { name: "acts/law".to_owned(), in_force, ended, ..Default::default() };
    Bound::new(Arc::new(Law::of_act(&act)), None, &[])
}

/// The status under law that binds for ever.
fn on(obligation: &wire::Obligation, meetings: &[Meeting], as_of: Day) -> DutyStatus {
    super::on(&Duty { obligation, meetings, bound: &law(None, None) }, as_of)
}

fn date(year: i32, month: i32, day: i32) -> PartialDate {
    PartialDate::new(year, month, day).unwrap()
}

fn fulfilment(kind: Kind, due: Option<PartialDate>, done: PartialDate) -> wire::Fulfilment {
    let (due, done) = (due.map(Into::into), Some(done.into()));
    wire::Fulfilment { kind: kind.into(), due, done, ..wire::Fulfilment::default() }
}

fn duty(due: PartialDate, every_months: i32) -> wire::Obligation {
    let due = Some(types::PartialDate::from(due));
    wire::Obligation { due, every_months, ..wire::Obligation::default() }
}

/// A day, a month or two ends within the spring of 2001; now and then known by then.
fn any_date(random: &mut Random) -> PartialDate {
    let month = 1 + random.below(4);
    match random.below(5) {
        0 => date(2001, month, 0),
        1 => date(2001, month, 1 + random.below(28)).until(2001, 5, 3).unwrap(),
        2 => PartialDate {
            qualifier: Some(Qualifier::Until),
            ..date(2001, month, 1 + random.below(28))
        },
        _ => date(2001, month, 1 + random.below(28)),
    }
}

fn any_duty(random: &mut Random) -> wire::Obligation {
    let every_months = [0, 0, 1, 2, 5][usize::try_from(random.below(5)).unwrap()];
    let mut due = any_date(random);
    due.qualifier = due.qualifier.filter(|_| every_months == 0);
    let mut duty = duty(due, every_months);
    if every_months > 0 && random.below(3) > 0 {
        let until = date(2001, 5 + random.below(4), [0, 15][usize::from(random.below(2) > 0)]);
        duty.until = Some(until.into());
    }
    for _ in 0..random.below(4) {
        let kinds = [Kind::Done, Kind::Done, Kind::Partial, Kind::Waived];
        let kind = kinds[usize::try_from(random.below(4)).unwrap()];
        let dues: Vec<DueDay> = due_days(&duty, &[]).take(4).collect();
        let place = usize::try_from(random.below(4)).unwrap() % dues.len();
        let answered = Some(dues[place].date.clone()).filter(|_| every_months > 0);
        duty.fulfilments.push(fulfilment(kind, answered, any_date(random)));
    }
    duty
}

/// The days that something with a date can be on: all that matter.
fn days(date: &PartialDate) -> Vec<Day> {
    let (first, last) = (date.earliest(), date.latest());
    let near = first.max(Day(20_001_225)).min(last);
    let all = std::iter::successors(Some(near), |day| Some(day.next()));
    all.take_while(|day| *day <= last.min(Day(20_061_231))).collect()
}

/// Where one due day stands when it is on a day and everything was done on a day, by the words of
/// the contract.
fn model(due: Day, done: &[(Kind, Day)], as_of: Day) -> State {
    let mut by_now: Vec<_> = done.iter().filter(|(_, day)| *day <= as_of).collect();
    by_now.sort_by_key(|(_, day)| *day);
    if by_now.iter().any(|(kind, _)| *kind == Kind::Waived) {
        return State::Waived;
    }
    let first = by_now.iter().find(|(kind, _)| *kind == Kind::Done);
    match first {
        Some((_, day)) if *day <= due => State::Done,
        Some(_) => State::DoneLate,
        None if due < as_of => State::Overdue,
        None if due == as_of => State::Due,
        None => State::NotYetDue,
    }
}

/// The least and the most that one due day can be, over every day that it and each fulfilment can
/// be on: the first and last of each fulfilment and every day of the due day.
fn extremes(duty: &wire::Obligation, due: &DueDay, as_of: Day) -> (State, State) {
    let mut worlds = vec![Vec::new()];
    for one in &duty.fulfilments {
        let answered = checked_date(one.due.as_ref());
        if answered.is_some_and(|answered| !answered.overlaps(&due.date)) {
            continue;
        }
        let options = days(&checked_date(one.done.as_ref()).unwrap());
        // Three days of each are enough to be fast; those around the day asked about are among
        // them.
        let near = options.iter().copied().filter(|day| *day <= as_of).max();
        let chosen = [options.first().copied(), near, options.last().copied()];
        worlds = worlds
            .iter()
            .flat_map(|world: &Vec<(Kind, Day)>| {
                let with = |day: Day| [&world[..], &[(one.kind(), day)]].concat();
                chosen.into_iter().flatten().map(with).collect::<Vec<_>>()
            })
            .collect();
    }
    let states = days(&due.date);
    let states = states
        .iter()
        .flat_map(|day| worlds.iter().map(|world| model(*day, world, as_of)))
        .collect::<Vec<_>>();
    (*states.iter().min().unwrap(), *states.iter().max().unwrap())
}

#[test]
fn the_status_agrees_with_every_day_that_things_can_have_happened_on() {
    let mut random = Random(5);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..80 {
        let duty = any_duty(&mut random);
        let near = std::iter::successors(Some(Day(20_001_228)), |day| Some(day.next()));
        for as_of in near.take_while(|day| *day < Day(20_010_720)).step_by(3) {
            let status = on(&duty, &[], as_of);
            let dues: Vec<DueDay> = due_days(&duty, &[]).take(8).collect();
            let all: Vec<(State, State)> =
                dues.iter().map(|due| extremes(&duty, due, as_of)).collect();
            let certain = all.iter().zip(&dues).filter(|(_, due)| due.certain);
            let least = certain.map(|(state, _)| state.0).max().unwrap();
            let most = all.iter().map(|state| state.1).max().unwrap();
            let wanted =
                if least == most { (least, None) } else { (State::Unknown, Some((least, most))) };
            assert_eq!((status.state, status.range), wanted, "{as_of} of {duty:#?}");
            assert_eq!(status.state == State::Unknown, !status.reason.is_empty(), "{status:?}");
            let overdue = all.iter().zip(&dues);
            let overdue = overdue.filter(|(state, due)| state.0 == State::Overdue && due.certain);
            assert_eq!(usize::try_from(status.overdue).unwrap(), overdue.count(), "{status:?}");
            *seen.entry(status.state).or_insert(0) += 1;
        }
    }
    assert!(seen.len() == 7 && seen.values().all(|count| *count > 5), "{seen:?}");
}

#[test]
fn a_duty_goes_from_not_yet_due_to_done() {
    let mut yearly = duty(date(2022, 12, 31), 12);
    yearly.fulfilments = vec![
        fulfilment(Kind::Done, Some(date(2022, 0, 0)), date(2022, 6, 20)),
        fulfilment(Kind::Done, Some(date(2023, 0, 0)), date(2024, 3, 0)),
        fulfilment(Kind::Partial, Some(date(2024, 0, 0)), date(2024, 5, 1)),
    ];
    for (day, state, since, next) in [
        (20_220_101, State::NotYetDue, None, Some("2022-12-31")),
        (20_231_231, State::Due, None, Some("2023-12-31")),
        (20_240_101, State::Overdue, Some("2023-12-31"), Some("2024-12-31")),
        (20_240_310, State::Unknown, None, Some("2024-12-31")),
        (20_240_401, State::NotYetDue, None, Some("2024-12-31")),
        (20_260_101, State::Overdue, Some("2024-12-31"), Some("2026-12-31")),
    ] {
        let status = on(&yearly, &[], Day(day));
        let text = |date: &Option<PartialDate>| date.as_ref().map(ToString::to_string);
        assert_eq!(status.state, state, "{day}: {status:?}");
        assert_eq!(text(&status.overdue_since).as_deref(), since, "{day}");
        assert_eq!(text(&status.next_due).as_deref(), next, "{day}");
    }
    let status = on(&yearly, &[], Day(20_260_101));
    assert_eq!(status.overdue, 2, "of 2024, which was done in part, and of 2025");
}

#[test]
fn what_is_done_once_is_done_in_time_or_late() {
    let once = |kind, done| {
        let mut once = duty(date(2024, 6, 30), 0);
        once.fulfilments = vec![fulfilment(kind, None, done)];
        on(&once, &[], Day(20_241_231)).state
    };
    assert_eq!(once(Kind::Done, date(2024, 6, 30)), State::Done);
    assert_eq!(once(Kind::Done, date(2024, 7, 1)), State::DoneLate);
    assert_eq!(once(Kind::Done, date(2024, 0, 0)), State::Unknown);
    assert_eq!(once(Kind::Waived, date(2024, 7, 1)), State::Waived);
    assert_eq!(once(Kind::Partial, date(2024, 6, 1)), State::Overdue);
}

#[test]
fn what_is_not_known_is_not_overdue() {
    let day = Day(20_240_630);
    let mut unsaid = duty(date(2023, 1, 1), 12);
    unsaid.performance_unknown = true;
    let status = on(&unsaid, &[], day);
    assert_eq!(status.range, Some((State::NotYetDue, State::Overdue)));
    assert_eq!(status.reason, "what was done is not looked up");

    let dateless = wire::Obligation::default();
    let status = on(&dateless, &[], day);
    assert_eq!(status.range, Some((State::NotYetDue, State::Overdue)));
    assert_eq!(status.reason, "its due day is not recorded");

    let conduct = wire::Obligation { kind: DutyKind::Conduct.into(), ..dateless.clone() };
    assert_eq!(on(&conduct, &[], day).state, State::Due);

    let before = wire::Obligation { before_meetings_of: "bodies/x".to_owned(), ..dateless };
    let status = on(&before, &[], day);
    assert_eq!(
        (status.state, &*status.reason),
        (State::NotYetDue, "no meeting of bodies/x is recorded")
    );
}

#[test]
fn what_does_not_bind_is_not_owed() {
    let overdue = duty(date(2023, 1, 1), 0);
    let under = |bound: &Bound| {
        let meetings = &[];
        super::on(&Duty { obligation: &overdue, meetings, bound }, Day(20_240_630))
    };
    let no = under(&law(None, Some(Day(20_240_101))));
    assert_eq!((no.state, no.overdue), (State::NotBinding, 0));
    assert_eq!(no.reason, "acts/law is not in effect on that day");
    let missing = Bound::new(Arc::new(Law::Missing("acts/law".to_owned())), None, &[]);
    let unknown = under(&missing);
    assert_eq!((unknown.state, &*unknown.reason), (State::Unknown, UNRECORDED));
    assert_eq!(unknown.range, Some((State::NotYetDue, State::Overdue)));
}

const UNRECORDED: &str = "acts/law is not recorded; due 2023-01-01: acts/law is not recorded";

#[test]
fn a_due_day_before_the_law_began_is_not_overdue() {
    let yearly = duty(date(2018, 12, 31), 12);
    let on = |obligation: &wire::Obligation, first, day| {
        let bound = &law(first, Some(Day(20_250_701)));
        super::on(&Duty { obligation, meetings: &[], bound }, Day(day))
    };
    let from_2021 = on(&yearly, Some(date(2021, 3, 1)), 20_240_630);
    assert_eq!((from_2021.state, from_2021.overdue), (State::Overdue, 3), "{from_2021:?}");
    assert_eq!(from_2021.overdue_since, Some(date(2021, 12, 31)));

    let some_day_of_2021 = on(&yearly, Some(date(2021, 0, 0)), 20_240_630);
    assert_eq!(some_day_of_2021.overdue, 3, "by its last day it binds");
    let later = on(&yearly, Some(date(2021, 12, 31).until(2022, 2, 1).unwrap()), 20_220_630);
    assert_eq!((later.state, later.overdue), (State::Unknown, 0), "{later:?}");

    let once = on(&duty(date(2018, 12, 31), 0), Some(date(2021, 3, 1)), 20_240_630);
    assert_eq!((once.state, once.overdue), (State::NotBinding, 0));
    assert_eq!(once.reason, "due 2018-12-31: acts/law is not in effect on that day");
    let last = on(&yearly, Some(date(2021, 3, 1)), 20_250_630);
    assert_eq!((last.overdue, last.next_due), (4, None), "the law ends before the next");
}

#[test]
fn a_meeting_that_is_still_planned_after_its_day_need_not_have_been_held() {
    let meeting = |year, is_planned| Meeting {
        name: format!("meetings/{year}"),
        date: date(year, 6, 30),
        is_planned,
    };
    let agenda = wire::Obligation {
        before_meetings_of: "bodies/council".to_owned(),
        days_before: 15,
        ..wire::Obligation::default()
    };
    let meetings = [meeting(2024, true), meeting(2026, true)];
    for (day, state, overdue) in [
        (20_240_614, State::NotYetDue, 0),
        (20_240_620, State::Overdue, 1),
        (20_240_630, State::Overdue, 1),
        (20_240_701, State::Unknown, 0),
    ] {
        let status = on(&agenda, &meetings, Day(day));
        assert_eq!((status.state, status.overdue), (state, overdue), "{day}: {status:?}");
    }
    let after = on(&agenda, &meetings, Day(20_240_701));
    assert_eq!(after.reason, "due 2024-06-15: whether meetings/2024 was held is not recorded");
    let held = [meeting(2024, false), meeting(2026, true)];
    assert_eq!(on(&agenda, &held, Day(20_240_701)).overdue, 1);
}

#[test]
fn a_status_says_what_it_rests_on_that_is_unsure() {
    let mut duty = duty(date(2001, 3, 1), 0);
    assert_eq!(on(&duty, &[], Day(20_010_302)).reason, "");
    duty.set_confidence(Confidence::Unsure);
    let overdue = on(&duty, &[], Day(20_010_302));
    assert_eq!(overdue.state, State::Overdue);
    assert_eq!(overdue.reason, "it rests on what is marked UNSURE: the duty itself");
    let mut done = fulfilment(Kind::Done, None, date(2001, 4, 1));
    done.set_confidence(Confidence::Unsure);
    duty.fulfilments.push(done);
    assert_eq!(on(&duty, &[], Day(20_010_302)).reason, overdue.reason);
    let done = on(&duty, &[], Day(20_010_401));
    let wanted = "it rests on what is marked UNSURE: the duty itself, what was done";
    assert_eq!((done.state, &*done.reason), (State::DoneLate, wanted));
    duty.set_confidence(Confidence::Likely);
    let done = on(&duty, &[], Day(20_010_401));
    assert_eq!(done.reason, "it rests on what is marked UNSURE: what was done");
}
