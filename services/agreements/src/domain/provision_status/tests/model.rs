//! Random suspensions of an agreement in force, of the whole and of articles, and liftings that say
//! what they end, against a model that goes through the days one by one. Where days are not exact,
//! what is said for certain must hold whatever they were.

use super::*;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

const ARTICLES: [&str; 2] = ["Article 1", "Article 2"];

/// A suspension or a lifting, and of what: of an article, or of the whole.
#[derive(Clone, Copy, Debug)]
struct Event {
    lifts: bool,
    article: Option<usize>,
    /// The first day of June 2001 on which it can have happened, and the days after it.
    from: i32,
    more: i32,
}

impl Event {
    fn milestone(self) -> Milestone {
        use MilestoneKind::{Suspended, SuspensionLifted};
        let mut date = date(2001, 6, self.from);
        if self.more > 0 {
            date = date.until(2001, 6, self.from + self.more).unwrap();
        }
        let kind = if self.lifts { SuspensionLifted } else { Suspended };
        let one = Milestone::new(kind, date);
        match self.article {
            Some(place) => of(one, ARTICLES[place]),
            None if self.lifts => all(one),
            None => one,
        }
    }
}

/// The parts that are suspended at the end of a day, where each event happened on a day of its own;
/// nothing for a life in which something was lifted that was not suspended.
fn simulated(events: &[(i32, Event)], day: i32) -> Option<(bool, [bool; 2])> {
    let mut events = events.to_vec();
    events.sort_by_key(|(on, event)| (*on, event.lifts));
    let (mut whole, mut parts) = (false, [false; 2]);
    let mut state = (whole, parts);
    for (on, Event { lifts, article, .. }) in events {
        match article {
            Some(place) if lifts && !parts[place] => return None,
            None if lifts && !whole && parts == [false; 2] => return None,
            Some(place) => parts[place] = !lifts,
            None if lifts => (whole, parts) = (false, [false; 2]),
            None => whole = true,
        }
        if on <= day {
            state = (whole, parts);
        }
    }
    Some(state)
}

/// Every choice of a day for each event.
fn choices(events: &[Event]) -> Vec<Vec<(i32, Event)>> {
    events.iter().fold(vec![Vec::new()], |choices, event| {
        let days = || event.from..=event.from + event.more;
        let with = |one: &Vec<_>, day| [one.clone(), vec![(day, *event)]].concat();
        choices.iter().flat_map(|one| days().map(move |day| with(one, day))).collect()
    })
}

fn events(random: &mut Random, most: i32) -> Vec<Event> {
    let mut from = 1;
    let mut events = Vec::new();
    for _ in 0..random.below(5) {
        from += 1 + i32::try_from(random.below(4)).unwrap();
        let more = i32::try_from(random.below(3)).unwrap().min(most);
        let article = [None, Some(0), Some(1)][random.below(3)];
        // The days of the whole are exact: what of it is not is tried by the periods.
        let more = if article.is_some() { more } else { 0 };
        events.push(Event { lifts: random.below(2) == 0, article, from, more });
    }
    events
}

fn life(events: &[Event]) -> Vec<Milestone> {
    let force = Milestone::new(MilestoneKind::InForce, date(1999, 7, 1));
    std::iter::once(force).chain(events.iter().map(|event| event.milestone())).collect()
}

fn compare(seed: u64, most: i32) -> [usize; 3] {
    let (mut random, mut counts) = (Random(seed), [0; 3]);
    for _ in 0..400 {
        let events = events(&mut random, most);
        let life = life(&events);
        for day in 1..30 {
            let lives = choices(&events);
            let possible: Vec<_> = lives.iter().filter_map(|one| simulated(one, day)).collect();
            for (place, cited) in ARTICLES.into_iter().enumerate() {
                let provision = wire::Provision { division: String::new(), ..article(cited, "") };
                let found = on(&life, &provision, 20_010_600 + day).state;
                let is_suspended = |(whole, parts): &(bool, [bool; 2])| *whole || parts[place];
                let holds = match found {
                    Standing::Suspended => possible.iter().all(is_suspended),
                    Standing::Binding => !possible.iter().any(is_suspended),
                    _ => most > 0 || possible.is_empty(),
                };
                assert!(holds, "{found:?} of {cited} on {day} of {events:#?}: {possible:?}");
                counts[match found {
                    Standing::Suspended => 0,
                    Standing::Binding => 1,
                    _ => 2,
                }] += 1;
            }
        }
    }
    counts
}

#[test]
fn exact_days_leave_no_doubt_and_what_is_said_of_others_holds_whatever_they_were() {
    let exact = compare(3, 0);
    assert!(exact[0] > 1000 && exact[1] > 1000, "{exact:?}");
    let inexact = compare(5, 2);
    assert!(inexact[0] > 1000 && inexact[1] > 1000 && inexact[2] > 100, "{inexact:?}");
}
