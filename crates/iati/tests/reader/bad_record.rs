//! Records and values that are wrong: each is skipped, left out or repaired, with a finding.

use iati::{Rule, Severity};

use crate::{activity, file, read, transaction, with};

#[test]
fn the_second_activity_of_an_identifier_is_skipped() {
    let first = activity("XX-1", &transaction("<value>1</value>"));
    let second = activity(" XX-1 ", &transaction("<value>2</value>").repeat(3));

    let outcome = read(file(&format!("{first}\n{second}\n{}", activity("XX-2", ""))));

    assert_eq!(outcome.identifiers(), ["XX-1", "XX-2"]);
    assert_eq!(outcome.activities[0].transactions.len(), 1);
    let finding = outcome.one(Rule::IdentifierDuplicate);
    assert_eq!((finding.severity, finding.line), (Severity::Error, 3));
    assert_eq!(finding.identifier.as_deref(), Some("XX-1"));
    assert_eq!((outcome.totals.records, outcome.totals.children), (3, 4));
}

#[test]
fn an_activity_without_an_identifier_is_skipped() {
    let none = "<iati-activity><transaction/></iati-activity>";
    let outcome = read(file(&format!("{}\n{}\n{none}", activity("", ""), activity(" \n ", ""))));

    assert_eq!(outcome.activities, []);
    let lines: Vec<u64> = outcome.of(Rule::IdentifierMissing).iter().map(|it| it.line).collect();
    assert_eq!(lines, [2, 3, 5]);
    assert_eq!((outcome.totals.records, outcome.totals.children), (3, 1));
}

#[test]
fn spaces_around_an_identifier_are_cut_with_a_warning() {
    let outcome = read(file(&activity("\n XX-1\u{a0}", "")));

    assert_eq!(outcome.identifiers(), ["XX-1"]);
    outcome.one(Rule::IdentifierSpaces);
}

#[test]
fn a_transaction_without_what_it_needs_is_not_taken_and_says_what() {
    let type_ = "<transaction-type code='3'/>";
    let date = "<transaction-date iso-date='2021-05-06'/>";
    let value = "<value>5</value>";
    for (parts, rule) in [
        (format!("{date}{value}"), Rule::TypeMissing),
        (format!("<transaction-type code=''/>{date}{value}"), Rule::TypeMissing),
        (format!("{type_}{value}"), Rule::DateMissing),
        (format!("{type_}{value}<transaction-date/>"), Rule::DateMissing),
        (format!("{type_}{value}<transaction-date iso-date='2014'/>"), Rule::DateInvalid),
        (format!("{type_}{value}<transaction-date iso-date='2014-02-30'/>"), Rule::DateInvalid),
        (format!("{type_}{date}"), Rule::AmountMissing),
        (format!("{type_}{date}<value/>"), Rule::AmountInvalid),
        (format!("{type_}{date}<value>1,234</value>"), Rule::AmountInvalid),
        (format!("{type_}{date}<value>5<x/>x</value>"), Rule::AmountInvalid),
        (format!("{type_}{date}<value currency='Euro'>5</value>"), Rule::CurrencyInvalid),
    ] {
        let good = transaction("<value>7</value>");
        let outcome = read(with(&format!("<transaction>\n{parts}</transaction>{good}")));

        assert_eq!(outcome.findings.len(), 1, "{parts}: {:#?}", outcome.findings);
        let finding = outcome.one(rule);
        assert_eq!(outcome.activity().transactions.len(), 1, "{parts}");
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(finding.identifier.as_deref(), Some("XX-1"), "{parts}");
        assert!((2..=3).contains(&finding.line), "{parts}");
        assert!(finding.message.contains("not taken"), "{}", finding.message);
        assert_eq!(outcome.totals.children, 2);
    }
}

#[test]
fn without_any_currency_transactions_and_budgets_are_not_taken() {
    let budget = "<budget><period-start iso-date='2021-01-01'/>\
                  <period-end iso-date='2021-12-31'/><value>5</value></budget>";
    let more = format!("{}{budget}", transaction("<value currency=' '>1</value>"));
    let input = with(&more).replace("default-currency=\"EUR\"", "default-currency=\"\"");

    let outcome = read(input);

    assert_eq!(outcome.of(Rule::CurrencyMissing).len(), 2);
    assert_eq!(
        (&outcome.activity().transactions[..], &outcome.activity().budgets[..]),
        (&[][..], &[][..])
    );
}

