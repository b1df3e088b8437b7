//! The ledger against a model that tries every world: each inexact date on each of its days.

mod counts;
mod model;
mod unions;

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1::{Date, PartialDate, partial_date::Qualifier};
use facts::Day;
use wire::entry_into_force_rule::Event;
use wire::ratification::Kind;

use super::{Group, Recorded, Unions, on};
use crate::domain::Membership;

fn date(day: i32) -> PartialDate {
    let date = Some(Date { year: day / 10_000, month: day / 100 % 100, day: day % 100 });
    PartialDate { date, ..PartialDate::default() }
}

fn by(day: i32) -> PartialDate {
    PartialDate { qualifier: Qualifier::Until.into(), ..date(day) }
}

fn deposit(party: &str, deposited: PartialDate) -> wire::Ratification {
    wire::Ratification {
        name: format!("agreements/x/ratifications/{party}"),
        party: format!("parties/{party}"),
        kind: Kind::Ratification.into(),
        deposited: Some(deposited),
        ..wire::Ratification::default()
    }
}

fn not_yet(party: &str, day: i32) -> wire::Ratification {
    wire::Ratification {
        kind: Kind::NotYet.into(),
        deposited: None,
        stated: Some(date(day)),
        ..deposit(party, date(day))
    }
}

fn milestone(kind: wire::milestone::Kind, day: i32, party: &str) -> wire::Milestone {
    let (date, party) = (Some(date(day)), party.to_owned());
    wire::Milestone { kind: kind.into(), date, party, ..wire::Milestone::default() }
}

fn between(parties: &[&str]) -> Vec<wire::AgreementParty> {
    let of = |party: &&str| wire::AgreementParty {
        party: format!("parties/{party}"),
        role: wire::agreement_party::Role::Contracting.into(),
    };
    parties.iter().map(of).collect()
}

fn rule(event: Event) -> wire::EntryIntoForceRule {
    wire::EntryIntoForceRule {
        event: event.into(),
        months: 2,
        first_of_month: true,
        ..wire::EntryIntoForceRule::default()
    }
}

/// An agreement of these parties that enters into force on the first day of the second month after
/// the last deposit.
fn recorded(parties: &[&str], ratifications: Vec<wire::Ratification>) -> Recorded {
    let agreement = wire::Agreement {
        name: "agreements/x".to_owned(),
        binding: true,
        parties: between(parties),
        entry_into_force: Some(rule(Event::LastDeposit)),
        ..wire::Agreement::default()
    };
    Recorded { agreement, ratifications, ..Recorded::default() }
}

/// The 28 members of a union, `m00` to `m27`, of which the last left on a day; and the group of all
/// of them.
fn group(left: i32) -> Group {
    let member = |number: usize| {
        Membership::of(wire::Membership {
            party: format!("parties/m{number:02}"),
            joined: Some(date(19_900_101)),
            left: (number == 27).then(|| date(left)),
            ..wire::Membership::default()
        })
    };
    let memberships = (0..28).map(member).collect();
    Group { name: "parties/states".to_owned(), on: Some(Day(20_130_701)), memberships }
}

fn names(entries: &[wire::LedgerEntry]) -> Vec<&str> {
    entries.iter().map(|one| one.party.trim_start_matches("parties/")).collect()
}

#[test]
fn twenty_eight_states_deposit_and_one_that_leaves_is_not_waited_for() {
    let acts = (0..27).map(|number| {
        let day = 20_190_101 + number;
        deposit(&format!("m{number:02}"), date(day))
    });
    let mut all = recorded(&["eu", "states", "kz"], acts.collect());
    all.ratifications.push(deposit("eu", date(20_190_301)));
    all.ratifications.push(deposit("kz", date(20_180_101)));
    all.ratifications.push(not_yet("m27", 20_200_131));
    all.groups = vec![group(20_200_131)];

    let before = on(&all, Day(20_200_131));
    let after = on(&all, Day(20_200_201));
    let early = on(&all, Day(20_190_105));

    assert_eq!((before.done.len(), names(&before.missing)), (29, vec!["m27"]));
    assert_eq!((before.derived, before.not_needed.len()), (None, 0));
    assert_eq!((after.done.len(), names(&after.not_needed)), (29, vec!["m27"]));
    assert!(after.not_needed[0].reason.starts_with("it left on 2020-01-31"));
    // Nobody was missing from the day after the exit; that the rule counts from then is doubted.
    assert_eq!(after.last_act, Some(date(20_200_201)));
    assert_eq!(after.derived, Some(date(20_200_401)));
    assert!(after.notes.iter().any(|note| note.contains("once parties/m27 had left")));
    assert_eq!((early.done.len(), early.missing.len(), early.not_known.len()), (6, 24, 0));
}

