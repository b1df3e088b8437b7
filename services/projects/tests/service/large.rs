//! An activity of many transactions: recorded as it comes, and whole after a second import.

use std::time::Duration;

use api::registan::projects::v1::{ImportIatiResponse, SumTransactionsRequest};
use tokio_stream::StreamExt;

use crate::import::{FIRST, changes, file, imported, paid, rules};
use crate::support::{Running, messages, on_both, serve};

const MANY: i64 = 1600;

fn many() -> String {
    (1..=MANY).map(|number| paid(&number.to_string(), "2023-01-01")).collect()
}

async fn counted(running: &mut Running) -> i64 {
    let sums = running.sums(SumTransactionsRequest::default()).await;
    sums.iter().map(|sum| sum.transactions).sum()
}

/// Sends most of the file and then nothing more, until some of its first activity is recorded; then
/// goes away.
async fn broken(running: &mut Running, file: &str) -> i64 {
    let mut sent = messages("file.xml", false, file.as_bytes());
    sent.truncate(sent.len() - 2);
    let mut projects = running.projects.clone();
    let stream = tokio_stream::iter(sent).chain(tokio_stream::pending());
    let import = tokio::spawn(async move { projects.import_iati(stream).await });
    let recorded = tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            match counted(running).await {
                0 => tokio::time::sleep(Duration::from_millis(20)).await,
                some => return some,
            }
        }
    });
    let recorded = recorded.await.expect("an activity is recorded before it was read to its end");
    import.abort();
    recorded
}

fn shown(report: &ImportIatiResponse) -> [i64; 6] {
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    changes(report)
}

#[tokio::test]
async fn a_large_activity_is_recorded_in_parts_and_a_second_import_mends_a_break() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let whole = file(&many());

        let some = broken(&mut running, &whole).await;
        let repaired = running.import(whole.as_bytes()).await;
        let projects = imported(&mut running).await;

        assert!((500..MANY).contains(&some), "{some}");
        assert_eq!(shown(&repaired)[..4], [1, 1, 0, 0], "the other activity is new");
        assert_eq!(counted(&mut running).await, MANY + 1);
        assert_eq!(projects[0].relations[0].iati_identifier, "XI-IATI-TEST-PARENT");

        let again = running.import(whole.as_bytes()).await;
        let rehearsed = running.try_import(messages("a.xml", true, file("").as_bytes())).await;
        let fewer = running.import(file(&paid("1", "2023-01-01")).as_bytes()).await;
        let left = counted(&mut running).await;
        let back = running.import(whole.as_bytes()).await;

        assert_eq!(shown(&again), [0, 0, 2, 0, 0, 0]);
        assert_eq!(shown(&rehearsed.unwrap()), [0, 1, 1, 0, 0, MANY]);
        assert_eq!(shown(&fewer), [0, 1, 1, 0, 0, MANY - 1]);
        assert_eq!(left, 2);
        assert_eq!(shown(&back), [0, 1, 1, 0, MANY - 1, 0]);
        assert_eq!(counted(&mut running).await, MANY + 1);
    })
    .await;
}

#[tokio::test]
async fn a_large_activity_that_was_not_read_to_its_end_is_told_with_what_stands_beside_it() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.import(file(&many()).as_bytes()).await;
        let changed = file(&many().replace("Vodokanal", "Vodokanal of Osh"));
        let cut = &changed.as_bytes()[..changed.len() * 7 / 10];

        let report = running.import(cut).await;

        let found = report.findings.iter().find(|it| it.rule == "read-in-part").unwrap();
        assert_eq!(found.iati_identifier, FIRST, "{found:?}");
        assert!(found.message.contains("import the whole file again"), "{found:?}");
        let whole = running.import(changed.as_bytes()).await;
        assert!(rules(&whole).is_empty(), "{:?}", whole.findings);
    })
    .await;
}

#[tokio::test]
async fn a_third_import_waits_for_its_turn() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut open = Vec::new();
        for caller in ["one", "two"] {
            let mut projects = running.caller(caller).projects;
            let options = messages("file.xml", false, b"");
            let stream = tokio_stream::iter(options).chain(tokio_stream::pending());
            open.push(tokio::spawn(async move { projects.import_iati(stream).await }));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut third =
            Box::pin(async { running.import(file(&paid("7", "2023-01-01")).as_bytes()).await });

        let waiting = tokio::time::timeout(Duration::from_millis(500), &mut third).await;
        open.swap_remove(0).abort();
        let report = third.await;

        assert!(waiting.is_err(), "a third import ran beside two");
        assert_eq!(report.created, 2);
        open.swap_remove(0).abort();
    })
    .await;
}

#[tokio::test]
async fn many_imports_of_one_caller_keep_no_other_waiting() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let one = running.caller("one");
        let mut open = Vec::new();
        for _ in 0..4 {
            let mut projects = one.projects.clone();
            let options = messages("file.xml", false, b"");
            let stream = tokio_stream::iter(options).chain(tokio_stream::pending());
            open.push(tokio::spawn(async move { projects.import_iati(stream).await }));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;

        let file = file(&paid("7", "2023-01-01"));
        let other = running.import(file.as_bytes());
        let report = tokio::time::timeout(Duration::from_secs(10), other).await;

        assert_eq!(report.expect("the other has a turn").created, 2);
        open.iter().for_each(tokio::task::JoinHandle::abort);
    })
    .await;
}
