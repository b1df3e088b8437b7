//! Queries of duties, and of what their status depends on.

use chronicle::{Chronicle, Error, Lane, ListRequest, Page, Reader, Resource, Shown};

use crate::domain::due::Meeting;
use crate::domain::{Act, Agreement, Framework, Obligation};

/// The law that a duty rests on.
pub enum Law {
    /// An agreement or a convention.
    Agreement(Box<Agreement>),
    /// An act.
    Act(Box<Act>),
    /// A framework.
    Framework(Box<Framework>),
}

/// Returns a page of duties, in the order of their first due days.
pub async fn duties(
    chronicle: &Chronicle,
    request: &ListRequest,
    reader: &Reader,
) -> Result<Page<Shown<Obligation>>, Error> {
    let request = ListRequest { order_by: "due".to_owned(), ..request.clone() };
    chronicle.list_in::<Obligation>(Lane::Long, &request, reader).await
}

/// Returns the agreement, act or framework of this name, or the agreement around the provision of
/// this name, as it stood at a record time. Nothing where the reader sees none.
pub async fn law(
    chronicle: &Chronicle,
    name: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Option<Law>, Error> {
    let around: Vec<&str> = name.splitn(3, '/').take(2).collect();
    let name = around.join("/");
    if name.starts_with("frameworks/") {
        let found = one::<Framework>(chronicle, &name, read_time, reader).await?;
        return Ok(found.map(|found| Law::Framework(Box::new(found))));
    }
    if name.starts_with("acts/") {
        let found = one::<Act>(chronicle, &name, read_time, reader).await?;
        return Ok(found.map(|found| Law::Act(Box::new(found))));
    }
    let found = one::<Agreement>(chronicle, &name, read_time, reader).await?;
    Ok(found.map(|found| Law::Agreement(Box::new(found))))
}

async fn one<T: Resource>(
    chronicle: &Chronicle,
    name: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Option<T>, Error> {
    let at = chronicle.at(Some(read_time)).await?;
    match chronicle.get::<T>(name, at, reader).await {
        Ok((shown, _)) => {
            let stored = shown.into_stored();
            Ok((!stored.deleted).then_some(stored.value))
        }
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the meetings of a body that were held or are planned, at a record time, in the order of
/// their days.
pub async fn meetings_of(
    chronicle: &Chronicle,
    body: &str,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Meeting>, Error> {
    let mut request = ListRequest {
        filter: format!("body = \"{body}\""),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let mut meetings: Vec<Meeting> = Vec::new();
    loop {
        let page = chronicle.list::<crate::domain::Meeting>(&request, reader).await?;
        let all = page.items.into_iter().map(|shown| shown.into_stored().value);
        meetings.extend(all.filter_map(|meeting| Meeting::of(&meeting)));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    meetings.sort_by(|one, other| {
        let key = |meeting: &Meeting| (meeting.date.earliest(), meeting.date.latest());
        (key(one), &one.name).cmp(&(key(other), &other.name))
    });
    Ok(meetings)
}
