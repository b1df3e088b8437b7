//! Random ledgers of a few parties on a few days, each held against all worlds in which their dates
//! can be.

use super::*;
use crate::domain::ledger::span::{Span, derived};

/// Days of a world: the second half of January and the first of February, so that the month
/// matters.
const DAYS: i32 = 10;
/// One who never acts, in a world.
const NEVER: i32 = DAYS + 1;

/// The day with a number from 1; 0 is any day before.
fn day(number: i32) -> i32 {
    if number == 0 {
        Day::FIRST.0
    } else if number <= 5 {
        20_190_126 + number
    } else {
        20_190_195 + number
    }
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i32::try_from((self.0 >> 33) % u64::try_from(most).unwrap()).unwrap()
    }

    /// The first and the last of some days.
    fn days(&mut self) -> (i32, i32) {
        let (one, other) = (1 + self.below(DAYS), 1 + self.below(DAYS));
        if self.below(2) == 0 { (one, one) } else { (one.min(other), one.max(other)) }
    }
}

/// A party: the days on one of which it acted, if anything is known of it; a day on which it had
/// not; the days on one of which it left.
#[derive(Debug, Clone)]
struct Party {
    acted: Option<(i32, i32)>,
    not_yet: Option<i32>,
    left: Option<(i32, i32)>,
}

impl Party {
    fn random(random: &mut Random) -> Self {
        let acted = (random.below(5) > 0).then(|| random.days());
        let not_yet = (random.below(3) == 0).then(|| 1 + random.below(DAYS));
        // Contradictory accounts have no world.
        let not_yet = not_yet.filter(|day| acted.is_none_or(|(_, last)| *day < last));
        Self { acted, not_yet, left: (random.below(3) == 0).then(|| random.days()) }
    }

    /// The days on which it can have acted, of all worlds.
    fn acts(&self) -> Vec<i32> {
        let (first, last) = self.acted.unwrap_or((0, NEVER));
        (first..=last).filter(|day| self.not_yet.is_none_or(|not| *day > not)).collect()
    }

    /// The last days on which it can have belonged.
    fn lasts(&self) -> Vec<i32> {
        self.left.map_or(vec![NEVER], |(first, last)| (first..=last).collect())
    }

    fn recorded(&self, number: usize) -> (Vec<wire::Ratification>, Membership) {
        let id = format!("m{number}");
        let span = |(first, last): (i32, i32)| {
            let end = date(day(last)).date.filter(|_| first < last);
            PartialDate { end, ..date(day(first)) }
        };
        let mut acts: Vec<_> =
            self.acted.map(|acted| deposit(&id, span(acted))).into_iter().collect();
        acts.extend(self.not_yet.map(|not| not_yet(&id, day(not))));
        let membership = Membership::of(wire::Membership {
            party: format!("parties/{id}"),
            joined: Some(date(19_900_101)),
            left: self.left.map(span),
            ..wire::Membership::default()
        });
        (acts, membership)
    }
}

/// Every world: for each party the day of its act and its last day as a member.
fn worlds(parties: &[Party]) -> Vec<Vec<(i32, i32)>> {
    let mut worlds = vec![Vec::new()];
    for party in parties {
        let mut more = Vec::new();
        for world in &worlds {
            for act in party.acts() {
                for last in party.lasts() {
                    more.push([&world[..], &[(act, last)]].concat());
                }
            }
        }
        worlds = more;
    }
    worlds
}

/// The first day of a world on which nobody was missing; of a count, on which so many had acted.
fn happened(world: &[(i32, i32)], count: Option<usize>) -> i32 {
    let is_on = |day: &i32| match count {
        Some(count) => world.iter().filter(|(act, _)| act <= day).count() >= count,
        None => world.iter().all(|(act, last)| act <= day || last < day),
    };
    (0..=DAYS).find(is_on).unwrap_or(NEVER)
}

/// The list in which a party must be, by what is so in all worlds or in none.
fn list(worlds: &[Vec<(i32, i32)>], place: usize, on: i32) -> &'static str {
    let all = |is: &dyn Fn(&(i32, i32)) -> bool| worlds.iter().all(|world| is(&world[place]));
    if all(&|(_, last)| *last < on) {
        "not needed"
    } else if all(&|(act, _)| *act <= on) {
        "done"
    } else if all(&|(act, last)| *act > on && *last >= on) {
        "missing"
    } else {
        "not known"
    }
}

fn compare(seed: u64) {
    let mut random = Random(seed);
    let parties: Vec<Party> = (0..=random.below(3)).map(|_| Party::random(&mut random)).collect();
    let count = (random.below(2) == 0).then(|| usize::try_from(1 + random.below(2)).unwrap());
    let all: Vec<_> = parties.iter().enumerate().map(|(place, one)| one.recorded(place)).collect();
    let acts = all.iter().flat_map(|(acts, _)| acts.clone()).collect();
    let mut recorded = recorded(&["states"], acts);
    let memberships = all.into_iter().map(|(_, membership)| membership).collect();
    let name = "parties/states".to_owned();
    recorded.groups = vec![Group { name, on: Some(Day(20_180_101)), memberships }];
    let mut rule = rule(count.map_or(Event::LastDeposit, |_| Event::NthDeposit));
    (rule.months, rule.first_of_month) = (random.below(3), random.below(2) == 0);
    rule.days = random.below(40);
    rule.count = count.map_or(0, |count| i32::try_from(count).unwrap());
    recorded.agreement.entry_into_force = Some(rule.clone());
    let worlds = worlds(&parties);
    for number in 1..=DAYS {
        let ledger = on(&recorded, Day(day(number)));
        let context = format!("seed {seed} on {number}: {parties:?} {rule:?} {ledger:?}");
        for (place, _) in parties.iter().enumerate() {
            let of = format!("m{place}");
            let lists = [
                ("done", &ledger.done),
                ("missing", &ledger.missing),
                ("not known", &ledger.not_known),
                ("not needed", &ledger.not_needed),
            ];
            let found = lists.iter().filter(|(_, all)| names(all).contains(&of.as_str()));
            let found: Vec<_> = found.map(|(list, _)| *list).collect();
            assert_eq!(found, [list(&worlds, place, number)], "{of}, {context}");
        }
        let events = || worlds.iter().map(|world| happened(world, count));
        let (first, last) = (events().min().unwrap(), events().max().unwrap());
        let wanted = (last <= number).then(|| {
            let event = Span { earliest: Day(day(first)), latest: Day(day(last)) };
            derived(&rule, event).date().unwrap()
        });
        assert_eq!(ledger.derived, wanted, "{context}");
    }
}

/// Random ledgers, each on every day.
#[test]
fn the_ledger_says_what_is_so_in_every_world_and_no_more() {
    for seed in 0..400 {
        compare(seed);
    }
}
