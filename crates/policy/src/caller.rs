//! The caller, and what follows from its grants.

use crate::{Clearance, Desks, Grant, Role, Rule, Tier};

/// A caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The subject of the token, as the log keeps it; empty for an anonymous caller.
    pub subject: String,
    /// Its grants.
    pub grants: Vec<Grant>,
    /// True if they proved who they are in more than one way (RFC 8176 `mfa`): needed above
    /// RESTRICTED.
    pub strong: bool,
}

/// Why a call is refused before its request is looked at (AIP-211).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The contract has no rule for the method.
    #[error("the method has no rule")]
    NoRule,
    /// The method needs an authenticated caller.
    #[error("the method needs an access token")]
    Anonymous,
    /// None of the caller's roles may call the method.
    #[error("none of the caller's roles may call the method")]
    Role,
}

impl Caller {
    /// Returns an anonymous caller.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// True for somebody who did not say who they are.
    pub fn is_anonymous(&self) -> bool {
        self.subject.is_empty()
    }

    /// Returns whether the caller may call a method, before anything is known of the request.
    pub fn call(&self, rule: Option<&Rule>, now: i64) -> Result<(), Denied> {
        let rule = rule.ok_or(Denied::NoRule)?;
        if rule.anonymous || self.with_role(rule, now).next().is_some() {
            return Ok(());
        }
        Err(if self.is_anonymous() { Denied::Anonymous } else { Denied::Role })
    }

    /// The grants on which a call by this rule rests: those that let the caller call it, or read
    /// what is not PUBLIC.
    pub fn needed(&self, rule: &Rule, now: i64) -> Vec<Grant> {
        let counts =
            |grant: &&Grant| rule.roles.contains(&grant.role) || grant.reach() > Tier::Public;
        self.grants.iter().filter(|grant| grant.holds(now)).filter(counts).cloned().collect()
    }

    /// Returns the clearance of the caller.
    pub fn clearance(&self, now: i64) -> Clearance {
        let mut clearance = Clearance::public();
        for grant in self.grants.iter().filter(|grant| grant.holds(now)) {
            clearance.add(grant, self.most());
        }
        clearance
    }

    /// Returns whether the caller may write a resource of this tier and these desks by a method of
    /// this rule. What is of no desk may be written by each of them.
    pub fn write(&self, rule: &Rule, tier: Tier, desks: Desks, name: &str, now: i64) -> bool {
        self.with_role(rule, now).any(|grant| self.covers(grant, tier, desks, name))
    }

    /// Returns whether the caller may lower the tier of a resource that now has this one, these
    /// desks and this name.
    pub fn publish(&self, tier: Tier, desks: Desks, name: &str, now: i64) -> bool {
        let held = self.grants.iter().filter(|grant| grant.holds(now));
        let mut publishers = held.filter(|grant| grant.role == Role::Publisher);
        publishers.any(|grant| self.covers(grant, tier, desks, name))
    }

    /// Returns whether a grant is for a resource like this.
    fn covers(&self, grant: &Grant, tier: Tier, desks: Desks, name: &str) -> bool {
        let here = desks.is_none() || grant.desks.meets(desks);
        let this = grant.resource.as_deref().is_none_or(|only| only == name);
        here && this && (tier == Tier::Public || tier <= grant.reach().min(self.most()))
    }

    /// How far any grant reaches for somebody who proved this much.
    const fn most(&self) -> Tier {
        if self.strong { Tier::Secret } else { Tier::Restricted }
    }

    fn with_role(&self, rule: &Rule, now: i64) -> impl Iterator<Item = &Grant> {
        let may = move |grant: &&Grant| grant.holds(now) && rule.roles.contains(&grant.role);
        self.grants.iter().filter(may)
    }
}
