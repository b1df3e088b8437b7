//! An activity as a project.

use api::registan::options::v1::Tier;
use api::registan::projects::v1 as wire;
use api::registan::projects::v1::participant::Role;
use api::registan::projects::v1::project::{Kind, Status};
use api::registan::projects::v1::project_date::Kind as DateKind;
use api::registan::projects::v1::project_relation::Kind as RelationKind;
use api::registan::projects::v1::{Participant, ProjectDate, ProjectRelation, Recipient, Sector};
use api::registan::r#type::v1::external_id::Scheme as WireScheme;
use api::registan::r#type::v1::{ExternalId, LocalizedText};
use facts::code::{is_country, is_currency, is_region_elsewhere};
use facts::wire::MOST_ITEMS;
use facts::{PartialDate, Scheme};
use iati::{Activity, Narrative, Org, RecipientRegion};
use ingest::{Notes, Place, id};
use rust_decimal::Decimal;

use super::reporter::source;
use crate::domain::Project;
use crate::domain::shares::{are_whole, area, capitals, normalize};

/// The regions that the record knows: those of the DAC.
pub const REGION_VOCABULARY: &str = "1";
/// The message about others that are recorded.
pub const AS_NOT_SAID: &str =
    "were taken, and nothing is known of their countries; name one of vocabulary 1, or countries";
/// The same of those that are not.
pub const OF_OTHERS: &str = "were not taken: all is of others";

/// The beginning of an identifier of the publisher's own.
pub const OWN_IDENTIFIER: &str = "iati-";

const TITLES: Place = Place { what: "titles", path: "iati-activity/title/narrative" };
const DESCRIPTIONS: Place =
    Place { what: "descriptions", path: "iati-activity/description/narrative" };
const CURRENCY: &str = "iati-activity/@default-currency";
const STATUS: &str = "iati-activity/activity-status";
const DATES: Place = Place { what: "dates", path: "iati-activity/activity-date" };
const PARTICIPANTS: Place =
    Place { what: "participating organisations", path: "iati-activity/participating-org" };
const PARTICIPANT_NAME: &str = "iati-activity/participating-org/narrative";
const PARTICIPANT_REF: &str = "iati-activity/participating-org/@ref";
const PARTICIPANT_ROLE: &str = "iati-activity/participating-org/@role";
const COUNTRIES: Place =
    Place { what: "recipient countries", path: "iati-activity/recipient-country" };
const REGIONS: Place = Place { what: "recipient regions", path: "iati-activity/recipient-region" };
const SECTORS: Place = Place { what: "sectors", path: "iati-activity/sector" };
const RELATIONS: Place =
    Place { what: "related activities", path: "iati-activity/related-activity" };
const OTHER_IDENTIFIERS: Place =
    Place { what: "other identifiers", path: "iati-activity/other-identifier" };

/// The project of an activity, as the file has it.
pub fn project(activity: &Activity, file_name: &str, notes: &mut Notes) -> Project {
    let titles = texts(notes, TITLES, &activity.titles, 1024);
    let title = preferred(&titles).unwrap_or(&activity.identifier).to_owned();
    let mut recipients = recipients(activity, notes);
    let mut sectors = sectors(&activity.sectors, SECTORS, notes);
    normalize(&mut recipients, &mut sectors);
    Project::of(wire::Project {
        name: format!("projects/{}", id(&activity.identifier)),
        tier: Tier::Public.into(),
        kind: Kind::Project.into(),
        title,
        titles,
        descriptions: texts(notes, DESCRIPTIONS, &activity.descriptions, 65536),
        status: status(activity, notes).unwrap_or_default().into(),
        iati_identifier: activity.identifier.clone(),
        dates: dates(activity, notes),
        participants: participants(activity, notes),
        recipients,
        sectors,
        default_currency: currency(activity, notes),
        relations: relations(activity, notes),
        external_ids: external_ids(activity, notes),
        source: Some(source(activity, file_name, notes)),
        ..wire::Project::default()
    })
}

/// The identifiers that a project had before, as far as the file tells them.
pub fn former(project: &Project) -> Vec<&str> {
    let ids = project.external_ids.iter().filter(|id| id.scheme() == WireScheme::Iati);
    let former = ids.map(|id| id.value.as_str());
    former.filter(|value| *value != project.iati_identifier).collect()
}

fn status(activity: &Activity, notes: &mut Notes) -> Option<Status> {
    let given = activity.status.as_deref()?;
    let status = code(given);
    notes.lose(STATUS, usize::from(status.is_none()));
    status
}

/// The value that has this number in its codelist, which is its number on the wire.
pub fn code<V: TryFrom<i32>>(text: &str) -> Option<V> {
    // From 100 on the numbers are ours, and of no codelist.
    let number = text.parse().ok().filter(|number| (1..100).contains(number))?;
    V::try_from(number).ok()
}

/// A share as the file writes it; empty where it is not said.
fn percentage(share: Option<Decimal>) -> String {
    share.map(|share| share.to_string()).unwrap_or_default()
}

