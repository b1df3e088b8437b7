//! Input made to hurt: it costs little, and the reader never panics.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use iati::{Event, Finding, Reader, Rule, Severity};

use crate::{activity, file, read, transaction, with};

/// Gives text over and over without ever holding it.
struct Repeat {
    head: Vec<u8>,
    unit: Vec<u8>,
    at: usize,
    total: usize,
}

impl Repeat {
    fn new(head: &str, unit: &str, total: usize) -> Self {
        let unit = unit.repeat(64 * 1024 / unit.len() + 1);
        Self { head: head.as_bytes().to_vec(), unit: unit.into_bytes(), at: 0, total }
    }
}

impl Read for Repeat {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.total.saturating_sub(self.at);
        let from = match self.at.checked_sub(self.head.len()) {
            None => &self.head[self.at..],
            Some(past) => &self.unit[past % self.unit.len()..],
        };
        let count = from.len().min(into.len()).min(left);
        into[..count].copy_from_slice(&from[..count]);
        self.at += count;
        Ok(count)
    }
}

/// The findings, and how many bytes the reader took for them.
fn stopped_after(head: &str, unit: &str) -> (Vec<Finding>, u64) {
    let mut reader = Reader::new(Repeat::new(head, unit, 200_000_000));
    let mut findings = Vec::new();
    for event in &mut reader {
        match event {
            Event::Finding(finding) => findings.push(finding),
            Event::Record(..) | Event::Part(_) => panic!("there is no whole activity"),
        }
    }
    (findings, reader.totals().bytes)
}

#[test]
fn endless_pieces_stop_the_reading_soon() {
    let root = "<iati-activities version='2.03'>";
    let title = format!("{root}<iati-activity><title><narrative>");
    for (head, unit, rule) in [
        (title.clone(), "text ", Rule::PieceTooLong),
        (format!("{title}<![CDATA["), "text ", Rule::PieceTooLong),
        (format!("{title}&"), "name", Rule::PieceTooLong),
        (format!("{root}<!--"), "comment ", Rule::PieceTooLong),
        (format!("{root}<?x "), "word ", Rule::PieceTooLong),
        (format!("{root}<"), "name", Rule::PieceTooLong),
        (format!("{root}<iati-activity a='"), "value", Rule::PieceTooLong),
        (format!("{root}<iati-activity "), "a='1' ", Rule::PieceTooLong),
        ("<iati-activities ".to_owned(), "a='1' ", Rule::PieceTooLong),
        (root.to_owned(), "<a>", Rule::TooDeep),
        (title.clone(), "<a>", Rule::TooDeep),
        ("<!DOCTYPE x [".to_owned(), "<!ENTITY a 'b'>", Rule::PieceTooLong),
    ] {
        let (findings, bytes) = stopped_after(&head, unit);

        let last = findings.last().unwrap();
        assert_eq!(last.rule, rule.as_str(), "{head}{unit}");
        assert_eq!(last.severity, Severity::Critical);
        assert!(bytes < 2_000_000, "{bytes} bytes for {head}{unit}");
    }
}

fn too_many_attributes() -> String {
    let attributes: Vec<String> = (0..257).map(|number| format!(" a{number}=''")).collect();
    attributes.concat()
}

#[test]
fn an_activity_over_a_limit_is_skipped_and_the_next_is_read() {
    let long = "x".repeat(300 * 1024);
    let many = too_many_attributes();
    let big_text = format!("<title><narrative>{}</narrative></title>", "x".repeat(200 * 1024));
    for (part, rule) in [
        (format!("<title><narrative>{long}</narrative></title>"), Rule::TextTooLong),
        (
            format!("<title><narrative>{}</narrative></title>", "a&amp;".repeat(200_000)),
            Rule::TextTooLong,
        ),
        (format!("<sector code='{}'/>", &long[..70 * 1024]), Rule::AttributeTooLong),
        (format!("<other code='{}'/>", &long[..70 * 1024]), Rule::AttributeTooLong),
        (format!("<sector{many}/>"), Rule::TooManyAttributes),
        (format!("<other{many}/>"), Rule::TooManyAttributes),
        (big_text.repeat(90), Rule::ActivityTooLarge),
        ("<sector/>".repeat(100_001), Rule::ActivityTooLarge),
    ] {
        let outer = format!("{part}{}", transaction("<value>1</value>"));
        let input = file(&format!("{}{}", activity("XX-1", &outer), activity("XX-2", "")));

        let outcome = read(input);

        assert_eq!(outcome.identifiers(), ["XX-2"], "{rule:?}");
        let finding = outcome.one(rule);
        assert_eq!(outcome.findings.len(), 1, "{rule:?}");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.identifier.as_deref(), Some("XX-1"));
        assert_eq!((outcome.totals.records, outcome.totals.children), (2, 1));
    }
}

