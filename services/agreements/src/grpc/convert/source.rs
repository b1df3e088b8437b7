//! Source ↔ its message.

use api::registan::agreements::v1 as wire;
use chronicle::Shown;
use facts::Check;
use facts::vocabulary::Vocabulary;
use facts::wire::{read_date, read_day, read_ids, write_all};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::Source;

impl Served for Source {
    type Message = wire::Source;

    const REFERRED_BY: &'static [&'static str] = &["party", "agreement", "framework"];

    fn read(check: &mut Check, name: String, message: wire::Source) -> Self {
        Self {
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
        }
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
        }
    }

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}
