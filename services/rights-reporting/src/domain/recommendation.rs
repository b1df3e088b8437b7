//! A call by a body on somebody to do something.

use std::collections::HashSet;

use api::registan::rights::v1 as wire;
use api::registan::rights::v1::addressee::Kind;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

use super::once::once;

/// A recommendation.
pub type Recommendation = Value<wire::Recommendation, OfAddressees>;

/// The rules of a recommendation: it was adopted; an addressee is somebody, and a government that
/// of a party that it concerns; a theme is in lower case; nothing is there twice.
pub enum OfAddressees {}

impl Rules<wire::Recommendation> for OfAddressees {
    fn check(recommendation: &mut wire::Recommendation, check: &mut Check) {
        if checked_date(recommendation.adopted.as_ref()).is_some_and(|it| check.is_future(&it)) {
            let description = "lies in the future: record it once it is adopted";
            check.violation("adopted", ErrorReason::InTheFuture, description);
        }
        once("parties", &recommendation.parties, check);
        let mut addressees = HashSet::new();
        for (place, addressee) in recommendation.addressees.iter().enumerate() {
            let wire::Addressee { kind, party, display_name } = addressee;
            if !addressees.insert((kind, party, display_name)) {
                let description = "is there twice";
                let field = format!("addressees[{place}]");
                check.violation(&field, ErrorReason::DuplicateId, description);
            }
            if let Some((field, reason, description)) = fault(addressee, &recommendation.parties) {
                check.violation(&format!("addressees[{place}].{field}"), reason, description);
            }
        }
        let mut seen = HashSet::new();
        for (place, theme) in recommendation.themes.iter().enumerate() {
            let field = format!("themes[{place}]");
            if *theme != theme.to_lowercase() {
                let description = "must be in lower case, such as `torture`";
                check.violation(&field, ErrorReason::NotLowerCase, description);
            }
            if !seen.insert(theme) {
                let description = format!("`{theme}` is there twice");
                check.violation(&field, ErrorReason::DuplicateTheme, description);
            }
        }
    }
}

/// A field, the reason and the description of a violation.
type Fault = (&'static str, ErrorReason, &'static str);

/// Returns the violation of an addressee in a recommendation that concerns these parties.
fn fault(addressee: &wire::Addressee, parties: &[String]) -> Option<Fault> {
    let of_party = !addressee.party.is_empty();
    match addressee.kind() {
        Kind::Unspecified => None,
        Kind::Government if of_party && !parties.contains(&addressee.party) => {
            let description = "must be one of `parties`: add it there, or correct it";
            Some(("party", ErrorReason::PartyNotAllowed, description))
        }
        Kind::Government if of_party || !parties.is_empty() => None,
        Kind::Government => {
            let description = "whose government? give its party in `parties`";
            Some(("party", ErrorReason::Required, description))
        }
        _ if of_party => {
            let description = "must be empty: only a GOVERNMENT has a party";
            Some(("party", ErrorReason::PartyNotAllowed, description))
        }
        Kind::Other if addressee.display_name.is_empty() => {
            let description = "must say who it is: the kind is OTHER";
            Some(("display_name", ErrorReason::Required, description))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addressee_must_be_somebody() {
        use Kind::{Commission, Government, Other};
        let concerned = ["parties/tm".to_owned()];

        for (kind, party, display_name, parties, at_fault) in [
            (Government, "", "", &concerned[..], None),
            (Government, "parties/tm", "", &concerned, None),
            (Government, "parties/kz", "", &concerned, Some("party")),
            (Government, "parties/kz", "", &[], Some("party")),
            (Government, "", "the authorities", &[], Some("party")),
            (Commission, "parties/kz", "", &concerned, Some("party")),
            (Commission, "", "", &[], None),
            (Other, "", "", &concerned, Some("display_name")),
            (Other, "", "the Arab League", &[], None),
        ] {
            let (party, display_name) = (party.to_owned(), display_name.to_owned());
            let addressee = wire::Addressee { kind: kind.into(), party, display_name };
            let found = fault(&addressee, parties).map(|(field, ..)| field);
            assert_eq!(found, at_fault, "{addressee:?}");
        }
    }

    #[test]
    fn only_the_repeats_of_themes_are_found() {
        let themes = ["torture", "media", "torture", "torture"].map(ToOwned::to_owned).to_vec();
        let mut recommendation = wire::Recommendation { themes, ..Default::default() };
        let mut check = Check::default();

        OfAddressees::check(&mut recommendation, &mut check);

        let fields: Vec<String> = check.finish().into_iter().map(|one| one.field).collect();
        assert_eq!(fields, ["themes[2]", "themes[3]"]);
    }
}
