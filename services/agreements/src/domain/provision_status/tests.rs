//! Provisions on days: partial suspensions and applications, exact and not.

use facts::Day;

use super::*;
use crate::domain::citation;

mod model;
mod parties;

fn date(year: i32, month: i32, day: i32) -> PartialDate {
    PartialDate::new(year, month, day).unwrap()
}

fn of(mut milestone: Milestone, article: &str) -> Milestone {
    article.clone_into(&mut milestone.scope);
    milestone.articles = vec![article.to_owned()];
    milestone.part = citation::read(article).and_then(|mut cited| cited.pop());
    milestone
}

fn words(mut milestone: Milestone, scope: &str) -> Milestone {
    scope.clone_into(&mut milestone.scope);
    milestone
}

fn all(mut milestone: Milestone) -> Milestone {
    milestone.whole = true;
    milestone
}

fn article(article: &str, paragraph: &str) -> wire::Provision {
    wire::Provision {
        article: article.to_owned(),
        paragraph: paragraph.to_owned(),
        division: "Title VII".to_owned(),
        ..wire::Provision::default()
    }
}

fn on(life: &[Milestone], provision: &wire::Provision, day: i32) -> ProvisionStatus {
    let status = status::on(life, "", Day(day));
    Asked::new(life, "", true, &status).of(provision)
}

fn state(life: &[Milestone], cited: &str, day: i32) -> Standing {
    on(life, &article(cited, ""), day).state
}

#[test]
fn a_provision_follows_its_agreement_where_nothing_is_said_of_parts() {
    use MilestoneKind::*;
    let life = [
        Milestone::new(Signed, date(1996, 6, 21)),
        Milestone::new(InForce, date(1999, 7, 1)),
        Milestone::new(Suspended, date(2005, 1, 1)),
        Milestone::new(SuspensionLifted, date(2006, 1, 0)),
        Milestone::new(Expired, date(2010, 1, 1)),
    ];
    for (day, wanted) in [
        (19_950_101, Standing::NotYetBinding),
        (19_960_621, Standing::NotYetBinding),
        (19_990_701, Standing::Binding),
        (20_050_601, Standing::Suspended),
        (20_060_115, Standing::NotKnown),
        (20_060_131, Standing::Binding),
        (20_100_101, Standing::Ended),
    ] {
        assert_eq!(state(&life, "Article 2", day), wanted, "{day}");
    }
    let suspended = on(&life, &article("Article 2", ""), 20_050_601);
    assert_eq!(
        (suspended.since, suspended.until),
        (Some(date(2005, 1, 1)), Some(date(2006, 1, 0)))
    );
    assert_eq!(on(&life, &article("Article 2", ""), 20_000_101).since, Some(date(1999, 7, 1)));
}

#[test]
fn what_is_suspended_by_article_is_suspended_and_the_rest_binds() {
    use MilestoneKind::*;
    let life = [
        Milestone::new(InForce, date(1999, 7, 1)),
        of(Milestone::new(Suspended, date(2004, 1, 1)), "Article 5"),
        of(Milestone::new(Suspended, date(2005, 1, 1)), "title VII"),
        of(Milestone::new(SuspensionLifted, date(2006, 1, 1)), "article 5"),
        of(Milestone::new(Suspended, date(2007, 1, 1)), "Article 94(2)"),
    ];
    let elsewhere = |cited: &str, paragraph: &str, day| {
        let division = "Title I".to_owned();
        on(&life, &wire::Provision { division, ..article(cited, paragraph) }, day).state
    };
    assert_eq!(elsewhere("Article 5", "", 20_040_101), Standing::Suspended);
    assert_eq!(elsewhere("Article 5", "3", 20_040_101), Standing::Suspended, "of its article");
    assert_eq!(elsewhere("Article 5", "", 20_060_101), Standing::Binding);
    assert_eq!(elsewhere("Article 6", "", 20_050_601), Standing::Binding);
    assert_eq!(state(&life, "Article 5", 20_060_101), Standing::Suspended, "of its title");
    assert_eq!(elsewhere("Article 94", "2", 20_070_101), Standing::Suspended);
    assert_eq!(elsewhere("Article 94", "1", 20_070_101), Standing::Binding);
    assert_eq!(elsewhere("Article 94", "", 20_070_101), Standing::NotKnown);
    let nowhere = wire::Provision { division: String::new(), ..article("Article 6", "") };
    let unsaid = on(&life, &nowhere, 20_050_601).state;
    assert_eq!(unsaid, Standing::NotKnown, "it may be of the title");
}

