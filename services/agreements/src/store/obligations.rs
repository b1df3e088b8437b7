//! Queries of duties, and of what their status depends on.

use std::collections::{BTreeMap, BTreeSet};

use chronicle::edges::{Step, Way};
use chronicle::{At, Chronicle, Error, Lane, ListRequest, Page, Reader, Shown};

use super::ratifications_of;
use crate::domain::binding::Law;
use crate::domain::due::Meeting;
use crate::domain::{Act, Agreement, Framework, Obligation, Provision};

/// Returns a page of duties, in the order of their first due days.
pub async fn duties(
    chronicle: &Chronicle,
    request: &ListRequest,
    reader: &Reader,
) -> Result<Page<Shown<Obligation>>, Error> {
    let request = ListRequest { order_by: "due".to_owned(), ..request.clone() };
    chronicle.list_in::<Obligation>(Lane::Long, &request, reader).await
}

/// Bodies of which the meetings are asked for at once.
const MOST_BODIES: usize = 500;
/// Laws that are asked for at once: each may be large.
const LAWS_AT_ONCE: usize = 32;
/// Provisions that are asked for at once: as many as a page has duties.
const PROVISIONS_AT_ONCE: usize = 1000;

/// Returns the agreements, acts and frameworks of these names, as they stood at a record time: two
/// queries for many of them. Those that the reader does not see are missing.
pub async fn laws(
    chronicle: &Chronicle,
    names: &[String],
    read_time: i64,
    reader: &Reader,
) -> Result<BTreeMap<String, Law>, Error> {
    // They are found by name: no edges are followed.
    let ways = [Way::of::<Agreement>(""), Way::of::<Act>(""), Way::of::<Framework>("")];
    let at = At::Time(read_time);
    let mut laws = BTreeMap::new();
    for names in names.chunks(LAWS_AT_ONCE) {
        let step = Step { names: names.iter().cloned().collect(), targets: BTreeSet::new() };
        let near = chronicle.near(&ways, &step, at, reader, LAWS_AT_ONCE as u64).await?;
        for act in chronicle.show_near::<Act>(&near, at, reader).await? {
            let act = act.into_stored().value;
            laws.insert(act.name.clone(), Law::of_act(&act));
        }
        for framework in chronicle.show_near::<Framework>(&near, at, reader).await? {
            let framework = framework.into_stored().value;
            laws.insert(framework.name.clone(), Law::of_framework(&framework));
        }
        let agreements = chronicle.show_near::<Agreement>(&near, at, reader).await?;
        let agreements: Vec<Agreement> =
            agreements.into_iter().map(|shown| shown.into_stored().value).collect();
        let names: Vec<String> = agreements.iter().map(|one| one.name.clone()).collect();
        let mut acts: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let take = |one: crate::domain::Ratification| {
            let agreement = one.name.split("/ratifications/").next().unwrap_or_default();
            acts.entry(agreement.to_owned()).or_default().push(one.into_message());
            true
        };
        ratifications_of(chronicle, &names, read_time, reader, take).await?;
        for agreement in agreements {
            let of_it = acts.get(&agreement.name).map_or(&[][..], Vec::as_slice);
            laws.insert(agreement.name.clone(), Law::of_agreement(&agreement, of_it));
        }
    }
    Ok(laws)
}

/// Returns the provisions of these names, as they stood at a record time: one query for a page of
/// duties. Those that the reader does not see are missing.
pub async fn provisions_named(
    chronicle: &Chronicle,
    names: &[String],
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Provision>, Error> {
    let (ways, at) = ([Way::of::<Provision>("")], At::Time(read_time));
    let mut provisions = Vec::new();
    for names in names.chunks(PROVISIONS_AT_ONCE) {
        let step = Step { names: names.iter().cloned().collect(), targets: BTreeSet::new() };
        let near = chronicle.near(&ways, &step, at, reader, PROVISIONS_AT_ONCE as u64).await?;
        let shown = chronicle.show_near::<Provision>(&near, at, reader).await?;
        provisions.extend(shown.into_iter().map(|one| one.into_stored().value));
    }
    Ok(provisions)
}

/// Returns the meetings of some bodies that were held or are planned, at a record time, by the body
/// and in the order of their days.
pub async fn meetings_of(
    chronicle: &Chronicle,
    bodies: &[String],
    read_time: i64,
    reader: &Reader,
) -> Result<BTreeMap<String, Vec<Meeting>>, Error> {
    let mut meetings: BTreeMap<String, Vec<Meeting>> = BTreeMap::new();
    for bodies in bodies.chunks(MOST_BODIES) {
        let mut request = ListRequest {
            scope: Some(("body", bodies.to_vec())),
            page_size: 1000,
            read_time: Some(read_time),
            ..ListRequest::default()
        };
        loop {
            let page = chronicle.list::<crate::domain::Meeting>(&request, reader).await?;
            for shown in page.items {
                let meeting = shown.into_stored().value;
                let of_body = meetings.entry(meeting.body.clone()).or_default();
                of_body.extend(Meeting::of(&meeting));
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
    }
    for of_body in meetings.values_mut() {
        of_body.sort_by(|one, other| {
            let key = |meeting: &Meeting| (meeting.date.earliest(), meeting.date.latest());
            (key(one), &one.name).cmp(&(key(other), &other.name))
        });
    }
    Ok(meetings)
}
