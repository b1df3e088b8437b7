//! Queries of the legal basis.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::{Agreement, Party};

/// The most names in one question: more would make its filter longer than a filter may be.
const MOST_NAMES: usize = 32;

/// Every agreement that one of these parties is party to, at a record time: each is given to `take` as it is read, until that
/// wants no more.
pub async fn agreements_of(
    chronicle: &Chronicle,
    parties: &[String],
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Agreement) -> bool,
) -> Result<(), Error> {
    let mut before: &[String] = &[];
    for asked in parties.chunks(MOST_NAMES) {
        // What was found by the names before is not taken again.
        let is_new = |agreement: &Agreement| {
            !agreement.parties.iter().any(|part| before.contains(&part.party))
        };
        let take = |agreement| !is_new(&agreement) || take(agreement);
        agreements_of_some(chronicle, asked, read_time, reader, take).await?;
        before = &parties[..before.len() + asked.len()];
    }
    Ok(())
}

async fn agreements_of_some(
    chronicle: &Chronicle,
    parties: &[String],
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Agreement) -> bool,
) -> Result<(), Error> {
    let filters: Vec<String> = parties.iter().map(|party| format!("parties:\"{party}\"")).collect();
    let mut request = ListRequest {
        filter: filters.join(" OR "),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    loop {
        let page = chronicle.list::<Agreement>(&request, reader).await?;
        let mut agreements = page.items.into_iter().map(|shown| shown.into_stored().value);
        if !agreements.all(&mut take) || page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

/// The names of the European Union and the Communities before it, at a record time.
pub async fn union_names(
    chronicle: &Chronicle,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<String>, Error> {
    let request = ListRequest {
        filter: "kind = UNION".to_owned(),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let page = chronicle.list::<Party>(&request, reader).await?;
    Ok(page.items.into_iter().map(|shown| shown.into_stored().value.name).collect())
}