/// A suspension or a lifting of these articles, by parts.
fn by_article(kind: wire::milestone::Kind, year: i32, articles: &[&str]) -> Vec<Milestone> {
    Milestone::all(&[wire::Milestone {
        kind: kind.into(),
        date: Some(date(year, 1, 1).into()),
        articles: articles.iter().map(|one| (*one).to_owned()).collect(),
        ..wire::Milestone::default()
    }])
}

#[test]
fn a_suspension_covers_by_article_and_paragraph_however_it_is_cited() {
    use wire::milestone::Kind::{InForce, Suspended};
    let state = |cited: &[&str], article: &str, paragraph: &str| {
        let mut life = by_article(InForce, 1999, &[]);
        life.extend(by_article(Suspended, 2004, cited));
        on(&life, &self::article(article, paragraph), 20_050_101).state
    };
    for (cited, article, paragraph, wanted) in [
        (&["Article 94"][..], "Article 94(2)", "", Standing::Suspended),
        (&["Article 94"], "Article 94 (2)", "", Standing::Suspended),
        (&["Article 94(2)"], "Article 94(2)(b)", "", Standing::Suspended),
        (&["Articles 2 and 94"], "Article 94", "2", Standing::Suspended),
        (&["Articles 2 and 94"], "Article 3", "", Standing::Binding),
        (&["Articles 90-99"], "Article 94", "", Standing::Suspended),
        (&["Articles 90-99"], "Article 9", "", Standing::Binding),
        (&["Articles 76-77"], "Articles 76-77", "", Standing::Suspended),
        (&["Article 76", "Article 77"], "Articles 76-77", "", Standing::Suspended),
        (&["Article 76"], "Articles 76-77", "", Standing::NotKnown),
        (&["Article 94"], "Article 94 or 95", "", Standing::NotKnown),
        (&["Article 94 and following"], "Article 95", "", Standing::NotKnown),
        (&["Article 94 and following"], "Article 94 and following", "", Standing::Suspended),
        (&["Article 94"], "Final provisions", "", Standing::NotKnown),
        (&["Title VI"], "Final provisions", "", Standing::Binding),
        (&["Chapter 2"], "Article 94", "", Standing::NotKnown),
    ] {
        assert_eq!(state(cited, article, paragraph), wanted, "{cited:?} and {article}");
    }
}

