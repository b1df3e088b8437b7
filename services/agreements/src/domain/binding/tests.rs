//! Tests of whether law binds a party on a day.

mod lasting;

use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::{milestone, participation};
use api::registan::r#type::v1 as types;

use facts::PartialDate;

use super::*;

fn date(year: i32, month: i32, day: i32) -> Option<types::PartialDate> {
    PartialDate::new(year, month, day).map(Into::into)
}

fn agreement(kind: Kind, milestones: &[(milestone::Kind, i32)]) -> wire::Agreement {
    let milestone = |(kind, year): &(milestone::Kind, i32)| wire::Milestone {
        kind: (*kind).into(),
        date: date(*year, 1, 1),
        ..wire::Milestone::default()
    };
    wire::Agreement {
        name: "agreements/law".to_owned(),
        kind: kind.into(),
        milestones: milestones.iter().map(milestone).collect(),
        ..wire::Agreement::default()
    }
}

fn word_of(binding: &Binding) -> &'static str {
    match binding {
        Binding::Yes => "yes",
        Binding::No(_) => "no",
        Binding::Unknown(_) => "unknown",
    }
}

/// Returns whether an agreement with these ratifications binds Kazakhstan in the middle of a year.
fn with(
    agreement: &wire::Agreement,
    ratifications: &[wire::Ratification],
    year: i32,
) -> &'static str {
    let law = Arc::new(Law::of_agreement(agreement, ratifications));
    let bearers = ["parties/kz".to_owned()];
    let day = Day(year * 10_000 + 701);
    let bound = Bound::new(Arc::clone(&law), None, &bearers);
    assert_eq!(*bound.on(day), law.on(None, &bearers, day), "by periods and by itself");
    word_of(bound.on(day))
}

fn on(agreement: &wire::Agreement, year: i32) -> &'static str {
    with(agreement, &[], year)
}

#[test]
fn an_agreement_binds_while_it_is_in_force() {
    use milestone::Kind::{InForce, ProvisionallyApplied, Replaced, Signed};
    let life = [(Signed, 2015), (ProvisionallyApplied, 2016), (InForce, 2020), (Replaced, 2030)];
    let agreement = agreement(Kind::PartnershipAndCooperation, &life);

    for (year, wanted) in
        [(2014, "no"), (2015, "no"), (2016, "unknown"), (2020, "yes"), (2029, "yes"), (2030, "no")]
    {
        assert_eq!(on(&agreement, year), wanted, "{year}");
    }
}

#[test]
fn an_end_for_a_party_ends_the_duties_of_that_party() {
    use milestone::Kind::{InForce, Replaced};
    let mut agreement = agreement(Kind::TradeAndCooperation, &[(InForce, 1990), (Replaced, 1999)]);
    for (party, wanted) in [("parties/kz", "no"), ("parties/tm", "yes")] {
        agreement.milestones[1].party = party.to_owned();
        assert_eq!(on(&agreement, 2005), wanted, "{party}");
    }
}

#[test]
fn a_convention_binds_whoever_is_party_to_it() {
    use participation::Kind::{Acceded, Party, Signed, Withdrawn};
    let mut convention = agreement(Kind::Convention, &[(milestone::Kind::InForce, 1990)]);
    assert_eq!(on(&convention, 2000), "unknown", "nothing is recorded of its parties");
    let mut part_of = |parts: &[(participation::Kind, Option<types::PartialDate>)]| {
        let part = |(kind, date): &(participation::Kind, Option<types::PartialDate>)| {
            let (party, date) = ("parties/kz".to_owned(), date.clone());
            wire::Participation { party, kind: (*kind).into(), date, ..Default::default() }
        };
        convention.participations = parts.iter().map(part).collect();
        convention.clone()
    };
    let since_1998 = part_of(&[(Party, date(1998, 0, 0))]);
    let signed = part_of(&[(Signed, date(1995, 0, 0))]);
    let undated = part_of(&[(Party, None)]);
    let gone = part_of(&[(Acceded, date(1995, 2, 1)), (Withdrawn, date(2005, 2, 1))]);
    let again = part_of(&[
        (Acceded, date(1995, 2, 1)),
        (Withdrawn, date(2005, 2, 1)),
        (Acceded, date(2010, 2, 1)),
    ]);

    for (convention, year, wanted) in [
        (&since_1998, 1989, "no"),
        (&since_1998, 1997, "no"),
        (&since_1998, 1998, "unknown"),
        (&since_1998, 1999, "yes"),
        (&undated, 2000, "unknown"),
        (&gone, 2004, "yes"),
        (&gone, 2006, "no"),
        (&again, 2006, "no"),
        (&again, 2011, "yes"),
    ] {
        assert_eq!(on(convention, year), wanted, "{year} of {:?}", convention.participations);
    }
    assert_eq!((on(&signed, 1994), on(&signed, 2000)), ("no", "unknown"));
    // Of the Union nothing is recorded: it may be party.
    let both = ["parties/kz".to_owned(), "parties/eu".to_owned()];
    let of_both = Law::of_agreement(&signed, &[]).on(None, &both, Day(20_000_701));
    assert!(matches!(of_both, Binding::Unknown(_)), "{of_both:?}");
}

