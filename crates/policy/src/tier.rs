//! How far the harm of a leak reaches.

use facts::vocabulary;
use facts::vocabulary::Vocabulary;

vocabulary! {
    /// How far the harm of a leak reaches; later ones reach further. Explained in
    /// `registan.options.v1.Tier`.
    Tier {
        /// Everybody may read it.
        Public = 1 "PUBLIC",
        /// The desks concerned, and the partners they admit.
        Restricted = 2 "RESTRICTED",
        /// For the members of the desks concerned who need it.
        Confidential = 3 "CONFIDENTIAL",
        /// For the callers named for this very resource.
        Secret = 4 "SECRET",
    }
}

impl Tier {
    /// As a column holds it: 1 to 4.
    pub fn level(self) -> i64 {
        self.number().into()
    }

    /// The tier of a column or of the contract; what is not known is taken for the most protected.
    pub fn from_level(level: i64) -> Self {
        i32::try_from(level).ok().and_then(Self::from_number).unwrap_or(Self::Secret)
    }

    /// True where nobody need say who they are; for serde.
    pub fn is_public(&self) -> bool {
        *self == Self::Public
    }

    /// True where every reading is recorded.
    pub fn is_audited(self) -> bool {
        self >= Self::Confidential
    }
}

/// The tier of a document that was written before tiers were kept, for serde.
pub const fn public() -> Tier {
    Tier::Public
}
