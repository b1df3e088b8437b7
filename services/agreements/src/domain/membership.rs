//! The members of a union or an organisation on a day.

use std::collections::BTreeMap;

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, Day, ErrorReason, PartialDate};
use standard::{Rules, Value};

/// A membership.
pub type Membership = Value<wire::Membership, OfMemberships>;

/// The rule that nobody leaves before joining.
pub enum OfMemberships {}

impl Rules<wire::Membership> for OfMemberships {
    fn check(membership: &mut wire::Membership, check: &mut Check) {
        let (joined, left) =
            (checked_date(membership.joined.as_ref()), checked_date(membership.left.as_ref()));
        let is_wrong =
            |(joined, left): (PartialDate, PartialDate)| left.latest() < joined.earliest();
        if joined.zip(left).is_some_and(is_wrong) {
            let description = "lies before `joined`";
            check.violation("left", ErrorReason::OrderInvalid, description);
        }
    }
}

/// The answer to whether a party belongs to a group on a day, from the least to the most that is
/// said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belongs {
    /// It does not.
    No,
    /// It is not known, for this reason.
    Unknown(String),
    /// It does.
    Yes,
}

/// Returns whether a party belongs on a day by one of its memberships.
fn on(membership: &wire::Membership, day: Day) -> Belongs {
    let (joined, left) =
        (checked_date(membership.joined.as_ref()), checked_date(membership.left.as_ref()));
    if joined.as_ref().is_some_and(|joined| day < joined.earliest())
        || left.as_ref().is_some_and(|left| left.latest() < day)
    {
        return Belongs::No;
    }
    match (joined, left) {
        (Some(joined), _) if day < joined.latest() => Belongs::Unknown(format!("joined {joined}")),
        (_, Some(left)) if left.earliest() < day => Belongs::Unknown(format!("left {left}")),
        _ => Belongs::Yes,
    }
}

/// Returns each party that has one of these memberships, by its name, and whether it belongs on a
/// day. A party that left and came again belongs by any of them.
pub fn members<'a>(
    memberships: impl IntoIterator<Item = &'a Membership>,
    day: Day,
) -> BTreeMap<String, Belongs> {
    let mut all = BTreeMap::new();
    for membership in memberships {
        let belongs = on(membership, day);
        let known = all.entry(membership.party.clone()).or_insert(Belongs::No);
        *known = belongs.max(known.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use api::registan::r#type::v1::partial_date::Qualifier;
    use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
    use facts::{Check, Day};
    use standard::Served;

    use super::{Belongs, Membership, members};

    fn date((year, month, day): (i32, i32, i32)) -> PartialDate {
        PartialDate { date: Some(Date { year, month, day }), ..PartialDate::default() }
    }

    fn by(parts: (i32, i32, i32)) -> PartialDate {
        PartialDate { qualifier: Qualifier::Until.into(), ..date(parts) }
    }

    fn membership(joined: PartialDate, left: Option<PartialDate>) -> Membership {
        let (party, joined) = ("parties/xa".to_owned(), Some(joined));
        Membership::of(wire::Membership { party, joined, left, ..wire::Membership::default() })
    }

    fn unknown(reason: &str) -> Belongs {
        Belongs::Unknown(reason.to_owned())
    }

    #[test]
    fn a_party_belongs_from_the_day_it_joined_to_the_day_it_left() {
        let exact = membership(date((1973, 1, 1)), Some(date((2020, 1, 31))));
        let year = membership(date((2004, 0, 0)), None);
        let early = membership(by((2004, 5, 1)), None);
        let gone = membership(date((2004, 5, 1)), Some(date((2010, 6, 0))));
        let cases = [
            (&exact, 19_721_231, Belongs::No),
            (&exact, 19_730_101, Belongs::Yes),
            (&exact, 20_200_131, Belongs::Yes),
            (&exact, 20_200_201, Belongs::No),
            (&year, 20_031_231, Belongs::No),
            (&year, 20_040_501, unknown("joined 2004")),
            (&year, 20_041_231, Belongs::Yes),
            (&early, 20_040_430, unknown("joined by 2004-05-01")),
            (&early, 20_040_501, Belongs::Yes),
            (&gone, 20_100_601, Belongs::Yes),
            (&gone, 20_100_602, unknown("left 2010-06")),
            (&gone, 20_100_701, Belongs::No),
        ];
        for (membership, day, wanted) in cases {
            let found = members([membership], Day(day)).remove("parties/xa");
            assert_eq!(found, Some(wanted), "{membership:?} on {day}");
        }
    }

    #[test]
    fn a_party_that_came_again_belongs_by_any_of_its_memberships() {
        let first = membership(date((1990, 1, 1)), Some(date((1995, 1, 1))));
        let again = membership(date((2000, 0, 0)), None);
        let cases = [
            (19_910_101, Belongs::Yes),
            (19_960_101, Belongs::No),
            (20_000_101, unknown("joined 2000")),
            (20_010_101, Belongs::Yes),
        ];
        for (day, wanted) in cases {
            for both in [[&first, &again], [&again, &first]] {
                let found = members(both, Day(day)).remove("parties/xa");
                assert_eq!(found.as_ref(), Some(&wanted), "on {day}");
            }
        }
    }

    #[test]
    fn nobody_leaves_before_joining() {
        let violations = |left| {
            let message = wire::Membership {
                party: "parties/xa".to_owned(),
                group: "parties/union".to_owned(),
                joined: Some(date((2004, 5, 0))),
                left: Some(date(left)),
                source: Some(SourceRef { citation: "Example".to_owned(), ..SourceRef::default() }),
                ..wire::Membership::default()
            };
            let mut check = Check::new("membership");
            Membership::read(&mut check, "memberships/xa".to_owned(), message);
            check.finish().into_iter().map(|one| one.field).collect::<Vec<_>>()
        };

        assert_eq!(violations((2004, 4, 30)), ["membership.left"]);
        assert!(violations((2004, 5, 0)).is_empty());
    }
}
