//! Tests of acts, and of preferences that end.

use super::*;

fn of_bearers(law: Law, bearers: &[&str], day: i32) -> Binding {
    let bearers: Vec<String> = bearers.iter().map(|one| (*one).to_owned()).collect();
    Bound::new(Arc::new(law), None, &bearers).on(Day(day)).clone()
}

#[test]
fn an_act_that_is_only_adopted_does_not_bind_for_certain() {
    let adopted = wire::Act { adopted: date(2012, 10, 25), ..wire::Act::default() };
    let by = types::PartialDate {
        qualifier: types::partial_date::Qualifier::Until.into(),
        ..date(2016, 1, 27).unwrap()
    };
    let begun = wire::Act { in_force: Some(by), ..adopted.clone() };
    for (day, only_adopted, known_by) in [
        (20_121_024, "no", "no"),
        (20_121_025, "unknown", "unknown"),
        (20_160_126, "unknown", "unknown"),
        (20_160_127, "unknown", "yes"),
    ] {
        assert_eq!(word_of(&of_bearers(Law::of_act(&adopted), &[], day)), only_adopted, "{day}");
        assert_eq!(word_of(&of_bearers(Law::of_act(&begun), &[], day)), known_by, "{day}");
    }
    let reason = of_bearers(Law::of_act(&adopted), &[], 20_200_101);
    let wanted = " is adopted, and when it entered into force is not recorded".to_owned();
    assert_eq!(reason, Binding::Unknown(wanted));
}

#[test]
fn an_act_without_any_date_is_no_more_certain_than_one_that_is_adopted() {
    let ended = wire::Act { ended: date(2000, 1, 1), ..wire::Act::default() };
    for (day, undated, ended_since) in
        [(19_850_101, "unknown", "unknown"), (20_000_101, "unknown", "no")]
    {
        let act = wire::Act::default();
        assert_eq!(word_of(&of_bearers(Law::of_act(&act), &[], day)), undated, "{day}");
        assert_eq!(word_of(&of_bearers(Law::of_act(&ended), &[], day)), ended_since, "{day}");
    }
    let act = wire::Act { name: "acts/one".to_owned(), ..wire::Act::default() };
    let wanted = "acts/one has no date, and when it entered into force is not recorded".to_owned();
    assert_eq!(of_bearers(Law::of_act(&act), &[], 20_200_101), Binding::Unknown(wanted));
}

#[test]
fn a_preference_binds_whoever_benefits_while_it_lasts() {
    let benefit = |party: &str, since, until| wire::Beneficiary {
        party: format!("parties/{party}"),
        since,
        until,
        ..wire::Beneficiary::default()
    };
    let framework = || {
        let beneficiaries = vec![
            benefit("kz", None, date(2013, 12, 31)),
            benefit("kg", date(2016, 1, 27), None),
            benefit("tm", None, date(2015, 0, 0)),
            benefit("tm", date(2018, 1, 1), None),
        ];
        Law::of_framework(&wire::Framework { beneficiaries, ..wire::Framework::default() })
    };
    for (day, kz, kg, tm) in [
        (20_131_231, "unknown", "no", "unknown"),
        (20_140_101, "no", "no", "unknown"),
        (20_150_601, "no", "no", "unknown"),
        (20_160_127, "no", "yes", "no"),
        (20_180_101, "no", "yes", "yes"),
    ] {
        for (bearer, wanted) in [("parties/kz", kz), ("parties/kg", kg), ("parties/tm", tm)] {
            let found = of_bearers(framework(), &[bearer], day);
            assert_eq!(word_of(&found), wanted, "{bearer} on {day}");
        }
        assert_eq!(word_of(&of_bearers(framework(), &["parties/uz"], day)), "yes", "of no benefit");
        let both = of_bearers(framework(), &["parties/kz", "parties/kg"], day);
        assert_eq!(word_of(&both), if kg == "yes" { kg } else { kz }, "both on {day}");
    }
}