#[test]
fn values_with_one_reading_are_mended_with_a_warning() {
    for (part, rule) in [
        (transaction("<value>1,234,567.50</value>"), Rule::AmountRepaired),
        (transaction("<value>1 234 567</value>"), Rule::AmountRepaired),
        (transaction("<value>1.2E3</value>"), Rule::AmountRepaired),
        (transaction("<value currency='usd'>1</value>"), Rule::CurrencyRepaired),
        (transaction("<value value-date='2020-1-2'>1</value>"), Rule::DateRepaired),
        (
            "<activity-date type='4' iso-date='2022-01-02T10:00:00Z'/>".to_owned(),
            Rule::DateRepaired,
        ),
        ("<sector code='14030' percentage='100%'/>".to_owned(), Rule::AmountRepaired),
        ("<sector code='14030' percentage='100.00001'/>".to_owned(), Rule::AmountRepaired),
    ] {
        let outcome = read(with(&part));

        assert_eq!(outcome.findings.len(), 1, "{part}: {:#?}", outcome.findings);
        assert_eq!(outcome.one(rule).severity, Severity::Warning);
        let found = outcome.activity();
        let taken = found.transactions.len() + found.sectors.len() + found.dates.len();
        assert_eq!(taken, 2, "{part}");
    }
}

#[test]
fn activity_dates_that_cannot_be_read_are_left_out() {
    for (date, rule) in [
        ("type='1' iso-date='2014'", Rule::DateInvalid),
        ("type='1' iso-date='2014-02-30'", Rule::DateInvalid),
        ("type='1' iso-date='30/01/2014'", Rule::DateInvalid),
        ("type='1'", Rule::DateMissing),
        ("iso-date='2014-01-01'", Rule::TypeMissing),
    ] {
        let outcome = read(with(&format!("<activity-date {date}/>")));

        assert_eq!(outcome.activity().dates.len(), 1, "{date}");
        outcome.one(rule);
        assert_eq!(outcome.findings.len(), 1, "{date}");
    }
}

#[test]
fn a_budget_without_what_it_needs_is_not_taken() {
    let start = "<period-start iso-date='2021-01-01'/>";
    let end = "<period-end iso-date='2021-12-31'/>";
    for (parts, rule) in [
        (format!("{end}<value>5</value>"), Rule::DateMissing),
        (format!("{start}<period-end/><value>5</value>"), Rule::DateMissing),
        (format!("{start}{end}"), Rule::AmountMissing),
        (format!("{start}{end}<value>lots</value>"), Rule::AmountInvalid),
    ] {
        let outcome = read(with(&format!("<budget>{parts}</budget>")));

        assert_eq!(outcome.activity().budgets, [], "{parts}");
        outcome.one(rule);
    }
}

#[test]
fn unknown_codes_are_kept_with_a_warning() {
    for part in [
        "<participating-org role='9'/>",
        "<participating-org role='1' type='9'/>",
        "<related-activity ref='XX-2' type='6'/>",
        "<other-identifier ref='X' type='Z1'/>",
        "<sector code='1403'/>",
        "<sector vocabulary='55' code='x'/>",
        "<recipient-country code='Kazakhstan'/>",
        "<recipient-region vocabulary='7' code='619'/>",
        "<default-flow-type code='11'/>",
        "<default-aid-type code='Z01'/>",
        "<activity-date type='5' iso-date='2020-01-01'/>",
        "<transaction><transaction-type code='14'/><transaction-date iso-date='2020-01-01'/>\
         <value>1</value></transaction>",
    ] {
        let plain = read(with(""));
        let outcome = read(with(part));

        assert_eq!(outcome.one(Rule::CodeUnknown).severity, Severity::Warning, "{part}");
        assert_ne!(outcome.activity(), plain.activity(), "{part} was kept");
        assert_eq!(outcome.findings.len(), 1, "{part}");
    }
}

#[test]
fn elements_without_their_code_are_left_out() {
    for part in
        ["<sector/>", "<recipient-country code=''/>", "<recipient-region/>", "<related-activity/>"]
    {
        let outcome = read(with(part));

        assert_eq!(outcome.one(Rule::CodeMissing).severity, Severity::Error, "{part}");
    }
}

