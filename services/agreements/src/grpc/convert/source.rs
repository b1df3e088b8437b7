//! Source ↔ its message.

use api::registan::agreements::v1 as wire;
use chronicle::Shown;
use facts::Check;
use facts::vocabulary::Vocabulary;
use facts::wire::{MOST_ITEMS, number, read_date, read_day, read_ids, write_all};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::Source;
use crate::domain::source::{CONCERNED, Statement};

impl Served for Source {
    type Message = wire::Source;
    const ORDER: &'static str = "title";

    const REFERRED_BY: &'static [&'static str] = &["party", "source", "agreement", "framework"];

    fn read(check: &mut Check, name: String, message: wire::Source) -> Self {
        let source = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            kind: check.word("kind", message.kind),
            title: check.required_text("title", message.title, 1024),
            citation: check.text("citation", message.citation, 1024),
            uri: check.text("uri", message.uri, 2048),
            publisher: check.text("publisher", message.publisher, 256),
            published: read_date(check, "published", message.published),
            retrieved: message.retrieved.and_then(|day| read_day(check, "retrieved", day)),
            licence: check.text("licence", message.licence, 256),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            uri_origin: check.optional_word("uri_origin", message.uri_origin),
            uri_note: check.text("uri_note", message.uri_note, 256),
            confidence: check.optional_word("confidence", message.confidence),
            statements: check.each("statements", MOST_ITEMS, message.statements, read_statement),
        };
        let ids = source.statements.iter().map(|statement| statement.statement_id.as_str());
        check.ids("statements", "statement_id", ids);
        source
    }

    fn write(shown: Shown<Self>) -> wire::Source {
        let stamp = Stamp::of(&shown);
        let source = shown.into_stored().value;
        wire::Source {
            name: source.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: source.kind.number(),
            title: source.title,
            citation: source.citation,
            uri: source.uri,
            publisher: source.publisher,
            published: source.published.map(Into::into),
            retrieved: source.retrieved.map(Into::into),
            licence: source.licence,
            external_ids: write_all(source.external_ids),
            note: source.note,
            uri_origin: number(source.uri_origin),
            uri_note: source.uri_note,
            confidence: number(source.confidence),
            statements: write_all(source.statements),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let concerns = |(place, statement): (usize, &Statement)| {
            Reference::all(&format!("statements[{place}].concerns"), &statement.concerns)
        };
        self.statements.iter().enumerate().flat_map(concerns).collect()
    }
}

fn read_statement(check: &mut Check, message: wire::Statement) -> Statement {
    Statement {
        statement_id: message.statement_id,
        text: check.required_text("text", message.text, 4096),
        concerns: check.names("concerns", message.concerns, CONCERNED),
        basis: check.optional_word("basis", message.basis),
        confidence: check.optional_word("confidence", message.confidence),
        hedge: check.text("hedge", message.hedge, 64),
    }
}

impl From<Statement> for wire::Statement {
    fn from(statement: Statement) -> Self {
        Self {
            statement_id: statement.statement_id,
            text: statement.text,
            concerns: statement.concerns,
            basis: number(statement.basis),
            confidence: number(statement.confidence),
            hedge: statement.hedge,
        }
    }
}
