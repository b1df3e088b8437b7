//! Tokens that were verified before.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::identity::Identity;
use super::token::LEEWAY;

/// How many are kept: some hundred bytes each. Nobody can fill this who has no valid tokens.
const MOST: usize = 10_000;

/// By the SHA-256 of the token: the token itself is not kept.
#[derive(Default)]
pub(super) struct Verified(RwLock<HashMap<Box<[u8]>, Arc<Identity>>>);

impl Verified {
    /// Returns the identity of the token with this hash, until it expires.
    pub fn find(&self, hash: &[u8], now: i64) -> Option<Arc<Identity>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|identity| holds(identity, now)).cloned()
    }

    /// Keeps what a token says. When there are too many, all are forgotten: each is verified again
    /// when it comes again.
    pub fn keep(&self, hash: &[u8], identity: &Arc<Identity>, now: i64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, identity| holds(identity, now));
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash.into(), Arc::clone(identity));
    }
}

fn holds(identity: &Identity, now: i64) -> bool {
    now.saturating_sub(LEEWAY) < identity.expires
}