#[test]
fn percentages_are_checked_one_by_one_and_in_sum() {
    let kz = |percentage: &str| format!("<recipient-country code='KZ' {percentage}/>");
    let region = |vocabulary: &str, percentage: &str| {
        format!(
            "<recipient-region vocabulary='{vocabulary}' code='619' percentage='{percentage}'/>"
        )
    };
    for (parts, rule) in [
        (format!("{}{}", kz("percentage='33.3'"), region("1", "66.69")), None),
        (format!("{}{}", kz("percentage='33.3'"), region("1", "66.71")), None),
        (format!("{}{}", kz("percentage='33.3'"), region("1", "66.68")), Some(Rule::PercentageSum)),
        (format!("{}{}", kz("percentage='50'"), region("1", "51")), Some(Rule::PercentageSum)),
        (kz("percentage='50'").repeat(2) + &kz(""), Some(Rule::PercentageMissing)),
        (kz("").repeat(2), Some(Rule::PercentageMissing)),
        (kz(""), None),
        (kz("percentage='99'"), Some(Rule::PercentageSum)),
        (kz("percentage='-1'"), Some(Rule::PercentageInvalid)),
        (kz("percentage='half'"), Some(Rule::PercentageInvalid)),
        (region("1", "100") + &region("99", "100"), None),
        (region("1", "100") + &region("99", "90"), Some(Rule::PercentageSum)),
        (
            "<sector code='14030' percentage='60'/><sector code='14031' percentage='60'/>"
                .to_owned(),
            Some(Rule::PercentageSum),
        ),
        (
            "<sector code='14030' percentage='100'/><sector vocabulary='99' code='a'/>".to_owned(),
            None,
        ),
    ] {
        let outcome = read(with(&parts));

        let found: Vec<&str> = outcome.findings.iter().map(|finding| finding.rule).collect();
        let wanted: Vec<&str> = rule.iter().map(|rule| rule.as_str()).collect();
        assert_eq!(found, wanted, "{parts}");
        outcome.activity();
    }
}

#[test]
fn unknown_entities_are_left_out_and_a_bare_ampersand_stays() {
    let outcome = read(with(
        "<description><narrative>a&nbsp;b &amp; c & d &#65;&#0;</narrative></description>\
         <other-identifier ref='x&nope;y' type='A1'/><note>&ignored;</note>",
    ));

    assert_eq!(outcome.activity().descriptions[0].text, "ab & c & d A");
    assert_eq!(outcome.activity().other_identifiers[0].ref_, "xy");
    let entities = outcome.of(Rule::EntityUnknown);
    assert_eq!(entities.len(), 3, "{entities:#?}");
    assert!(entities[0].message.contains("\"nbsp\""));
    outcome.one(Rule::BareAmpersand);
}

#[test]
fn control_characters_are_left_out() {
    let outcome = read(with(
        "<description><narrative>a\0b\u{1}c</narrative></description>\
         <other-identifier ref='x\0y' type='A1'/>",
    ));

    assert_eq!(outcome.activity().descriptions[0].text, "abc");
    assert_eq!(outcome.activity().other_identifiers[0].ref_, "xy");
    assert_eq!(outcome.of(Rule::ControlCharacter).len(), 2);
}

#[test]
fn text_outside_narrative_is_kept_with_a_warning() {
    let outcome = read(with("<description xml:lang='fr'>Puits</description>"));

    let found = &outcome.activity().descriptions[0];
    assert_eq!((found.text.as_str(), found.lang.as_deref()), ("Puits", Some("fr")));
    outcome.one(Rule::TextOutsideNarrative);
}

#[test]
fn of_elements_that_may_stand_once_the_first_counts() {
    let twice = format!(
        "<activity-status code='3'/><reporting-org ref='YY'><narrative>No</narrative>\
         </reporting-org><iati-identifier>XX-2</iati-identifier>{}",
        transaction("<value>1</value><value>2</value><transaction-type code='4'/>")
    );

    let outcome = read(with(&twice));

    let found = outcome.activity();
    assert_eq!((found.identifier.as_str(), found.status.as_deref()), ("XX-1", Some("2")));
    assert_eq!(found.reporting_org.as_ref().unwrap().names.len(), 1);
    assert_eq!(found.transactions[0].value.amount.to_string(), "1");
    assert_eq!(found.transactions[0].type_, "3");
    assert_eq!(outcome.of(Rule::ElementRepeated).len(), 5);
}

#[test]
fn what_every_activity_must_have_is_missed() {
    let bare = "<iati-activity><iati-identifier>XX-1</iati-identifier>\
                <description><narrative>No language</narrative></description></iati-activity>";
    let outcome = read(file(bare));

    assert_eq!(outcome.activity().descriptions[0].lang, None);
    assert_eq!(outcome.of(Rule::ElementMissing).len(), 4);
    outcome.one(Rule::LanguageMissing);
}

#[test]
fn flags_and_levels_that_cannot_be_are_left_out() {
    let input =
        with("").replace("<iati-activity ", "<iati-activity humanitarian='maybe' hierarchy='top' ");

    let outcome = read(input);

    assert_eq!((outcome.activity().humanitarian, outcome.activity().hierarchy), (None, None));
    assert_eq!(outcome.of(Rule::AttributeInvalid).len(), 2);
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let outcome = read(with(&transaction(&format!("<value>{}</value>", "ж\n".repeat(5000)))));

    let finding = outcome.one(Rule::AmountInvalid);
    assert!(finding.message.len() < 500 && !finding.message.contains('\n'), "{}", finding.message);
}
