//! Questions as people ask them: in any case and spelling, or with a mistake that is refused with
//! what was perhaps meant.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use facts::ErrorReason;
use std::sync::Arc;

use crate::refusal::refusal;
use chronicle::schema::{Refill, Schema};
use chronicle::verify::{Kind, verify};
use chronicle::{
    At, Call, Chronicle, Error, Field, ListRequest, Reader, Resource, database, doubt, fold,
};
use machine::clock::SystemClock;
use policy::Tier;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, SchemaManager};
use serde::{Deserialize, Serialize};

/// Something with a title, that refers to parts of books, has identifiers and a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    name: String,
    tier: Tier,
    title: String,
    code: String,
    about: Vec<String>,
    ids: Vec<String>,
}

fn code(given: &str) -> Result<String, &'static str> {
    let code = given.to_uppercase();
    if code.len() == 2 { Ok(code) } else { Err("two letters are wanted") }
}

impl Resource for Note {
    const KIND: &'static str = "note";
    const PATTERN: &'static str = "notes/{note}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::sorted_words("title", |note| note.title.clone()),
            Field::text("code", |note: &Self| note.code.clone()).spelled(code),
            Field::texts("about", |note: &Self| note.about.clone())
                .naming(&["books/{book}", "books/{book}/pages/{page}"]),
            Field::texts("ids", |note: &Self| note.ids.clone()).spelled(facts::source::key),
        ]
    }
}

fn note(id: &str, title: &str, about: &[&str], ids: &[&str]) -> Note {
    let all = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Note {
        name: format!("notes/{id}"),
        tier: Tier::Public,
        title: title.to_owned(),
        code: id[..2].to_uppercase(),
        about: all(about),
        ids: all(ids),
    }
}

fn schema() -> Schema {
    Schema::service().with::<Note>()
}

async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    schema().apply(&SchemaManager::new(&db)).await.unwrap();
    let record = Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap());
    for one in [
        note("kyrgyz", "Протокол – Kyrgyz\u{a0}Republic", &["books/law"], &["2023/2106(INI)"]),
        Note {
            code: String::new(),
            ..note(
                "rights",
                "Rôle of 100% of_law",
                &["books/law/pages/p1"],
                &["JOIN(2019) 9 final"],
            )
        },
        note("water", "about water", &["books/sea/pages/p1"], &["A9-0407/2023"]),
        Note { tier: Tier::Confidential, ..note("hidden", "Zoology", &["books/zoo"], &["Z-1"]) },
    ] {
        record.create(&call(), one).await.unwrap();
    }
    record
}

fn call() -> Call {
    Call { caller: "test".to_owned(), method: "Test".into(), request: None }
}

async fn ids(record: &Chronicle, filter: &str) -> Result<Vec<String>, Error> {
    let request = ListRequest {
        filter: filter.to_owned(),
        order_by: "title".to_owned(),
        ..ListRequest::default()
    };
    let page = record.list::<Note>(&request, &Reader::public()).await?;
    Ok(page.items.iter().map(|note| note.value.name.replace("notes/", "")).collect())
}

async fn found(record: &Chronicle, filter: &str) -> String {
    ids(record, filter).await.expect(filter).join(" ")
}

