//! A transaction that a publisher corrects is another one by its name, and keeps what no file states:
//! its tier and its links.

use api::registan::options::v1::Tier;
use api::registan::projects::v1::{ListTransactionsRequest, Organization, Transaction};

use crate::aliases::known;
use crate::import::{changes, paid, rules};
use crate::stated::{edit, single, transactions};
use crate::support::{Running, citation, messages, on_both, serve};

const LINK: &str = "organizations/water";

/// A payment of 6 with a description and a reference, that may be empty.
fn payment(text: &str, amount: &str, reference: &str) -> String {
    let description = format!("<description><narrative>{text}</narrative></description>");
    let given =
        paid(amount, "2023-01-01").replace("<receiver-org", &(description + "<receiver-org"));
    given.replace("<transaction>", &format!(r#"<transaction ref="{reference}">"#))
}

async fn import(running: &mut Running, transactions: &str) -> Vec<String> {
    let report = running.import(single("Wells", transactions).as_bytes()).await;
    rules(&report).into_iter().filter(|it| *it == "overwritten").map(str::to_owned).collect()
}

/// Hides a transaction and links its receiver.
async fn hide(running: &mut Running, mut it: Transaction) {
    it.tier = Tier::Restricted.into();
    LINK.clone_into(&mut it.receiver.as_mut().unwrap().organization);
    edit(running, it).await;
}

/// Tier and link of each transaction, by its description and amount.
async fn stand(running: &mut Running) -> Vec<(String, Tier, bool)> {
    let found = transactions(running).await.into_iter().map(|it| {
        let text = it.descriptions.first().map_or("", |it| it.text.as_str());
        let said = format!("{text} {}", it.value.as_ref().unwrap().amount);
        (said, it.tier(), it.receiver.unwrap().organization == LINK)
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

async fn start(url: &str) -> Running {
    let mut running = serve(url).await;
    let organization = Organization {
        display_name: "Vodokanal".to_owned(),
        source: Some(citation("a list of organizations")),
        ..Organization::default()
    };
    known(&mut running, "water", organization).await;
    running
}

#[tokio::test]
async fn a_correction_of_what_was_hidden_stays_hidden() {
    on_both(|url| async move {
        let mut running = start(&url).await;
        let first = payment("To J. D.", "6", "");
        import(&mut running, &first).await;
        let it = transactions(&mut running).await.remove(0);
        hide(&mut running, it).await;
        let mut other = running.editor(policy::Desks::ALL, policy::Tier::Public);

        let corrected = payment("To J. Doe", "6", "");
        let report = running.import(single("Wells", &corrected).as_bytes()).await;

        assert_eq!(changes(&report), [0, 1, 0, 0, 1, 1]);
        assert_eq!(rules(&report), ["overwritten"]);
        assert!(report.findings[0].message.ends_with("has its tier and its links"), "{report:?}");
        let hidden = |text: &str| vec![(text.to_owned(), Tier::Restricted, true)];
        assert_eq!(stand(&mut running).await, hidden("To J. Doe 6"));
        let request = ListTransactionsRequest {
            parent: "projects/-".to_owned(),
            ..ListTransactionsRequest::default()
        };
        let seen = other.transactions.list_transactions(request).await.unwrap().into_inner();
        assert!(seen.transactions.is_empty(), "{seen:?}");

        assert!(import(&mut running, &corrected).await.is_empty());
        // The first one again, and what became of the other since.
        import(&mut running, &first).await;
        assert_eq!(stand(&mut running).await, hidden("To J. D. 6"));
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_is_hidden_if_what_took_its_place_was() {
    on_both(|url| async move {
        let mut running = start(&url).await;
        let (first, corrected) = (payment("One", "6", ""), payment("Two", "6", ""));
        import(&mut running, &first).await;
        import(&mut running, &corrected).await;
        let it = transactions(&mut running).await.remove(0);
        hide(&mut running, it).await;

        import(&mut running, &first).await;

        assert_eq!(stand(&mut running).await, [("One 6".to_owned(), Tier::Restricted, true)]);
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_known_by_its_reference_or_where_it_is_one_of_one() {
    on_both(|url| async move {
        let mut running = start(&url).await;
        let file = [
            payment("Ref", "6", "T-1"),
            payment("Twin one", "7", ""),
            payment("Twin two", "7", ""),
            payment("Alone", "8", "T-2"),
        ];
        import(&mut running, &file.concat()).await;
        for it in transactions(&mut running).await {
            hide(&mut running, it).await;
        }

        let file = [
            payment("Ref", "60", "T-1"),
            payment("Twin 1", "7", ""),
            payment("Twin 2", "7", ""),
            payment("Alone", "8", "T-3"),
            payment("New", "9", ""),
        ];
        let overwritten = import(&mut running, &file.concat()).await;

        assert_eq!(overwritten.len(), 4);
        // Which of the twins is which, nobody knows.
        let (public, hidden, perhaps) =
            ((Tier::Public, false), (Tier::Restricted, true), (Tier::Restricted, false));
        let wanted = [
            ("Alone 8", hidden),
            ("New 9", public),
            ("Ref 60", hidden),
            ("Twin 1 7", perhaps),
            ("Twin 2 7", perhaps),
        ];
        let wanted = wanted.map(|(text, (tier, linked))| (text.to_owned(), tier, linked));
        assert_eq!(stand(&mut running).await, wanted);
    })
    .await;
}

#[tokio::test]
async fn one_that_was_hidden_hides_others_only_if_they_are_alike() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(single("Wells", &payment("Grant", "6", "G-1")).as_bytes()).await;
        let mut it = transactions(&mut running).await.remove(0);
        it.tier = Tier::Restricted.into();
        edit(&mut running, it).await;

        let file = [payment("One", "7", "G-1"), payment("Two", "8", "G-1")].concat();
        let dry = messages("file.xml", true, single("Wells", &file).as_bytes());
        let reused = running.try_import(dry).await.unwrap();
        let file = [payment("One", "6", ""), payment("Two", "6", "")].concat();
        let alike = running.import(single("Wells", &file).as_bytes()).await;

        assert_eq!(rules(&reused), ["overwritten"]);
        assert_eq!(rules(&alike), ["tier-raised", "tier-raised", "overwritten"]);
        let message = &alike.findings[0].message;
        assert!(message.contains("whose place it takes perhaps"), "{message}");
        let hidden = |text: &str| (text.to_owned(), Tier::Restricted, false);
        assert_eq!(stand(&mut running).await, [hidden("One 6"), hidden("Two 6")]);
    })
    .await;
}
