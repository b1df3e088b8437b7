//! Queries of the legal basis.

use chronicle::{Chronicle, Error, ListRequest, Reader};

use crate::domain::{Agreement, Party};

/// Every agreement that one of these parties is party to, at a record time: each is given to `take`
/// as it is read, until that wants no more. A question for each party: each is answered by its
/// index.
pub async fn agreements_of(
    chronicle: &Chronicle,
    parties: &[String],
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Agreement) -> bool,
) -> Result<(), Error> {
    for (place, party) in parties.iter().enumerate() {
        // What was found by the parties before is not taken again.
        let is_new = |agreement: &Agreement| {
            !agreement.parties.iter().any(|part| parties[..place].contains(&part.party))
        };
        let take = |agreement| !is_new(&agreement) || take(agreement);
        agreements_of_one(chronicle, party, read_time, reader, take).await?;
    }
    Ok(())
}

async fn agreements_of_one(
    chronicle: &Chronicle,
    party: &str,
    read_time: i64,
    reader: &Reader,
    mut take: impl FnMut(Agreement) -> bool,
) -> Result<(), Error> {
    let mut request = ListRequest {
        filter: format!("parties:\"{party}\""),
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
    let all = unions(chronicle, read_time, reader).await?;
    Ok(all.into_iter().map(|party| party.into_message().name).collect())
}

/// The European Union and the Communities before it, at a record time.
pub async fn unions(
    chronicle: &Chronicle,
    read_time: i64,
    reader: &Reader,
) -> Result<Vec<Party>, Error> {
    let request = ListRequest {
        filter: "kind = UNION".to_owned(),
        page_size: 1000,
        read_time: Some(read_time),
        ..ListRequest::default()
    };
    let page = chronicle.list::<Party>(&request, reader).await?;
    Ok(page.items.into_iter().map(|shown| shown.into_stored().value).collect())
}