#[test]
fn all_deposits_give_the_day_that_the_rule_says_and_it_is_compared() {
    let acts = (0..28).map(|number| deposit(&format!("m{number:02}"), date(20_190_101)));
    let mut all = recorded(&["states", "kz"], acts.collect());
    all.ratifications.push(deposit("kz", date(20_190_200)));
    all.groups = vec![group(20_200_131)];
    all.agreement.milestones = vec![milestone(wire::milestone::Kind::InForce, 20_190_401, "")];

    let same = on(&all, Day(20_190_228));
    all.agreement.milestones[0].date = Some(date(20_190_402));
    let other = on(&all, Day(20_190_228));

    assert_eq!(same.done.len(), 29);
    // Some day of February: each of them gives the first of April.
    assert_eq!((same.derived.clone(), same.differs), (Some(date(20_190_401)), false));
    assert_eq!((other.derived, other.differs), (same.derived, true));
}

#[test]
fn counts_alone_name_nobody_until_all_are_counted() {
    let mut all = recorded(&["eu", "states", "kz"], Vec::new());
    all.groups = vec![group(20_200_131)];
    all.agreement.entry_into_force = Some(rule(Event::LastNotification));
    let tally = |done, day: i32, completed: Option<i32>| wire::RatificationTally {
        date: Some(date(day)),
        done,
        of: 28,
        completed: completed.map(date),
        ..wire::RatificationTally::default()
    };
    all.agreement.tallies = vec![
        tally(9, 20_170_500, None),
        tally(18, 20_171_212, None),
        tally(28, 20_200_100, Some(20_200_100)),
    ];
    all.agreement.milestones = vec![
        milestone(wire::milestone::Kind::Signed, 20_151_221, ""),
        milestone(wire::milestone::Kind::Ratified, 20_160_325, "parties/kz"),
        milestone(wire::milestone::Kind::InForce, 20_200_301, ""),
    ];

    let unsigned = on(&all, Day(20_151_220));
    let some = on(&all, Day(20_171_212));
    let every = on(&all, Day(20_200_215));
    let in_force = on(&all, Day(20_200_301));

    assert_eq!((unsigned.missing.len(), unsigned.not_known.len()), (30, 0));
    assert_eq!((names(&some.ratified), some.not_known.len()), (vec!["kz"], 29));
    assert_eq!((some.tally.unwrap().done, some.next_tally.unwrap().done), (18, 28));
    assert!(some.notes.iter().any(|note| note.starts_with("18 of 28 had acted (2017-12-12)")));
    assert_eq!((some.derived, some.published), (None, Some(date(20_200_301))));
    assert_eq!((every.done.len(), names(&every.not_needed)), (29, vec!["m27"]));
    assert_eq!((every.derived, every.differs), (Some(date(20_200_301)), false));
    assert_eq!(in_force.done.len(), 29);
}

#[test]
fn a_fact_said_twice_is_one_and_two_accounts_that_differ_are_told() {
    let mut all = recorded(&["eu", "kz"], vec![deposit("kz", date(20_240_812))]);
    // No rule says that a notification is another act than the deposit.
    all.agreement.entry_into_force = None;
    all.agreement.milestones =
        vec![milestone(wire::milestone::Kind::Notified, 20_240_812, "parties/kz")];
    let same = on(&all, Day(20_240_901));
    all.agreement.milestones[0].date = Some(date(20_240_813));
    let other = on(&all, Day(20_240_901));

    assert_eq!((same.done.len(), same.done[0].reason.as_str()), (1, ""));
    assert_eq!(other.done[0].reason, "another account says 2024-08-13");
    assert_eq!(other.done[0].date, Some(date(20_240_812)), "the ratification is followed");
}

