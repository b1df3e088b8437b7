//! Callers of every kind, for properties.

use facts::vocabulary::Vocabulary;
use policy::{Caller, Desks, Grant, Role, Tier};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

/// Names of resources, of which some ask for care in SQL.
pub const NAMES: [&str; 7] = [
    "activities/a",
    "activities/b",
    "activities/A",
    "activities/%",
    "activities/o'brien",
    "projects/п",
    "",
];

fn grants() -> impl Strategy<Value = Grant> {
    let tiers = [Tier::ALL, &[Tier::Unread]].concat();
    let resource = weighted(0.4, select(&NAMES[..]).prop_map(ToOwned::to_owned));
    let parts = (select(Role::ALL), 0_i64..128, select(tiers), resource, weighted(0.3, 0_i64..10));
    parts.prop_map(|(role, desks, tier, resource, expires)| Grant {
        role,
        desks: Desks::from_bits(desks),
        tier,
        resource,
        expires,
    })
}

/// Returns callers with up to four grants of any kind, some of which have ended by 10.
pub fn callers() -> impl Strategy<Value = Caller> {
    (vec(grants(), 0..5), any::<bool>()).prop_map(|(grants, strong)| Caller {
        subject: "a.sample".to_owned(),
        grants,
        strong,
    })
}

/// So many cases; what fails is printed, not kept in a file.
pub fn cases(count: u32) -> Config {
    Config { failure_persistence: None, ..Config::with_cases(count) }
}
