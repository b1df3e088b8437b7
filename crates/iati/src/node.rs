//! Where in the tree an element stands, so that names are compared once.

/// The kind of an element. Sectors, countries and the like have one node for both an activity and a
/// transaction: the draft knows which is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    /// Not read, and nothing below it is.
    Ignored,
    Root,
    Activity,
    Identifier,
    ReportingOrg,
    Title,
    Description,
    ParticipatingOrg,
    OtherIdentifier,
    Status,
    ActivityDate,
    RecipientCountry,
    RecipientRegion,
    Sector,
    FlowType,
    FinanceType,
    AidType,
    TiedStatus,
    Budget,
    PeriodStart,
    PeriodEnd,
    RelatedActivity,
    Result,
    Indicator,
    Transaction,
    TransactionType,
    TransactionDate,
    Value,
    ProviderOrg,
    ReceiverOrg,
    Narrative,
}

impl Node {
    /// The node of a child element. A prefixed name is of a foreign namespace, so ignored.
    pub(crate) fn child(self, name: &str) -> Self {
        match self {
            Self::Root if name == "iati-activity" => Self::Activity,
            Self::Activity => activity_child(name),
            Self::Transaction => transaction_child(name),
            Self::Budget => match name {
                "period-start" => Self::PeriodStart,
                "period-end" => Self::PeriodEnd,
                "value" => Self::Value,
                _ => Self::Ignored,
            },
            Self::Result if name == "indicator" => Self::Indicator,
            _ if self.holds_narratives() && name == "narrative" => Self::Narrative,
            _ => Self::Ignored,
        }
    }

    /// True for elements whose text is in `narrative` children in 2.x and their own in 1.x.
    pub(crate) fn holds_narratives(self) -> bool {
        matches!(
            self,
            Self::ReportingOrg
                | Self::Title
                | Self::Description
                | Self::ParticipatingOrg
                | Self::ProviderOrg
                | Self::ReceiverOrg
        )
    }

    /// True when the text of the element is kept.
    pub(crate) fn keeps_text(self) -> bool {
        matches!(self, Self::Narrative | Self::Value | Self::Identifier) || self.holds_narratives()
    }

    /// True when each such element takes room in the activity.
    pub(crate) fn is_item(self) -> bool {
        matches!(
            self,
            Self::ParticipatingOrg
                | Self::OtherIdentifier
                | Self::ActivityDate
                | Self::RecipientCountry
                | Self::RecipientRegion
                | Self::Sector
                | Self::Budget
                | Self::RelatedActivity
                | Self::Transaction
                | Self::Narrative
        )
    }
}

fn activity_child(name: &str) -> Node {
    match name {
        "iati-identifier" => Node::Identifier,
        "reporting-org" => Node::ReportingOrg,
        "title" => Node::Title,
        "description" => Node::Description,
        "participating-org" => Node::ParticipatingOrg,
        "other-identifier" => Node::OtherIdentifier,
        "activity-status" => Node::Status,
        "activity-date" => Node::ActivityDate,
        "recipient-country" => Node::RecipientCountry,
        "recipient-region" => Node::RecipientRegion,
        "sector" => Node::Sector,
        "default-flow-type" => Node::FlowType,
        "default-finance-type" => Node::FinanceType,
        "default-aid-type" => Node::AidType,
        "default-tied-status" => Node::TiedStatus,
        "budget" => Node::Budget,
        "transaction" => Node::Transaction,
        "related-activity" => Node::RelatedActivity,
        "result" => Node::Result,
        _ => Node::Ignored,
    }
}

fn transaction_child(name: &str) -> Node {
    match name {
        "transaction-type" => Node::TransactionType,
        "transaction-date" => Node::TransactionDate,
        "value" => Node::Value,
        "description" => Node::Description,
        "provider-org" => Node::ProviderOrg,
        "receiver-org" => Node::ReceiverOrg,
        "sector" => Node::Sector,
        "recipient-country" => Node::RecipientCountry,
        "recipient-region" => Node::RecipientRegion,
        "flow-type" => Node::FlowType,
        "finance-type" => Node::FinanceType,
        "aid-type" => Node::AidType,
        "tied-status" => Node::TiedStatus,
        _ => Node::Ignored,
    }
}