#[test]
fn a_lifting_ends_what_it_covers_and_frees_what_lies_within() {
    use wire::milestone::Kind::{InForce, Suspended, SuspensionLifted};
    let life = |suspended: &[&str], lifted: &[&str]| {
        let mut life = by_article(InForce, 1999, &[]);
        life.extend(by_article(Suspended, 2004, suspended));
        life.extend(by_article(SuspensionLifted, 2006, lifted));
        life
    };
    let in_words = |life: &[Milestone]| status::on(life, "", Day(20_070_101)).suspended;

    let one_of_two = life(&["Articles 2 and 94"], &["Article 94"]);
    assert_eq!(state(&one_of_two, "Article 94", 20_070_101), Standing::Binding);
    assert_eq!(state(&one_of_two, "Article 2", 20_070_101), Standing::Suspended);
    assert_eq!(in_words(&one_of_two), "Article 2");
    let none = life(&["Articles 2 and 94"], &["Article 3"]);
    assert_eq!(in_words(&none), "Articles 2 and 94");

    let all_of_it = life(&["Article 94(2)"], &["Article 94"]);
    assert_eq!(state(&all_of_it, "Article 94(2)", 20_070_101), Standing::Binding);
    assert_eq!(in_words(&all_of_it), "");
    let paragraph = life(&["Article 94"], &["Article 94(2)"]);
    assert_eq!(state(&paragraph, "Article 94(2)", 20_070_101), Standing::Binding);
    assert_eq!(state(&paragraph, "Article 94(1)", 20_070_101), Standing::Suspended);
    assert_eq!(in_words(&paragraph), "Article 94, except Article 94(2)");
    let whole = on(&paragraph, &article("Article 94", ""), 20_070_101);
    assert_eq!(whole.state, Standing::NotKnown);
    assert_eq!(whole.reason, "its parts stand differently: Article 94(2)");
    assert_eq!(state(&paragraph, "Article 94", 20_050_101), Standing::Suspended, "before that");

    let of_several = life(&["Articles 5-8"], &["Article 7(2)"]);
    for (cited, wanted) in [
        ("Article 6", Standing::Suspended),
        ("Article 7", Standing::NotKnown),
        ("Article 7(1)", Standing::Suspended),
        ("Article 7(2)(b)", Standing::Binding),
        ("Articles 5-8", Standing::NotKnown),
    ] {
        assert_eq!(state(&of_several, cited, 20_070_101), wanted, "{cited}");
    }
}

#[test]
fn many_articles_are_followed_in_no_more_time_than_it_takes_to_sort_them() {
    use wire::milestone::Kind::{InForce, Suspended, SuspensionLifted};
    let mut life = by_article(InForce, 1999, &[]);
    for number in 0..200 {
        let articles: Vec<String> =
            (0..25).map(|one| format!("Article {}", 1 + (number * 7 + one) % 500)).collect();
        let articles: Vec<&str> = articles.iter().map(String::as_str).collect();
        life.extend(by_article(Suspended, 2000 + number % 9, &articles));
        life.extend(by_article(SuspensionLifted, 2001 + number % 9, &articles));
    }
    assert_eq!(life.len(), 10_001);
    let begun = std::time::Instant::now();
    let status = status::on(&life, "", Day(20_200_101));
    let asked = Asked::new(&life, "", true, &status);
    let open = (1..=500).filter(|number| {
        let provision = article(&format!("Article {number}"), "");
        asked.of(&provision).state == Standing::Suspended
    });
    assert_eq!((open.count(), &*status.suspended), (0, ""));
    // In a build without optimisation; each part compared with all others took minutes.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn a_lifting_that_says_what_it_ends_leaves_no_doubt() {
    use MilestoneKind::*;
    let mut life = vec![
        Milestone::new(InForce, date(1999, 7, 1)),
        of(Milestone::new(Suspended, date(2004, 1, 1)), "Article 5"),
        Milestone::new(Suspended, date(2005, 1, 1)),
        Milestone::new(SuspensionLifted, date(2006, 1, 1)),
    ];
    let whole = |life: &[Milestone]| status::on(life, "", Day(20_070_101));
    assert!(whole(&life).uncertain, "it may have been of the whole or of the part");
    assert_eq!(state(&life, "Article 5", 20_070_101), Standing::NotKnown);

    life[3] = of(life[3].clone(), "Article 5");
    assert_eq!((whole(&life).state, whole(&life).uncertain), (State::Suspended, false));
    assert_eq!(state(&life, "Article 5", 20_070_101), Standing::Suspended, "by the whole");

    life[3] = all(Milestone::new(SuspensionLifted, date(2006, 1, 1)));
    assert_eq!((whole(&life).state, whole(&life).uncertain), (State::InForce, false));
    assert_eq!(state(&life, "Article 5", 20_070_101), Standing::Binding);
    assert_eq!(whole(&life).suspended, "");
}

