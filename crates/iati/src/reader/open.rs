//! The start of an element: what it opens, and how it is counted.

use std::io::Read;

use formats::{Finding, TOP};
use quick_xml::events::BytesStart;

use super::{Event, Frame, Reader, Root};
use crate::attributes::{Attrs, AttrsProblem};
use crate::draft::Draft;
use crate::finding::Rule;
use crate::limits::{MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_DEPTH};
use crate::node::Node;
use crate::stop;
use crate::text::shown;
use crate::version::Version;

/// A tag shorter than this breaks no limit on attributes.
const SHORT_TAG: usize = 1024;

impl<R: Read> Reader<R> {
    pub(super) fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), Finding> {
        if self.frames.len() == MAX_DEPTH {
            return Err(stop::too_deep(line, self.delivered));
        }
        let name = tag.name().into_inner();
        let (mut node, path, in_kept) = match self.frames.last() {
            Some(frame) => {
                (frame.node.child(name), self.census.element(frame.path, name), frame.is_kept)
            }
            None => self.root(name, line)?,
        };
        self.totals.elements += 1;
        // A transaction counts also where it is not read, an identifier is wanted for the finding.
        if node == Node::Transaction {
            self.totals.children += 1;
        }
        if node != Node::Identifier && self.draft.as_ref().is_some_and(Draft::is_skipped) {
            node = Node::Ignored;
        }
        let text_start = self.text.len();
        let mut frame = Frame { node, path, is_kept: in_kept, line, text_start, has_lang: false };
        if node != Node::Ignored || tag.len() > SHORT_TAG {
            match Attrs::read(tag) {
                Ok(attrs) => self.open(&mut frame, &attrs),
                Err(problem) => {
                    if let Err(finding) = self.refuse(&mut frame, problem) {
                        self.census.lose(path);
                        return Err(finding);
                    }
                }
            }
        }
        self.count(&mut frame);
        self.frames.push(frame);
        Ok(())
    }

    /// Counts an element, as one that can be recorded or as one that cannot.
    fn count(&mut self, frame: &mut Frame) {
        frame.is_kept &= frame.node.is_kept();
        match &mut self.draft {
            _ if !frame.is_kept => self.census.lose(frame.path),
            Some(draft) => draft.count(frame.path),
            None => self.census.note_around(),
        }
    }

    /// Judges the root element by its name.
    fn root(&mut self, name: &str, line: u64) -> Result<(Node, u16, bool), Finding> {
        if self.root != Root::NotSeen {
            return Err(stop::after_the_end(line, self.delivered));
        }
        self.root = Root::Other;
        let finding = match name {
            "iati-activities" => {
                self.root = Root::Activities;
                return Ok((Node::Root, TOP, true));
            }
            "iati-organisations" => stop::organisation_file(line),
            _ => stop::not_iati(name, line),
        };
        self.ready.push_back(Event::Finding(finding));
        Ok((Node::Ignored, self.census.element(TOP, name), false))
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
            self.totals.records += 1;
            let lang = self.langs.last().map(String::as_str);
            self.draft = Some(Draft::new(attrs, lang, self.version, line));
        }
        let damaged = self.xml.get_ref().damaged_at.is_some();
        let Some(draft) = &mut self.draft else {
            return self.count_attributes(frame, attrs);
        };
        if !draft.is_skipped() {
            draft.charge(node, attrs.size, line);
            draft.note_odd(&attrs.odd, line);
            if damaged && attrs.has('\u{fffd}') {
                draft.notes.damaged(line);
            }
        }
        if node != Node::Activity && !draft.is_skipped() && !draft.start(node, attrs, line) {
            frame.node = Node::Ignored;
        }
        self.count_attributes(frame, attrs);
    }

    /// Counts the attributes, of an element that can be recorded, that cannot.
    fn count_attributes(&mut self, frame: &Frame, attrs: &Attrs<'_>) {
        let is_skipped = self.draft.as_ref().is_some_and(Draft::is_skipped);
        if is_skipped || !(frame.is_kept && frame.node.is_kept()) {
            return;
        }
        let parent = self.frames.last().map_or(Node::Ignored, |parent| parent.node);
        for name in attrs.names().filter(|name| !frame.node.keeps(parent, name)) {
            self.census.lose_attribute(frame.path, name);
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
            let finding = Rule::NamespaceUnexpected.at(line, message);
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
            self.totals.records += 1;
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
}