#[test]
fn acts_and_frameworks_bind_from_their_first_day_to_their_last() {
    let act = wire::Act {
        adopted: date(2012, 10, 25),
        in_force: date(2014, 1, 1),
        ended: date(2024, 1, 1),
        ..wire::Act::default()
    };
    let framework = wire::Framework {
        adopted: date(2014, 0, 0),
        ended: date(2023, 12, 31),
        ..wire::Framework::default()
    };
    for (day, of_the_act, of_the_framework) in [
        (20_131_231, "No", "No"),
        (20_140_101, "Yes", "Unknown"),
        (20_141_231, "Yes", "Yes"),
        (20_231_231, "Yes", "Yes"),
        (20_240_101, "No", "No"),
    ] {
        let word = |binding: Binding| format!("{binding:?}").split('(').next().unwrap().to_owned();
        let found = |law: Law| word(Bound::new(Arc::new(law), None, &[]).on(Day(day)).clone());
        assert_eq!(found(Law::of_act(&act)), of_the_act, "{day}");
        assert_eq!(found(Law::of_framework(&framework)), of_the_framework, "{day}");
    }
}

fn participation(kind: participation::Kind, stated: i32) -> wire::Participation {
    let (party, stated) = ("parties/kz".to_owned(), date(stated, 12, 31));
    wire::Participation { party, kind: kind.into(), stated, ..wire::Participation::default() }
}

#[test]
fn one_that_was_no_party_on_a_day_may_be_one_later() {
    use participation::Kind::{Acceded, NotParty, Signed};
    for kind in [NotParty, Signed] {
        let mut convention = agreement(Kind::Convention, &[(milestone::Kind::InForce, 1990)]);
        convention.participations = vec![participation(kind, 2022)];
        for (year, wanted) in [(2000, "no"), (2022, "no"), (2023, "unknown")] {
            assert_eq!(on(&convention, year), wanted, "{kind:?} in {year}");
        }
        let acceded =
            wire::Participation { date: date(2024, 1, 1), ..participation(Acceded, 2025) };
        convention.participations.push(acceded);
        for (year, wanted) in [(2022, "no"), (2023, "no"), (2024, "yes")] {
            assert_eq!(on(&convention, year), wanted, "{kind:?} in {year}");
        }
    }
}