#[tokio::test]
async fn any_spelling_finds() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for (filter, wanted) in [
            ("", "water rights kyrgyz"),
            ("title:kyrgyz", "kyrgyz"),
            ("title:\"KYRGYZ republic\"", "kyrgyz"),
            ("title:\"ПРОТОКОЛ\"", "kyrgyz"),
            ("title:role", "rights"),
            ("title:\"Rôle\"", "rights"),
            ("title:\"100%\"", "rights"),
            ("title:\"1%0\"", ""),
            ("title:\"of_law\"", "rights"),
            ("title:\"of-law\"", ""),
            ("title = \"About Water\"", "water"),
            ("title = \"about*\"", "water"),
            ("title = \"*WATER\"", "water"),
            ("title != \"*WATER\"", "rights kyrgyz"),
            ("NOT title:water", "rights kyrgyz"),
            ("code:*", "water kyrgyz"),
            ("NOT code:*", "rights"),
            ("code != zz", "water kyrgyz"),
            ("NOT code = ky", "water rights"),
            ("code = ky", "kyrgyz"),
            ("code:k", "refused"),
            ("about:\"books/law\"", "rights kyrgyz"),
            ("about:\"Books/LAW/\"", "rights kyrgyz"),
            ("about:\"books/law/pages/p1\"", "rights"),
            ("NOT about:\"books/law\"", "water"),
            ("ids:\"2023/2106 (INI)\"", "kyrgyz"),
            ("ids:\"JOIN(2019)9\"", "rights"),
            ("ids:\"a9-407/2023\"", "water"),
            ("ids:\"TA-9-2023-0407\"", ""),
        ] {
            let got = match ids(&record, filter).await {
                Ok(ids) => ids.join(" "),
                Err(_) => "refused".to_owned(),
            };
            assert_eq!(got, wanted, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_match_is_refused_with_what_would() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for (filter, said) in [
            ("about:law", "at byte 6, `law`: a name is wanted: write \"books/law\""),
            ("about:\"sources/law\"", "a name like books/{book}"),
            ("about:\"books/law/pages\"", "a name like books/{book}"),
            ("about:\"\"", "a value is wanted"),
            ("code = kyr", "two letters are wanted"),
            ("ids:\"()\"", "letters or digits"),
            ("titel:x", "did you mean `title`?"),
        ] {
            let request = ListRequest { filter: filter.to_owned(), ..ListRequest::default() };
            let (reason, message) = refusal::<Note>(&record, request).await;
            assert_eq!(reason, ErrorReason::FilterInvalid);
            assert!(message.contains(said), "{filter}: {message}");
        }
        assert_eq!(found(&record, "title:WATER AND NOT ids:*").await, "");
    })
    .await;
}

/// Returns the message for a filter that found nothing, where these names are missing.
async fn doubts(record: &Chronicle, filter: &str, missing: &[&str], reader: &Reader) -> String {
    let missing: Vec<String> = missing.iter().map(|&name| name.to_owned()).collect();
    match record.doubt::<Note>(filter, &missing, At::Now, reader).await {
        Ok(()) => String::new(),
        Err(Error::Invalid { reason: ErrorReason::FilterNamesNothing, message, .. }) => message,
        Err(error) => panic!("{filter}: {error:?}"),
    }
}

