//! Recommendation ↔ its message.

use api::registan::rights::v1 as wire;
use chronicle::Shown;
use facts::vocabulary::Vocabulary;
use facts::wire::{
    MOST_ITEMS, number, read_ids, read_required_date, read_required_source, write_all,
};
use facts::{Check, ErrorReason};
use policy::Tier;
use standard::{Reference, Served, Stamp};

use crate::domain::Recommendation;
use crate::domain::recommendation::{Addressee, AddresseeFault, repeated};

const PARTY: &[&str] = &["parties/{party}"];
const LAW: &[&str] = &["agreements/{agreement}", "agreements/{agreement}/provisions/{provision}"];

impl Served for Recommendation {
    type Message = wire::Recommendation;
    type Held = Self;
    type Sent = wire::Recommendation;
    const ORDER: &'static str = "adopted";

    const REFERRED_BY: &'static [&'static str] = &["activity"];

    fn read(check: &mut Check, name: String, message: wire::Recommendation) -> Self {
        if message.addressees.is_empty() {
            check.violation("addressees", ErrorReason::Required, "must not be empty");
        }
        let recommendation = Self {
            name,
            tier: check.optional_word("tier", message.tier).unwrap_or(Tier::Public),
            issuer: check.required_text("issuer", message.issuer, 256),
            document: read_required_source(check, "document", message.document),
            adopted: read_required_date(check, "adopted", message.adopted),
            addressees: check.each("addressees", MOST_ITEMS, message.addressees, read_addressee),
            parties: check.names("parties", message.parties, PARTY),
            action: check.required_text("action", message.action, 4096),
            themes: check.each("themes", MOST_ITEMS, message.themes, read_theme),
            agreements: check.names("agreements", message.agreements, LAW),
            external_ids: read_ids(check, "external_ids", message.external_ids),
            note: check.text("note", message.note, 4096),
            confidence: check.optional_word("confidence", message.confidence),
        };
        check_addressees(check, &recommendation);
        check_themes(check, &recommendation.themes);
        recommendation
    }

    fn send(shown: Shown<Self>) -> Result<wire::Recommendation, String> {
        Ok(Self::write(shown))
    }

    fn write(shown: Shown<Self>) -> wire::Recommendation {
        let stamp = Stamp::of(&shown);
        let recommendation = shown.into_stored().value;
        wire::Recommendation {
            name: recommendation.name,
            uid: stamp.uid,
            etag: stamp.etag,
            create_time: stamp.create_time,
            update_time: stamp.update_time,
            delete_time: stamp.delete_time,
            tier: stamp.tier,
            desks: stamp.desks,
            issuer: recommendation.issuer,
            document: Some(recommendation.document.into()),
            adopted: Some(recommendation.adopted.into()),
            addressees: write_all(recommendation.addressees),
            parties: recommendation.parties,
            action: recommendation.action,
            themes: recommendation.themes,
            agreements: recommendation.agreements,
            external_ids: write_all(recommendation.external_ids),
            note: recommendation.note,
            confidence: number(recommendation.confidence),
        }
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        references.extend(Reference::optional("document.source", &self.document.source));
        for (place, addressee) in self.addressees.iter().enumerate() {
            let field = format!("addressees[{place}].party");
            references.extend(Reference::optional(field, &addressee.party));
        }
        references.extend(Reference::all("parties", &self.parties));
        references.extend(Reference::all("agreements", &self.agreements));
        references
    }
}

fn read_addressee(check: &mut Check, message: wire::Addressee) -> Addressee {
    Addressee {
        kind: check.word("kind", message.kind),
        party: check.name("party", message.party, PARTY, false),
        display_name: check.text("display_name", message.display_name, 256),
    }
}

fn read_theme(check: &mut Check, theme: String) -> String {
    if theme != theme.to_lowercase() {
        check.violation("", ErrorReason::NotLowerCase, "must be in lower case, such as `torture`");
    }
    check.required_text("", theme, 256)
}

fn check_addressees(check: &mut Check, recommendation: &Recommendation) {
    for (place, addressee) in recommendation.addressees.iter().enumerate() {
        let (field, reason, description) = match addressee.fault(&recommendation.parties) {
            None => continue,
            Some(AddresseeFault::NoGovernment) => (
                "party",
                ErrorReason::Required,
                "whose government? name its party here, or give `parties`",
            ),
            Some(AddresseeFault::PartyOfOther) => (
                "party",
                ErrorReason::PartyNotAllowed,
                "must be empty: only a GOVERNMENT has a party",
            ),
            Some(AddresseeFault::NoName) => {
                ("display_name", ErrorReason::Required, "must say who it is: the kind is OTHER")
            }
        };
        check.violation(&format!("addressees[{place}].{field}"), reason, description);
    }
}

fn check_themes(check: &mut Check, themes: &[String]) {
    for place in repeated(themes) {
        let description = format!("`{}` is there twice", themes[place]);
        check.violation(&format!("themes[{place}]"), ErrorReason::DuplicateTheme, description);
    }
}

impl From<Addressee> for wire::Addressee {
    fn from(addressee: Addressee) -> Self {
        Self {
            kind: addressee.kind.number(),
            party: addressee.party,
            display_name: addressee.display_name,
        }
    }
}
