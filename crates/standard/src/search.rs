//! `SearchService` of a service: what has the words of a query, of all its resources that have
//! words.

use std::sync::Arc;

use api::registan::search::v1::{SearchHit, SearchRequest, SearchResponse, SnippetPart};
use chronicle::{Hit, Searched};
use serving::page_size;
use tonic::{Request, Response, Status};

use crate::Records;
use crate::failure::from_record;
use crate::records::{at, reader};
use crate::time::{micros, timestamp};

/// Returns a page of what has all words of a query.
pub(crate) async fn search(
    (records, searched): (Records, Arc<[Searched]>),
    request: Request<SearchRequest>,
) -> Result<Response<SearchResponse>, Status> {
    let SearchRequest { query, page_size: size, page_token, kinds, read_time } =
        request.into_inner();
    let asked = chronicle::SearchRequest {
        query,
        page_size: page_size(size)?,
        page_token,
        read_time: micros(read_time)?,
    };
    let found = records.chronicle.search(&searched, &kinds, &asked, &reader()).await;
    let found = found.map_err(|error| from_record("registan/Resource", error))?;
    Ok(at(
        found.read_time,
        SearchResponse {
            hits: found.hits.into_iter().map(message).collect(),
            next_page_token: found.next_page_token,
            read_time: Some(timestamp(found.read_time)),
            missing: Vec::new(),
            incomplete: found.is_incomplete,
        },
    ))
}

fn message(hit: Hit) -> SearchHit {
    let part = |piece: chronicle::Piece| SnippetPart { text: piece.text, r#match: piece.is_match };
    // A score has four digits at most: the quotient is the same everywhere.
    let score = f64::from(i32::try_from(hit.score).unwrap_or(i32::MAX)) / 1000.0;
    SearchHit {
        name: hit.name,
        title: hit.title,
        kind: hit.kind.to_owned(),
        snippet: hit.snippet.into_iter().map(part).collect(),
        through: hit.through,
        score,
    }
}