#[test]
fn limits_on_the_activity_element_and_its_identifier_hold_too() {
    let many = too_many_attributes();
    let id = "<iati-identifier>XX-1</iati-identifier>";
    let long_id = format!("<iati-identifier>{}</iati-identifier>", "x".repeat(300 * 1024));
    for (element, rule) in [
        (format!("<iati-activity{many}>{id}</iati-activity>"), Rule::TooManyAttributes),
        (format!("<iati-activity>{long_id}</iati-activity>"), Rule::TextTooLong),
    ] {
        let outcome = read(file(&format!("{element}{}", activity("XX-2", ""))));

        assert_eq!(outcome.identifiers(), ["XX-2"]);
        outcome.one(rule);
    }
    read(format!("<iati-activities{many}>")).one(Rule::TooManyAttributes);
}

#[test]
fn values_full_of_ampersands_cost_no_more_than_others() {
    let sector = format!("<sector code='{}'/>", "&".repeat(60 * 1024));
    let input = with(&sector.repeat(50));
    let started = Instant::now();

    let outcome = read(input);

    assert_eq!(outcome.activity().sectors.len(), 50);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn findings_of_one_activity_are_bounded() {
    let outcome = read(with(&"<sector/>".repeat(5000)));

    assert_eq!(outcome.of(Rule::CodeMissing).len(), 1000);
    assert!(outcome.one(Rule::FindingsLeftOut).message.contains("4000 more"));
}

/// Our own sample with a bit of everything that is read.
fn sample() -> String {
    let parts = format!(
        "<description><narrative xml:lang='ru'>Вода &amp; <![CDATA[<x>]]></narrative></description>\
         <sector code='14030' percentage='100'/><recipient-country code='KZ' percentage='100'/>\
         <budget type='1'><period-start iso-date='2021-01-01'/><period-end iso-date='2021-12-31'/>\
         <value currency='USD'>1,234.5</value></budget>{}",
        transaction("<value currency='USD' value-date='2021-01-01'>12.50</value>")
    );
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- own -->\n";
    format!(
        "{head}{}",
        file(&format!("{}\n{}", activity("XX-1", &parts), activity("XX-2", &parts)))
    )
}

/// Checks what must hold whatever the input was.
fn check_anything(input: &[u8]) {
    let outcome = read(input);

    let delivered = outcome.activities.len() as u64;
    assert!(delivered <= outcome.totals.records);
    assert!(outcome.totals.bytes <= input.len() as u64);
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    for finding in &outcome.findings {
        assert!((1..=lines).contains(&finding.line), "{finding:?}");
        assert!(!finding.message.is_empty());
    }
}

#[test]
fn a_sample_cut_anywhere_is_read_up_to_there() {
    let sample = sample();
    let whole = read(&sample).activities;
    assert_eq!(whole.len(), 2);
    for end in 0..sample.len() - 1 {
        let outcome = read(&sample.as_bytes()[..end]);

        check_anything(&sample.as_bytes()[..end]);
        assert_eq!(outcome.activities, whole[..outcome.activities.len()], "{end}");
        // All but the last line end is needed, so each cut is reported.
        let told = outcome.of(Rule::Truncated).len() + outcome.of(Rule::NotXml).len();
        assert_eq!(told, 1, "{end}: {:#?}", outcome.findings);
    }
}

#[test]
fn flipped_swapped_and_repeated_bytes_never_panic() {
    let sample = sample().into_bytes();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below is a usize")
    };
    let spice = b"<>&;'\"/!?[]-= \0\n\r\xff\xfe\xc3\xed";
    for _ in 0..3000 {
        let mut input = sample.clone();
        for _ in 0..=random(4) {
            let at = random(input.len());
            match random(4) {
                0 => input[at] ^= 1 << random(8),
                1 => input[at] = spice[random(spice.len())],
                2 => drop(input.drain(at..(at + random(97)).min(input.len()))),
                _ => {
                    let piece = input[at..(at + random(97)).min(input.len())].to_vec();
                    let to = random(input.len());
                    input.splice(to..to, piece);
                }
            }
            if input.is_empty() {
                break;
            }
        }
        check_anything(&input);
    }
}

#[test]
fn reading_byte_by_byte_gives_the_same() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(1);
            self.0.read(&mut into[..count])
        }
    }
    let sample = sample();

    let fast: Vec<Event> = Reader::new(sample.as_bytes()).collect();
    let slow: Vec<Event> = Reader::new(Slow(sample.as_bytes())).collect();

    assert_eq!(fast, slow);
}
