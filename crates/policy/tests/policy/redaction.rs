//! The redaction of answers.

use api::registan::rights::v1::{Activity, ListActivitiesResponse};
use policy::redact::{Malformed, Plan};
use policy::{Caller, Clearance, Desks, Grant, Redaction, Role, Tier};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use crate::planted::{self, BAD};

const GET: &str = "/registan.rights.v1.ActivityService/GetActivity";
const LIST: &str = "/registan.rights.v1.ActivityService/ListActivities";

fn plan(method: &str) -> Plan {
    Redaction::of(api::descriptors()).plan(method)
}

/// Returns the clearance for a tier of these desks, or of one resource.
fn clearance(role: Role, desks: &str, tier: Tier, resource: Option<&str>) -> Clearance {
    let desks = Desks::parse(desks).expect("desks");
    let resource = resource.map(ToOwned::to_owned);
    let grant = Grant { role, desks, tier, resource, expires: None };
    Caller { subject: "a.sample".to_owned(), grants: vec![grant], strong: true }.clearance(0)
}

/// A visit that desk TM keeps.
fn activity(name: &str) -> Activity {
    Activity {
        name: name.to_owned(),
        tier: 1,
        desks: vec!["desks/tm".to_owned()],
        summary: "A visit.".to_owned(),
        internal_note: "Asked for by the desk.".to_owned(),
        route: "By the northern road.".to_owned(),
        ..Activity::default()
    }
}

fn seen<M: Message + Default>(plan: &Plan, message: &M, clearance: &Clearance) -> M {
    let bytes = message.encode_to_vec();
    let left = plan.redact(&bytes, clearance).expect("well formed").unwrap_or(bytes);
    M::decode(left.as_slice()).expect("well formed")
}

#[test]
fn everybody_reads_what_is_public() {
    let before = activity("activities/a");

    let after = seen(&plan(GET), &before, &Clearance::public());

    let expected = Activity { internal_note: String::new(), route: String::new(), ..before };
    assert_eq!(after, expected);
}

#[test]
fn a_grant_shows_what_its_desk_keeps() {
    let before = activity("activities/a");

    let of_its_desk = clearance(Role::Analyst, "tm", Tier::Secret, None);
    assert_eq!(
        seen(&plan(GET), &before, &of_its_desk),
        Activity { route: String::new(), ..before.clone() }
    );
    let of_another = clearance(Role::Analyst, "kz", Tier::Secret, None);
    assert_eq!(
        seen(&plan(GET), &before, &of_another),
        seen(&plan(GET), &before, &Clearance::public())
    );
    let of_this = clearance(Role::Analyst, "kz", Tier::Secret, Some("activities/a"));
    assert_eq!(seen(&plan(GET), &before, &of_this), before);
}

#[test]
fn each_item_of_a_page_is_judged_by_itself() {
    let mut other = activity("activities/b");
    other.desks = ["desks/kz", "desks/uz"].map(ToOwned::to_owned).to_vec();
    let page = ListActivitiesResponse {
        activities: vec![activity("activities/a"), other, activity("activities/c")],
        next_page_token: "next".to_owned(),
        ..ListActivitiesResponse::default()
    };

    let after = seen(&plan(LIST), &page, &clearance(Role::Editor, "uz", Tier::Confidential, None));

    let notes: Vec<_> = after.activities.iter().map(|it| !it.internal_note.is_empty()).collect();
    assert_eq!(notes, [false, true, false]);
    assert!(after.activities.iter().all(|it| it.route.is_empty()));
    assert_eq!(after.next_page_token, "next");
}

#[test]
fn a_resource_that_is_not_all_there_shows_no_more_than_every_desk_does() {
    let partial = Activity { tier: 0, desks: Vec::new(), ..activity("activities/a") };
    let plan = plan(GET);

    let one_desk = clearance(Role::Analyst, "tm", Tier::Confidential, None);
    assert_eq!(seen(&plan, &partial, &one_desk).internal_note, "");
    let every_desk = clearance(Role::Analyst, "all", Tier::Confidential, None);
    assert_eq!(seen(&plan, &partial, &every_desk).internal_note, partial.internal_note);
}

