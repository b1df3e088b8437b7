//! The cases of an experiment, each with its bounds, as a table.

use std::fmt;
use std::time::Duration;

use super::calls::{Answer, Call};
use super::outcome::{Faults, Kept, Outcome};

/// A call that takes longer is a slow one.
const SLOW: Duration = Duration::from_secs(1);
/// So many failures are shown of each case.
const SHOWN: usize = 5;

/// The limits of a case. No case may lose a write or miss an event.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many of 10 000 calls may fail; all of them may be made twice.
    pub failed: usize,
    /// How many briefs may lack a part.
    pub degraded: usize,
    /// How long a call may take.
    pub longest: Duration,
    /// How long calls may go on to fail after what was away is back.
    pub back_within: Duration,
    /// How long after the answer to a write its event may come.
    pub lag: Duration,
}

/// Longer than any client waits.
const EVER: Duration = Duration::from_hours(1);

impl Bounds {
    /// Nothing may fail, or take longer than so long; an event may come twice as late.
    pub fn none_failed(longest: Duration) -> Self {
        Self { failed: 0, degraded: 0, longest, back_within: EVER, lag: 2 * longest }
    }

    /// Everything may fail until so long after what was away is back.
    pub const fn back_within(back_within: Duration) -> Self {
        Self { failed: 10_000, degraded: usize::MAX, longest: EVER, back_within, lag: EVER }
    }
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name in the table.
    pub name: String,
    /// The time of its begin, since the load began.
    pub begun: Duration,
    /// The time of its end.
    pub ended: Duration,
    /// The time at which what was away was back.
    pub back: Option<Duration>,
    /// Its limits.
    pub bounds: Bounds,
    /// Observations beside the load.
    pub remarks: Vec<String>,
    /// Bounds beside those of the load that were broken.
    pub broken: Vec<String>,
}

impl Case {
    /// A case that begins and has not ended.
    pub fn begin(name: &str, now: Duration, bounds: Bounds) -> Self {
        let name = name.to_owned();
        let (remarks, broken) = (Vec::new(), Vec::new());
        Self { name, begun: now, ended: Duration::MAX, back: None, bounds, remarks, broken }
    }
}

/// The results of a case.
#[derive(Clone, Debug)]
struct Row {
    case: Case,
    calls: usize,
    failures: Vec<Call>,
    degraded: Vec<Call>,
    slow: usize,
    longest: Duration,
    /// The kind of that call, and when it began.
    longest_is: String,
    kept: Kept,
    ends: usize,
}

/// The results of all cases.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    faults: Faults,
}

impl Table {
    /// The results of `cases` in a load.
    pub fn of(cases: Vec<Case>, outcome: &Outcome) -> Self {
        let rows = cases.into_iter().map(|case| Row::of(case, outcome)).collect();
        Self { rows, faults: outcome.faults() }
    }

    /// Returns whether every bound held.
    pub fn is_good(&self) -> bool {
        self.faults == Faults::default() && self.rows.iter().all(|row| row.broken().is_empty())
    }
}

impl Row {
    fn of(case: Case, outcome: &Outcome) -> Self {
        let (begun, ended) = (case.begun, case.ended);
        // What ends in a case may have begun in the one before: it is what happened here that it
        // met.
        let calls = outcome.calls.iter().filter(|call| (begun..ended).contains(&call.ended()));
        let calls: Vec<&Call> = calls.collect();
        let those = |is_one: fn(&Answer) -> bool| -> Vec<Call> {
            calls.iter().filter(|call| is_one(&call.answer)).map(|call| (*call).clone()).collect()
        };
        let longest = calls.iter().max_by_key(|call| call.took);
        let of = |call: &&Call| format!("{:?} at {:.1} s", call.kind, call.at.as_secs_f64());
        Self {
            calls: calls.len(),
            failures: those(|answer| matches!(answer, Answer::Failed(..))),
            degraded: those(|answer| matches!(answer, Answer::Degraded(_))),
            slow: calls.iter().filter(|call| call.took > SLOW).count(),
            longest: longest.map(|call| call.took).unwrap_or_default(),
            longest_is: longest.map(of).unwrap_or_default(),
            kept: outcome.kept(begun, ended),
            ends: outcome.ends(begun, ended),
            case,
        }
    }

    /// How long calls failed after what was away was back.
    fn back_after(&self) -> Option<Duration> {
        let back = self.case.back?;
        let bad = self.failures.iter().chain(&self.degraded);
        Some(bad.map(|call| call.ended().saturating_sub(back)).max().unwrap_or_default())
    }

