//! The values a reader delivers: plain data, codes as published, nothing looked up.

use formats::Elements;
use rust_decimal::Decimal;

use crate::date::Date;

/// One `iati-activity`, with what it holds that Registan uses.
///
/// Codes are kept as published, also unknown ones (a finding tells). Texts are trimmed and
/// never empty. An absent or empty attribute is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Activity {
    /// `iati-identifier`, trimmed, never empty, unique in the file.
    pub identifier: String,
    /// Line of the file where the activity starts, from 1.
    pub line: u64,
    pub reporting_org: Option<Org>,
    /// True if the organisation that reports it has it from another, which reports it itself.
    pub is_secondary: bool,
    pub titles: Vec<Narrative>,
    /// Narratives of all `description` elements in their order.
    pub descriptions: Vec<Narrative>,
    /// Code of list `ActivityStatus`.
    pub status: Option<String>,
    pub dates: Vec<ActivityDate>,
    pub participating_orgs: Vec<ParticipatingOrg>,
    pub other_identifiers: Vec<OtherIdentifier>,
    pub recipient_countries: Vec<RecipientCountry>,
    pub recipient_regions: Vec<RecipientRegion>,
    pub sectors: Vec<Sector>,
    pub default_currency: Option<String>,
    /// The language of texts that name none: of the activity, else of the file.
    pub default_language: Option<String>,
    pub default_flow_type: Option<String>,
    pub default_finance_type: Option<String>,
    /// The code of aid type vocabulary 1 (OECD DAC); other vocabularies are not read.
    pub default_aid_type: Option<String>,
    pub default_tied_status: Option<String>,
    pub hierarchy: Option<u32>,
    /// `last-updated-datetime` as published.
    pub last_updated: Option<String>,
    pub humanitarian: Option<bool>,
    pub related_activities: Vec<RelatedActivity>,
    pub budgets: Vec<Budget>,
    /// How many `result` elements there are; they are not read further.
    pub results: u32,
    /// How many `indicator` elements the results have.
    pub indicators: u32,
    pub transactions: Vec<Transaction>,
    /// Its elements that can be recorded, without those of its transactions.
    pub elements: Elements,
}

/// A text in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrative {
    /// `xml:lang` of the text or of what encloses it, as published.
    pub lang: Option<String>,
    pub text: String,
}

/// An organisation as one place of the file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Org {
    pub ref_: Option<String>,
    /// Code of list `OrganisationType`.
    pub type_: Option<String>,
    /// The activity of that organisation this one is linked to. Never set on a reporting one.
    pub activity_id: Option<String>,
    pub names: Vec<Narrative>,
}

/// An organisation with its part in the activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipatingOrg {
    /// Code of list `OrganisationRole`: 1 funding, 2 accountable, 3 extending, 4 implementing.
    pub role: Option<String>,
    pub org: Org,
}

/// A date of the activity's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityDate {
    /// Code of list `ActivityDateType`: 1 planned start, 2 actual start, 3 planned end, 4 actual
    /// end.
    pub type_: String,
    pub date: Date,
}

/// Another name of the activity or of its publisher, such as a former identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherIdentifier {
    pub ref_: String,
    /// Code of list `OtherIdentifierType`.
    pub type_: Option<String>,
}

/// A country that benefits, with its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientCountry {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// Between 0 and 100; above that by no more than rounding adds.
    pub percentage: Option<Decimal>,
}

/// A region that benefits, with its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRegion {
    /// Code of list `RegionVocabulary`; 1 (OECD DAC) when the file names none.
    pub vocabulary: String,
    pub code: String,
    /// Between 0 and 100; above that by no more than rounding adds.
    pub percentage: Option<Decimal>,
}

/// A purpose, with its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sector {
    /// Code of list `SectorVocabulary`; 1 (OECD DAC, five digits) when the file names none.
    pub vocabulary: String,
    pub code: String,
    /// Between 0 and 100; above that by no more than rounding adds. The standard has none on a
    /// transaction's sector.
    pub percentage: Option<Decimal>,
}

/// A link to another activity, which may be in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedActivity {
    /// Code of list `RelatedActivityType`: 1 parent, 2 child, 3 sibling, 4 co-funded, 5 third
    /// party.
    pub type_: Option<String>,
    pub ref_: String,
}

/// An amount as published; nothing is converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub amount: Decimal,
    /// ISO 4217, three capital letters; the activity's default when the value names none.
    pub currency: String,
    /// The day whose exchange rate is meant.
    pub value_date: Option<Date>,
}

/// A budget for a period. One that lacks a value or a day is not delivered; a finding tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// 1 original (also when the file says nothing), 2 revised.
    pub type_: String,
    /// 1 indicative (also when the file says nothing), 2 committed.
    pub status: String,
    pub period_start: Date,
    pub period_end: Date,
    pub value: Money,
    /// Line of the file where the budget starts, from 1.
    pub line: u64,
}

/// A transaction that has the four things without which it cannot be summed: type, date, amount
/// and currency. One that lacks any of them is not delivered; a finding tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub ref_: Option<String>,
    /// Code of list `TransactionType`.
    pub type_: String,
    pub date: Date,
    pub value: Money,
    pub description: Vec<Narrative>,
    pub provider_org: Option<Org>,
    pub receiver_org: Option<Org>,
    pub sectors: Vec<Sector>,
    /// ISO 3166-1 alpha-2.
    pub recipient_country: Option<String>,
    pub recipient_region: Option<RecipientRegion>,
    pub flow_type: Option<String>,
    pub finance_type: Option<String>,
    /// The code of aid type vocabulary 1 (OECD DAC).
    pub aid_type: Option<String>,
    pub tied_status: Option<String>,
    pub humanitarian: Option<bool>,
    /// Line of the file where the transaction starts, from 1.
    pub line: u64,
    /// Its elements that can be recorded.
    pub elements: Elements,
}

impl formats::Record for Activity {
    type Child = Transaction;

    fn line(&self) -> u64 {
        self.line
    }

    fn identifier(&self) -> &str {
        &self.identifier
    }

    fn elements(&self) -> &Elements {
        &self.elements
    }

    fn children(&self) -> &[Transaction] {
        &self.transactions
    }

    fn origin(transaction: &Transaction) -> (u64, &Elements) {
        (transaction.line, &transaction.elements)
    }
}
