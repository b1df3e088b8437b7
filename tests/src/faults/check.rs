//! The checks of a record against the ledgers of its clients, once every write has been answered:
//! pure functions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use uuid::Uuid;

use super::body::{Body, Kind};
use super::ledger::Acknowledged;
use super::record::{Record, Version};

/// How a promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An acknowledged write is not there, or not as it was acknowledged.
    Lost,
    /// A write is there twice, or was answered in two ways.
    Doubled,
    /// Part of a write is there without the rest.
    Half,
    /// A write is there that nobody was told of, though every request was answered.
    Stray,
    /// A write got an answer that it must not get.
    Refused,
    /// A CONFIDENTIAL resource was shown, and the log has no line of it.
    Unlogged,
    /// The storm could not go on.
    BrokenOff,
}

impl Fault {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Doubled,
        Self::Half,
        Self::Stray,
        Self::Refused,
        Self::Unlogged,
        Self::BrokenOff,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Half => "half written",
            Self::Stray => "never acknowledged",
            Self::Refused => "refused",
            Self::Unlogged => "shown without a line in the log",
            Self::BrokenOff => "broken off",
        })
    }
}

/// A broken promise, with the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which promise.
    pub fault: Fault,
    /// The finding, in words.
    pub what: String,
}

impl Finding {
    /// A broken promise.
    pub fn new(fault: Fault, what: impl Into<String>) -> Self {
        Self { fault, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault, self.what)
    }
}

/// The lines of a report: how many of each, and the first of them.
pub(super) fn write_findings(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    let count = |fault| findings.iter().filter(|finding| finding.fault == fault).count();
    let counts = Fault::ALL.map(|fault| format!("{} {fault}", count(fault)));
    writeln!(f, "  {}", counts.join(", "))?;
    for finding in findings.iter().take(20) {
        writeln!(f, "  {finding}")?;
    }
    Ok(())
}

/// Everything that does not hold.
pub fn check(ledger: &[Acknowledged], record: &Record) -> Vec<Finding> {
    let mut findings = log(record);
    findings.extend(versions_and_changes(record));
    for (kind, versions) in &record.versions {
        findings.extend(chains(kind, versions));
    }
    findings.extend(ledger_and_versions(ledger, record));
    findings
}

/// The log has no gap and no step back, and the head is where it ends.
fn log(record: &Record) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (change, wanted) in record.changes.iter().zip(1..) {
        if change.seq != wanted {
            findings.push(Finding::new(
                Fault::Half,
                format!("change {} stands where {wanted} should", change.seq),
            ));
            break;
        }
    }
    for pair in record.changes.windows(2) {
        if pair[1].time <= pair[0].time {
            findings.push(Finding::new(
                Fault::Half,
                format!("change {} is not later than the one before", pair[1].seq),
            ));
        }
    }
    let last = record.changes.last().map(|change| (change.seq, change.time)).unwrap_or_default();
    if record.head.0 != last.0 || record.head.1 < last.1 {
        let what = format!("the head is {:?}, the last change {last:?}", record.head);
        findings.push(Finding::new(Fault::Half, what));
    }
    findings
}

/// Every change has its version, and every version its change.
fn versions_and_changes(record: &Record) -> Vec<Finding> {
    let versions: HashSet<(&str, Uuid, i64, i64)> = record
        .versions
        .iter()
        .flat_map(|(kind, versions)| versions.iter().map(move |version| (kind, version)))
        .map(|(kind, version)| {
            (kind.as_str(), version.uid, version.revision, version.recorded_from)
        })
        .collect();
    let changes: HashSet<(&str, Uuid, i64, i64)> = record
        .changes
        .iter()
        .filter(|change| record.versions.contains_key(&change.kind) && !change.is_read())
        .map(|change| (change.kind.as_str(), change.uid, change.revision, change.time))
        .collect();
    let alone = |what: &str, (kind, uid, revision, time): &(&str, Uuid, i64, i64)| {
        let what = format!("{kind} {uid} revision {revision} of {time} {what}");
        Finding::new(Fault::Half, what)
    };
    let of_changes = changes.difference(&versions).map(|change| alone("has no version", change));
    let of_versions = versions.difference(&changes).map(|version| alone("has no change", version));
    of_changes.chain(of_versions).collect()
}