#[test]
fn a_desk_that_is_not_known_is_not_nobodys() {
    let foreign = Activity { desks: vec!["desks/xx".to_owned()], ..activity("activities/a") };

    let after =
        seen(&plan(GET), &foreign, &clearance(Role::Analyst, "tm", Tier::Confidential, None));

    assert_eq!(after.internal_note, "");
}

#[test]
fn what_may_be_read_whole_is_not_touched() {
    let bytes = activity("activities/a").encode_to_vec();
    let named = clearance(Role::Analyst, "tm", Tier::Secret, Some("activities/a"));

    assert_eq!(plan(GET).redact(&bytes, &named), Ok(None));
}

#[test]
fn only_what_can_hold_something_secret_is_looked_into() {
    let public = Clearance::public();

    assert!(plan("/registan.agreements.v1.AgreementService/GetAgreement").is_clean(&public));
    assert!(!plan(GET).is_clean(&public));
    assert!(!plan(LIST).is_clean(&clearance(Role::Analyst, "all", Tier::Confidential, None)));
    assert!(plan(LIST).is_clean(&Clearance::whole()));
}

#[test]
fn a_field_without_a_tier_is_taken_out_for_everybody() {
    let pool = planted::pool(BAD);
    let mut leak = DynamicMessage::new(planted::message(&pool, "registan.planted.v1.Leak"));
    for field in ["told", "untold", "unsaid"] {
        leak.set_field_by_name(field, Value::String(field.to_owned()));
    }
    let plan = Redaction::of(&pool).plan("/registan.planted.v1.BadService/GetLeak");

    for clearance in [Clearance::public(), Clearance::whole()] {
        let left = plan.redact(&leak.encode_to_vec(), &clearance).expect("well formed");
        let left = left.expect("something is redacted");
        let left = DynamicMessage::decode(leak.descriptor(), left.as_slice()).expect("well formed");
        let fields: Vec<_> = left.fields().map(|(field, _)| field.name().to_owned()).collect();
        assert_eq!(fields, ["told"]);
    }
}

#[test]
fn of_a_method_without_a_contract_nothing_is_shown() {
    let left = plan("/registan.rights.v1.ActivityService/Other")
        .redact(&activity("activities/a").encode_to_vec(), &Clearance::whole());

    assert_eq!(left, Ok(Some(Vec::new())));
}

#[test]
fn what_no_message_of_ours_has_is_taken_out() {
    let plain = activity("activities/a").encode_to_vec();
    // Field 1000, twice: a number, and a group with a number in it. Then field 16, which is a text,
    // as a group.
    let strange =
        [&plain[..], &[0xc0, 0x3e, 1], &[0xc3, 0x3e, 8, 1, 0xc4, 0x3e], &[0x83, 1, 0x84, 1]];

    let after = plan(GET).redact(&strange.concat(), &Clearance::public());

    assert_eq!(after, plan(GET).redact(&plain, &Clearance::public()));
}

#[test]
fn what_is_not_well_formed_is_not_answered() {
    let plan = plan(GET);
    let bad: [(&str, &[u8]); 9] = [
        ("cut in a tag", &[0x80]),
        ("cut in a text", &[0x0a, 5, b'a']),
        ("a length beyond all", &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ("a number of eleven bytes", &[0x80; 11]),
        ("field 0", &[0x00, 0]),
        ("a group that never ends", &[0x0b, 8, 1]),
        ("an end without a group", &[0x0c]),
        ("no wire type", &[0x0e, 1]),
        ("a name that is no text", &[0x0a, 1, 0xff, 0x38, 1]),
    ];

    for (what, bytes) in bad {
        let after = plan.redact(bytes, &Clearance::public());
        assert_eq!(after, Err(Malformed), "{what}");
    }
}
