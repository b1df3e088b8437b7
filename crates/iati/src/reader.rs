//! The event loop: XML in, activities and findings out, one at a time.

mod open;

use std::collections::VecDeque;
use std::io::Read;

use formats::{Census, Finding, Totals};
use quick_xml::events::Event as Xml;

use crate::Event;
use crate::activity::Activity;
use crate::draft::{Draft, Seen};
use crate::finding::Rule;
use crate::limits::MAX_TEXT;
use crate::node::Node;
use crate::source::Source;
use crate::stop;
use crate::text::{resolve, shown};
use crate::version::Version;

/// The kind of file that its root element names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    NotSeen,
    Activities,
    /// No activity file: its elements are counted, no more.
    Other,
}

/// An element that is open.
struct Frame {
    node: Node,
    /// The number of its path.
    path: u16,
    /// True if it can be recorded, and so what lies in it.
    is_kept: bool,
    line: u64,
    /// Where the element's own text starts in the text buffer.
    text_start: usize,
    has_lang: bool,
}

/// Reads an IATI activity file as a stream. An iterator over what it finds; it ends after the
/// last event, and [`Reader::totals`] and [`Reader::census`] are then complete.
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
    root: Root,
    census: Census,
    draft: Option<Draft>,
    seen: Seen,
    ready: VecDeque<Event>,
    totals: Totals,
    delivered: u64,
    done: bool,
    in_parts: bool,
}

impl<R: Read> Reader<R> {
    /// Makes a reader that delivers an activity of many transactions in parts, and holds one part
    /// at a time.
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
            root: Root::NotSeen,
            census: Census::default(),
            draft: None,
            seen: Seen::new(),
            ready: VecDeque::new(),
            totals: Totals::default(),
            delivered: 0,
            done: false,
            in_parts: false,
        }
    }

    /// Returns what was counted so far.
    pub fn totals(&self) -> Totals {
        Totals { bytes: self.xml.get_ref().bytes, ..self.totals }
    }

    /// The elements of the file that the record has no place for, as far as it was read. The root,
    /// and what is delivered, is not among them.
    pub const fn census(&self) -> &Census {
        &self.census
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
            // Of a file with another root it was said that nothing is read.
            if self.root != Root::Other {
                self.ready.push_back(Event::Finding(finding));
            }
            if let Some(draft) = self.draft.take() {
                draft.abandon(&mut self.census);
            }
            self.done = true;
        }
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
        draft.charge(frame.node, text.len(), line);
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
        if self.root == Root::NotSeen {
            stop::not_xml(self.xml.get_ref().head, line)
        } else {
            stop::after_the_end(line, self.delivered)
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
                let event = draft.finish(&mut self.seen, &mut self.census);
                self.delivered += u64::from(matches!(event, Event::Record(..)));
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
            _ if self.root == Root::NotSeen => stop::not_xml(source.head, line),
            quick_xml::Error::Syntax(_) if source.is_at_end() => {
                stop::truncated(source.line, self.delivered)
            }
            other => stop::not_well_formed(&other.to_string(), line, self.delivered),
        }
    }

    fn finish(&mut self, line: u64) -> Result<(), Finding> {
        let source = self.xml.get_ref();
        if self.root == Root::NotSeen {
            return Err(stop::not_xml(source.head, line));
        }
        if !self.frames.is_empty() {
            return Err(stop::truncated(line, self.delivered));
        }
        let damage = source
            .damaged_at
            .filter(|_| self.root != Root::Other)
            .map(|at| stop::damaged(source.encoding, at));
        let none = (self.totals.records == 0 && self.root != Root::Other)
            .then(|| stop::no_activities(line));
        self.ready.extend(damage.into_iter().chain(none).map(Event::Finding));
        self.done = true;
        Ok(())
    }
}

impl<R: Read> formats::Reader for Reader<R> {
    type Record = Activity;

    fn totals(&self) -> Totals {
        self.totals()
    }

    fn into_census(self) -> Census {
        self.census
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
