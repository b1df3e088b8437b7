//! Citations that are read, those that are not, and what covers what.

use super::*;

fn shown(text: &str) -> String {
    let all = read(text).unwrap_or_default();
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_citation_is_read_whatever_its_form() {
    for (text, wanted) in [
        ("Article 94", "Article 94"),
        ("article\u{a0}94", "Article 94"),
        ("Art. 94(2)", "Article 94(2)"),
        ("Article 94 (2) (b)", "Article 94(2)(b)"),
        ("Article 94.2", "Article 94(2)"),
        ("Article 94, paragraph 2", "Article 94(2)"),
        ("Article 14a", "Article 14a"),
        ("Articles 2 and 94", "Article 2; Article 94"),
        ("Article 94 or 95", "Article 94; Article 95"),
        ("Articles 2, 5(1), and 94", "Article 2; Article 5(1); Article 94"),
        ("Article 2, Article 3", "Article 2; Article 3"),
        ("Articles 76-77", "Article 76; Article 77"),
        ("Articles 76–78", "Article 76; Article 77; Article 78"),
        ("Articles 2 to 4 and 9", "Article 2; Article 3; Article 4; Article 9"),
        ("Article 35(1) and (2)", "Article 35(1); Article 35(2)"),
        ("Article 9(1)(d) to (f)", "Article 9(1)(d); Article 9(1)(e); Article 9(1)(f)"),
        ("Article 9(1)(h) to (j)", "Article 9(1)(h); Article 9(1)(i); Article 9(1)(j)"),
        ("Article 9(2bis)(xiii)", "Article 9(2bis)(xiii)"),
        ("Article 9(1)(a) and (2)", "Article 9(1)(a); Article 9(2)"),
        ("Title VII", "Title 7"),
        ("Article 5 and Title VII", "Article 5; Title 7"),
        ("TITLE IX; Title X", "Title 9; Title 10"),
        ("Annex B", "Annex B"),
        ("Annexes I and II", "Annex 1; Annex 2"),
        ("Preamble", "Preamble"),
    ] {
        assert_eq!(shown(text), wanted, "{text}");
    }
}

#[test]
fn what_is_not_certain_is_not_read() {
    for text in [
        "",
        "94",
        "Trade",
        "Article",
        "Article two",
        "Article 94 and following",
        "Articles 94 ff.",
        "Articles 94-2",
        "Articles 1-1000",
        "Articles 2(1) to 5",
        "Article 9(1)(a)(i) and (ii)",
        "Title III, Chapter 2",
        "Articles 2 and 3, paragraph 2",
        "Article 94 except (2)",
        "Article 94(second indent)",
        "Article 94(2",
        "Article 9(1)(i) to (v)",
        "Article 9(1)(v) to (x)",
        "Article 14 (goods)",
        "Article 14 (EU)",
        "Article 12 (oil)",
        "Article 207 (TFEU)",
        "Article 99999999999",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn an_article_covers_its_paragraphs_and_no_other_article() {
    let one = |text: &str| read(text).unwrap().remove(0);
    for (part, other, wanted) in [
        ("Article 94", "Article 94", Covers::Yes),
        ("Article 94", "Article 94(2)", Covers::Yes),
        ("Article 94(2)", "Article 94(2)(b)", Covers::Yes),
        ("Article 94(2)", "Article 94", Covers::Perhaps),
        ("Article 94(2)", "Article 94(1)", Covers::No),
        ("Article 94(2)", "Article 94(21)", Covers::No),
        ("Article 94", "Article 9", Covers::No),
        ("Article 14", "Article 14a", Covers::No),
        ("Title VII", "Article 94", Covers::Perhaps),
        ("Article 94", "Title VII", Covers::Perhaps),
        ("Title VII", "Title VIII", Covers::No),
        ("Annex I", "Article 1", Covers::No),
    ] {
        assert_eq!(one(part).covers(&one(other)), wanted, "{part} and {other}");
    }
}
