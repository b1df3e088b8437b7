//! The words for what is suspended, and for what within it is not.

use api::registan::agreements::v1 as wire;
use api::registan::r#type::v1 as wire_type;
use facts::{Confidence, Day, PartialDate};
use wire::milestone::Kind::{self, InForce, SuspensionLifted};

use super::*;
use crate::domain::citation::{self, Covers};
use crate::domain::provision;
use crate::domain::provision_status::{Asked, Standing};
use crate::domain::status::{self, Status};

/// An event of some articles in a year, whenever in it.
fn by_article(kind: Kind, year: i32, articles: &[&str]) -> Vec<Milestone> {
    let date = PartialDate::new(year, 0, 0).unwrap();
    Milestone::all(&[wire::Milestone {
        kind: kind.into(),
        date: Some(date.into()),
        confidence: wire_type::Confidence::Certain.into(),
        articles: articles.iter().map(|it| (*it).to_owned()).collect(),
        ..wire::Milestone::default()
    }])
}

/// The status on a day of what is in force since 1999, after these events of articles.
fn on(events: &[(Kind, i32, &[&str])], day: i32) -> Status {
    let mut life = by_article(InForce, 1999, &[]);
    for (kind, year, articles) in events {
        life.extend(by_article(*kind, *year, articles));
    }
    status::on(&life, "", Day(day))
}

#[test]
fn a_part_is_named_without_what_of_it_was_lifted() {
    use Kind::Suspended;
    for (suspended, lifted, words) in [
        (&["Article 94"][..], &["Article 94(2)"][..], "Article 94, except Article 94(2)"),
        (&["Article 94(2)"], &["Article 94(2)(b)"], "Article 94(2), except Article 94(2)(b)"),
        (&["Article 94(2)"], &["Article 94(3)", "Article 940(2)"], "Article 94(2)"),
        (
            &["Articles 2 and 94"],
            &["Article 94(2)", "Article 94(2)(b)", "Article 94(1)"],
            "Articles 2 and 94, except Article 94(1), Article 94(2)",
        ),
        (
            &["Articles 2 and 94"],
            &["Article 2", "Article 94(2)"],
            "Article 94, except Article 94(2)",
        ),
        (
            &["Article 2", "Article 94"],
            &["Article 2(1)"],
            "Article 2, except Article 2(1); Article 94",
        ),
    ] {
        let life = [(Suspended, 2004, suspended), (SuspensionLifted, 2006, lifted)];

        let status = on(&life, 20_070_101);

        assert_eq!((&*status.suspended, &*status.reason), (words, ""), "{suspended:?} {lifted:?}");
    }
}

#[test]
fn a_paragraph_is_suspended_until_it_is_lifted_and_when_it_is_suspended_again() {
    use Kind::Suspended;
    let (article, paragraph) = (&["Article 94"][..], &["Article 94(2)"][..]);
    let mut life = vec![(Suspended, 2004, article), (SuspensionLifted, 2006, paragraph)];
    assert_eq!(on(&life, 20_051_231).suspended, "Article 94");
    let during = on(&life, 20_060_601);
    assert_eq!((&*during.suspended, during.uncertain), ("Article 94", true));
    assert_eq!(during.reason, "SUSPENSION_LIFTED between 2006-01-01 and 2006-12-31");

    life.push((Suspended, 2008, paragraph));
    let words = |life: &[_]| on(life, 20_090_101).suspended;
    assert_eq!(words(&life), "Article 94; Article 94(2)");
    life.push((SuspensionLifted, 2008, &["Article 94(2)(b)"]));
    assert_eq!(words(&life[..1]), "Article 94");
    life.push((SuspensionLifted, 2010, article));
    assert_eq!(on(&life, 20_110_101).suspended, "");
}

#[test]
fn a_lifting_of_less_that_is_unsure_is_reported() {
    let mut life = by_article(InForce, 1999, &[]);
    life.extend(by_article(Kind::Suspended, 2004, &["Article 94"]));
    life.extend(by_article(SuspensionLifted, 2006, &["Article 94(2)"]));
    life[2].confidence = Some(Confidence::Unsure);

    let status = status::on(&life, "", Day(20_070_101));

    assert_eq!(status.suspended, "Article 94, except Article 94(2)");
    assert_eq!(status.reason, "it rests on SUSPENSION_LIFTED, which is marked UNSURE");
}