/// The versions of a resource follow each other without a gap, and the last one stands.
fn chains(kind: &str, versions: &[Version]) -> Vec<Finding> {
    let mut resources: BTreeMap<Uuid, Vec<&Version>> = BTreeMap::new();
    for version in versions {
        resources.entry(version.uid).or_default().push(version);
    }
    let mut findings = Vec::new();
    for (uid, mut chain) in resources {
        chain.sort_by_key(|version| version.revision);
        let next = chain.iter().skip(1).map(|version| version.recorded_from).chain([i64::MAX]);
        for ((version, wanted), end) in chain.iter().zip(1..).zip(next) {
            if version.revision != wanted || version.recorded_to != end {
                let what = format!(
                    "{kind} {uid}: revision {} stands where {wanted} should, until {} instead of {end}",
                    version.revision, version.recorded_to
                );
                findings.push(Finding::new(Fault::Half, what));
            }
        }
    }
    findings
}

/// Every acknowledged write is in one version, as it was acknowledged, and no version holds
/// anything else.
fn ledger_and_versions(ledger: &[Acknowledged], record: &Record) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found: HashMap<u64, Vec<(&Version, Body)>> = HashMap::new();
    for kind in [Kind::Party, Kind::Agreement] {
        for version in record.versions.get(kind.word()).into_iter().flatten() {
            let body = Body::of_document(kind, &version.document);
            let numbered = body.and_then(|body| Ok((body.number()?, body)));
            match numbered {
                Ok((number, body)) => {
                    if body != Body::numbered(number, body.parties.clone()) {
                        let what = format!("the document of write {number} is not whole");
                        findings.push(Finding::new(Fault::Half, what));
                    }
                    found.entry(number).or_default().push((version, body));
                }
                Err(error) => {
                    let what = format!("{kind} {} has no whole document: {error:#}", version.uid);
                    findings.push(Finding::new(Fault::Half, what));
                }
            }
        }
    }
    for acknowledged in ledger {
        let number = acknowledged.number;
        let there = found.remove(&number).unwrap_or_default();
        if there.len() > 1 {
            let what = format!("write {number} is in {} versions", there.len());
            findings.push(Finding::new(Fault::Doubled, what));
        }
        if !there.iter().any(|(version, body)| is(acknowledged, version, body)) {
            let what = format!("write {number} of {}", acknowledged.name);
            findings.push(Finding::new(Fault::Lost, what));
        }
    }
    findings.extend(found.into_keys().map(|number| {
        Finding::new(Fault::Stray, format!("write {number} is there and was not acknowledged"))
    }));
    findings
}

fn is(acknowledged: &Acknowledged, version: &Version, body: &Body) -> bool {
    version.uid == acknowledged.uid
        && version.name == acknowledged.name
        && version.recorded_from == acknowledged.recorded
        && body.hash() == acknowledged.body
}

#[cfg(test)]
mod tests {
    use prost_reflect::prost::Message;

    use super::super::record::Change;
    use super::*;

    type Tamper = fn(&mut Vec<Acknowledged>, &mut Record);