#[test]
fn what_was_taken_back_counts_no_more_and_what_did_not_happen_is_known() {
    let taken_back =
        wire::Ratification { kind: Kind::Withdrawal.into(), ..deposit("aa", date(20_100_101)) };
    let all = recorded(
        &["aa", "bb"],
        vec![
            deposit("aa", date(20_050_101)),
            taken_back,
            deposit("aa", date(20_120_101)),
            not_yet("bb", 20_090_400),
        ],
    );

    for (day, done, missing, not_known) in [
        (20_041_231, vec![], vec!["aa", "bb"], vec![]),
        (20_050_101, vec!["aa"], vec!["bb"], vec![]),
        (20_090_402, vec!["aa"], vec![], vec!["bb"]),
        (20_110_101, vec![], vec!["aa"], vec!["bb"]),
        (20_120_101, vec!["aa"], vec![], vec!["bb"]),
    ] {
        let ledger = on(&all, Day(day));
        let found = (names(&ledger.done), names(&ledger.missing), names(&ledger.not_known));
        assert_eq!(found, (done, missing, not_known), "on {day}");
    }
}

#[test]
fn an_agreement_that_anybody_may_join_enters_into_force_by_a_number_of_deposits() {
    let mut all =
        recorded(&[], vec![deposit("aa", date(19_760_101)), deposit("bb", by(19_770_301))]);
    let thirty_days = wire::EntryIntoForceRule {
        event: Event::NthDeposit.into(),
        count: 2,
        days: 30,
        ..wire::EntryIntoForceRule::default()
    };
    all.agreement.entry_into_force = Some(thirty_days);

    let before = on(&all, Day(19_770_228));
    let after = on(&all, Day(19_770_301));

    assert_eq!(before.derived, None);
    assert_eq!(before.notes, ["no day follows: 1 of the 2 deposits are recorded by then"]);
    // Others may have deposited before: it is known by when alone.
    assert_eq!(after.derived, Some(by(19_770_331)));
}

#[test]
fn an_act_that_does_not_extend_to_a_territory_says_so() {
    let mut act = deposit("dk", date(20_190_101));
    act.territories = vec![wire::TerritorialScope {
        kind: wire::territorial_scope::Kind::DoesNotExtend.into(),
        territory: "Faroe Islands".to_owned(),
        since: None,
    }];
    let ledger = on(&recorded(&["dk"], vec![act.clone()]), Day(20_190_101));

    assert_eq!(ledger.done[0].territories, act.territories);
}

/// Hidden memberships, or none yet, are no proof that nobody is missing.
#[test]
fn a_group_without_members_is_not_known_and_no_day_follows() {
    let acts = ["eu", "kz"].map(|party| deposit(party, date(20_190_401)));
    let mut all = recorded(&["eu", "states", "kz"], acts.into());
    let name = "parties/states".to_owned();
    all.groups = vec![Group { name, on: None, memberships: Vec::new() }];

    let ledger = on(&all, Day(20_250_101));

    assert_eq!(names(&ledger.not_known), ["states"]);
    assert_eq!(ledger.derived, None);
}

#[test]
fn one_that_left_and_came_again_is_waited_for() {
    let acts = (0..28).map(|number| {
        let day = if number == 27 { 20_220_101 } else { 20_190_101 };
        deposit(&format!("m{number:02}"), date(day))
    });
    let mut all = recorded(&["states"], acts.collect());
    let mut states = group(20_200_131);
    states.memberships.push(Membership::of(wire::Membership {
        party: "parties/m27".to_owned(),
        joined: Some(date(20_210_101)),
        ..wire::Membership::default()
    }));
    all.groups = vec![states];

    let ledger = on(&all, Day(20_230_101));

    assert_eq!((ledger.done.len(), ledger.not_needed.len()), (28, 0));
    assert_eq!(ledger.derived, Some(date(20_220_301)));
}

