//! The closed set of rules by which the reader says what it found.

use formats::{Finding, Severity};

/// Declares the rules once: variant, id, severity, meaning.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal, $severity:ident;)+) => {
        /// Every rule a finding can name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// The rules, the gravest first.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The id in a finding; it never changes its meaning.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How bad a breach is. Each rule has one severity.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// A breach of it at a line.
            pub(crate) fn at(self, line: u64, message: impl Into<String>) -> Finding {
                let message = message.into();
                Finding {
                    severity: self.severity(),
                    rule: self.as_str(),
                    line,
                    identifier: None,
                    message,
                }
            }
        }
    };
}

rules! {
    /// The input is not XML. Nothing was read.
    NotXml = "not-xml", Critical;
    /// The root is not `iati-activities`. Nothing was read.
    NotIati = "not-iati", Critical;
    /// The root is `iati-organisations`. Nothing was read.
    OrganisationFile = "organisation-file", Critical;
    /// There is a DOCTYPE: a way to attack readers, never needed. Reading stopped.
    Doctype = "doctype", Critical;
    /// The file ends inside an element. The activities before the break were read.
    Truncated = "truncated", Critical;
    /// The markup is broken. The activities before the break were read.
    NotWellFormed = "not-well-formed", Critical;
    /// The input failed while it was read. The activities before that were read.
    ReadFailed = "read-failed", Critical;
    /// Elements are nested too deep. Reading stopped.
    TooDeep = "too-deep", Critical;
    /// A tag, comment or run of text is too long to hold. Reading stopped.
    PieceTooLong = "piece-too-long", Critical;
    /// A text of the activity is too long. The activity was skipped.
    TextTooLong = "text-too-long", Critical;
    /// An attribute value is too long. The activity was skipped; on the root, reading stopped.
    AttributeTooLong = "attribute-too-long", Critical;
    /// Too many attributes. The activity was skipped; on the root, reading stopped.
    TooManyAttributes = "too-many-attributes", Critical;
    /// The activity as a whole is too large to hold. The activity was skipped.
    ActivityTooLarge = "activity-too-large", Critical;
    /// The file declares a version 1.x. Its activities were skipped and counted.
    VersionOneFile = "version-one-file", Critical;

    /// The activity is of a version 1.x. It was skipped.
    VersionOne = "version-one", Error;
    /// The activity has no identifier. It was skipped.
    IdentifierMissing = "identifier-missing", Error;
    /// The identifier was seen before in this file. The later activity was skipped.
    IdentifierDuplicate = "identifier-duplicate", Error;
    /// A transaction or date has no type. It was not taken.
    TypeMissing = "type-missing", Error;
    /// A transaction, activity date or budget has no date. It was not taken.
    DateMissing = "date-missing", Error;
    /// A date cannot be read. It, or what cannot be without it, was not taken.
    DateInvalid = "date-invalid", Error;
    /// A transaction or budget has no value. It was not taken.
    AmountMissing = "amount-missing", Error;
    /// An amount cannot be read for sure. What it belongs to was not taken.
    AmountInvalid = "amount-invalid", Error;
    /// Neither the value nor the activity names a currency. It was not taken.
    CurrencyMissing = "currency-missing", Error;
    /// The currency is not a code of three letters. It was not taken.
    CurrencyInvalid = "currency-invalid", Error;
    /// A percentage cannot be read. The share was read without it.
    PercentageInvalid = "percentage-invalid", Error;
    /// Some shares of a split have no percentage.
    PercentageMissing = "percentage-missing", Error;
    /// A sector, recipient, identifier or relation has no code. It was not taken.
    CodeMissing = "code-missing", Error;
    /// An element that may stand once stands again. The first counts.
    ElementRepeated = "element-repeated", Error;
    /// An element every activity must have is missing.
    ElementMissing = "element-missing", Error;
    /// Texts name no language and the activity has no default. They were read without one.
    LanguageMissing = "language-missing", Error;
    /// Bytes do not fit the encoding. U+FFFD stands for each.
    EncodingInvalid = "encoding-invalid", Error;
    /// An entity that XML does not define. The text was read without it.
    EntityUnknown = "entity-unknown", Error;
    /// An `&` that starts no entity. It was read as text.
    BareAmpersand = "bare-ampersand", Error;

    /// The declared encoding is unknown or is not the real one. It was read as UTF-8.
    EncodingMisdeclared = "encoding-misdeclared", Warning;
    /// The file names no version. It was read as 2.03.
    VersionMissing = "version-missing", Warning;
    /// The version is not one of 2.01, 2.02, 2.03. It was read as 2.03.
    VersionUnknown = "version-unknown", Warning;
    /// The root has an XML namespace; IATI has none. It was read all the same.
    NamespaceUnexpected = "namespace-unexpected", Warning;
    /// Percentages of a split do not add up to 100. They were read as they are.
    PercentageSum = "percentage-sum", Warning;
    /// A code is not in its list. It was read as it stands.
    CodeUnknown = "code-unknown", Warning;
    /// An amount or percentage was repaired.
    AmountRepaired = "amount-repaired", Warning;
    /// A date was repaired.
    DateRepaired = "date-repaired", Warning;
    /// A currency was repaired.
    CurrencyRepaired = "currency-repaired", Warning;
    /// The identifier has space around it. It was read without.
    IdentifierSpaces = "identifier-spaces", Warning;
    /// A text stands outside `narrative`. It was read as one.
    TextOutsideNarrative = "text-outside-narrative", Warning;
    /// Control characters stand in a text. They were left out.
    ControlCharacter = "control-character", Warning;
    /// An optional attribute has a value that cannot be. It was left out.
    AttributeInvalid = "attribute-invalid", Warning;

    /// The file has no activity at all.
    NoActivities = "no-activities", Advisory;
    /// There were more findings for this activity than are kept.
    FindingsLeftOut = "findings-left-out", Advisory;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rule_ids_are_unique_and_in_kebab_case() {
        let ids: HashSet<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();

        assert_eq!(ids.len(), Rule::ALL.len());
        for id in ids {
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
        }
    }
}
