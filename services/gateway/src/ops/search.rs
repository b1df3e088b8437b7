//! One search over the three services, in one ranking: their scores compare, and each sends its
//! hits in order.

mod place;
mod source;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use api::registan::options::v1::Words;
use api::registan::search::v1::{SearchHit, SearchRequest, SearchResponse};
use chassis::Failure;
use chassis::failure::{Code, ErrorReason, Violation};
use futures::future::join_all;
use prost_reflect::{ExtensionDescriptor, Kind, MessageDescriptor};
use serving::page_size;

use self::place::Question;
use self::source::{SERVICES, Source};
use crate::{App, routes};

const DEFAULT_PAGE: usize = 20;
const MAX_PAGE: usize = 100;
/// The most kinds that may be named: there are fewer.
const MAX_KINDS: usize = 64;

/// Returns the best hits of all services.
pub async fn search(app: &App, request: SearchRequest) -> Result<SearchResponse, Failure> {
    let size = match usize::try_from(page_size(request.page_size)?).unwrap_or(MAX_PAGE) {
        0 => DEFAULT_PAGE,
        size => size.min(MAX_PAGE),
    };
    let kinds = of_services(&request.kinds)?;
    let (question, places) =
        place::open(Question::of(&request), &request.page_token, kinds.keys().copied())?;
    let sources = places.into_iter().map(|place| {
        let kinds = kinds.get(place.service.as_str()).cloned().unwrap_or_default();
        Source::new(app, place, &question, kinds, size)
    });
    let mut sources: Vec<Source> = join_all(sources.map(Source::begun)).await;
    settle(&mut sources).await?;
    let mut hits: Vec<SearchHit> = Vec::new();
    while hits.len() < size {
        for source in &mut sources {
            source.fill().await;
        }
        let best = sources.iter_mut().filter(|source| source.first().is_some());
        let Some(best) = best.min_by(|one, other| one.compare(other)) else { break };
        hits.extend(best.take());
    }
    // A service that went away meanwhile may have had the best.
    refuse(&mut sources)?;
    // One that failed is asked again with the next page, and is no reason for one.
    let is_last = sources.iter().all(|it| it.failure.is_some() || it.is_done());
    let missing = sources.iter().filter(|it| it.failure.is_some());
    Ok(SearchResponse {
        missing: missing.map(|it| it.service().to_owned()).collect(),
        hits,
        next_page_token: if is_last {
            String::new()
        } else {
            place::wrap(question, sources.iter().map(Source::place))
        },
        read_time: None,
        incomplete: sources.iter().any(Source::is_incomplete),
    })
}

/// Asks for the last instant of services for which the one asked for lies in the future, while it
/// is past for another. Of one whose record begins later nothing is found.
async fn settle(sources: &mut [Source]) -> Result<(), Failure> {
    if sources.iter().any(|it| it.failure.is_none()) {
        for source in sources.iter_mut() {
            if source.failed_by(ErrorReason::ReadTimeInvalid) {
                source.begin_now().await;
            } else if source.failed_by(ErrorReason::ReadTimeBeforeRecord) {
                source.failure = None;
            }
        }
    }
    refuse(sources)
}

/// Refuses a question that is wrong for one service, and so for all, and pages of a record that
/// went back. One service that answers is enough; without one, an instant is wrong only if it is
/// for all of them: for one that does not answer it may be right.
fn refuse(sources: &mut [Source]) -> Result<(), Failure> {
    let of_time = [ErrorReason::ReadTimeInvalid, ErrorReason::ReadTimeBeforeRecord];
    let is_of_time = |it: &Source| of_time.into_iter().any(|reason| it.failed_by(reason));
    let is_wrong = |it: &Source| {
        let code = it.failure.as_ref().map(|failure| failure.code);
        code == Some(Code::InvalidArgument) && !is_of_time(it)
            || it.failed_by(ErrorReason::RecordWentBack)
    };
    let told = sources.iter().position(is_wrong).or_else(|| {
        let have_all_failed = sources.iter().all(|it| it.failure.is_some());
        let other = sources.iter().position(|it| !is_of_time(it));
        have_all_failed.then(|| other.unwrap_or_default())
    });
    let failed = told.and_then(|place| sources.get_mut(place));
    failed.and_then(|source| source.failure.take()).map_or(Ok(()), Err)
}

type Kinds = BTreeMap<&'static str, Vec<String>>;

/// The kinds of each service that is to be asked; none of them for all.
fn of_services(kinds: &[String]) -> Result<Kinds, Failure> {
    if kinds.is_empty() {
        return Ok(SERVICES.map(|service| (service, Vec::new())).into());
    }
    if kinds.len() > MAX_KINDS {
        let description = format!("must name at most {MAX_KINDS}");
        let violation = Violation::new("kinds", ErrorReason::TooMany, description);
        return Err(Failure::invalid(vec![violation]));
    }
    let mut all = Kinds::new();
    for (place, kind) in kinds.iter().enumerate() {
        let Some(service) = searched().get(kind) else {
            let known = searched().keys().cloned().collect::<Vec<_>>().join(", ");
            let description = format!("is no kind that is searched; known are: {known}");
            let field = format!("kinds[{place}]");
            let violation = Violation::new(field, ErrorReason::UnknownValue, description);
            return Err(Failure::invalid(vec![violation]));
        };
        let of_service = all.entry(*service).or_default();
        if !of_service.contains(kind) {
            of_service.push(kind.clone());
        }
    }
    Ok(all)
}

/// The service that keeps each kind of resource that has words.
fn searched() -> &'static BTreeMap<String, &'static str> {
    static ALL: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
        let pool = api::descriptors();
        let option = |name| pool.get_extension_by_name(name);
        let (Some(resource), Some(words)) =
            (option("google.api.resource"), option("registan.options.v1.words"))
        else {
            return BTreeMap::new();
        };
        let kept = |message: MessageDescriptor| {
            let options = message.options();
            let singular = options.get_extension(&resource).as_message()?.clone();
            let singular = singular.get_field_by_name("singular")?.as_str()?.to_owned();
            let service = routes::process(message.package_name())?;
            let is_searched = !singular.is_empty() && has_words(&message, &words);
            is_searched.then_some((singular, service))
        };
        pool.all_messages().filter_map(kept).collect()
    });
    &ALL
}

/// Returns whether a message or a part of it has texts by whose words it is found.
fn has_words(message: &MessageDescriptor, words: &ExtensionDescriptor) -> bool {
    const TEXTS: [i32; 2] = [Words::Name as i32, Words::Text as i32];
    message.fields().any(|field| {
        let own = field.options().get_extension(words).as_enum_number();
        own.is_some_and(|own| TEXTS.contains(&own))
            || match field.kind() {
                Kind::Message(part) if field.is_list() => {
                    part.package_name() == message.package_name() && has_words(&part, words)
                }
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_all_services_that_have_words_are_searched() {
        let of = |service| {
            let kinds = searched().iter().filter(|(_, keeper)| **keeper == service);
            kinds.map(|(kind, _)| kind.as_str()).collect::<Vec<_>>().join(" ")
        };

        let law = "act agreement body codebook commitment crosswalk framework meeting obligation \
                   party provision ratification source";
        assert_eq!(of("agreements"), law);
        assert_eq!(of("projects"), "organization project");
        assert_eq!(of("rights-reporting"), "activity recommendation");
    }
}
