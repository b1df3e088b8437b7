//! The duties that are overdue on a day.

use api::registan::agreements::v1 as wire;
use chassis::Failure;
use chronicle::{ListRequest, Reader};
use facts::Day;
use prost::Message;
use standard::{Served, refused};

use super::duties::Ground;
use crate::app::App;
use crate::domain::Obligation;
use crate::domain::duty_status::{self, DutyStatus, State};
use crate::{ops, store};

/// The most duties that one call looks at.
const MAX_LOOKED_AT: usize = 10_000;
/// The most queries of one call: where few are overdue, a page is short, and the next goes on.
const MAX_QUERIES: usize = 20;
/// A page that is this large takes no more in: the next query can give three megabytes.
const FULL: usize = 3 << 19;

/// A page of duties that are overdue on a day.
pub struct Overdue {
    /// Each with where it stands.
    pub duties: Vec<(wire::Obligation, DutyStatus)>,
    /// The duties that are perhaps overdue, of those that were looked at for the page.
    pub perhaps: Perhaps,
    /// Empty on the last page.
    pub next_page_token: String,
    /// The day in the world.
    pub as_of: Day,
    /// The record time.
    pub read_time: i64,
}

/// The number of duties that are perhaps overdue.
#[derive(Clone, Copy, Default)]
pub struct Perhaps {
    /// They all.
    pub overdue: i64,
    /// The ones of which nobody has looked up what was done.
    pub not_looked_up: i64,
}

impl Perhaps {
    fn count(&mut self, duty: &wire::Obligation, status: &DutyStatus) {
        if status.range.is_some_and(|(_, most)| most == State::Overdue) {
            self.overdue += 1;
            self.not_looked_up += i64::from(duty.performance_unknown);
        }
    }
}

/// Returns a page of the duties that match a filter and are certainly overdue on a day (today if
/// absent, that of the page before if there is one).
pub async fn list_overdue(
    app: App,
    reader: Reader,
    request: ListRequest,
    as_of: Option<Day>,
) -> Result<Overdue, Failure> {
    let asked = ops::as_of(&app, as_of);
    let wanted = usize::try_from(request.page_size).unwrap_or(usize::MAX);
    let mut request = ListRequest { as_of: Some(asked), ..request };
    let (mut duties, mut looked_at, mut bytes, mut ground) = (Vec::new(), 0, 0, None);
    let (mut queries, mut perhaps) = (0, Perhaps::default());
    loop {
        queries += 1;
        let left = wanted.saturating_sub(duties.len());
        request.page_size = u64::try_from(left).unwrap_or(u64::MAX);
        let page = store::duties(&app.records.chronicle, &request, &reader).await;
        let page = page.map_err(refused::<Obligation>)?;
        let as_of = page.as_of.unwrap_or_else(|| asked.day());
        looked_at += page.items.len();
        if page.items.is_empty() {
            app.records.explain_nothing::<Obligation>(&request).await?;
        }
        let new = || Ground::at(&app, reader.clone(), page.read_time);
        let ground = ground.get_or_insert_with(new);
        let found: Vec<wire::Obligation> = page.items.into_iter().map(Obligation::write).collect();
        ground.read(&found).await?;
        for duty in found {
            let status = duty_status::on(&ground.of(&duty).of(&duty), as_of);
            perhaps.count(&duty, &status);
            if status.state == State::Overdue {
                bytes += duty.encoded_len();
                duties.push((duty, status));
            }
        }
        let is_full = duties.len() >= wanted
            || looked_at >= MAX_LOOKED_AT
            || bytes >= FULL
            || queries >= MAX_QUERIES;
        let next_page_token = page.next_page_token;
        if next_page_token.is_empty() || is_full {
            let read_time = page.read_time;
            return Ok(Overdue { duties, perhaps, next_page_token, as_of, read_time });
        }
        request.page_token = next_page_token;
    }
}