#[test]
fn a_lifting_of_one_article_frees_it_from_the_suspension_of_the_whole() {
    use MilestoneKind::*;
    let life = [
        Milestone::new(InForce, date(1999, 7, 1)),
        Milestone::new(Suspended, date(2004, 1, 1)),
        of(Milestone::new(SuspensionLifted, date(2005, 1, 1)), "Article 5"),
    ];
    assert_eq!(status::on(&life, "", Day(20_060_101)).state, State::Suspended);
    assert_eq!(state(&life, "Article 5", 20_040_601), Standing::Suspended);
    assert_eq!(state(&life, "Article 5", 20_060_101), Standing::Binding);
    assert_eq!(state(&life, "Article 6", 20_060_101), Standing::Suspended);
}

#[test]
fn the_suspension_of_the_whole_ends_for_an_article_on_its_own_day() {
    use MilestoneKind::*;
    let lifted = |year| Milestone::new(SuspensionLifted, date(year, 1, 1));
    let life = |part: Milestone| {
        let force = Milestone::new(InForce, date(2000, 1, 1));
        [force, Milestone::new(Suspended, date(2001, 1, 1)), part, all(lifted(2003))]
    };
    let until = |life: &[Milestone], cited: &str, day| {
        let found = on(life, &article(cited, ""), day);
        (found.state, found.until)
    };
    let one = life(of(lifted(2002), "Article 2"));
    let suspended = |year| (Standing::Suspended, Some(date(year, 1, 1)));
    assert_eq!(until(&one, "Article 2", 20_010_601), suspended(2002));
    assert_eq!(until(&one, "Article 3", 20_010_601), suspended(2003));
    assert_eq!(until(&one, "Article 2", 20_020_601), (Standing::Binding, None));
    assert_eq!(until(&one, "Article 3", 20_020_601), suspended(2003));

    let paragraph = life(of(lifted(2002), "Article 2(1)"));
    assert_eq!(until(&paragraph, "Article 2", 20_010_601), (Standing::Suspended, None));
    let between = on(&paragraph, &article("Article 2", ""), 20_020_601);
    assert_eq!(between.state, Standing::NotKnown);
    assert_eq!(between.reason, "its parts stand differently: Article 2(1)");
    assert_eq!(until(&paragraph, "Article 2", 20_030_601), (Standing::Binding, None));

    let vague = life(words(lifted(2002), "Trade in goods"));
    let between = on(&vague, &article("Article 2", ""), 20_020_601);
    assert_eq!(between.state, Standing::NotKnown);
    assert_eq!(between.reason, "of it the suspension is lifted, or may be: Trade in goods");
}

#[test]
fn a_part_in_words_leaves_open_what_it_has_unless_it_is_cooperation() {
    use MilestoneKind::*;
    let mut life = [
        Milestone::new(InForce, date(1999, 7, 1)),
        words(Milestone::new(Suspended, date(2005, 10, 3)), "Technical meetings"),
        words(Milestone::new(SuspensionLifted, date(2006, 11, 0)), "technical meetings"),
    ];
    let doubtful = on(&life, &article("Article 2", ""), 20_060_101);
    assert_eq!(doubtful.state, Standing::NotKnown);
    assert_eq!(doubtful.reason, "a part is suspended, in words alone: Technical meetings");
    assert_eq!(state(&life, "Article 2", 20_061_130), Standing::Binding);

    life[1].measure = Measure::Cooperation;
    for day in [20_060_101, 20_061_115, 20_070_101] {
        assert_eq!(state(&life, "Article 2", day), Standing::Binding, "{day}");
    }
}

#[test]
fn what_is_applied_provisionally_is_known_by_article() {
    use MilestoneKind::*;
    let mut life = [
        Milestone::new(Signed, date(2015, 12, 21)),
        Milestone::new(ProvisionallyApplied, date(2016, 5, 1)),
        Milestone::new(InForce, date(2020, 3, 1)),
    ];
    let unknown = on(&life, &article("Article 2", ""), 20_170_101);
    assert_eq!(unknown.state, Standing::NotKnown);
    assert_eq!(unknown.reason, "the record does not say which provisions are applied");
    assert_eq!(state(&life, "Article 2", 20_200_301), Standing::Binding);

    life[1].articles = vec!["Article 2".to_owned(), "Title III".to_owned()];
    assert_eq!(state(&life, "Article 2", 20_170_101), Standing::AppliedProvisionally);
    assert_eq!(state(&life, "Article 9", 20_170_101), Standing::NotYetBinding);
    assert_eq!(state(&life, "Article 9", 20_200_301), Standing::Binding);
    assert_eq!(status::on(&life, "", Day(20_170_101)).applied, "Article 2; Title III");
}

