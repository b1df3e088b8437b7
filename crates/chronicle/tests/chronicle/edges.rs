//! Edges: what refers to what, and in which relation, at any instant and as far as a reader may
//! see.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{call, public};
use chronicle::edges::{Step, Way, with_relation};
use chronicle::schema::Schema;
use chronicle::verify::{Kind, verify};
use chronicle::{At, Chronicle, Field, ListRequest, Reader, Resource, database};
use machine::clock::SystemClock;
use policy::Tier;
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};

const RELATIONS: &[&str] = &["KEEPS", "USES"];

/// A resource that refers to others of its kind, or to parts of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Knot {
    name: String,
    tier: Tier,
    others: Vec<(String, bool)>,
}

impl Resource for Knot {
    const KIND: &'static str = "knot";
    const PATTERN: &'static str = "knots/{knot}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        self.tier
    }

    fn fields() -> Vec<Field<Self>> {
        let edges = |it: &Self| {
            let relation = |uses: bool| RELATIONS[usize::from(uses)];
            it.others.iter().map(|(other, uses)| (other.clone(), relation(*uses))).collect()
        };
        let patterns = &["knots/{knot}", "knots/{knot}/parts/{part}"];
        vec![Field::edges("others", RELATIONS, edges).naming(patterns)]
    }
}

fn knot(id: &str, others: &[(&str, bool)]) -> Knot {
    let others = others.iter().map(|(other, uses)| (format!("knots/{other}"), *uses)).collect();
    Knot { name: format!("knots/{id}"), tier: Tier::Public, others }
}

/// A record of knots, and how many statements it was asked.
async fn record(url: &str) -> (Chronicle, Arc<AtomicUsize>) {
    let db = database::open(url).await.unwrap();
    Schema::service().with::<Knot>().apply(&SchemaManager::new(&db)).await.unwrap();
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    let mut record = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
    record.note_reads(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (record, statements)
}

async fn near(
    record: &Chronicle,
    (names, targets): (&[&str], &[&str]),
    at: At,
    reader: &Reader,
) -> String {
    let all = |texts: &[&str]| texts.iter().map(|text| format!("knots/{text}")).collect();
    let step = Step { names: all(names), targets: all(targets) };
    let near = record.near(&[Way::of::<Knot>("others")], &step, at, reader, 100).await.unwrap();
    let shown = record.show_near::<Knot>(&near, at, reader).await.unwrap();
    assert_eq!(near.len(), shown.len());
    let mut names: Vec<_> =
        shown.iter().map(|it| it.value.name.trim_start_matches("knots/")).collect();
    names.sort_unstable();
    names.join(" ")
}

#[tokio::test]
async fn what_refers_to_a_name_is_found_by_relation_at_any_instant_in_one_statement() {
    testkit::on_both(|url| async move {
        let (record, statements) = record(&url).await;
        record.create(&call(), knot("a", &[])).await.unwrap();
        let b = record.create(&call(), knot("b", &[("a", false), ("a", true)])).await.unwrap();
        let c = record.create(&call(), knot("c", &[("a/parts/p", true)])).await.unwrap();
        let (before, reader) = (At::Time(c.recorded), public());
        record.update(&call(), &b, knot("b", &[("c", true)])).await.unwrap();
        let hidden = Knot { tier: Tier::Restricted, ..knot("d", &[("a", true)]) };
        let last = record.create(&call(), hidden).await.unwrap().recorded;

        statements.store(0, Ordering::Relaxed);
        assert_eq!(near(&record, (&["c"], &["a"]), before, &reader).await, "b c");
        assert_eq!(statements.load(Ordering::Relaxed), 1);
        let keeps = with_relation("a", "KEEPS");
        assert_eq!(near(&record, (&[], &[&keeps]), before, &reader).await, "b");
        for at in [At::Now, At::Time(last)] {
            assert_eq!(near(&record, (&[], &["a"]), at, &reader).await, "c");
            assert_eq!(near(&record, (&[], &["a"]), at, &Reader::system()).await, "c d");
            assert_eq!(near(&record, (&[], &[&keeps]), at, &reader).await, "");
            assert_eq!(near(&record, (&["d", "a"], &["c"]), at, &reader).await, "a b");
            assert_eq!(near(&record, (&[], &["a/parts/p USES"]), at, &reader).await, "c");
        }
        record.delete(&call(), c.into_stored()).await.unwrap();
        assert_eq!(near(&record, (&["c"], &["a"]), At::Now, &reader).await, "");
        let fits = verify(&record.db, &[Kind::of::<Knot>()], None, |_| {}).await.unwrap();
        assert!(fits.is_ok(), "{fits:?}");
    })
    .await;
}

#[tokio::test]
async fn a_filter_asks_for_the_other_or_for_the_other_and_the_relation() {
    testkit::on_both(|url| async move {
        let (record, _) = record(&url).await;
        record.create(&call(), knot("b", &[("a", false)])).await.unwrap();
        record.create(&call(), knot("c", &[("a/parts/p", true)])).await.unwrap();
        let found = async |filter: &str| {
            let request = ListRequest { filter: filter.to_owned(), ..ListRequest::default() };
            let page = record.list::<Knot>(&request, &public()).await;
            page.map(|page| page.items.len()).map_err(|error| error.to_string())
        };

        assert_eq!(found("others:\"knots/a\"").await, Ok(2));
        assert_eq!(found("others:\"Knots/A uses\"").await, Ok(1));
        assert_eq!(found("others:\"knots/a KEEPS\"").await, Ok(1));
        assert_eq!(found("others:\"knots/b KEEPS\"").await, Ok(0));
        for (filter, wanted) in [
            ("others:\"knots/a KEPS\"", "did you mean KEEPS"),
            ("others:\"knots/a KEEPS it\"", "a name, or a name and a relation"),
            ("others:\"a KEEPS\"", "write \\\"knots/a\\\""),
        ] {
            let error = found(filter).await.unwrap_err();
            assert!(error.contains(&wanted.replace("\\\"", "\"")), "{filter}: {error}");
        }
    })
    .await;
}
