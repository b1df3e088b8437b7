//! A format that only this test knows: minutes of meetings. `# council-1 The council` begins a
//! meeting, `+ trade` is a topic of it, `! hear, hear` a remark that nothing has a place for; all
//! else is no minutes.

use std::io::{BufRead, BufReader, Lines, Read};

use formats::{Census, Elements, Event, Finding, PathId, Reader, Record, Severity, TOP, Totals};

/// Topics of a meeting after which a part of it is delivered.
const PART: usize = 3;

#[derive(Debug, Default)]
pub struct Meeting {
    line: u64,
    pub identifier: String,
    pub title: String,
    topics: Vec<Topic>,
    elements: Elements,
}

#[derive(Debug)]
pub struct Topic {
    line: u64,
    pub text: String,
    elements: Elements,
}

impl Record for Meeting {
    type Child = Topic;

    fn line(&self) -> u64 {
        self.line
    }

    fn identifier(&self) -> &str {
        &self.identifier
    }

    fn elements(&self) -> &Elements {
        &self.elements
    }

    fn children(&self) -> &[Topic] {
        &self.topics
    }

    fn origin(topic: &Topic) -> (u64, &Elements) {
        (topic.line, &topic.elements)
    }
}

pub struct Minutes<F> {
    lines: Lines<BufReader<F>>,
    line: u64,
    /// The paths of meetings, topics and remarks.
    paths: [PathId; 3],
    census: Census,
    totals: Totals,
    open: Option<Box<Meeting>>,
}

fn element(path: PathId) -> Elements {
    let mut elements = Elements::default();
    elements.add(path, 1);
    elements
}

impl<F: Read> Minutes<F> {
    pub fn open(file: F) -> Self {
        let mut census = Census::default();
        let meeting = census.element(TOP, "meeting");
        let paths = [meeting, census.element(meeting, "topic"), census.element(meeting, "remark")];
        let lines = BufReader::new(file).lines();
        Self { lines, line: 0, paths, census, totals: Totals::default(), open: None }
    }

    fn take(&mut self, text: &str) -> Option<Event<Meeting>> {
        let line = self.line;
        let [meeting, topic, remark] = self.paths;
        let (sign, rest) = text.split_once(' ').unwrap_or((text, ""));
        self.totals.elements += u64::from(matches!(sign, "#" | "+" | "!"));
        match (sign, &mut self.open) {
            ("#", open) => {
                self.totals.records += 1;
                let (identifier, title) = rest.split_once(' ').unwrap_or((rest, ""));
                let next = Meeting {
                    line,
                    identifier: identifier.to_owned(),
                    title: title.to_owned(),
                    topics: Vec::new(),
                    elements: element(meeting),
                };
                open.replace(Box::new(next)).map(|last| Event::Record(last, Vec::new()))
            }
            ("+", Some(open)) => {
                self.totals.children += 1;
                open.topics.push(Topic { line, text: rest.to_owned(), elements: element(topic) });
                (open.topics.len() == PART).then(|| Event::Part(Box::new(part(open))))
            }
            ("!", _) => {
                self.census.lose(remark);
                None
            }
            _ => Some(Event::Finding(Finding {
                severity: Severity::Error,
                rule: "line-unknown",
                line,
                identifier: None,
                message: "the line is no minutes; it was skipped".to_owned(),
            })),
        }
    }
}

/// Returns what was read of a meeting: its topics and elements are delivered with it.
fn part(open: &mut Meeting) -> Meeting {
    Meeting {
        line: open.line,
        identifier: open.identifier.clone(),
        title: open.title.clone(),
        topics: std::mem::take(&mut open.topics),
        elements: std::mem::take(&mut open.elements),
    }
}

impl<F: Read> Iterator for Minutes<F> {
    type Item = Event<Meeting>;

    fn next(&mut self) -> Option<Event<Meeting>> {
        while let Some(Ok(text)) = self.lines.next() {
            self.line += 1;
            self.totals.bytes += text.len() as u64 + 1;
            if let Some(event) = self.take(&text) {
                return Some(event);
            }
        }
        self.open.take().map(|last| Event::Record(last, Vec::new()))
    }
}

impl<F: Read> Reader for Minutes<F> {
    type Record = Meeting;

    fn totals(&self) -> Totals {
        self.totals
    }

    fn into_census(self) -> Census {
        self.census
    }
}