#[test]
fn the_ratifications_of_an_agreement_bind_as_its_participations_do() {
    use wire::ratification::Kind as Act;
    let act = |kind: Act, year| wire::Ratification {
        party: "parties/kz".to_owned(),
        kind: kind.into(),
        deposited: date(year, 1, 1),
        ..wire::Ratification::default()
    };
    let not_yet = wire::Ratification {
        kind: Act::NotYet.into(),
        deposited: None,
        stated: date(1995, 12, 31),
        ..act(Act::NotYet, 1995)
    };
    let life = [(milestone::Kind::InForce, 1990)];
    let convention = agreement(Kind::Convention, &life);
    let ratifications = [not_yet, act(Act::Ratification, 1998), act(Act::Withdrawal, 2010)];
    for (year, one, two, all) in [
        (1995, "no", "no", "no"),
        (1997, "unknown", "no", "no"),
        (1998, "unknown", "yes", "yes"),
        (2010, "unknown", "yes", "no"),
    ] {
        let found = |number: usize| with(&convention, &ratifications[..number], year);
        assert_eq!((found(1), found(2), found(3)), (one, two, all), "{year}");
    }

    // One that all had to ratify binds all of them: but for one that withdrew.
    let treaty = agreement(Kind::PartnershipAndCooperation, &life);
    for (year, one, all) in [(1991, "yes", "no"), (1997, "yes", "no"), (2011, "yes", "no")] {
        let found = |number: usize| with(&treaty, &ratifications[..number], year);
        assert_eq!((found(1), found(3)), (one, all), "{year}");
    }
}

#[test]
fn a_freeze_of_cooperation_leaves_the_duties_binding() {
    use milestone::Kind::{InForce, Suspended, SuspensionLifted};
    let life = [(InForce, 1999), (Suspended, 2005), (SuspensionLifted, 2007)];
    let mut agreement = agreement(Kind::PartnershipAndCooperation, &life);
    // As of the agreement with Uzbekistan after 2005.
    let until = PartialDate::new(2006, 11, 0).and_then(|from| from.until(2007, 11, 0));
    agreement.milestones[2].date = until.map(Into::into);
    for one in &mut agreement.milestones[1..] {
        "Technical meetings under the agreement".clone_into(&mut one.scope);
    }
    assert_eq!(on(&agreement, 2006), "unknown", "of what it is is not said");
    agreement.milestones[1].set_measure(milestone::Measure::Cooperation);
    for year in [2000, 2006, 2007, 2008] {
        assert_eq!(on(&agreement, year), "yes", "{year}");
    }
    let other = wire::Milestone {
        scope: "Trade".to_owned(),
        measure: milestone::Measure::Concessions.into(),
        ..agreement.milestones[1].clone()
    };
    agreement.milestones.push(other);
    let law = Arc::new(Law::of_agreement(&agreement, &[]));
    let reason = "agreements/law is suspended in part: Trade".to_owned();
    assert_eq!(*Bound::new(law, None, &[]).on(Day(20_060_601)), Binding::Unknown(reason));
}

#[test]
fn an_act_without_its_day_leaves_no_doubt_of_an_agreement_in_force() {
    use wire::ratification::Kind as Act;
    let ratified = wire::Ratification {
        party: "parties/kz".to_owned(),
        kind: Act::Ratification.into(),
        stated: date(2022, 8, 0),
        ..wire::Ratification::default()
    };
    let withdrawn = wire::Ratification {
        kind: Act::Withdrawal.into(),
        deposited: date(2015, 0, 0),
        ..ratified.clone()
    };
    let life = [(milestone::Kind::InForce, 1999)];
    let treaty = agreement(Kind::PartnershipAndCooperation, &life);
    let convention = agreement(Kind::Convention, &life);
    let acts = [ratified, withdrawn];

    assert_eq!((with(&treaty, &acts[..1], 1998), with(&treaty, &acts[..1], 2010)), ("no", "yes"));
    assert_eq!(with(&convention, &acts[..1], 2010), "unknown");
    let acceded = wire::Ratification {
        kind: Act::Accession.into(),
        deposited: date(2013, 0, 0),
        ..acts[0].clone()
    };
    assert_eq!(with(&treaty, &[acceded], 2013), "unknown", "it joined later");
    assert_eq!(with(&treaty, &acts, 2015), "unknown", "it may have withdrawn by then");
}

#[test]
fn a_body_is_bound_while_the_law_is_in_force() {
    let convention = agreement(Kind::Convention, &[(milestone::Kind::InForce, 1990)]);
    let law = Law::of_agreement(&convention, &[]);
    for (bearer, day, wanted) in [
        ("bodies/committee", 19_890_701, "no"),
        ("bodies/committee", 20_000_701, "yes"),
        ("parties/kz", 20_000_701, "unknown"),
    ] {
        let found = law.on(None, &[bearer.to_owned()], Day(day));
        assert_eq!(word_of(&found), wanted, "{bearer} on {day}");
    }
}

