//! A second format, on both engines: nothing in the mechanism is of IATI, or of projects.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod flat;
mod minutes;
mod resources;

use std::io::Cursor;
use std::time::Duration;

use chassis::caller::scope;
use chronicle::{Call, Chronicle, Error};
use formats::NotKept;
use ingest::{Changes, Importer, Report, feed, import};
use testkit::on_both;

use crate::flat::Titles;
use crate::resources::{Point, Session, Whole, editor, find, record, session};

const FILE: &str = "\
# c-1 Council
+ trade
+ trade
+ energy
! hear, hear
# c-2 Committee
+ visas
+
nonsense
# c-3 Dialogue
+ a
+ b
+ c
+ d
+ e
+ f
+ g
";

/// Imports a file, or only says what that would do.
async fn run<I: Importer>(record: &Chronicle, importer: I, dry: bool, file: &str) -> Report {
    let file = Cursor::new(file.to_owned());
    scope(editor(), import(record, importer, dry, file)).await.unwrap()
}

/// Parents created, updated and unchanged; children created and deleted.
fn changes(counts: [i64; 5]) -> Changes {
    let [created, updated, unchanged, children_created, children_deleted] = counts;
    let children_updated = 0;
    Changes { created, updated, unchanged, children_created, children_updated, children_deleted }
}

/// The findings, each as its line and rule.
fn found(report: &Report) -> Vec<(u64, &'static str)> {
    report.tally.first.iter().map(|it| (it.line, it.rule)).collect()
}

fn lost(path: &str, count: u64) -> NotKept {
    NotKept { path: path.to_owned(), count, is_attribute: false }
}

#[tokio::test]
async fn a_file_is_recorded_once_and_each_of_its_elements_is_accounted_for() {
    on_both(async |url| {
        let record = record(&url).await;

        let mut dry = run(&record, Whole, true, FILE).await;
        let absent = find::<Session>(&record, &session("c-1")).await;
        let first = run(&record, Whole, false, FILE).await;
        let again = run(&record, Whole, false, FILE).await;

        assert!(matches!(absent, Err(Error::NotFound(_))));
        assert_eq!(first.changes, changes([3, 0, 0, 11, 0]));
        assert_eq!((first.totals.records, first.totals.children, first.skipped), (3, 12, 0));
        assert_eq!((first.totals.elements, first.elements_kept), (16, 14));
        assert_eq!(first.not_kept, [lost("meeting/remark", 1), lost("meeting/topic", 1)]);
        assert_eq!(found(&first), [(8, "topic-empty"), (9, "line-unknown")]);
        dry.read_time = first.read_time;
        assert_eq!(dry, first, "a dry run tells what an import does");
        assert_eq!(again.changes, changes([0, 0, 3, 0, 0]));
        assert_eq!(again.read_time, first.read_time, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn what_changed_what_is_gone_and_what_came_back_is_recorded() {
    on_both(async |url| {
        let record = record(&url).await;
        run(&record, Whole, false, FILE).await;
        let noted = find::<Session>(&record, &session("c-1")).await.unwrap();
        let value = Session { note: "by hand".to_owned(), ..noted.value.clone() };
        record.update(&Call::default(), &noted, value).await.unwrap();
        let own = Point {
            name: format!("{}/points/own", session("c-1")),
            session: session("c-1"),
            text: "not of a file".to_owned(),
        };
        record.create(&Call::default(), own.clone()).await.unwrap();
        let deleted = find::<Session>(&record, &session("c-2")).await.unwrap().into_stored();
        record.delete(&Call::default(), deleted).await.unwrap();
        let long = format!("# {} Long\n+ x\n", "x".repeat(300));
        let other = FILE.replace("Council\n+ trade\n", "Council, second\n+ water\n");
        let other = other.replace("+ g\n", "+ h\n") + &long;

        let report = run(&record, Whole, false, &other).await;
        let council = find::<Session>(&record, &session("c-1")).await.unwrap();
        let kept = find::<Point>(&record, &own.name).await.unwrap();
        let back = run(&record, Whole, false, FILE).await;

        assert_eq!(report.changes, changes([0, 2, 0, 2, 2]));
        assert_eq!((report.totals.records, report.skipped), (4, 2));
        let refused = [
            (6, "session-deleted"),
            (8, "topic-empty"),
            (9, "line-unknown"),
            (18, "identifier-too-long"),
        ];
        assert_eq!(found(&report), refused);
        let message =
            "the identifier is longer than 256 bytes; the meeting was skipped; shorten it";
        assert_eq!(report.tally.first[3].message, message);
        assert_eq!((&*council.value.title, &*council.value.note), ("Council, second", "by hand"));
        assert_eq!(kept.value, own, "what no import recorded is not touched");
        assert_eq!(back.changes, changes([0, 2, 0, 2, 2]));
    })
    .await;
}

#[tokio::test]
async fn where_another_writer_comes_first_the_batch_is_compared_again() {
    on_both(async |url| {
        let record = record(&url).await;
        run(&record, Whole, false, FILE).await;

        let report = run(&record, Whole, false, "# c-1 contested\n+ trade\n").await;

        let council = find::<Session>(&record, &session("c-1")).await.unwrap();
        assert_eq!(report.changes, changes([0, 1, 0, 0, 2]));
        assert_eq!((&*council.value.title, &*council.value.note), ("contested", "faster"));
        assert_eq!(council.revision, 3, "the first, the faster one, and that of the import");
    })
    .await;
}

#[tokio::test]
async fn an_import_that_is_given_up_leaves_whole_batches_and_the_next_one_goes_on() {
    Box::pin(on_both(async |url| {
        let record = record(&url).await;
        let meetings = (0..250).map(|one| format!("# m-{one} Meeting\n+ trade\n"));
        let file = meetings.collect::<Vec<_>>().concat();
        let (bytes, pipe) = feed::pipe();
        bytes.send(file.clone().into_bytes()).await.unwrap();
        let two_batches = async {
            while find::<Session>(&record, &session("m-199")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };

        // More of the file never comes: the import waits until it is dropped.
        tokio::select! {
            _ = scope(editor(), import(&record, Whole, false, pipe)) => panic!("it has no end"),
            () = two_batches => {}
        }
        drop(bytes);
        let rest = run(&record, Whole, false, &file).await;

        assert_eq!(rest.changes, changes([50, 0, 200, 50, 0]));
    }))
    .await;
}

#[tokio::test]
async fn records_without_children_are_imported_too() {
    on_both(async |url| {
        let record = record(&url).await;

        let first = run(&record, Titles, false, FILE).await;
        let again = run(&record, Titles, false, &FILE.replace("Council", "The council")).await;

        assert_eq!(first.changes, changes([3, 0, 0, 0, 0]));
        assert_eq!((first.totals.elements, first.elements_kept), (16, 3));
        assert_eq!(first.not_kept, [lost("meeting/remark", 1), lost("meeting/topic", 12)]);
        assert_eq!(again.changes, changes([0, 1, 2, 0, 0]));
    })
    .await;
}
