//! The elements and attributes of a file that the record keeps. The import takes this from each
//! activity; all else is counted as not kept.

use crate::node::Node;

impl Node {
    /// Returns whether what an element says can be recorded. Below one that cannot, nothing is.
    pub(crate) fn is_kept(self) -> bool {
        !matches!(
            self,
            Self::Ignored
                | Self::Budget
                | Self::Result
                | Self::FlowType
                | Self::FinanceType
                | Self::AidType
                | Self::TiedStatus
        )
    }

    /// Returns whether what an attribute of an element says, that lies in `parent`, can be
    /// recorded, or says only how to read it.
    pub(crate) fn keeps(self, parent: Self, attribute: &str) -> bool {
        if attribute == "xml:lang" || attribute.starts_with("xmlns") {
            return true;
        }
        match self {
            Self::Root => attribute == "version",
            Self::Activity => matches!(attribute, "version" | "default-currency"),
            Self::ReportingOrg => matches!(attribute, "ref" | "secondary-reporter"),
            Self::ProviderOrg | Self::ReceiverOrg | Self::Transaction => attribute == "ref",
            Self::ParticipatingOrg => matches!(attribute, "ref" | "role"),
            Self::OtherIdentifier | Self::RelatedActivity => matches!(attribute, "ref" | "type"),
            Self::Status | Self::TransactionType => attribute == "code",
            Self::ActivityDate => matches!(attribute, "type" | "iso-date"),
            Self::TransactionDate => attribute == "iso-date",
            // One recipient has all of a transaction.
            Self::RecipientCountry | Self::RecipientRegion if parent == Self::Transaction => {
                matches!(attribute, "code" | "vocabulary")
            }
            Self::RecipientCountry | Self::RecipientRegion | Self::Sector => {
                matches!(attribute, "code" | "percentage" | "vocabulary")
            }
            Self::Value => matches!(attribute, "currency" | "value-date"),
            _ => false,
        }
    }
}
