//! Organization ↔ its message.

use api::registan::projects::v1 as wire;
use chronicle::Shown;
use facts::Check;
use facts::wire::{number, read_ids, read_required_source, read_texts, write_all};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::Organization;

impl Served for Organization {
    type Message = wire::Organization;
    type Held = Self;
    type Sent = wire::Organization;
    const ORDER: &'static str = "display_name";

    fn read(check: &mut Check, name: String, message: wire::Organization) -> Self {
        Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            display_name: check.required_text("display_name", message.display_name, 256),
            names: read_texts(check, "names", message.names, 1024),
            iati_ref: check.text("iati_ref", message.iati_ref, 256),
            type_code: check.text("type_code", message.type_code, 16),
            party: check.name("party", message.party, &["parties/{party}"], false),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            source: read_required_source(check, "source", message.source),
            confidence: check.optional_word("confidence", message.confidence),
        }
    }

    fn send(shown: Shown<Self>) -> Result<wire::Organization, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Organization {
        let stamp = Stamp::of(&shown);
        let organization = shown.into_stored().value;
        wire::Organization {
            name: organization.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            display_name: organization.display_name,
            names: write_all(organization.names),
            iati_ref: organization.iati_ref,
            type_code: organization.type_code,
            party: organization.party,
            external_ids: write_all(organization.external_ids),
            note: organization.note,
            source: Some(organization.source.into()),
            confidence: number(organization.confidence),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let party = Reference::optional("party", &self.party);
        party.into_iter().chain(Reference::source(&self.source)).collect()
    }
}
