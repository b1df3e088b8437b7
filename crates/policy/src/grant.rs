//! Grants: a role, for desks, up to a tier, until a day.

use facts::vocabulary;

use crate::{Desks, Tier};

vocabulary! {
    /// The role of a person or program. Explained in `registan.options.v1.Role`.
    Role {
        /// An outside partner of a desk: reads.
        Partner = 1 "PARTNER",
        /// Reads.
        Analyst = 2 "ANALYST",
        /// Reads, and writes activities.
        Monitor = 3 "MONITOR",
        /// Reads and writes law, money and recommendations.
        Editor = 4 "EDITOR",
        /// Lowers tiers.
        Publisher = 5 "PUBLISHER",
        /// Keeps the identities of persons.
        Custodian = 6 "CUSTODIAN",
        /// Reads who read and wrote what.
        Auditor = 7 "AUDITOR",
        /// Runs the suite and grants roles.
        Operator = 8 "OPERATOR",
    }
}

impl Role {
    /// The highest tier this role can read, whatever a grant says.
    pub const fn ceiling(self) -> Tier {
        match self {
            Self::Operator | Self::Auditor | Self::Unread => Tier::Public,
            Self::Partner => Tier::Restricted,
            Self::Analyst | Self::Monitor | Self::Editor | Self::Publisher | Self::Custodian => {
                Tier::Secret
            }
        }
    }
}

/// A role, for desks, up to a tier, until an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// For which desks.
    pub desks: Desks,
    /// Up to which tier. Above CONFIDENTIAL only with `resource`.
    pub tier: Tier,
    /// The one resource it is for; absent for all of the desks.
    pub resource: Option<String>,
    /// Microseconds since 1970 UTC from which it no longer holds; absent for a token's own
    /// lifetime.
    pub expires: Option<i64>,
}

impl Grant {
    /// True while it holds.
    pub fn holds(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Returns whether it gives all that another gives.
    pub fn covers(&self, other: &Self) -> bool {
        let desks = self.desks.holds(other.desks);
        let resources = self.resource.is_none() || self.resource == other.resource;
        self.role == other.role && desks && resources && self.reach() >= other.reach()
    }

    /// The tier it lets its holder read: the lowest of what it says, what its role can, and, for
    /// all of a desk, CONFIDENTIAL. One that says nothing gives what is PUBLIC.
    pub fn reach(&self) -> Tier {
        if self.tier == Tier::Unread {
            return Tier::Public;
        }
        let most = if self.resource.is_some() { Tier::Secret } else { Tier::Confidential };
        self.tier.min(self.role.ceiling()).min(most)
    }
}