#[test]
fn a_political_commitment_binds_nobody_in_law() {
    let life = [Milestone::new(MilestoneKind::InForce, date(2006, 1, 1))];
    let status = status::on(&life, "", Day(20_240_117));
    let asked = Asked::new(&life, "", false, &status);
    assert_eq!(asked.of(&article("Section 1", "")).state, Standing::Political);
}

#[test]
fn what_is_applied_by_a_scope_of_titles_is_applied_and_the_rest_is_not() {
    use MilestoneKind::*;
    let titled = |scope: &str| {
        let applied = Milestone::new(ProvisionallyApplied, date(2016, 5, 1));
        [Milestone::new(Signed, date(2015, 12, 21)), words(applied, scope)]
    };
    let of = |scope: &str, division: &str| {
        let provision = wire::Provision {
            article: "Article 20".to_owned(),
            division: division.to_owned(),
            ..wire::Provision::default()
        };
        on(&titled(scope), &provision, 20_170_101)
    };
    let cited = "Titles III and V";
    for (division, wanted) in [
        ("Title III", Standing::AppliedProvisionally),
        ("Title V", Standing::AppliedProvisionally),
        ("Title VII", Standing::NotYetBinding),
        ("", Standing::NotKnown),
    ] {
        assert_eq!(of(cited, division).state, wanted, "{division}");
    }
    assert_eq!(of(cited, "").reason, "of it is applied: Titles III and V");
    let in_words = of("Trade in goods", "Title III");
    assert_eq!(in_words.state, Standing::NotKnown);
    assert_eq!(in_words.reason, "of it is applied: Trade in goods");
}

#[test]
fn a_number_that_is_counted_anew_elsewhere_is_not_certainly_the_same_part() {
    use wire::milestone::Kind::{InForce, ProvisionallyApplied, Suspended};
    let state = |cited: &str, division: &str, kind, year: i32| {
        let mut life = by_article(InForce, 2003, &[]);
        life.extend(by_article(kind, year, &[cited]));
        let division = division.to_owned();
        on(&life, &wire::Provision { division, ..article("Article 3", "") }, year * 10_000 + 701)
            .state
    };
    for (cited, division, wanted) in [
        ("Article 3", "Title I", Standing::Suspended),
        ("Article 3", "Protocol 1", Standing::NotKnown),
        ("Article 3", "Protocol 1 on origin", Standing::NotKnown),
        ("Article 4", "Protocol 1", Standing::Binding),
        ("Protocol 1", "Protocol 1", Standing::Suspended),
        ("Protocol 1", "Protocol 1 on origin", Standing::NotKnown),
        ("Protocol 2", "Protocol 1", Standing::Binding),
        ("Chapter 2", "Chapter 2", Standing::Suspended),
        ("Chapter 2", "Title IV, Chapter 2", Standing::NotKnown),
        ("Chapter 3", "Title IV, Chapter 2", Standing::Binding),
        ("Title IV", "Title IV, Chapter 2", Standing::Suspended),
        ("Title IV, Chapter 2", "Title IV, Chapter 2", Standing::Suspended),
    ] {
        let found = state(cited, division, Suspended, 2004);
        assert_eq!(found, wanted, "{cited} and {division}");
    }
    for (division, wanted) in
        [("Title I", Standing::AppliedProvisionally), ("Protocol 1", Standing::NotKnown)]
    {
        let found = state("Article 3", division, ProvisionallyApplied, 2002);
        assert_eq!(found, wanted, "{division}");
    }
}
