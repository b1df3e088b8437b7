//! The start of an element of an activity: the value that it sets.

use crate::activity::{ActivityDate, OtherIdentifier, ParticipatingOrg, RelatedActivity};
use crate::attributes::Attrs;
use crate::codes;
use crate::draft::Draft;
use crate::finding::Rule;
use crate::node::Node;
use crate::notes::Notes;
use crate::shares;
use crate::text::shown;

impl Draft {
    pub(super) fn start_classification(
        &mut self,
        node: Node,
        attrs: &Attrs<'_>,
        line: u64,
    ) -> bool {
        let Self { activity, notes, .. } = self;
        match node {
            Node::Status => {
                shares::set_code(&mut activity.status, attrs, &codes::ACTIVITY_STATUS, notes, line)
            }
            Node::RecipientCountry => {
                shares::put(&mut activity.recipient_countries, shares::country(attrs, notes, line))
            }
            Node::RecipientRegion => {
                shares::put(&mut activity.recipient_regions, shares::region(attrs, notes, line))
            }
            Node::Sector => shares::put(&mut activity.sectors, shares::sector(attrs, notes, line)),
            Node::FlowType => {
                let place = &mut activity.default_flow_type;
                shares::set_code(place, attrs, &codes::FLOW_TYPE, notes, line)
            }
            Node::FinanceType => {
                let place = &mut activity.default_finance_type;
                shares::set_code(place, attrs, &codes::FINANCE_TYPE, notes, line)
            }
            Node::AidType => {
                shares::set_aid_type(&mut activity.default_aid_type, attrs, notes, line)
            }
            Node::TiedStatus => {
                let place = &mut activity.default_tied_status;
                shares::set_code(place, attrs, &codes::TIED_STATUS, notes, line)
            }
            _ => true,
        }
    }

    pub(super) fn start_participating_org(&mut self, attrs: &Attrs<'_>, line: u64) {
        let role = attrs.text("role");
        if let Some(code) = &role {
            self.looks_version_one |= is_word(code);
            self.notes.check_code(&codes::ORGANISATION_ROLE, code, line);
        }
        let org = shares::org(attrs, Some("activity-id"), &mut self.notes, line);
        self.activity.participating_orgs.push(ParticipatingOrg { role, org });
    }

    pub(super) fn start_other_identifier(&mut self, attrs: &Attrs<'_>, line: u64) -> bool {
        let notes = &mut self.notes;
        let ref_ = shares::needed(attrs, "ref", "other-identifier", notes, line);
        let Some(ref_) = ref_ else { return false };
        let type_ = attrs.text("type");
        if let Some(code) = &type_ {
            notes.check_code(&codes::OTHER_IDENTIFIER_TYPE, code, line);
        }
        self.activity.other_identifiers.push(OtherIdentifier { ref_, type_ });
        true
    }

    pub(super) fn start_related(&mut self, attrs: &Attrs<'_>, line: u64) -> bool {
        let notes = &mut self.notes;
        let ref_ = shares::needed(attrs, "ref", "related-activity", notes, line);
        let Some(ref_) = ref_ else { return false };
        let type_ = attrs.text("type");
        if let Some(code) = &type_ {
            notes.check_code(&codes::RELATED_ACTIVITY_TYPE, code, line);
        }
        self.activity.related_activities.push(RelatedActivity { type_, ref_ });
        true
    }

    pub(super) fn start_date(&mut self, attrs: &Attrs<'_>, line: u64) -> bool {
        const NOT_TAKEN: &str = "the date was not taken";
        let date = self.notes.iso_date(attrs, "activity-date", NOT_TAKEN, line);
        let Some(type_) = attrs.text("type") else {
            let message =
                format_args!("activity-date has no type; {NOT_TAKEN}; give @type from 1 to 4");
            self.notes.add(Rule::TypeMissing, line, message);
            return false;
        };
        self.looks_version_one |= is_word(&type_);
        self.notes.check_code(&codes::ACTIVITY_DATE_TYPE, &type_, line);
        shares::put(&mut self.activity.dates, date.map(|date| ActivityDate { type_, date }))
    }
}

pub(super) fn hierarchy(attrs: &Attrs<'_>, notes: &mut Notes, line: u64) -> Option<u32> {
    let text = attrs.get("hierarchy")?;
    let level = text.parse().ok();
    if level.is_none() {
        let text = shown(text);
        let message = format_args!("@hierarchy is {text}; it was left out; write a whole number");
        notes.add(Rule::AttributeInvalid, line, message);
    }
    level
}

/// True for words where 2.x has numbers: `Funding`, `start-actual`.
fn is_word(code: &str) -> bool {
    code.starts_with(|c: char| c.is_ascii_alphabetic())
}
