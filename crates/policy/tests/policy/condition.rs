//! One decision, in memory and as SQL, on both engines.

use policy::{Clearance, Desks, Tier};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tokio::runtime::Handle;

use crate::clearances::{NAMES, callers, cases};

/// As many clearances are asked about every row.
const CLEARANCES: u32 = 200;

/// A row of the table: its tier, its desks, its name.
type Row = (i64, i64, &'static str);

/// Every tier with every set of desks, also sets with a desk that is not known here, each with
/// several names.
fn rows() -> Vec<Row> {
    let tiers = 1..=4;
    let bits = tiers.flat_map(|tier| (0..128).map(move |bits| (tier, bits)));
    bits.flat_map(|(tier, bits)| {
        let first = usize::try_from(bits).expect("a small number");
        (0..3).map(move |more| (tier, bits, NAMES[(first + more) % NAMES.len()]))
    })
    .collect()
}

async fn fill(url: &str, rows: &[Row]) -> DatabaseConnection {
    let db = Database::connect(url).await.expect("the database opens");
    db.execute_unprepared("CREATE TABLE thing (id bigint, tier bigint, desks bigint, name text)")
        .await
        .expect("the table is made");
    let mut insert = Query::insert();
    insert.into_table("thing").columns(["id", "tier", "desks", "name"].map(Alias::new));
    for (id, (tier, desks, name)) in (0_i64..).zip(rows) {
        insert.values_panic([id.into(), (*tier).into(), (*desks).into(), (*name).into()]);
    }
    db.execute(&insert).await.expect("the rows are written");
    db
}

/// The ids of the rows that a clearance lets through.
async fn asked(db: &DatabaseConnection, clearance: &Clearance) -> Vec<i64> {
    let mut select = Query::select();
    select.column(Alias::new("id")).from("thing").cond_where(clearance.condition("thing"));
    select.order_by(Alias::new("id"), sea_orm::sea_query::Order::Asc);
    let rows = db.query_all(&select).await.expect("the condition is SQL");
    rows.iter().map(|row| row.try_get("", "id").expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clearance_decides_as_its_condition_does() {
    testkit::on_both(|url| async move {
        let rows = rows();
        let db = fill(&url, &rows).await;
        let mut runner = TestRunner::new(cases(CLEARANCES));

        let agree = |clearance: &Clearance| {
            let decided = (0_i64..).zip(&rows).filter(|(_, (tier, desks, name))| {
                clearance.sees(Tier::from_level(*tier), Desks::from_bits(*desks), name)
            });
            let decided: Vec<i64> = decided.map(|(id, _)| id).collect();
            let asked =
                tokio::task::block_in_place(|| Handle::current().block_on(asked(&db, clearance)));
            prop_assert_eq!(decided, asked, "{:?}", clearance);
            Ok(())
        };
        agree(&Clearance::whole()).expect("the system itself sees all");
        let counted =
            runner.run(&(callers(), 0_i64..10), |(caller, now)| agree(&caller.clearance(now)));
        counted.expect("both decide alike");
        eprintln!("{CLEARANCES} clearances and {} rows: both decide alike", rows.len());
    })
    .await;
}
