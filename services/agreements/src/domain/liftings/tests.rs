//! Liftings against a model that compares each suspension with all others.

use facts::{PartialDate, Qualifier};

use super::*;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i32::try_from((self.0 >> 33) % u64::try_from(most).unwrap()).unwrap()
    }

    /// A day or an interval of one month, or known by then or from then on.
    fn date(&mut self) -> PartialDate {
        let day = 1 + self.below(12);
        let mut date = PartialDate::new(2001, 6, day).unwrap();
        match self.below(8) {
            0 => date.qualifier = Some(Qualifier::Until),
            1 => date.qualifier = Some(Qualifier::From),
            2 | 3 => date = date.until(2001, 6, day + 1 + self.below(6)).unwrap(),
            _ => {}
        }
        date
    }

    fn milestone(&mut self) -> Milestone {
        use MilestoneKind::{Suspended, SuspensionLifted};
        let lifts = self.below(2) == 0;
        let kind = if lifts { SuspensionLifted } else { Suspended };
        let mut one = Milestone::new(kind, self.date());
        let scopes = ["", "", "Trade", "trade", "Visas"];
        scopes[usize::try_from(self.below(5)).unwrap()].clone_into(&mut one.scope);
        one.whole = lifts && one.scope.is_empty() && self.below(2) == 0;
        one
    }
}

/// The end that was found of a part: the lifting by its place, the first and the last day, whether it is
/// shared, and what is open.
type Found = Option<(usize, Day, Day, bool, String)>;

fn place(all: &[&Milestone], one: &Milestone) -> usize {
    all.iter().position(|other| ptr::eq(*other, one)).unwrap()
}

fn by_name(part: &Milestone, all: &[&Milestone]) -> Found {
    let is_of = |one: &Milestone| one.within().pop() == part.within().pop();
    let is_it = |one: &&&Milestone| {
        let may_be = one.lifts_by_name() && (one.whole || is_of(one));
        may_be && one.date.latest() >= part.date.earliest()
    };
    let ended_another = |by: &Milestone| {
        all.iter().any(|one| {
            one.kind == MilestoneKind::Suspended
                && !ptr::eq(*one, part)
                && (by.whole || is_of(one))
                && one.date.earliest() <= by.date.latest()
        })
    };
    let ends = || all.iter().filter(is_it);
    let is_sure = |by: &&&Milestone| by.date.earliest() >= part.date.latest() || !ended_another(by);
    let sure = ends().filter(is_sure).min_by_key(|by| by.date.latest());
    let milestone = sure.or_else(|| ends().next())?;
    let earliest = ends().map(|by| by.date.earliest()).min()?;
    let latest = sure.map_or(Day::LAST, |by| by.date.latest());
    Some((place(all, milestone), earliest, latest, false, String::new()))
}

fn silent(part: &Milestone, all: &[&Milestone]) -> Found {
    let (begin, end) = (MilestoneKind::Suspended, MilestoneKind::SuspensionLifted);
    let wholes = ended_by_name(all);
    let is_ended = |one: &Milestone| {
        let is_whole = wholes.iter().any(|begun| ptr::eq(*begun, one));
        is_whole || (one.suspends_a_part() && by_name(one, all).is_some())
    };
    let is_left = |one: &&&Milestone| match one.kind {
        MilestoneKind::Suspended => !is_ended(one),
        _ => !one.lifts_by_name(),
    };
    let left: Vec<&Milestone> = all.iter().filter(is_left).copied().collect();
    let pairs = breaks(&left, begin, end);
    let lifted = || left.iter().filter(|one| one.kind == end);
    let after = lifted().filter(|one| one.date.latest() > part.date.latest());
    let own = pairs.iter().find(|(begun, _)| ptr::eq(*begun, part))?.1;
    let milestone = own.or_else(|| after.max_by_key(|one| one.date.latest()).copied())?;
    let beside = |last: Day, (begun, ended): &Break<'_>| match ended {
        Some(ended) if begun.date.earliest() < last => last.max(ended.date.latest()),
        _ => last,
    };
    let latest = pairs.iter().fold(milestone.date.latest(), beside);
    let possible = lifted().filter(|one| one.date.latest() > part.date.earliest());
    let earliest = possible.map(|one| one.date.earliest());
    let earliest = earliest.fold(milestone.date.earliest(), Day::min);
    let unended = |(begun, ended): &Break<'_>| ended.is_none() && begun.date.earliest() < latest;
    let is_shared = pairs.iter().any(unended);
    let mut side: Vec<&Break<'_>> = Vec::new();
    for one in pairs.iter().filter(|(begun, _)| begun.date.latest() < latest) {
        let over = |ended: &Milestone| ended.date.latest() <= one.0.date.earliest();
        if side.iter().all(|(_, ended)| ended.is_some_and(over)) {
            side.clear();
        }
        side.push(one);
    }
    let is_open = side.iter().any(|(_, ended)| ended.is_none());
    let parts = side.iter().filter(|(begun, _)| begun.suspends_a_part());
    let mut parts: Vec<&str> = parts.map(|(begun, _)| begun.scope.as_str()).collect();
    parts.sort_unstable();
    parts.dedup();
    let open = if is_open && parts.len() > 1 { parts.join("; ") } else { String::new() };
    Some((place(all, milestone), earliest, latest, is_shared, open))
}

#[test]
fn each_suspension_ended_as_a_comparison_with_all_others_says() {
    let mut random = Random(9);
    let (mut named, mut unnamed) = (0, 0);
    for _ in 0..4000 {
        let life: Vec<Milestone> = (0..random.below(9)).map(|_| random.milestone()).collect();
        let all: Vec<&Milestone> = life.iter().collect();
        let liftings = Liftings::new(&all);
        for part in life.iter().filter(|one| one.suspends_a_part()) {
            let found = liftings.of(part).map(|one| {
                let milestone = place(&all, one.milestone);
                (milestone, one.earliest, one.latest, one.is_shared, one.open.to_string())
            });
            let by_name = by_name(part, &all);
            *(if by_name.is_some() { &mut named } else { &mut unnamed }) += 1;
            let wanted = by_name.or_else(|| silent(part, &all));
            assert_eq!(found, wanted, "{part:?} of {life:#?}");
        }
    }
    assert!(named > 1000 && unnamed > 1000, "{named} {unnamed}");
}
