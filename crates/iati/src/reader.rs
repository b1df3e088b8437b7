//! The event loop: XML in, activities and findings out, one at a time.

use std::collections::VecDeque;
use std::io::Read;

use quick_xml::events::{BytesStart, Event as Xml};

use crate::activity::Activity;
use crate::attributes::{Attrs, AttrsProblem};
use crate::draft::{Draft, Seen};
use crate::finding::{Finding, Rule};
use crate::limits::{MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_DEPTH, MAX_TEXT};
use crate::node::Node;
use crate::source::Source;
use crate::stop;
use crate::text::{resolve, shown};
use crate::version::Version;

/// A tag shorter than this breaks no limit on attributes.
const SHORT_TAG: usize = 1024;

/// What the reader delivers.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A whole activity with its findings, in the order of the file.
    Activity(Box<Activity>, Vec<Finding>),
    /// Transactions of an activity that has many, from a reader [in parts](Reader::in_parts): the first time with all that
    /// was read of the activity before them, later with its identifier and line alone. The activity itself comes last, with
    /// the rest of its transactions; if it does not come, it could not be read to its end.
    Part(Box<Activity>),
    /// A finding about a record that was skipped, or about the file.
    Finding(Finding),
}

/// What is in the file, also what was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// `iati-activity` elements, also one the file breaks off in.
    pub activities: u64,
    /// `transaction` elements of activities.
    pub transactions: u64,
    /// Bytes taken from the input.
    pub bytes: u64,
}

/// An element that is open.
struct Frame {
    node: Node,
    line: u64,
    /// Where the element's own text starts in the text buffer.
    text_start: usize,
    has_lang: bool,
}

/// Reads an IATI activity file as a stream. An iterator over what it finds; it ends after the
/// last event, and [`Reader::totals`] is then complete.
///
/// It holds one activity at a time, so its memory does not grow with the file, apart from 16
/// bytes for each identifier seen.
pub struct Reader<R> {
    xml: quick_xml::Reader<Source<R>>,
    buffer: Vec<u8>,
    frames: Vec<Frame>,
    /// The `xml:lang` of each open element that has one.
    langs: Vec<String>,
    text: String,
    version: Version,
    namespace: Option<String>,
    root_seen: bool,
    draft: Option<Draft>,
    seen: Seen,
    ready: VecDeque<Event>,
    totals: Totals,
    delivered: u64,
    done: bool,
    in_parts: bool,
}

impl<R: Read> Reader<R> {
    /// Makes a reader that delivers an activity of many transactions in parts, and holds one part at a time.
    pub fn in_parts(input: R) -> Self {
        Self { in_parts: true, ..Self::new(input) }
    }

