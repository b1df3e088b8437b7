//! Provisions that one party alone applies.

use super::*;

#[test]
fn what_one_party_applies_provisionally_is_not_applied_by_the_others() {
    use MilestoneKind::*;
    let applied = of(Milestone::new(ProvisionallyApplied, date(2020, 1, 1)), "Article 3");
    let life = [
        Milestone { party: "parties/kg".to_owned(), ..applied },
        Milestone::new(Signed, date(2019, 1, 1)),
        of(Milestone::new(ProvisionallyApplied, date(2021, 1, 1)), "Article 2"),
    ];
    let on = |party: &str, cited: &str, day| {
        let status = status::on(&life, party, Day(day));
        Asked::new(&life, party, true, &status).of(&article(cited, "")).state
    };
    let (not_yet, applied) = (Standing::NotYetBinding, Standing::AppliedProvisionally);
    for (day, party, second, third) in [
        (20_200_601, "parties/kz", not_yet, not_yet),
        (20_200_601, "parties/kg", not_yet, applied),
        (20_210_601, "parties/kz", applied, not_yet),
        (20_210_601, "parties/kg", not_yet, applied),
    ] {
        let found = [on(party, "Article 2", day), on(party, "Article 3", day)];
        assert_eq!(found, [second, third], "{party} {day}");
    }
}