/// Texts in their languages.
pub fn texts(
    notes: &mut Notes,
    place: Place,
    narratives: &[Narrative],
    most: usize,
) -> Vec<LocalizedText> {
    let mut texts = Vec::with_capacity(narratives.len());
    for narrative in notes.items(place, narratives, MOST_ITEMS) {
        texts.push(LocalizedText {
            language_code: notes.code("a language", narrative.lang.as_deref(), 35),
            text: notes.text(place.what, &narrative.text, most),
            original: false,
        });
    }
    texts
}

/// The English text where there is one, else the first.
fn preferred(texts: &[LocalizedText]) -> Option<&str> {
    let english =
        texts.iter().find(|text| text.language_code.to_ascii_lowercase().starts_with("en"));
    english.or_else(|| texts.first()).map(|text| text.text.as_str())
}

/// The name an organisation goes by; its other names, at `path`, are lost.
pub fn display_name(notes: &mut Notes, org: &Org, path: &'static str) -> String {
    let english = org.names.iter().find(|name| {
        name.lang.as_deref().is_some_and(|lang| lang.to_ascii_lowercase().starts_with("en"))
    });
    let Some(name) = english.or_else(|| org.names.first()) else { return String::new() };
    notes.lose(path, org.names.len() - 1);
    notes.text("the name of an organisation", &name.text, 1024)
}

fn dates(activity: &Activity, notes: &mut Notes) -> Vec<ProjectDate> {
    let given = notes.items(DATES, &activity.dates, MOST_ITEMS);
    let known = given.iter().filter_map(|date| {
        let kind: DateKind = code(&date.type_)?;
        let day = date.date;
        let date = PartialDate::new(day.year.into(), day.month.into(), day.day.into())?;
        Some(ProjectDate { kind: kind.into(), date: Some(date.into()) })
    });
    let known: Vec<ProjectDate> = known.collect();
    notes.lose(DATES.path, given.len() - known.len());
    known
}

fn participants(activity: &Activity, notes: &mut Notes) -> Vec<Participant> {
    let mut participants = Vec::new();
    let all = &activity.participating_orgs;
    let taken = notes.items(PARTICIPANTS, all, MOST_ITEMS);
    let cut = all[taken.len()..].iter().map(|one| one.org.names.len()).sum();
    notes.lose(PARTICIPANT_NAME, cut);
    for one in taken {
        let role: Option<Role> = one.role.as_deref().and_then(code);
        let participant = Participant {
            role: role.unwrap_or_default().into(),
            r#ref: notes.code("a participating-org/@ref", one.org.ref_.as_deref(), 256),
            display_name: display_name(notes, &one.org, PARTICIPANT_NAME),
            ..Participant::default()
        };
        if participant.r#ref.is_empty() && participant.display_name.is_empty() {
            notes.lose(PARTICIPANTS.path, 1);
            continue;
        }
        notes.lose_attribute(PARTICIPANT_REF, one.org.ref_.as_deref(), &participant.r#ref);
        notes.lose(PARTICIPANT_ROLE, usize::from(one.role.is_some() && role.is_none()));
        participants.push(participant);
    }
    participants
}

fn recipients(activity: &Activity, notes: &mut Notes) -> Vec<Recipient> {
    let mut recipients = Vec::new();
    for country in notes.items(COUNTRIES, &activity.recipient_countries, MOST_ITEMS) {
        recipients.push(Recipient {
            country_code: country_code(Some(&country.code), notes),
            region_code: String::new(),
            percentage: percentage(country.percentage),
        });
    }
    let countries = recipients.len();
    recipients.retain(|recipient| !recipient.country_code.is_empty());
    notes.lose(COUNTRIES.path, countries - recipients.len());
    let countries = recipients.len();
    let given = notes.items(REGIONS, &activity.recipient_regions, MOST_ITEMS);
    let (known, others): (Vec<_>, Vec<_>) =
        given.iter().partition(|it| it.vocabulary == REGION_VOCABULARY);
    let region = |it: &RecipientRegion, notes: &mut Notes| Recipient {
        country_code: String::new(),
        region_code: region_code(it, notes),
        percentage: percentage(it.percentage),
    };
    recipients.extend(known.into_iter().map(|it| region(it, notes)));
    recipients.extend(elsewhere(&others, &recipients, notes).map(|it| region(it, notes)));
    recipients.retain(|recipient| !area(recipient).is_empty());
    notes.lose(REGIONS.path, given.len() - (recipients.len() - countries));
    recipients
}

/// Returns the regions of another vocabulary that have a share: those of the first one, unless all
/// is of the other recipients. Each vocabulary states all shares anew.
fn elsewhere<'a>(
    given: &[&'a RecipientRegion],
    recipients: &[Recipient],
    notes: &mut Notes,
) -> impl Iterator<Item = &'a RecipientRegion> + use<'a> {
    let first = given.first().map(|it| it.vocabulary.as_str());
    let taken = first.filter(|_| !are_whole(recipients));
    if let Some(vocabulary) = first {
        let taken = if taken.is_some() { AS_NOT_SAID } else { OF_OTHERS };
        let message = format!("regions of vocabulary {vocabulary} {taken}");
        notes.warning("region-vocabulary", message);
    }
    let of_first: Vec<&'a RecipientRegion> =
        given.iter().filter(|it| Some(it.vocabulary.as_str()) == taken).copied().collect();
    of_first.into_iter()
}