#[test]
fn many_liftings_of_less_are_not_compared_and_leave_a_doubt() {
    let number = |one: usize| format!("Article 94({one})");
    let lifted = |number_of: usize| -> Status {
        let cited: Vec<String> = (1..=number_of).map(number).collect();
        let cited: Vec<&str> = cited.iter().map(String::as_str).collect();
        on(
            &[(Kind::Suspended, 2004, &["Article 94"]), (SuspensionLifted, 2006, &cited)],
            20_070_101,
        )
    };
    let few = lifted(MAX_COMPARED);
    assert_eq!(few.suspended.matches("Article 94(").count(), MAX_COMPARED);
    assert!(!few.uncertain);
    let many = lifted(MAX_COMPARED + 1);
    assert_eq!((&*many.suspended, many.uncertain), ("Article 94", true));
    assert_eq!(many.reason, "SUSPENSION_LIFTED of many parts of Article 94");
}

#[test]
fn paragraphs_of_many_suspensions_are_compared_in_little_time() {
    let mut life = by_article(InForce, 1999, &[]);
    for one in 0..100 {
        let year = 2000 + one % 9;
        let cited: Vec<String> =
            (0..25).map(|it| format!("Article {}", 1 + (one * 25 + it) % 150)).collect();
        let paragraphs: Vec<String> =
            cited.iter().map(|it| format!("{it}({})", 1 + one / 6)).collect();
        let cited: Vec<&str> = cited.iter().map(String::as_str).collect();
        let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
        life.extend(by_article(Kind::Suspended, year, &cited));
        life.extend(by_article(SuspensionLifted, year + 1, &paragraphs));
    }
    assert_eq!(life.len(), 5_001);
    let begun = std::time::Instant::now();
    let status = status::on(&life, "", Day(20_200_101));
    assert_eq!((&*status.reason, status.suspended.contains(", except ")), ("", true));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

/// Returns whether the words name a part as suspended.
fn names(words: &str, part: &Cited) -> bool {
    let covers = |cited: &str| {
        let read = citation::read(cited).unwrap();
        read.iter().any(|one| one.covers(part) == Covers::Yes)
    };
    words.split("; ").filter(|one| !one.is_empty()).any(|one| {
        let (named, except) = one.split_once(", except ").unwrap_or((one, ""));
        let mut except = except.split(", ").filter(|one| !one.is_empty());
        covers(named) && !except.any(covers)
    })
}

#[test]
fn the_words_name_what_is_suspended_by_provision() {
    const CITED: [&str; 6] = [
        "Article 1",
        "Articles 1 and 2",
        "Article 1(1)",
        "Article 1(2)",
        "Article 1(1)(a)",
        "Article 2(1)",
    ];
    const LEAVES: [(&str, &str); 6] = [
        ("Article 1", "(1)(a)"),
        ("Article 1", "(1)(b)"),
        ("Article 1", "2"),
        ("Article 1", "3"),
        ("Article 2", "1"),
        ("Article 2", "2"),
    ];
    let mut seed = 7_u64;
    let mut below = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % most
    };
    let mut suspended = [0; 2];
    for _ in 0..400 {
        let mut life = by_article(InForce, 1999, &[]);
        for year in 2000..2000 + i32::try_from(1 + below(5)).unwrap() {
            let kind = [Kind::Suspended, SuspensionLifted][usize::from(year > 2000) * below(2)];
            life.extend(by_article(kind, year, &[CITED[below(CITED.len())]]));
        }
        let status = status::on(&life, "", Day(20_100_101));
        assert_eq!(status.reason, "", "{life:?}");
        let asked = Asked::new(&life, "", true, &status);
        for (article, paragraph) in LEAVES {
            let (article, paragraph) = (article.to_owned(), paragraph.to_owned());
            let provision = wire::Provision { article, paragraph, ..wire::Provision::default() };
            let cited = provision::cited(&provision);
            let part = citation::read(&cited).unwrap().pop().unwrap();
            let is_suspended = asked.of(&provision).state == Standing::Suspended;
            assert_eq!(names(&status.suspended, &part), is_suspended, "{cited} {status:?}");
            suspended[usize::from(is_suspended)] += 1;
        }
    }
    assert!(suspended.iter().all(|number| *number > 300), "{suspended:?}");
}
