//! Files that are wrong as a whole.

use std::io::{self, Read};

use iati::{Event, Reader, Rule, Severity};

use crate::{activity, file, read, transaction, with};

#[test]
fn what_is_not_xml_is_refused_with_a_guess() {
    for (input, guess) in [
        ("", "empty"),
        ("PK\u{3}\u{4} sheet", "ZIP"),
        ("{\"activities\": []}", "JSON"),
        ("identifier;title\nXX-1;Water", "not XML"),
        ("   \n  ", "not XML"),
        ("<", "not XML"),
        ("&#65;", "not XML"),
        ("<!-- only a comment -->", "not XML"),
    ] {
        let outcome = read(input);

        let finding = outcome.one(Rule::NotXml);
        assert_eq!(outcome.findings.len(), 1, "{input}");
        assert_eq!(finding.severity, Severity::Critical);
        assert!(finding.message.contains(guess), "{input}: {}", finding.message);
    }
}

#[test]
fn xml_with_another_root_is_refused_by_name() {
    let outcome = read("<?xml version=\"1.0\"?>\n<rss><iati-activities/></rss>");

    let finding = outcome.one(Rule::NotIati);
    assert!(finding.message.contains("\"rss\""), "{}", finding.message);
    assert_eq!((finding.line, outcome.findings.len()), (2, 1));
}

#[test]
fn a_lone_activity_is_told_to_be_wrapped() {
    let outcome = read(activity("XX-1", ""));

    assert!(outcome.one(Rule::NotIati).message.contains("put it in iati-activities"));
    assert_eq!(outcome.totals.records, 0);
}

#[test]
fn an_organisation_file_is_not_read() {
    let outcome = read("<iati-organisations version=\"2.03\"><iati-organisation/>");

    let finding = outcome.one(Rule::OrganisationFile);
    assert!(finding.message.contains("organisation file: not read here"));
    assert_eq!(outcome.findings.len(), 1);
}

#[test]
fn a_file_without_activities_is_noted() {
    for input in ["<iati-activities version=\"2.03\"/>".to_owned(), file("")] {
        let outcome = read(input);

        assert_eq!(outcome.one(Rule::NoActivities).severity, Severity::Advisory);
    }
}

#[test]
fn a_broken_off_file_gives_what_was_whole_and_says_how_much() {
    let whole = file(&format!("{}\n{}", activity("XX-1", ""), activity("XX-2", "")));
    let second = whole.rfind("<title>").unwrap();
    for end in [second, second + 3, second + 20, whole.len() - 10] {
        let outcome = read(&whole[..end]);

        let finding = outcome.one(Rule::Truncated);
        let delivered = outcome.activities.len();
        assert_eq!(outcome.identifiers(), ["XX-1", "XX-2"][..delivered], "{end}");
        let count = format!("before it: {delivered};");
        assert!(finding.message.contains(&count), "{}", finding.message);
        assert!(finding.line >= 3, "{}", finding.line);
        assert_eq!(outcome.totals.records, 2, "{end}");
    }
}

#[test]
fn broken_markup_ends_the_reading_at_its_line() {
    for broken in [
        "<title></narrative>",
        "<title a=1/>",
        "<title a='1' a='2'/>",
        "<title a/>",
        "<!WRONG>",
        "</wrong>",
    ] {
        let input = file(&format!(
            "{}\n{}\n{}",
            activity("XX-1", ""),
            activity("XX-2", broken),
            activity("XX-3", "")
        ));

        let outcome = read(input);

        let finding = outcome.one(Rule::NotWellFormed);
        assert_eq!(outcome.identifiers(), ["XX-1"], "{broken}");
        assert_eq!(finding.line, 3, "{broken}");
    }
}

#[test]
fn what_follows_the_root_is_refused_after_all_was_read() {
    for tail in ["<iati-activities/>", "text", "&amp;"] {
        let outcome = read(format!("{}{tail}", with("")));

        assert_eq!(outcome.identifiers(), ["XX-1"], "{tail}");
        outcome.one(Rule::NotWellFormed);
    }
    assert_eq!(read(format!("{}\n<!-- end -->\n", with(""))).findings, []);
}

