//! A search finds what has all words of a query, by its own texts and by what it names, at any
//! record time, and tells nothing of what its reader may not see.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod frequent;

use std::sync::Arc;

use chronicle::schema::{Refill, Schema};
use chronicle::verify::{Kind, verify};
use chronicle::{
    Chronicle, Entry, Error, Field, Found, Reader, Resource, Said, SearchRequest, Searched, Weight,
    database,
};
use machine::clock::SystemClock;
use policy::{Desks, Tier};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, SchemaManager};
use serde::{Deserialize, Serialize};

use crate::common::{call, public};
use crate::parts::{change, reader};

/// Something with texts, which names topics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Note {
    name: String,
    title: String,
    text: String,
    topics: Vec<String>,
    tier: i64,
    desks: i64,
}

impl Resource for Note {
    const KIND: &'static str = "note";
    const PATTERN: &'static str = "notes/{note}";
    const SEARCHED: bool = true;
    const THROUGH: &'static [(&'static str, &'static str)] = &[("topics", "topic")];

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        Tier::from_level(self.tier)
    }

    fn desks(&self) -> Desks {
        Desks::from_bits(self.desks)
    }

    fn said(&self) -> Vec<Said<'_>> {
        vec![Said::new(Weight::Name, &*self.title), Said::new(Weight::Text, &*self.text)]
    }

    fn fields() -> Vec<Field<Self>> {
        vec![Field::texts("topics", |note| note.topics.clone()), Field::said()]
    }
}

/// Something that notes name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Topic {
    name: String,
    titles: Vec<String>,
    tier: i64,
}

impl Resource for Topic {
    const KIND: &'static str = "topic";
    const PATTERN: &'static str = "topics/{topic}";
    const SEARCHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        Tier::from_level(self.tier)
    }

    fn said(&self) -> Vec<Said<'_>> {
        self.titles.iter().map(|title| Said::new(Weight::Name, &**title)).collect()
    }

    fn fields() -> Vec<Field<Self>> {
        vec![Field::said()]
    }
}

fn schema() -> Schema {
    Schema::service().with::<Note>().with::<Topic>()
}