    /// An agreement written three times, and a party.
    fn kept() -> (Vec<Acknowledged>, Record) {
        let (agreement, party) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (mut ledger, mut record) = (Vec::new(), Record::default());
        let writes = [
            (party, Kind::Party, 1),
            (agreement, Kind::Agreement, 1),
            (agreement, Kind::Agreement, 2),
            (agreement, Kind::Agreement, 3),
        ];
        for ((uid, kind, revision), number) in writes.into_iter().zip(1_u64..) {
            let parties =
                if kind == Kind::Agreement { vec!["parties/a".to_owned()] } else { vec![] };
            let body = Body::numbered(number, parties);
            let time = 1000 + i64::try_from(number).unwrap();
            let name = format!("{kind}/{uid}");
            let versions = record.versions.entry(kind.word().to_owned()).or_default();
            if let Some(before) = versions.last_mut() {
                before.recorded_to = time;
            }
            versions.push(Version {
                uid,
                revision,
                name: name.clone(),
                recorded_from: time,
                recorded_to: i64::MAX,
                document: match kind {
                    Kind::Party => body.party().encode_to_vec(),
                    Kind::Agreement => document(&body),
                },
            });
            let seq = i64::try_from(number).unwrap();
            let (kind_word, operation) = (kind.word().to_owned(), "create".to_owned());
            let caller = "writer".to_owned();
            let change = Change { time, seq, kind: kind_word, uid, revision, operation, caller };
            record.changes.push(change);
            record.head = (seq, time);
            let (etag, body) = (String::new(), body.hash());
            ledger.push(Acknowledged { number, kind, name, uid, etag, recorded: time, body });
        }
        (ledger, record)
    }

    /// The document of an agreement.
    fn document(body: &Body) -> Vec<u8> {
        body.agreement().encode_to_vec()
    }

    fn agreements(record: &mut Record) -> &mut Vec<Version> {
        record.versions.get_mut("agreement").unwrap()
    }

    #[test]
    fn what_was_kept_is_not_complained_of() {
        let (ledger, record) = kept();

        assert_eq!(check(&ledger, &record), []);
    }

    #[test]
    fn every_way_to_break_a_promise_is_found() {
        let ways: [(Fault, Tamper); 14] = [
            (Fault::Lost, |_, record| drop(agreements(record).pop())),
            (Fault::Lost, |_, record| agreements(record)[1].recorded_from += 1),
            (Fault::Lost, |_, record| agreements(record)[1].name.push('x')),
            (Fault::Lost, |ledger, _| ledger[2].body = ledger[1].body.clone()),
            (Fault::Lost, |_, record| {
                agreements(record)[1].document = document(&Body::numbered(3, vec![]));
            }),
            (Fault::Doubled, |_, record| {
                agreements(record)[2].document = agreements(record)[1].document.clone();
            }),
            (Fault::Stray, |ledger, _| drop(ledger.remove(1))),
            (Fault::Half, |_, record| drop(agreements(record).pop())),
            (Fault::Half, |_, record| drop(record.changes.remove(1))),
            (Fault::Half, |_, record| record.changes[2].revision = 9),
            (Fault::Half, |_, record| record.changes[2].time = record.changes[1].time),
            (Fault::Half, |_, record| record.head.0 += 1),
            (Fault::Half, |_, record| agreements(record)[0].recorded_to = i64::MAX),
            (Fault::Half, |_, record| {
                let before = &agreements(record)[1].document;
                let mut body = Body::of_document(Kind::Agreement, before).unwrap();
                body.note = body.note.replace("End of", "");
                agreements(record)[1].document = document(&body);
            }),
        ];
        for (place, (fault, tamper)) in ways.into_iter().enumerate() {
            let (mut ledger, mut record) = kept();
            tamper(&mut ledger, &mut record);

            let findings = check(&ledger, &record);

            assert!(findings.iter().any(|finding| finding.fault == fault), "{place}: {findings:?}");
        }
    }

    #[test]
    fn a_document_that_is_cut_off_is_half_written() {
        let (ledger, mut record) = kept();
        agreements(&mut record)[0].document.truncate(20);

        let faults: Vec<Fault> = check(&ledger, &record).iter().map(|one| one.fault).collect();

        assert_eq!(faults, [Fault::Half, Fault::Lost]);
    }
}
