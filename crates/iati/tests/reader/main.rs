//! The reader against files: published ones, good ones, bad ones, hostile ones.

mod bad_file;
mod bad_record;
mod encodings;
mod good;
mod hostile;
mod published;

use iati::{Activity, Event, Finding, Reader, Rule, Totals};

/// All a file gave.
#[derive(Debug, PartialEq)]
struct Outcome {
    activities: Vec<Activity>,
    findings: Vec<Finding>,
    totals: Totals,
}

impl Outcome {
    /// The findings of a rule.
    fn of(&self, rule: Rule) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| finding.rule == rule.as_str()).collect()
    }

    /// The one finding of a rule.
    fn one(&self, rule: Rule) -> &Finding {
        let found = self.of(rule);
        assert_eq!(found.len(), 1, "{rule:?} in {:#?}", self.findings);
        found[0]
    }

    /// The one activity, when the file had only that.
    fn activity(&self) -> &Activity {
        assert_eq!(self.activities.len(), 1, "{:#?}", self.findings);
        &self.activities[0]
    }

    fn identifiers(&self) -> Vec<&str> {
        self.activities.iter().map(|activity| activity.identifier.as_str()).collect()
    }
}

fn read(input: impl AsRef<[u8]>) -> Outcome {
    let mut reader = Reader::new(input.as_ref());
    let mut activities = Vec::new();
    let mut findings = Vec::new();
    for event in &mut reader {
        match event {
            Event::Record(activity, about) => {
                activities.push(*activity);
                findings.extend(about);
            }
            Event::Finding(finding) => findings.push(finding),
            Event::Part(_) => panic!("only a reader in parts delivers them"),
        }
    }
    check_balance(&activities, &reader);
    Outcome { activities, findings, totals: reader.totals() }
}

/// Each element is delivered or counted as not kept.
fn check_balance<R: std::io::Read>(activities: &[Activity], reader: &Reader<R>) {
    let census = reader.census();
    let transactions = activities.iter().flat_map(|it| &it.transactions);
    let delivered = activities.iter().map(|it| &it.elements);
    let delivered: u64 =
        delivered.chain(transactions.map(|it| &it.elements)).map(iati::Elements::total).sum();
    let all = census.around() + delivered + census.elements_not_kept();
    assert_eq!(all, reader.totals().elements, "{:?}", census.not_kept());
}

/// A 2.03 file of these activities.
fn file(activities: &str) -> String {
    format!("<iati-activities version=\"2.03\">\n{activities}\n</iati-activities>\n")
}

/// An activity with all it must have, and this besides.
fn activity(identifier: &str, more: &str) -> String {
    format!(
        "<iati-activity xml:lang=\"en\" default-currency=\"EUR\">\
         <iati-identifier>{identifier}</iati-identifier>\
         <reporting-org ref=\"XX-ORG\" type=\"10\"><narrative>Office</narrative></reporting-org>\
         <title><narrative>Water</narrative></title>\
         <activity-status code=\"2\"/>\
         <activity-date type=\"2\" iso-date=\"2020-01-01\"/>{more}</iati-activity>"
    )
}

/// A file of one activity `XX-1` with this besides.
fn with(more: &str) -> String {
    file(&activity("XX-1", more))
}

/// A disbursement of 10 with this in place of its `value`.
fn transaction(value: &str) -> String {
    format!(
        "<transaction><transaction-type code=\"3\"/>\
         <transaction-date iso-date=\"2021-05-06\"/>{value}</transaction>"
    )
}