#[test]
fn the_acts_of_others_make_no_periods() {
    let mut convention = agreement(Kind::Convention, &[(milestone::Kind::InForce, 1990)]);
    let one = |number| wire::Participation {
        party: format!("parties/p{number}"),
        ..participation(participation::Kind::Party, 1990 + number)
    };
    convention.participations = (0..30).map(one).collect();
    let law = Arc::new(Law::of_agreement(&convention, &[]));
    let periods = |party: &str| Bound::new(Arc::clone(&law), None, &[party.to_owned()]).size();

    assert_eq!((law.size(), periods("parties/kz")), (31, 3));
    assert!(periods("parties/p7") > 3, "its own do");
}

/// Returns the answer for an article of an agreement in the middle of a year.
fn of_article(agreement: &wire::Agreement, article: &str, year: i32) -> Binding {
    let law = Arc::new(Law::of_agreement(agreement, &[]));
    let part = wire::Provision { article: article.to_owned(), ..wire::Provision::default() };
    let (bearers, day) = (["parties/kz".to_owned()], Day(year * 10_000 + 701));
    let bound = Bound::new(Arc::clone(&law), Some(Arc::new(part.clone())), &bearers);
    assert_eq!(*bound.on(day), law.on(Some(&part), &bearers, day), "by periods and by itself");
    bound.on(day).clone()
}

#[test]
fn a_suspension_of_an_article_leaves_the_duties_under_others_binding() {
    use milestone::Kind::{InForce, Suspended, SuspensionLifted, Terminated};
    let life = [(InForce, 2002), (Suspended, 2003), (SuspensionLifted, 2006), (Terminated, 2010)];
    let mut agreement = agreement(Kind::PartnershipAndCooperation, &life);
    for one in &mut agreement.milestones[1..3] {
        one.articles = vec!["Article 20".to_owned()];
    }
    for (year, of_2, of_20, of_all) in [
        (2001, "no", "no", "no"),
        (2002, "yes", "yes", "yes"),
        (2003, "yes", "no", "unknown"),
        (2006, "yes", "yes", "yes"),
        (2010, "no", "no", "no"),
    ] {
        let found = |article| word_of(&of_article(&agreement, article, year));
        let all = (found("Article 2"), found("Article 20"), on(&agreement, year));
        assert_eq!(all, (of_2, of_20, of_all), "{year}");
    }
    let no = |reason: &str| Binding::No(reason.to_owned());
    let suspended = no("Article 20 of agreements/law is suspended on that day");
    assert_eq!(of_article(&agreement, "Article 20", 2004), suspended);
    let ended = no("agreements/law is terminated on that day");
    assert_eq!(of_article(&agreement, "Article 20", 2011), ended);
    let doubtful = of_article(&agreement, "Article 20 or 21", 2004);
    assert_eq!(word_of(&doubtful), "unknown");
}

#[test]
fn a_provisional_application_binds_by_the_articles_that_it_covers() {
    use milestone::Kind::{InForce, ProvisionallyApplied, Signed};
    let life = [(Signed, 2015), (ProvisionallyApplied, 2016), (InForce, 2020)];
    let mut agreement = agreement(Kind::PartnershipAndCooperation, &life);
    assert_eq!(word_of(&of_article(&agreement, "Article 2", 2017)), "unknown");
    agreement.milestones[1].articles = vec!["Article 2".to_owned()];
    for (year, of_2, of_9) in [(2015, "no", "no"), (2017, "yes", "no"), (2020, "yes", "yes")] {
        let found = |article| word_of(&of_article(&agreement, article, year));
        assert_eq!((found("Article 2"), found("Article 9")), (of_2, of_9), "{year}");
    }
    let other = "Article 9 of agreements/law does not bind on that day".to_owned();
    assert_eq!(of_article(&agreement, "Article 9", 2017), Binding::No(other));
    // Of a convention it is not known who of its parties applies it.
    agreement.set_kind(Kind::Convention);
    assert_eq!(word_of(&of_article(&agreement, "Article 2", 2017)), "unknown");
}
