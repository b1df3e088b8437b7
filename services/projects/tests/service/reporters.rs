//! An activity that another publisher reports than before.

use crate::import::{changes, paid, rules};
use crate::support::{messages, on_both, serve};

fn file(identifier: &str, reporter: &str, country: &str, more: &str) -> String {
    format!(
        r#"<iati-activities version="2.03"><iati-activity default-currency="EUR" xml:lang="en"><iati-identifier>{identifier}</iati-identifier><reporting-org type="40" ref="{reporter}"/><title><narrative>Wells</narrative></title>{more}<activity-status code="2"/><activity-date type="2" iso-date="2020-01-01"/><recipient-country code="{country}"/></iati-activity></iati-activities>"#
    )
}

fn own() -> String {
    let both = paid("1000", "2023-01-01") + &paid("5000", "2023-02-01");
    file("XX-A-1", "XX-A", "KZ", &both)
}

fn others(identifier: &str, reporter: &str, more: &str) -> String {
    file(identifier, reporter, "KG", &(more.to_owned() + &paid("7", "2023-03-01")))
}

const FORMER: &str = r#"<other-identifier ref="XX-A" type="B1"/>"#;

#[tokio::test]
async fn what_one_publisher_identifies_no_other_replaces() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(own().as_bytes()).await;

        for reporter in ["YY-B", "XX-", "XX-A-10", "xx-a1"] {
            let report = running.import(others("XX-A-1", reporter, "").as_bytes()).await;

            assert_eq!(changes(&report), [0, 0, 0, 1, 0, 0], "{reporter}");
            assert_eq!(rules(&report), ["reporter-changed"], "{reporter}");
            let message = &report.findings[0].message;
            assert!(message.contains("XX-A") && message.contains(reporter), "{message}");
        }
        let many: String =
            (0..1100).map(|amount| paid(&amount.to_string(), "2023-01-01")).collect();
        let large = running.import(others("XX-A-1", "YY-B", &many).as_bytes()).await;
        assert_eq!(
            (changes(&large), rules(&large)),
            ([0, 0, 0, 1, 0, 0], vec!["reporter-changed"])
        );

        let again = running.import(own().as_bytes()).await;
        assert_eq!((changes(&again), rules(&again)), ([0, 0, 1, 0, 0, 0], vec![]));
    })
    .await;
}

#[tokio::test]
async fn who_may_be_the_successor_replaces_with_a_warning() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(own().as_bytes()).await;
        running.import(file("ZZ-1", "XX-A", "KZ", "").as_bytes()).await;

        let dry = messages("b.xml", true, others("XX-A-1", "YY-B", FORMER).as_bytes());
        let dry = running.try_import(dry).await.unwrap();
        let longer = messages("b.xml", true, others("XX-A-1", "XX", "").as_bytes());
        let longer = running.try_import(longer).await.unwrap();
        let successor = others("XX-A-1", "YY-B", FORMER);
        let first = running.import(successor.as_bytes()).await;
        let second = running.import(successor.as_bytes()).await;
        let elsewhere = running.import(others("ZZ-1", "YY-B", "").as_bytes()).await;

        for report in [&dry, &longer, &first] {
            assert_eq!(changes(report), [0, 1, 0, 0, 1, 2]);
            assert_eq!(rules(report), ["reporter-changed"]);
        }
        let message = &first.findings[0].message;
        assert!(message.contains("XX-A reported it before, and YY-B does now"), "{message}");
        assert_eq!((changes(&second), rules(&second)), ([0, 0, 1, 0, 0, 0], vec![]));
        assert_eq!(rules(&elsewhere), ["reporter-changed"]);
        assert_eq!(changes(&elsewhere), [0, 1, 0, 0, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn an_activity_without_a_reporter_replaces_nothing_that_a_publisher_stated() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(own().as_bytes()).await;
        running.import(file("ZZ-1", "XX-A", "KZ", "").as_bytes()).await;
        let nobody = |identifier: &str| {
            let reporter = r#"<reporting-org type="40" ref="YY-B"/>"#;
            others(identifier, "YY-B", "").replace(reporter, "")
        };

        let theirs = running.import(nobody("XX-A-1").as_bytes()).await;
        let of_none = running.import(nobody("ZZ-1").as_bytes()).await;

        for (report, wanted) in [(&theirs, [0, 0, 0, 1, 0, 0]), (&of_none, [0, 1, 0, 0, 1, 0])] {
            assert_eq!(changes(report), wanted);
            assert!(rules(report).contains(&"reporter-changed"), "{report:?}");
        }
    })
    .await;
}
