//! The acts of single parties towards being bound by an agreement.

use api::registan::agreements::v1 as wire;
use facts::wire::checked_date;
use facts::{Check, ErrorReason};
use standard::{Rules, Value};

/// An act of a party.
pub type Ratification = Value<wire::Ratification, OfRatifications>;

/// The rules that an act towards the others does not come before that by the party's own law, and
/// that what did not happen has no date.
pub enum OfRatifications {}

impl Rules<wire::Ratification> for OfRatifications {
    fn check(it: &mut wire::Ratification, check: &mut Check) {
        let dates =
            [("acted", &it.acted), ("notified", &it.notified), ("deposited", &it.deposited)];
        if it.kind() == wire::ratification::Kind::NotYet {
            for (field, _) in dates.into_iter().filter(|(_, date)| date.is_some()) {
                let description = "must be absent: the party had not acted; is it `stated`?";
                check.violation(field, ErrorReason::OrderInvalid, description);
            }
            if it.stated.is_none() {
                let description = "must be given: on which day the party had not acted";
                check.violation("stated", ErrorReason::Required, description);
            }
            return;
        }
        let Some(acted) = checked_date(it.acted.as_ref()) else { return };
        for (field, date) in &dates[1..] {
            let date = checked_date(date.as_ref());
            if date.is_some_and(|date| date.latest() < acted.earliest()) {
                check.violation(field, ErrorReason::OrderInvalid, "lies before `acted`");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1 as wire;
    use api::registan::agreements::v1::ratification::Kind;
    use api::registan::r#type::v1::{Date, PartialDate, SourceRef};
    use facts::Check;
    use standard::Served;

    use super::Ratification;

    fn date(month: i32) -> PartialDate {
        let date = Some(Date { year: 2017, month, day: 0 });
        PartialDate { date, ..PartialDate::default() }
    }

    /// The violations of an act of these months; 0 is none.
    fn violations(kind: Kind, [acted, notified, deposited, stated]: [i32; 4]) -> Vec<String> {
        let of = |month: i32| (month > 0).then(|| date(month));
        let ratification = wire::Ratification {
            party: "parties/xa".to_owned(),
            kind: kind.into(),
            acted: of(acted),
            notified: of(notified),
            deposited: of(deposited),
            stated: of(stated),
            source: Some(SourceRef { citation: "Example".to_owned(), ..SourceRef::default() }),
            ..wire::Ratification::default()
        };
        let mut check = Check::new("ratification");
        let name = "agreements/x/ratifications/xa".to_owned();
        Ratification::read(&mut check, name, ratification);
        let found = check.finish().into_iter();
        found.map(|one| format!("{} {}", one.field, one.reason.as_str_name())).collect()
    }

    #[test]
    fn an_act_towards_the_others_comes_after_that_by_the_own_law() {
        let none: &[&str] = &[];
        let cases = [
            (Kind::Ratification, [3, 3, 4, 0], none),
            (Kind::Ratification, [0, 0, 4, 5], none),
            (Kind::Approval, [3, 2, 4, 0], &["ratification.notified ORDER_INVALID"]),
            (Kind::Approval, [3, 0, 2, 0], &["ratification.deposited ORDER_INVALID"]),
        ];
        for (kind, months, wanted) in cases {
            assert_eq!(violations(kind, months), wanted, "{months:?}");
        }
    }

    #[test]
    fn no_act_has_no_date_but_the_day_on_which_there_was_none() {
        assert!(violations(Kind::NotYet, [0, 0, 0, 4]).is_empty());
        let wanted = ["ratification.notified ORDER_INVALID", "ratification.stated REQUIRED"];
        assert_eq!(violations(Kind::NotYet, [0, 2, 0, 0]), wanted);
    }
}