    /// Makes a reader. Nothing is read before the first call of `next`.
    pub fn new(input: R) -> Self {
        let mut xml = quick_xml::Reader::from_reader(Source::new(input));
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            xml,
            buffer: Vec::new(),
            frames: Vec::new(),
            langs: Vec::new(),
            text: String::new(),
            version: Version::Unknown,
            namespace: None,
            root_seen: false,
            draft: None,
            seen: Seen::new(),
            ready: VecDeque::new(),
            totals: Totals::default(),
            delivered: 0,
            done: false,
            in_parts: false,
        }
    }

    /// What was counted so far.
    pub fn totals(&self) -> Totals {
        Totals { bytes: self.xml.get_ref().bytes, ..self.totals }
    }

    /// Reads one piece of XML.
    fn step(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let source = self.xml.get_mut();
        source.start_piece();
        let line = source.line;
        let piece = self.xml.read_event_into(&mut buffer);
        if let Some(note) = self.xml.get_mut().note.take() {
            self.ready.push_back(Event::Finding(note));
        }
        let result = match piece {
            Ok(Xml::Start(tag)) => self.start(&tag, line),
            Ok(Xml::End(_)) => {
                self.end();
                Ok(())
            }
            Ok(Xml::Text(text)) => {
                let bare_ampersand = text.starts_with('&');
                self.text(&text.xml10_content(), bare_ampersand, line)
            }
            Ok(Xml::CData(text)) => self.text(&text.xml10_content(), false, line),
            Ok(Xml::GeneralRef(name)) => self.reference(&name, line),
            Ok(Xml::DocType(_)) => Err(stop::doctype(line, self.delivered)),
            Ok(Xml::Eof) => self.finish(line),
            Ok(Xml::Empty(_) | Xml::Comment(_) | Xml::Decl(_) | Xml::PI(_)) => Ok(()),
            Err(error) => Err(self.broken(&error, line)),
        };
        self.buffer = buffer;
        if let Err(finding) = result {
            self.ready.push_back(Event::Finding(finding));
            self.done = true;
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), Finding> {
        if self.frames.len() == MAX_DEPTH {
            return Err(stop::too_deep(line, self.delivered));
        }
        let name = tag.name().into_inner();
        let mut node = match self.frames.last() {
            Some(frame) => frame.node.child(name),
            None => self.root(name, line)?,
        };
        // A transaction counts also where it is not read, an identifier is wanted for the finding.
        if node == Node::Transaction {
            self.totals.transactions += 1;
        }
        if node != Node::Identifier && self.draft.as_ref().is_some_and(Draft::is_skipped) {
            node = Node::Ignored;
        }
        let mut frame = Frame { node, line, text_start: self.text.len(), has_lang: false };
        if node != Node::Ignored || tag.len() > SHORT_TAG {
            match Attrs::read(tag) {
                Ok(attrs) => self.open(&mut frame, &attrs),
                Err(problem) => self.refuse(&mut frame, problem)?,
            }
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Judges the root element by its name.
    fn root(&mut self, name: &str, line: u64) -> Result<Node, Finding> {
        if self.root_seen {
            return Err(stop::after_the_end(line, self.delivered));
        }
        self.root_seen = true;
        match name {
            "iati-activities" => Ok(Node::Root),
            "iati-organisations" => Err(stop::organisation_file(line)),
            _ => Err(stop::not_iati(name, line)),
        }
    }

    /// Takes the attributes of an element that is read.
    fn open(&mut self, frame: &mut Frame, attrs: &Attrs<'_>) {
        let (node, line) = (frame.node, frame.line);
        if node == Node::Ignored {
            return;
        }
        let namespace = attrs.get("xmlns");
        if node == Node::Root {
            self.open_root(namespace, attrs.get("version"), line);
        } else if namespace.is_some() && namespace != self.namespace.as_deref() {
            frame.node = Node::Ignored;
            return;
        }
        if let Some(lang) = attrs.get("xml:lang") {
            self.langs.push(lang.to_owned());
            frame.has_lang = true;
        }
        if node == Node::Activity {
            self.totals.activities += 1;
            let lang = self.langs.last().map(String::as_str);
            self.draft = Some(Draft::new(attrs, lang, self.version, line));
        }
        let damaged = self.xml.get_ref().damaged_at.is_some();
        let Some(draft) = &mut self.draft else {
            return;
        };
        if !draft.is_skipped() {
            draft.charge(attrs.size, line);
            draft.note_odd(&attrs.odd, line);
            if damaged && attrs.has('\u{fffd}') {
                draft.notes.damaged(line);
            }
        }
        if node != Node::Activity && !draft.is_skipped() && !draft.start(node, attrs, line) {
            frame.node = Node::Ignored;
        }
    }

    fn open_root(&mut self, namespace: Option<&str>, version: Option<&str>, line: u64) {
        let (version, finding) = Version::of_file(version, line);
        self.version = version;
        self.ready.extend(finding.map(Event::Finding));
        if let Some(namespace) = namespace {
            self.namespace = Some(namespace.to_owned());
            let message = format!(
                "the root is in the namespace {}; IATI has none; it was read all the same; remove \
                 xmlns",
                shown(namespace)
            );
            let finding = Finding::new(Rule::NamespaceUnexpected, line, message);
            self.ready.push_back(Event::Finding(finding));
        }
    }

    /// Skips the activity whose attributes break a limit, or stops.
    fn refuse(&mut self, frame: &mut Frame, problem: AttrsProblem) -> Result<(), Finding> {
        let line = frame.line;
        let (rule, what) = match problem {
            AttrsProblem::Broken(why) => {
                return Err(stop::not_well_formed(&why, line, self.delivered));
            }
            AttrsProblem::TooMany => {
                let what = format!("an element has more than {MAX_ATTRIBUTES} attributes");
                (Rule::TooManyAttributes, what)
            }
            AttrsProblem::TooLong(name) => {
                let name = shown(&name);
                let what = format!("the attribute {name} is longer than {MAX_ATTRIBUTE} bytes");
                (Rule::AttributeTooLong, what)
            }
        };
        if frame.node == Node::Activity {
            self.totals.activities += 1;
            self.draft = Some(Draft::new(&Attrs::default(), None, self.version, line));
        } else if frame.node != Node::Identifier {
            frame.node = Node::Ignored;
        }
        let Some(draft) = &mut self.draft else {
            return Err(stop::limit(rule, &what, line, self.delivered));
        };
        draft.skip(rule, line, format!("{what}; the activity was skipped; shorten it"));
        Ok(())
    }

    fn text(&mut self, text: &str, bare_ampersand: bool, line: u64) -> Result<(), Finding> {
        let Some(frame) = self.frames.last() else {
            let blank = text.trim().is_empty();
            return if blank { Ok(()) } else { Err(self.outside_root(line)) };
        };
        let Some(draft) = self.draft.as_mut().filter(|_| frame.node.keeps_text()) else {
            return Ok(());
        };
        if draft.is_skipped() && frame.node != Node::Identifier {
            return Ok(());
        }
        if self.text.len() - frame.text_start + text.len() > MAX_TEXT {
            let message = format!(
                "a text is longer than {MAX_TEXT} bytes; the activity was skipped; shorten it"
            );
            draft.skip(Rule::TextTooLong, line, message);
            return Ok(());
        }
        if bare_ampersand {
            draft.note_ampersand(line);
        }
        draft.charge(text.len(), line);
        self.text.push_str(text);
        Ok(())
    }

    fn reference(&mut self, name: &str, line: u64) -> Result<(), Finding> {
        if let Some(c) = resolve(name) {
            return self.text(c.encode_utf8(&mut [0; 4]), false, line);
        }
        let Some(frame) = self.frames.last() else {
            return Err(self.outside_root(line));
        };
        if let Some(draft) = self.draft.as_mut().filter(|_| frame.node.keeps_text()) {
            draft.note_entity(&shown(name), line);
        }
        Ok(())
    }

    fn outside_root(&self, line: u64) -> Finding {
        if self.root_seen {
            stop::after_the_end(line, self.delivered)
        } else {
            stop::not_xml(self.xml.get_ref().head, line)
        }
    }

    fn end(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let damaged = self.xml.get_ref().damaged_at.is_some();
        let parent = self.frames.last().map_or(Node::Ignored, |parent| parent.node);
        if frame.node == Node::Activity {
            if let Some(draft) = self.draft.take() {
                let event = draft.finish(&mut self.seen);
                self.delivered += u64::from(matches!(event, Event::Activity(..)));
                self.ready.push_back(event);
            }
        } else if frame.node != Node::Ignored
            && let Some(draft) = &mut self.draft
        {
            let text = &self.text[frame.text_start..];
            if damaged && text.contains('\u{fffd}') {
                draft.notes.damaged(frame.line);
            }
            let lang = self.langs.last().map(String::as_str);
            draft.end(frame.node, parent, text, lang, frame.line);
            if self.in_parts && frame.node == Node::Transaction {
                self.ready.extend(draft.part(&mut self.seen));
            }
        }
        self.text.truncate(frame.text_start);
        if frame.has_lang {
            self.langs.pop();
        }
    }

    /// Says why the parser or the input failed.
    fn broken(&self, error: &quick_xml::Error, line: u64) -> Finding {
        let source = self.xml.get_ref();
        match error {
            quick_xml::Error::Io(_) if source.is_piece_too_long() => {
                stop::piece_too_long(line, self.delivered)
            }
            quick_xml::Error::Io(error) => stop::read_failed(error, line, self.delivered),
            _ if !self.root_seen => stop::not_xml(source.head, line),
            quick_xml::Error::Syntax(_) if source.is_at_end() => {
                stop::truncated(source.line, self.delivered)
            }
            other => stop::not_well_formed(&other.to_string(), line, self.delivered),
        }
    }

    fn finish(&mut self, line: u64) -> Result<(), Finding> {
        let source = self.xml.get_ref();
        if !self.root_seen {
            return Err(stop::not_xml(source.head, line));
        }
        if !self.frames.is_empty() {
            return Err(stop::truncated(line, self.delivered));
        }
        let damage = source.damaged_at.map(|at| stop::damaged(source.encoding, at));
        let none = (self.totals.activities == 0).then(|| stop::no_activities(line));
        self.ready.extend(damage.into_iter().chain(none).map(Event::Finding));
        self.done = true;
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.ready.is_empty() && !self.done {
            self.step();
        }
        self.ready.pop_front()
    }
}
