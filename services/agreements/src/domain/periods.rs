//! On which days an agreement stands where: what a filter asks with `status_on`.

use chronicle::Period;
use facts::Day;
use facts::vocabulary::Vocabulary;

use super::milestone::{Milestone, followed};
use super::moves::{moves, of_party};
use super::status::state;

/// The state on every day there is, as [`super::status::on`] has it for no party in particular. The
/// record keeps it beside each version: whoever changes what it says adds a migration that fills it
/// again (`store/migrations.rs`).
pub fn periods(milestones: &[Milestone]) -> Vec<Period> {
    let moves = moves(&of_party(followed(milestones), ""));
    let mut turns = vec![Day::FIRST];
    turns.extend(moves.iter().flat_map(|one| [one.earliest, one.latest]));
    turns.sort();
    turns.dedup();
    let mut periods: Vec<Period> = Vec::new();
    for day in turns {
        let value = state(&moves, day).word();
        if let Some(last) = periods.last_mut() {
            if last.value == value {
                continue;
            }
            last.until = Some(day);
        }
        periods.push(Period { value, from: day, until: None });
    }
    periods
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;

    use facts::{Confidence, PartialDate, Qualifier};

    use super::*;
    use crate::domain::milestone::MilestoneKind;
    use crate::domain::status;

    /// Numbers that follow from a seed.
    struct Random(u64);

    impl Random {
        fn below(&mut self, most: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap() % most
        }
    }

    /// A day, a month or the whole of 2001, or of 2002 now and then; known by then, from then on,
    /// or with two ends.
    fn date(random: &mut Random) -> PartialDate {
        let of = |most: i32, random: &mut Random| {
            i32::try_from(random.below(usize::try_from(most).unwrap())).unwrap()
        };
        let year = 2001 + i32::from(random.below(6) == 0);
        let month = of(13, random);
        let day = if month == 0 || random.below(3) == 0 { 0 } else { 1 + of(28, random) };
        let mut date = PartialDate::new(year, month, day).unwrap();
        match random.below(10) {
            0 => date.qualifier = Some(Qualifier::Until),
            1 => date.qualifier = Some(Qualifier::From),
            2 => date.qualifier = Some(Qualifier::Circa),
            3 => date = date.clone().until(2002, of(13, random), 0).unwrap_or(date),
            _ => {}
        }
        date
    }

    /// A life with inexact, contradictory and repeated milestones, in no order.
    fn life(random: &mut Random) -> Vec<Milestone> {
        let kinds = MilestoneKind::ALL;
        let milestone = |random: &mut Random| {
            let kind = kinds[random.below(kinds.len())];
            let one = Milestone::new(kind, date(random));
            let mut one = Milestone {
                party: ["", "", "", "parties/kz"][random.below(4)].to_owned(),
                confidence: [None, Some(Confidence::Certain), Some(Confidence::Unsure)]
                    [random.below(3)],
                preferred: random.below(5) == 0,
                scope: ["", "", "a part"][random.below(3)].to_owned(),
                ..one
            };
            // The lifting of a part does not change the state: others try it (`provision_status`).
            if one.kind == MilestoneKind::SuspensionLifted {
                one.scope.clear();
            }
            one
        };
        (0..random.below(9)).map(|_| milestone(random)).collect()
    }

    fn on(periods: &[Period], day: Day) -> &'static str {
        let has = |one: &&Period| one.from <= day && one.until.is_none_or(|until| day < until);
        let mut found = periods.iter().filter(has);
        let value = found.next().unwrap().value;
        assert!(found.next().is_none(), "{periods:?} have one value on {day}");
        value
    }

    #[test]
    fn the_periods_say_of_every_day_what_the_status_says() {
        let mut random = Random(7);
        let mut seen = BTreeSet::new();
        for _ in 0..150 {
            let life = life(&mut random);
            let periods = periods(&life);
            let far = [10_101, 19_990_101, 20_500_101, 99_991_230, 99_991_231].map(Day);
            let near = std::iter::successors(Some(Day(20_001_230)), |day| Some(day.next()));
            let near = near.take_while(|day| *day < Day(20_030_103));
            for day in near.chain(far) {
                let state = status::on(&life, "", day).state;
                assert_eq!(on(&periods, day), state.word(), "{day} of {life:#?}");
                seen.insert(state.word());
            }
            assert!(periods.windows(2).all(|two| two[0].value != two[1].value), "{periods:?}");
        }
        assert!(seen.len() > 14, "{seen:?}");
    }

    /// Where this differs, a database holds what was said before: add a `Refill` to
    /// `store/migrations.rs`, then renew the file.
    #[test]
    fn other_periods_need_a_migration() {
        let mut random = Random(11);
        let mut text = String::new();
        for number in 0..60 {
            let _ = write!(text, "{number}:");
            for Period { value, from, .. } in periods(&life(&mut random)) {
                let _ = write!(text, " {from} {value}");
            }
            text.push('\n');
        }
        testkit::pinned(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/periods.txt"), &text);
    }
}