async fn record(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    schema().apply(&SchemaManager::new(&db)).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

fn note(id: &str, title: &str) -> Note {
    let (name, title) = (format!("notes/{id}"), title.to_owned());
    Note { name, title, tier: Tier::Public.level(), ..Note::default() }
}

fn topic(id: &str, titles: &[&str]) -> Topic {
    let titles = titles.iter().map(|&title| title.to_owned()).collect();
    Topic { name: format!("topics/{id}"), titles, tier: Tier::Public.level() }
}

async fn ask(record: &Chronicle, reader: &Reader, request: &SearchRequest) -> Result<Found, Error> {
    let all = [Searched::of::<Note>().unwrap(), Searched::of::<Topic>().unwrap()];
    record.search(&all, &[], request, reader).await
}

/// The names that are found.
async fn found_at(
    record: &Chronicle,
    reader: &Reader,
    query: &str,
    at: Option<i64>,
) -> Vec<String> {
    let request =
        SearchRequest { query: query.to_owned(), read_time: at, ..SearchRequest::default() };
    let found = ask(record, reader, &request).await.unwrap();
    found.hits.into_iter().map(|hit| hit.name).collect()
}

async fn found(record: &Chronicle, query: &str) -> Vec<String> {
    found_at(record, &public(), query, None).await
}

async fn create<T: Resource>(record: &Chronicle, all: Vec<T>) {
    for some in all.chunks(500) {
        let entries = some.iter().map(|one| Entry::create(one).unwrap()).collect();
        record.record(&call(), entries).await.unwrap();
    }
}

#[tokio::test]
async fn words_find_whatever_their_form_and_phrases_as_they_stand() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let mut long = note("long", "Cooperation in many words about trade and other things");
        long.text = "Something of Bishkek".to_owned();
        create(&record, vec![long, note("trade", "Trade"), note("kg", "The Kyrgyz Republic")])
            .await;
        create(&record, vec![note("ru", "Соглашение о торговле"), note("id", "22009A1229(01)")])
            .await;

        assert_eq!(found(&record, "TRADES").await, ["notes/trade", "notes/long"]);
        assert_eq!(found(&record, "cooperat trade").await, Vec::<String>::new());
        assert_eq!(found(&record, "trade cooperat").await, ["notes/long"]);
        assert_eq!(found(&record, "cooperate trade").await, ["notes/long"]);
        assert_eq!(found(&record, "бишкек").await, ["notes/long"]);
        assert_eq!(found(&record, "торговля").await, ["notes/ru"]);
        assert_eq!(found(&record, "soglashenie").await, ["notes/ru"]);
        assert_eq!(found(&record, "22009 a 1229 (1)").await, ["notes/id"]);
        assert_eq!(found(&record, "22009a12").await, ["notes/id"]);
        assert_eq!(found(&record, "\"kyrgyz republics\"").await, ["notes/kg"]);
        assert_eq!(found(&record, "\"republic kyrgyz\"").await, Vec::<String>::new());
        assert_eq!(found(&record, "republic kyrgyz").await, ["notes/kg"]);
        assert_eq!(found(&record, "x' OR '1'='1").await, Vec::<String>::new());

        let request = SearchRequest { query: "bishkek".to_owned(), ..SearchRequest::default() };
        let hit = ask(&record, &public(), &request).await.unwrap().hits.remove(0);
        assert_eq!((hit.kind, hit.score), ("note", 222));
        let snippet: Vec<_> = hit.snippet.iter().map(|it| (&*it.text, it.is_match)).collect();
        assert_eq!(snippet, [("Something of ", false), ("Bishkek", true)]);
        for wrong in ["", "  ", "of the", "!?\0\u{7f}", &"x".repeat(600), &"w1 ".repeat(600)] {
            let request = SearchRequest { query: wrong.to_owned(), ..SearchRequest::default() };
            let refused = ask(&record, &public(), &request).await;
            assert!(matches!(refused, Err(Error::Invalid { argument: "query", .. })), "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_named_is_looked_up_with_each_search() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        create(&record, vec![topic("kg", &["Kyrgyzstan", "Kirghiz Republic"])]).await;
        let named = Note { topics: vec!["topics/kg".to_owned()], ..note("pca", "Partnership") };
        create(&record, vec![named]).await;

        assert_eq!(found(&record, "Kirghiz").await, ["topics/kg", "notes/pca"]);
        assert_eq!(found(&record, "kirg").await, ["topics/kg", "notes/pca"]);
        assert_eq!(found(&record, "Кыргызстан partnership").await, ["notes/pca"]);
        let request = SearchRequest { query: "Kirghiz".to_owned(), ..SearchRequest::default() };
        let hits = ask(&record, &public(), &request).await.unwrap().hits;
        assert_eq!(hits[1].through, ["topics/kg"]);
        assert_eq!((hits[1].title.as_str(), hits[1].snippet.len()), ("Partnership", 0));

        let rename = |topic: &mut Topic| topic.titles = vec!["Manas".to_owned()];
        let renamed = change::<Topic>(&record, "topics/kg", rename).await.recorded;
        assert_eq!(found(&record, "Kirghiz").await, Vec::<String>::new());
        assert_eq!(found(&record, "manas").await, ["topics/kg", "notes/pca"]);
        let before = found_at(&record, &public(), "Kirghiz", Some(renamed - 1)).await;
        assert_eq!(before, ["topics/kg", "notes/pca"]);
        change::<Topic>(&record, "topics/kg", |it| it.tier = Tier::Restricted.level()).await;
        assert_eq!(found(&record, "manas").await, Vec::<String>::new());
        let before = found_at(&record, &public(), "Kirghiz", Some(renamed - 1)).await;
        assert_eq!(before, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_search_holds_for_its_record_time_and_for_its_reader() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let first = record.create(&call(), note("a", "Water")).await.unwrap().recorded;
        let renamed = change::<Note>(&record, "notes/a", |it| it.title = "Energy".into()).await;
        let second = renamed.recorded;
        assert_eq!(found_at(&record, &public(), "water", Some(first)).await, ["notes/a"]);
        assert_eq!(found_at(&record, &public(), "energy", Some(first)).await, Vec::<String>::new());
        assert_eq!(found(&record, "water").await, Vec::<String>::new());
        let deleted = record.delete(&call(), renamed).await.unwrap().into_stored();
        assert_eq!(found(&record, "energy").await, Vec::<String>::new());
        assert_eq!(found_at(&record, &public(), "energy", Some(second)).await, ["notes/a"]);
        record.undelete(&call(), deleted).await.unwrap();
        assert_eq!(found(&record, "energy").await, ["notes/a"]);

        let (one, other) = (Desks::from_bits(1), Desks::from_bits(2));
        change::<Note>(&record, "notes/a", |it| {
            (it.tier, it.desks) = (Tier::Confidential.level(), 1);
        })
        .await;
        for at in [None, Some(second)] {
            assert_eq!(found_at(&record, &public(), "energy", at).await, Vec::<String>::new());
            let elsewhere = reader(other, Tier::Confidential);
            assert_eq!(found_at(&record, &elsewhere, "energy", at).await, Vec::<String>::new());
            let lower = reader(one, Tier::Restricted);
            assert_eq!(found_at(&record, &lower, "energy", at).await, Vec::<String>::new());
            let desk = reader(one, Tier::Confidential);
            assert_eq!(found_at(&record, &desk, "energy", at).await, ["notes/a"]);
        }
        let read = "SELECT COUNT(*) AS readings FROM change WHERE operation = 'read'";
        let row = record
            .db
            .query_one_raw(sea_orm::Statement::from_string(record.db.get_database_backend(), read));
        let readings: i64 = row.await.unwrap().unwrap().try_get("", "readings").unwrap();
        assert_eq!(readings, 2, "what is confidential is recorded when it is shown, and only then");
        let kinds = [Kind::of::<Note>(), Kind::of::<Topic>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}

/// Everything that is found, page after page.
async fn pages(record: &Chronicle, query: &str, size: u64) -> Vec<(String, i64)> {
    let mut request =
        SearchRequest { query: query.to_owned(), page_size: size, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let found = ask(record, &public(), &request).await.unwrap();
        assert!(found.hits.len() <= usize::try_from(size).unwrap());
        all.extend(found.hits.into_iter().map(|hit| (hit.name, hit.score)));
        if found.next_page_token.is_empty() {
            return all;
        }
        request.page_token = found.next_page_token;
    }
}

/// Notes of frequent words: the title is longer, the higher the number.
fn frequent(number: usize, tier: Tier) -> Note {
    let more = ["one", "two three", "four five six"][number % 3];
    let title = format!("Agreement on cooperation {more}");
    let id = format!("n{}-{number}", tier.level());
    Note { tier: tier.level(), ..note(&id, &title) }
}

#[tokio::test]
async fn pages_are_in_order_and_hidden_resources_change_nothing() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        create(&record, (0..700).map(|it| frequent(it, Tier::Public)).collect()).await;
        let rare = |it: usize| note(&format!("rare{it}"), &format!("Agreement fishery {it}"));
        create(&record, (0..30).map(rare).collect()).await;
        let queries = ["agreement", "cooperation agreement", "fishery agreement", "four agreem"];
        let mut before = Vec::new();
        for query in queries {
            let all = pages(&record, query, 33).await;
            assert!(all.is_sorted_by_key(|(name, score)| (-score, name.clone())), "{query}");
            assert_eq!(all, pages(&record, query, 100).await, "{query}");
            before.push(all);
        }
        let sizes: Vec<usize> = before.iter().map(Vec::len).collect();
        assert_eq!(sizes, [200, 200, 30, 200]);

        create(&record, (0..900).map(|it| frequent(it, Tier::Restricted)).collect()).await;
        let hidden = |it: usize| Note { tier: Tier::Secret.level(), ..rare(it + 100) };
        create(&record, (0..900).map(hidden).collect()).await;
        for (query, before) in queries.into_iter().zip(before) {
            assert_eq!(pages(&record, query, 33).await, before, "{query}");
        }
        let token = |query: &str| SearchRequest {
            query: query.to_owned(),
            page_size: 1,
            ..SearchRequest::default()
        };
        let first = ask(&record, &public(), &token("agreement")).await.unwrap();
        let page_token = first.next_page_token;
        let other = SearchRequest { page_token, ..token("fishery") };
        let refused = ask(&record, &public(), &other).await;
        assert!(matches!(refused, Err(Error::Invalid { argument: "page_token", .. })));
    })
    .await;
}

#[tokio::test]
async fn a_record_of_before_is_filled() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        create(&record, vec![note("a", "Water"), note("b", "Energy")]).await;
        change::<Note>(&record, "notes/a", |it| it.title = "Water and energy".into()).await;
        let words = pages(&record, "energy", 5).await;
        for sql in ["DROP TABLE note_words", "DROP TABLE topic_words"] {
            record.db.execute_unprepared(sql).await.unwrap();
        }
        let migration = Refill("m_find_by_words", schema);
        migration.up(&SchemaManager::new(&record.db)).await.unwrap();

        assert_eq!(pages(&record, "energy", 5).await, words);
        assert_eq!(words.len(), 2);
        let kinds = [Kind::of::<Note>(), Kind::of::<Topic>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}