#[tokio::test]
async fn where_nothing_is_found_it_is_said_what_was_perhaps_meant() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for (filter, said) in [
            ("title:kirgyz", "no `title` has this; did you mean \"протокол - kyrgyz republic\"?"),
            ("title:\"republic kyrgyz\"", "kyrgyz republic"),
            ("ids:\"2023/2106\"", "did you mean \"2023 2106 ini\"?"),
            ("title:water AND about:\"books/law\"", ""),
            ("title:banana", ""),
            ("title:zoology", ""),
            ("title:zoologi", ""),
            ("NOT title:kirgyz", ""),
            ("about:\"books/law\"", ""),
        ] {
            let doubts = doubts(&record, filter, &[], &Reader::public()).await;
            assert!(doubts.contains(said) && said.is_empty() == doubts.is_empty(), "{doubts}");
        }
        let filter = "title:x AND about:\"books/lew\" AND NOT about:\"books/no\"";
        assert_eq!(doubt::names::<Note>(filter).unwrap(), ["books/lew"]);
        let said = doubts(&record, filter, &["books/lew"], &Reader::public()).await;
        assert!(said.contains("`books/lew`: no such resource"), "{said}");
        assert!(said.contains("did you mean \"books/law\"?"), "{said}");
        let either = "about:\"books/lew\" OR about:\"books/law\"";
        assert_eq!(doubts(&record, either, &["books/lew"], &Reader::public()).await, "");
        // Nobody has the code today; tomorrow somebody may.
        let either = "about:\"books/lew\" OR (code = zz OR about:\"books/lew\")";
        assert_eq!(doubts(&record, either, &["books/lew"], &Reader::public()).await, "");
        let neither = "about:\"books/lew\" OR (about:\"books/low\" AND about:\"books/lew\")";
        let said = doubts(&record, neither, &["books/lew", "books/low"], &Reader::public()).await;
        assert!(said.contains("`books/low`: no such resource"), "{said}");
        // What is hidden is not hinted at, not even to those who may see it: that would be a
        // reading that no log keeps.
        for reader in [Reader::public(), Reader::system()] {
            let hidden = doubts(&record, "about:\"books/zoa\"", &["books/zoa"], &reader).await;
            assert!(!hidden.is_empty() && !hidden.contains("books/zoo"), "{hidden}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_public_once_is_not_hinted_at() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let open = record.create(&call(), note("was", "giraffe", &[], &[])).await.unwrap();
        let then = At::Time(open.recorded);
        let asked = async || {
            let reader = Reader::system();
            let doubt = record.doubt::<Note>("title:girafe", &[], then, &reader).await;
            doubt.err().map_or_else(String::new, |error| error.to_string())
        };
        let said = asked().await;
        assert!(said.contains("did you mean \"giraffe\"?"), "{said}");

        let hidden = Note { tier: Tier::Confidential, ..open.value.clone() };
        record.update(&call(), &open, hidden).await.unwrap();

        let said = asked().await;
        assert!(!said.contains("giraffe"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn an_instant_before_the_record_is_refused_with_its_beginning() {
    testkit::on_both(|url| async move {
        let db = database::open(&url).await.unwrap();
        schema().apply(&SchemaManager::new(&db)).await.unwrap();
        let record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
        assert_eq!(
            record.at(Some(1), &Reader::system()).await.unwrap(),
            At::Time(1),
            "an empty record begins nowhere"
        );
        let first = record.create(&call(), note("first", "x", &[], &[])).await.unwrap().recorded;
        record.create(&call(), note("second", "x", &[], &[])).await.unwrap();

        for before in [0, 1, first - 1] {
            let refused = record.at(Some(before), &Reader::public()).await;
            assert!(matches!(refused, Err(Error::BeforeRecord(began)) if began == first));
        }
        assert_eq!(record.at(Some(first), &Reader::system()).await.unwrap(), At::Time(first));
    })
    .await;
}

#[tokio::test]
async fn a_record_that_began_with_what_is_hidden_began_nowhere_for_who_cannot_notice_it() {
    testkit::on_both(|url| async move {
        let db = database::open(&url).await.unwrap();
        schema().apply(&SchemaManager::new(&db)).await.unwrap();
        let record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
        let hidden = Note { tier: Tier::Restricted, ..note("hidden", "x", &[], &[]) };
        let first = record.create(&call(), hidden).await.unwrap().recorded;
        record.create(&call(), note("open", "x", &[], &[])).await.unwrap();

        assert_eq!(record.at(Some(1), &Reader::public()).await.unwrap(), At::Time(1));
        let refused = record.at(Some(1), &Reader::system()).await;
        assert!(matches!(refused, Err(Error::BeforeRecord(began)) if began == first));
        assert_eq!(record.at(Some(1), &Reader::public()).await.unwrap(), At::Time(1));
    })
    .await;
}

/// A database of before words were folded and names kept with what they lie below.
async fn unfold(record: &Chronicle) {
    for statement in [
        "UPDATE note SET title = 'Old ' || title",
        "DELETE FROM note_about WHERE value = 'books/sea'",
        "UPDATE note_ids SET value = 'A9-0407/2023' WHERE value = 'a 9 407 2023'",
    ] {
        record.db.execute_unprepared(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_refill_makes_columns_and_side_tables_from_the_documents() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let water = record.last::<Note>("notes/water", &Reader::public()).await.unwrap();
        let dry = Note { about: vec!["books/sand".to_owned()], ..water.value.clone() };
        let dry = record.update(&call(), &water, dry).await.unwrap();
        unfold(&record).await;
        assert_eq!(found(&record, "ids:\"A9-0407/2023\"").await, "");

        for _ in 0..2 {
            Refill("m1", schema).up(&SchemaManager::new(&record.db)).await.unwrap();
        }

        assert_eq!(found(&record, "").await, "water rights kyrgyz");
        assert_eq!(found(&record, "ids:\"A9-0407/2023\"").await, "water");
        assert_eq!(found(&record, "about:\"books/sea\"").await, "");
        let then = ListRequest {
            filter: "about:\"books/sea\"".to_owned(),
            read_time: Some(dry.recorded - 1),
            ..ListRequest::default()
        };
        let page = record.list::<Note>(&then, &Reader::public()).await.unwrap();
        assert_eq!(page.items.len(), 1, "the values of then, at an instant of then");
        assert_eq!(fold("Rôle"), "role");
        let fits = verify(&record.db, &[Kind::of::<Note>()], None, |_| {}).await.unwrap();
        assert!(fits.is_ok(), "{fits:?}");
    })
    .await;
}
