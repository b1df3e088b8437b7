//! Party ↔ its message.

use api::registan::agreements::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::wire::{
    number, read_currency, read_date, read_ids, read_required_source, read_texts, write_all,
};
use facts::{Check, ErrorReason, check};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::Party;
use crate::domain::party::Kind;

impl Served for Party {
    type Message = wire::Party;
    const ORDER: &'static str = "display_name";

    const REFERRED_BY: &'static [&'static str] = &["party", "source", "agreement", "framework"];

    fn read(check: &mut Check, name: String, message: wire::Party) -> Self {
        let party = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            kind: check.word("kind", message.kind),
            display_name: check.required_text("display_name", message.display_name, 256),
            official_name: check.text("official_name", message.official_name, 256),
            names: read_texts(check, "names", message.names, 256),
            country_code: check.text("country_code", message.country_code, 2),
            currency_code: read_currency(check, "currency_code", message.currency_code, false),
            established: read_date(check, "established", message.established),
            ended: read_date(check, "ended", message.ended),
            predecessors: check.names(
                "predecessors",
                message.predecessors,
                &[<Self as chronicle::Resource>::PATTERN],
            ),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
        };
        let id = party.name.strip_prefix("parties/").unwrap_or_default();
        if party.kind == Kind::State && check::is_id(id) && party.country_code.to_lowercase() != id
        {
            check.violation(
                "country_code",
                ErrorReason::CountryCodeMismatch,
                "the id of a state is its country code in lower case",
            );
        }
        party
    }

    fn write(shown: Shown<Self>) -> wire::Party {
        let stamp = Stamp::of(&shown);
        let party = shown.into_stored().value;
        wire::Party {
            name: party.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            kind: party.kind.number(),
            display_name: party.display_name,
            official_name: party.official_name,
            names: write_all(party.names),
            country_code: party.country_code,
            currency_code: party.currency_code,
            established: party.established.map(Into::into),
            ended: party.ended.map(Into::into),
            predecessors: party.predecessors,
            external_ids: write_all(party.external_ids),
            note: party.note,
            source: Some(party.source.into()),
            confidence: number(party.confidence),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Reference::all("predecessors", &self.predecessors);
        references.extend(Reference::source(&self.source));
        references
    }
}