    /// The bounds that did not hold.
    fn broken(&self) -> Vec<String> {
        let Bounds { failed, degraded, longest, back_within, lag } = self.case.bounds;
        let mut broken = self.case.broken.clone();
        let mut demand = |holds: bool, said: String| {
            if !holds {
                broken.push(said);
            }
        };
        let Kept { lost, missed, lag: late, lagged, .. } = self.kept;
        demand(self.calls > 0, "no call was made".to_owned());
        demand(lost == 0, format!("{lost} writes lost"));
        demand(missed == 0, format!("{missed} events missed"));
        let count = self.failures.len();
        // A share of few calls is at least one of them.
        let allowed = (failed * self.calls).div_ceil(10_000);
        demand(count <= allowed, format!("{count} calls failed"));
        let count = self.degraded.len();
        demand(count <= degraded, format!("{count} briefs degraded"));
        demand(self.longest <= longest, format!("{} took {:.1?}", self.longest_is, self.longest));
        let lagged = lagged.as_secs_f64();
        demand(late <= lag, format!("an event of a write at {lagged:.1} s came {late:.1?} late"));
        let after = self.back_after().unwrap_or_default();
        demand(after <= back_within, format!("failures until {after:.1?} after the end"));
        broken
    }

    fn shown(&self) -> Vec<String> {
        let bad = self.failures.iter().chain(&self.degraded).take(SHOWN);
        let shown = bad.map(|call| {
            let Call { kind, at, took, answer } = call;
            format!("{kind:?} at {:.1} s for {took:.1?}: {answer:?}", at.as_secs_f64())
        });
        shown.collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| case | s | calls | failed | degraded | over 1 s | longest | writes | lost | missed | streams ended | longest lag | |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        writeln!(f, "{}", self.faults)?;
        for row in &self.rows {
            let broken = row.broken();
            if broken.is_empty() {
                continue;
            }
            writeln!(f, "{}: {}", row.case.name, broken.join("; "))?;
            for line in row.shown() {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kept { writes, lost, missed, lag, .. } = self.kept;
        let seconds = self.case.ended.saturating_sub(self.case.begun).as_secs_f64();
        let (failed, degraded) = (self.failures.len(), self.degraded.len());
        let mut remarks = self.case.remarks.clone();
        remarks
            .extend(self.back_after().map(|after| format!("well {after:.1?} after it was back")));
        write!(
            f,
            "| {} | {seconds:.0} | {} | {failed} | {degraded} | {} | {:.2?} | {writes} | {lost} | {missed} | {} | {lag:.2?} | {} |",
            self.case.name,
            self.calls,
            self.slow,
            self.longest,
            self.ends,
            remarks.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::super::calls::Kind;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn call(at: u32, took: u32, answer: Answer) -> Call {
        Call { kind: Kind::GetBrief, at: SECOND * at, took: SECOND * took, answer }
    }

    fn failed() -> Answer {
        Answer::Failed(Code::Unavailable, "away".to_owned())
    }

    fn table(bounds: Bounds, back: Option<u32>, calls: Vec<Call>) -> Table {
        let ended = 10 * SECOND;
        let back = back.map(|back| SECOND * back);
        let case = Case { ended, back, ..Case::begin("a case", Duration::ZERO, bounds) };
        Table::of(vec![case], &Outcome { calls, ..Outcome::default() })
    }

    #[test]
    fn a_bound_that_does_not_hold_is_named() {
        let none = Bounds::none_failed(3 * SECOND);
        let few = Bounds { failed: 3000, ..none };
        let good = || call(1, 0, Answer::Good);
        let degraded = Answer::Degraded("rights".to_owned());
        for (bounds, calls, said) in [
            (none, vec![], "no call was made"),
            (none, vec![good(), call(1, 0, failed())], "1 calls failed"),
            (few, vec![good(), call(1, 0, failed()), call(2, 0, failed())], "2 calls failed"),
            (none, vec![call(1, 0, degraded)], "1 briefs degraded"),
            (none, vec![call(1, 4, Answer::Good)], "GetBrief at 1.0 s took 4.0s"),
        ] {
            let table = table(bounds, None, calls);
            assert!(!table.is_good(), "{table}");
            assert!(table.to_string().contains(&format!("a case: {said}")), "{table}");
        }
        assert!(table(few, None, vec![good(), call(1, 0, failed())]).is_good());
        assert!(table(none, None, vec![good(), call(11, 0, failed())]).is_good());
    }

    #[test]
    fn what_was_away_may_fail_until_it_is_back() {
        let bounds = Bounds::back_within(2 * SECOND);

        assert!(table(bounds, Some(4), vec![call(1, 0, failed()), call(5, 0, failed())]).is_good());
        let late = table(bounds, Some(4), vec![call(7, 0, failed())]);
        assert!(late.to_string().contains("failures until 3.0s after the end"), "{late}");
    }
}