#[test]
fn a_doctype_stops_the_reading_before_anything_is_expanded() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>\n";
    let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">";
    for doctype in [laughs, outside, "<!DOCTYPE html>"] {
        let outcome = read(format!("{doctype}{}", with("")));

        assert_eq!(outcome.activities, [], "{doctype}");
        assert_eq!(outcome.one(Rule::Doctype).severity, Severity::Critical);
        assert_eq!(outcome.findings.len(), 1);
    }
}

#[test]
fn activities_of_a_1_x_file_are_counted_and_skipped_one_by_one() {
    let old = "<iati-activity><title>Old</title><transaction/><transaction/>\
               <iati-identifier> OLD-1 </iati-identifier></iati-activity>\n\
               <iati-activity><iati-identifier/></iati-activity>";
    for version in ["1.03", "1.0", "1"] {
        let outcome = read(format!("<iati-activities version='{version}'>{old}</iati-activities>"));

        assert_eq!(outcome.activities, []);
        assert_eq!(outcome.one(Rule::VersionOneFile).line, 1);
        let found = outcome.of(Rule::VersionOne);
        let records: Vec<_> = found.iter().map(|it| (it.identifier.as_deref(), it.line)).collect();
        assert_eq!(records, [(Some("OLD-1"), 1), (None, 2)]);
        assert_eq!((outcome.totals.records, outcome.totals.children), (2, 2));
    }
}

#[test]
fn without_a_known_version_the_shape_of_each_activity_decides() {
    let old = [
        "<title>Old</title>",
        "<transaction><transaction-type code='D'/></transaction>",
        "<activity-date type='start-actual' iso-date='2012-01-01'/>",
        "<participating-org role='Funding'/>",
    ];
    for (version, rule) in [("", Rule::VersionMissing), ("version='xx'", Rule::VersionUnknown)] {
        for shape in old {
            let new = activity("XX-1", "");
            let outcome = read(format!(
                "<iati-activities {version}>{new}<iati-activity>{shape}\
                 <iati-identifier>OLD-1</iati-identifier></iati-activity></iati-activities>"
            ));

            assert_eq!(outcome.one(rule).severity, Severity::Warning);
            assert_eq!(outcome.identifiers(), ["XX-1"], "{shape}");
            let skipped = outcome.one(Rule::VersionOne);
            assert_eq!(skipped.identifier.as_deref(), Some("OLD-1"), "{shape}");
        }
    }
}

#[test]
fn an_activity_that_calls_itself_1_x_is_skipped_in_any_file() {
    let old = "<iati-activity version='1.05'><iati-identifier>OLD-1</iati-identifier>";
    let outcome = read(file(&format!("{old}</iati-activity>{}", activity("XX-1", ""))));

    assert_eq!(outcome.identifiers(), ["XX-1"]);
    outcome.one(Rule::VersionOne);
}

#[test]
fn a_namespace_on_the_root_is_read_with_a_warning() {
    let input = with(&transaction("<value>1</value>"))
        .replace("<iati-activities ", "<iati-activities xmlns='urn:iati' ");

    let outcome = read(input);

    assert_eq!(outcome.activity().transactions.len(), 1);
    outcome.one(Rule::NamespaceUnexpected);
}

#[test]
fn an_input_that_fails_gives_what_was_whole() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the line is dead"))
        }
    }
    let whole = activity("XX-1", &"<other/>".repeat(200));
    let head = format!("<iati-activities version='2.03'>{whole}<iati-activity>");

    let events: Vec<Event> = Reader::new(head.as_bytes().chain(Failing)).collect();

    let [Event::Record(..), Event::Finding(finding)] = &events[..] else {
        panic!("{events:#?}");
    };
    assert_eq!(finding.rule, Rule::ReadFailed.as_str());
    assert!(finding.message.contains("the line is dead"));
}
