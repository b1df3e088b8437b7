//! Access tokens of the development issuer.

use std::path::Path;

use chassis::auth::development::Token;
use chassis::clock::{Clock, SystemClock};
use policy::{Desks, Role, Tier};

/// A token for the suite with this data folder, of somebody who writes everything of every desk.
///
/// # Panics
/// If it cannot be signed.
pub fn token(data_dir: &Path) -> String {
    let roles = [Role::Editor, Role::Monitor, Role::Publisher];
    token_for(data_dir, &roles, Desks::ALL, Tier::Confidential)
}

/// A token for the suite with this data folder, of somebody with these roles, for these desks, up
/// to this tier.
///
/// # Panics
/// If it cannot be signed.
pub fn token_for(data_dir: &Path, roles: &[Role], desks: Desks, tier: Tier) -> String {
    let token = Token { subject: "test".to_owned(), roles: roles.to_vec(), desks, tier, hours: 1 };
    token.sign(data_dir, SystemClock.now()).expect("the key can be made in the folder")
}