#[test]
fn an_act_that_may_have_come_after_a_withdrawal_is_not_known() {
    let gone =
        wire::Ratification { kind: Kind::Withdrawal.into(), ..deposit("kz", date(20_050_301)) };
    let again = deposit(
        "kz",
        PartialDate { date: Some(Date { year: 2005, month: 0, day: 0 }), ..PartialDate::default() },
    );

    let ledger = on(&recorded(&["kz"], vec![gone, again]), Day(20_100_101));

    assert_eq!(names(&ledger.not_known), ["kz"]);
}

/// The last of the act that the rule counts gives the day, whatever else the parties did.
#[test]
fn the_rule_counts_its_own_event_of_each_party() {
    let both = |party: &str, notified: i32, deposited: i32| wire::Ratification {
        notified: Some(date(notified)),
        ..deposit(party, date(deposited))
    };
    let acts = || vec![both("aa", 20_190_110, 20_190_320), both("bb", 20_190_205, 20_190_301)];
    for (event, last, derived) in [
        (Event::LastNotification, 20_190_205, 20_190_401),
        (Event::LastDeposit, 20_190_320, 20_190_501),
    ] {
        let mut all = recorded(&["aa", "bb"], acts());
        all.agreement.entry_into_force = Some(rule(event));
        let ledger = on(&all, Day(20_191_231));
        let found = (ledger.last_act, ledger.derived);
        assert_eq!(found, (Some(date(last)), Some(date(derived))), "{event:?}");
        // Of the other act alone it is known that it acted, and not when it did what counts.
        let one = &mut all.ratifications[1];
        match event {
            Event::LastNotification => one.notified = None,
            _ => one.deposited = None,
        }
        let ledger = on(&all, Day(20_191_231));
        assert_eq!((ledger.done.len(), ledger.derived), (2, None), "{event:?}");
        let noted = |note: &String| note.ends_with("and of 1 none is recorded");
        assert!(ledger.notes.iter().any(noted), "{:?}", ledger.notes);
        // Another account of it that says when is followed.
        let kind = wire::milestone::Kind::Notified;
        all.agreement.milestones = vec![milestone(kind, 20_190_206, "parties/bb")];
        let last = on(&all, Day(20_191_231)).last_act;
        let wanted = (event == Event::LastNotification).then(|| date(20_190_206));
        assert_eq!(last, wanted, "{event:?}");
    }
}

#[test]
fn a_party_that_denounces_it_had_acted_when_it_entered_into_force() {
    let withdrawn =
        |day| wire::Ratification { kind: Kind::Withdrawal.into(), ..deposit("aa", date(day)) };
    let acts = vec![deposit("aa", date(20_050_101)), deposit("bb", date(20_060_101))];
    let mut all = recorded(&["aa", "bb"], acts);
    all.agreement.milestones = vec![milestone(wire::milestone::Kind::InForce, 20_060_301, "")];
    all.ratifications.push(withdrawn(20_150_101));

    let after = on(&all, Day(20_200_101));
    assert_eq!((names(&after.done), names(&after.missing)), (vec!["bb"], vec!["aa"]));
    assert_eq!(after.missing[0].reason, "it withdrew");
    assert_eq!((after.last_act, after.differs), (Some(date(20_060_101)), false));
    assert_eq!(after.derived, Some(date(20_060_301)));
    assert!(after.notes.is_empty(), "{:?}", after.notes);

    // One that had withdrawn before the others acted, and came again.
    all.ratifications[2] = withdrawn(20_050_601);
    let gone = on(&all, Day(20_060_201));
    assert_eq!(gone.notes, ["no day follows: 1 withdrew before all had acted"]);
    all.ratifications.push(deposit("aa", date(20_060_115)));
    let again = withdrawn(20_150_101);
    all.ratifications.push(again);
    let after = on(&all, Day(20_200_101));
    assert_eq!((after.last_act, after.derived), (Some(date(20_060_115)), Some(date(20_060_301))));
}
