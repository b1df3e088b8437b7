//! Whom a brief is about: a state, or the states of a region.

use api::registan::agreements::v1::GetPartyRequest;
use api::registan::agreements::v1::party::Kind;
use chassis::Failure;
use chassis::failure::{Code, Violation};
use facts::code::is_country;
use facts::{ErrorReason, region};
use futures::TryFutureExt;
use prost_types::Timestamp;

use crate::App;
use crate::ops::party::{self, country_code};
use crate::ops::share::third;

/// The scheme of a region among its identifiers.
const REGION_SCHEME: &str = "dac-recipient:";

/// Whom a brief is about.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// `parties/tm`, or each state of the region.
    pub states: Vec<String>,
    /// `TM`, or those of each state and the code of the region itself: whose money it is. Empty for
    /// a state without a code.
    pub recipients: Vec<String>,
    /// The code of the region of which the party is part, if any: what names it concerns the party
    /// too.
    pub around: Option<&'static str>,
    /// The name of the region as a whole: `parties/region-619`; of a state the one around it.
    pub region: Option<String>,
    /// True if it is a region.
    pub is_region: bool,
}

impl Subject {
    /// A state by its code, if it has one: a state that is no more may have none.
    fn state(party: &str, code: &str) -> Self {
        let around = region::of_country(code);
        let recipients =
            Some(code.to_owned()).filter(|code| is_country(code)).into_iter().collect();
        let states = vec![party.to_owned()];
        let region = around.map(party::of_region);
        Self { states, recipients, around, region, is_region: false }
    }

    fn region(party: &str, code: &str) -> Option<Self> {
        let members = region::members(code)?;
        let states = members.map(|code| format!("parties/{}", code.to_lowercase())).to_vec();
        let mut recipients = members.map(ToOwned::to_owned).to_vec();
        recipients.push(code.to_owned());
        let region = Some(party.to_owned());
        Some(Self { states, recipients, around: None, region, is_region: true })
    }

    /// The parties of recommendations that concern it: a call to the region concerns its states.
    pub fn concerned(&self) -> Vec<String> {
        self.states.iter().chain(&self.region).cloned().collect()
    }

    /// The parties of its activities: the states and, of a region, the region itself.
    pub fn places(&self) -> Vec<String> {
        let region = self.region.as_ref().filter(|_| self.is_region);
        self.states.iter().chain(region).cloned().collect()
    }

    /// One of a field's values, in the language of filters:
    /// `(party = "parties/kz" OR party = "parties/kg")`.
    pub fn any(field: &str, comparison: &str, values: &[String]) -> String {
        let terms = values.iter().map(|value| format!("{field}{comparison}\"{value}\""));
        format!("({})", terms.collect::<Vec<_>>().join(" OR "))
    }
}

/// Looks the party up. While its service is down, or does not answer in a third of the time, what
/// has the name of a state is taken for one: the other parts are served.
pub async fn find(
    app: &App,
    party: &str,
    read_time: Option<Timestamp>,
) -> Result<Subject, Failure> {
    let mut found = kind(app, party, read_time).await;
    // The instant may be one of another service: see `if_later`.
    if found.as_ref().is_err_and(|failure| failure.reason == ErrorReason::ReadTimeInvalid) {
        found = kind(app, party, None).await;
    }
    match found {
        Ok(subject) => Ok(subject),
        Err(failure)
            if matches!(
                failure.code,
                Code::InvalidArgument | Code::NotFound | Code::OutOfRange
            ) =>
        {
            Err(failure)
        }
        Err(failure) if !is_country(&country_code(party)) => Err(failure),
        Err(_) => Ok(Subject::state(party, &country_code(party))),
    }
}

async fn kind(app: &App, name: &str, read_time: Option<Timestamp>) -> Result<Subject, Failure> {
    let request = GetPartyRequest { name: name.to_owned(), read_time, known_by: None };
    let mut client = app.services.party_service();
    let party = client.get_party(request);
    let party = party.map_err(|status| Failure::downstream("agreements", status));
    let party = third("agreements", party).await?.into_inner();
    let subject = match party.kind() {
        Kind::State | Kind::FormerState => Some(Subject::state(name, &party.country_code)),
        Kind::Region => {
            let ids = party.external_ids.iter();
            let mut codes = ids.filter_map(|id| id.value.strip_prefix(REGION_SCHEME));
            codes.find_map(|code| Subject::region(name, code))
        }
        _ => None,
    };
    subject.ok_or_else(|| {
        let description = format!(
            "`{name}` ({}) is neither a state nor a region of which the states are known; ask for one, such as parties/kz or parties/region-619",
            party.display_name
        );
        Failure::invalid(vec![Violation::new("party", ErrorReason::PartyKindInvalid, description)])
    })
}
