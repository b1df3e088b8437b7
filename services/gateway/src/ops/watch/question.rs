//! The request of a watch: party, kinds and filter.

use api::registan::partnership::v1::{ResourceKind, WatchRequest};
use chassis::Failure;
use chassis::failure::{ErrorReason, Violation};
use facts::region;

use crate::ops::party::{self, country_code, gains, is_country, of_region};

/// The kinds of resources that are about a party.
const DEFAULT: [ResourceKind; 5] = [
    ResourceKind::Agreement,
    ResourceKind::Framework,
    ResourceKind::Project,
    ResourceKind::Recommendation,
    ResourceKind::Activity,
];
/// The most bytes of a filter: a service takes 4096, and the condition of the party is added.
const MAX_FILTER: usize = 4000;
/// Stands for all parties, as an empty name does.
const ALL: &str = "parties/-";

/// The request of a watch, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `parties/kz`; empty for all parties.
    pub party: String,
    /// In the order of their numbers, each once.
    pub kinds: Vec<ResourceKind>,
    /// AIP-160, as sent.
    pub filter: String,
}

impl Question {
    /// Checks a request. Of its filter only the length: the rest is for the services to check.
    pub fn read(request: WatchRequest) -> Result<Self, Failure> {
        if request.filter.len() > MAX_FILTER {
            let description = format!("is longer than {MAX_FILTER} bytes");
            let violation = Violation::new("filter", ErrorReason::FilterInvalid, description);
            return Err(Failure::invalid(vec![violation]));
        }
        let party = if request.party == ALL { String::new() } else { request.party };
        if !party.is_empty() {
            party::check(&party)?;
        }
        let mut kinds = Vec::new();
        let mut wrong = Vec::new();
        for (place, number) in request.kinds.into_iter().enumerate() {
            let field = format!("kinds[{place}]");
            match ResourceKind::try_from(number) {
                Err(_) | Ok(ResourceKind::Unspecified) => {
                    let description = format!("{number} is no kind of resource");
                    wrong.push(Violation::new(field, ErrorReason::KindInvalid, description));
                }
                Ok(kind) if !party.is_empty() && about(kind, &party).is_none() => {
                    let description = format!("no {} is about a party", noun(kind));
                    wrong.push(Violation::new(field, ErrorReason::KindWithoutParty, description));
                }
                Ok(kind) => kinds.push(kind),
            }
        }
        if !wrong.is_empty() {
            return Err(Failure::invalid(wrong));
        }
        if kinds.is_empty() {
            kinds = DEFAULT.to_vec();
        }
        kinds.sort_unstable();
        kinds.dedup();
        Ok(Self { party, kinds, filter: request.filter })
    }

    /// The filter for one kind. What the caller sent comes first, so that positions in a refusal
    /// are theirs; AND binds weaker than all that it can hold.
    pub fn filter_of(&self, kind: ResourceKind) -> String {
        let asked = self.filter.trim_end();
        let about = if self.party.is_empty() { None } else { about(kind, &self.party) };
        match about {
            None => asked.to_owned(),
            Some(about) if asked.is_empty() => about,
            Some(about) => format!("{asked} AND {about}"),
        }
    }
}

/// The filter that says that a resource is about a party; none where no field says so.
fn about(kind: ResourceKind, party: &str) -> Option<String> {
    match kind {
        ResourceKind::Agreement | ResourceKind::Framework => Some(format!("parties:\"{party}\"")),
        ResourceKind::Recommendation => Some(concerns(party)),
        ResourceKind::Party => Some(is_country(party)),
        ResourceKind::Project => Some(gains(party)),
        ResourceKind::Activity => Some(format!("party = \"{party}\"")),
        ResourceKind::Unspecified
        | ResourceKind::Source
        | ResourceKind::Transaction
        | ResourceKind::Organization => None,
    }
}

/// The filter that says that a recommendation concerns a party: a call to the region around a state
/// concerns the state too.
fn concerns(party: &str) -> String {
    match region::of_country(&country_code(party)).map(of_region) {
        Some(region) => format!("(parties:\"{party}\" OR parties:\"{region}\")"),
        None => format!("parties:\"{party}\""),
    }
}

/// Returns the noun of a kind: `agreement`.
pub fn noun(kind: ResourceKind) -> String {
    kind.as_str_name().trim_start_matches("RESOURCE_KIND_").to_lowercase()
}