/// The code of a region as the file writes it; of another vocabulary, behind the name of that.
pub fn region_code(region: &RecipientRegion, notes: &mut Notes) -> String {
    let is_known = region.vocabulary == REGION_VOCABULARY;
    let most = if is_known { 16 } else { 40 };
    let code = notes.code("a recipient-region/@code", Some(&region.code), most);
    if is_known || code.is_empty() {
        return code;
    }
    let vocabulary = Some(region.vocabulary.as_str());
    let vocabulary = notes.code("a recipient-region/@vocabulary", vocabulary, 16);
    let code = format!("{vocabulary}:{code}");
    if is_region_elsewhere(&code) { code } else { String::new() }
}

/// The code of a country as the file writes it. One in small letters is recorded in capitals. The
/// reader says which are no two letters.
pub fn country_code(given: Option<&str>, notes: &mut Notes) -> String {
    let code = notes.code("a recipient-country/@code", given, 16);
    let meant = capitals(&code);
    if meant != code {
        let message = format!("the country {code} was read as {meant}; write capitals");
        notes.warning("country-repaired", message);
    }
    if meant.len() == 2 && !is_country(&meant) {
        let message =
            format!("{code} is no country of ISO 3166-1; it was taken as it stands; correct it");
        notes.warning("country-unknown", message);
    }
    code
}

/// Says so where a currency is none.
pub fn check_currency(code: &str, notes: &mut Notes) {
    if !is_currency(code) {
        let message =
            format!("{code} is no currency of ISO 4217; it was taken as it stands; correct it");
        notes.warning("currency-unknown", message);
    }
}

/// Sectors of an activity or a transaction.
pub fn sectors(all: &[iati::Sector], place: Place, notes: &mut Notes) -> Vec<Sector> {
    let mut sectors = Vec::with_capacity(all.len());
    let given = notes.items(place, all, MOST_ITEMS);
    for sector in given {
        sectors.push(Sector {
            vocabulary: notes.code("a sector/@vocabulary", Some(&sector.vocabulary), 16),
            code: notes.code("a sector/@code", Some(&sector.code), 64),
            percentage: percentage(sector.percentage),
        });
    }
    sectors.retain(|sector| !sector.code.is_empty() && !sector.vocabulary.is_empty());
    notes.lose(place.path, given.len() - sectors.len());
    sectors
}

fn currency(activity: &Activity, notes: &mut Notes) -> String {
    let Some(given) = &activity.default_currency else { return String::new() };
    let currency = given.to_ascii_uppercase();
    if currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        check_currency(&currency, notes);
        return currency;
    }
    notes.error(
        "currency-invalid",
        "the default currency is no code of three letters; it was not taken".to_owned(),
    );
    notes.lose(CURRENCY, 1);
    String::new()
}

fn relations(activity: &Activity, notes: &mut Notes) -> Vec<ProjectRelation> {
    let mut relations = Vec::new();
    for one in notes.items(RELATIONS, &activity.related_activities, MOST_ITEMS) {
        let iati_identifier = notes.code("a related-activity/@ref", Some(&one.ref_), 256);
        let kind: Option<RelationKind> = one.type_.as_deref().and_then(code);
        if let Some(kind) = kind
            && !iati_identifier.is_empty()
        {
            relations.push(ProjectRelation {
                kind: kind.into(),
                iati_identifier,
                ..ProjectRelation::default()
            });
        } else {
            notes.lose(RELATIONS.path, 1);
        }
    }
    relations
}

/// Returns whether an identifier has a form that files give: see [`external_ids`].
pub fn is_of_file(id: &ExternalId) -> bool {
    match id.scheme() {
        WireScheme::Iati => true,
        WireScheme::Other => id.value.starts_with(OWN_IDENTIFIER),
        _ => false,
    }
}

/// A former identifier is an IATI one; the publisher's own ones are of lists that the type names.
fn external_ids(activity: &Activity, notes: &mut Notes) -> Vec<ExternalId> {
    let mut ids: Vec<ExternalId> = Vec::new();
    for other in notes.items(OTHER_IDENTIFIERS, &activity.other_identifiers, MOST_ITEMS) {
        let kind = other.type_.as_deref().filter(|kind| kind.len() <= 8).unwrap_or("A9");
        let reference = notes.code("an other-identifier/@ref", Some(&other.ref_), 240);
        if reference.is_empty() {
            notes.lose(OTHER_IDENTIFIERS.path, 1);
            continue;
        }
        let id = if kind == "A3" {
            facts::ExternalId::new(Scheme::Iati, &reference)
        } else {
            facts::ExternalId::new(Scheme::Other, &format!("{OWN_IDENTIFIER}{kind}:{reference}"))
        };
        let id = ExternalId::from(id);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
