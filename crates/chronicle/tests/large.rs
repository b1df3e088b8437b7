//! Large resources: an answer holds as many as it has room for, and to read it takes no more memory
//! than that.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "chronicle/common/mod.rs"]
mod common;

use std::fs;

use chronicle::{Chronicle, ListRequest};
use common::{Thing, call, public, record, thing};
use policy::Tier;
use uuid::Uuid;

/// As much as a service takes in one message.
const LARGE: usize = 975_000;
/// All of them together are twice what a service may use.
const THINGS: usize = 120;
const REVISIONS: i64 = 40;
/// The most bytes of an answer.
const MOST: usize = 3 << 20;
/// The most kilobytes that reading all of it may add to what the process holds.
const MOST_KB: u64 = 64 * 1024;

fn large(who: usize, letter: &str) -> Thing {
    Thing { nickname: Some(letter.repeat(LARGE)), tier: Tier::Public, ..thing(who, 0) }
}

fn bytes(thing: &Thing) -> usize {
    thing.nickname.as_ref().map_or(0, String::len)
}

/// A number of kilobytes that the system knows of this process.
fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Writes all of them, and one of them many times; gives the instants of the first and the last
/// write.
async fn fill(record: &Chronicle) -> (i64, i64) {
    let mut last = record.create(&call(), large(0, "a")).await.unwrap();
    let first = last.recorded;
    for who in 1..THINGS {
        record.create(&call(), large(who, "b")).await.unwrap();
    }
    for number in 1..REVISIONS {
        let next = large(0, if number % 2 == 0 { "c" } else { "d" });
        last = record.update(&call(), &last, next).await.unwrap();
    }
    (first, last.recorded)
}

async fn lists(record: &Chronicle) {
    for order_by in ["", "title desc"] {
        let mut request = ListRequest {
            page_size: 1000,
            order_by: order_by.to_owned(),
            ..ListRequest::default()
        };
        let mut found = 0;
        loop {
            let page = record.list::<Thing>(&request, &public()).await.unwrap();
            assert!(page.items.iter().map(|one| bytes(&one.value)).sum::<usize>() <= MOST);
            found += page.items.len();
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(found, THINGS);
    }
}

async fn revisions(record: &Chronicle) {
    let (mut token, mut below) = (String::new(), REVISIONS);
    loop {
        let (page, next, _) =
            record.revisions::<Thing>("things/t0", None, 0, &token, &public()).await.unwrap();
        assert!(page.iter().map(|one| bytes(&one.stored.value)).sum::<usize>() <= MOST);
        for one in page {
            assert_eq!(one.stored.revision, below);
            let before = one.before.map(|before| before.revision);
            below -= 1;
            assert_eq!(before, (below > 0).then_some(below), "the version before");
        }
        if next.is_empty() {
            break;
        }
        token = next;
    }
    assert_eq!(below, 0);
}

async fn differences(record: &Chronicle, (first, last): (i64, i64)) {
    let (mut after, mut found) = (Uuid::nil(), 0);
    loop {
        let asked = ListRequest::default();
        let (some, next) =
            record.difference::<Thing>(&asked, first, last, after, &public()).await.unwrap();
        let sides = some.iter().flat_map(|one| one.before.iter().chain(&one.after));
        assert!(sides.map(|one| bytes(&one.value)).sum::<usize>() <= MOST);
        found += some.len();
        let Some(next) = next else { break };
        after = next;
    }
    assert_eq!(found, THINGS);
}

/// A watch from the start, and one from the first instant: each batch has its bounds.
async fn watches(record: &std::sync::Arc<Chronicle>, first: i64) {
    let asked = ListRequest { read_time: Some(first), ..ListRequest::default() };
    let token = record.list::<Thing>(&asked, &public()).await.unwrap().resume_token;
    let changes = THINGS - 1 + usize::try_from(REVISIONS).unwrap() - 1;
    for (token, wanted) in [("", THINGS), (token.as_str(), changes)] {
        let mut watcher = record.watch::<Thing>(ListRequest::default(), token, public()).unwrap();
        let mut found = 0;
        while found < wanted {
            let events = watcher.next().await.unwrap();
            let shown = events.iter().filter_map(|event| event.stored.as_ref());
            assert!(shown.map(|one| bytes(&one.value)).sum::<usize>() <= MOST);
            found += events.len();
        }
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn reading_large_resources_takes_little_memory() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let written = fill(&record).await;
        // From here on the system keeps the most that is held.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let (before, started) = (memory("VmRSS"), std::time::Instant::now());

        lists(&record).await;
        revisions(&record).await;
        differences(&record, written).await;
        watches(&record, written.0).await;

        let more = memory("VmHWM").saturating_sub(before);
        println!("{more} kB more, {:?}", started.elapsed());
        assert!(more < MOST_KB, "{more} kB more than {before} kB");
    })
    .await;
}

#[tokio::test]
async fn large_and_small_resources_are_listed_in_order() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for who in 0..40 {
            // Around what comes with its row, and far above.
            let length = [10, 16_000, 16_384, 20_000, 700_000][who % 5];
            let some = Thing { nickname: Some("x".repeat(length)), ..thing(who, who) };
            record.create(&call(), some).await.unwrap();
        }
        for page_size in [1, 7, 1000] {
            let order_by = "title".to_owned();
            let mut request = ListRequest { page_size, order_by, ..ListRequest::default() };
            let mut found = Vec::new();
            loop {
                let page = record.list::<Thing>(&request, &public()).await.unwrap();
                found.extend(page.items.iter().map(|one| {
                    let value = &one.value;
                    let who: usize = value.name.trim_start_matches("things/t").parse().unwrap();
                    assert_eq!(bytes(value), [10, 16_000, 16_384, 20_000, 700_000][who % 5]);
                    (value.title.clone(), one.uid)
                }));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!(found.len(), 40);
            assert!(found.is_sorted(), "{page_size}");
        }
    })
    .await;
}
