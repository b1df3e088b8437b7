//! The same minutes, of which only the sessions are recorded: a format whose records have no
//! children.

use std::io::Read;

use formats::Reader;
use ingest::{Importer, Notes, Words};

use crate::minutes::{Meeting, Topic};
use crate::resources::{Session, Whole};

pub struct Titles;

impl Importer for Titles {
    type Record = Meeting;
    type Parent = Session;
    type Child = Session;
    const METHOD: &'static str = "ImportTitles";
    const IDENTIFIER: &'static str = Whole::IDENTIFIER;
    const MARK: &'static str = Whole::MARK;
    const WORDS: Words = Whole::WORDS;

    fn open(&self, file: impl Read) -> impl Reader<Record = Meeting> {
        Whole.open(file)
    }

    fn parent(&self, meeting: &Meeting, notes: &mut Notes) -> Session {
        Whole.parent(meeting, notes)
    }

    fn child(&self, _: &Topic, _: &mut Notes) -> Option<Session> {
        None
    }

    fn attach(_: &mut Session, _: String, _: &Session) {}

    fn identifier(parent: &Session) -> &str {
        &parent.identifier
    }

    fn merge(recorded: &Session, file: &Session) -> Option<Session> {
        Whole::merge(recorded, file)
    }

    fn merge_child(_: &Session, _: &Session) -> Option<Session> {
        None
    }
}
