//! The rights that follow from grants.

use facts::vocabulary::Vocabulary;
use policy::{Caller, Clearance, Denied, Desks, Grant, Role, Rule, Tier};

use crate::desks;

/// Now, in these tests.
const NOW: i64 = 1_000;
/// A resource of this name.
const NAME: &str = "activities/a";

fn grant(role: Role, at: &str, tier: Tier) -> Grant {
    Grant { role, desks: desks(at), tier, resource: None, expires: None }
}

/// As [`grant`], for the one resource.
fn named(role: Role, at: &str, tier: Tier) -> Grant {
    Grant { resource: Some(NAME.to_owned()), ..grant(role, at, tier) }
}

fn caller(grants: Vec<Grant>) -> Caller {
    Caller { subject: "a.sample".to_owned(), grants, strong: true }
}

fn weak(grants: Vec<Grant>) -> Caller {
    Caller { strong: false, ..caller(grants) }
}

fn rule(roles: &[Role], anonymous: bool) -> Rule {
    let action = "activities.write".to_owned();
    Rule { action, roles: roles.to_vec(), anonymous, ..Rule::default() }
}

#[test]
fn a_method_is_called_by_the_roles_of_its_rule() {
    let editors = rule(&[Role::Editor, Role::Monitor], false);
    let open = rule(&[], true);
    let editor = caller(vec![
        grant(Role::Analyst, "kz", Tier::Public),
        named(Role::Editor, "kz", Tier::Public),
    ]);
    let analyst = caller(vec![grant(Role::Analyst, "all", Tier::Confidential)]);

    assert_eq!(editor.call(Some(&editors), NOW), Ok(()));
    assert_eq!(analyst.call(Some(&editors), NOW), Err(Denied::Role));
    assert_eq!(Caller::anonymous().call(Some(&editors), NOW), Err(Denied::Anonymous));
    for anybody in [&editor, &analyst, &Caller::anonymous()] {
        assert_eq!(anybody.call(Some(&open), NOW), Ok(()));
        assert!(anybody.call(Some(&rule(&[], false)), NOW).is_err());
        assert_eq!(anybody.call(None, NOW), Err(Denied::NoRule));
    }
}

#[test]
fn a_grant_ends_with_the_instant_it_names() {
    let ends_at = |expires| {
        caller(vec![Grant { expires, ..grant(Role::Publisher, "kz", Tier::Confidential) }])
    };
    let publishers = rule(&[Role::Publisher], false);

    for (expires, holds) in
        [(None, true), (Some(NOW + 1), true), (Some(NOW), false), (Some(0), false)]
    {
        let caller = ends_at(expires);
        let sees = caller.clearance(NOW).sees(Tier::Confidential, desks("kz"), NAME);
        let may_call = caller.call(Some(&publishers), NOW).is_ok();
        let may_write = caller.write(&publishers, Tier::Public, desks("kz"), NAME, NOW);
        let may_publish = caller.publish(Tier::Public, desks("kz"), NAME, NOW);
        assert_eq!([sees, may_call, may_write, may_publish], [holds; 4], "{expires:?}");
    }
}

#[test]
fn above_restricted_needs_a_second_proof() {
    let grants = vec![
        grant(Role::Editor, "kz", Tier::Confidential),
        named(Role::Editor, "kz", Tier::Secret),
    ];
    let editors = rule(&[Role::Editor], false);

    for tier in Tier::ALL {
        let with_one_proof = *tier <= Tier::Restricted;
        let weak = weak(grants.clone());
        assert_eq!(weak.clearance(NOW).sees(*tier, desks("kz"), NAME), with_one_proof, "{tier:?}");
        assert_eq!(weak.write(&editors, *tier, desks("kz"), NAME, NOW), with_one_proof, "{tier:?}");
        let strong = caller(grants.clone());
        assert!(strong.clearance(NOW).sees(*tier, desks("kz"), NAME), "{tier:?}");
        assert!(strong.write(&editors, *tier, desks("kz"), NAME, NOW), "{tier:?}");
    }
}

#[test]
fn what_is_secret_is_given_for_one_resource_alone() {
    let of_desk = caller(vec![grant(Role::Custodian, "all", Tier::Secret)]).clearance(NOW);
    let of_one = caller(vec![named(Role::Custodian, "kz", Tier::Secret)]).clearance(NOW);

    assert!(of_desk.sees(Tier::Confidential, desks("kz"), NAME));
    assert!(!of_desk.sees(Tier::Secret, desks("kz"), NAME));
    assert!(of_one.sees(Tier::Secret, desks("uz"), NAME));
    for other in ["activities/ab", "activities/", "activities/A", "activities/a/b", ""] {
        assert!(!of_one.sees(Tier::Restricted, desks("kz"), other), "{other}");
    }
    assert_eq!((of_one.top(), of_one.floor()), (Tier::Secret, Tier::Public));
}

#[test]
fn a_desk_reads_its_own_and_what_is_nobodys() {
    let kz = caller(vec![grant(Role::Analyst, "kz", Tier::Confidential)]).clearance(NOW);

    for (of, sees) in [("kz", true), ("kz,uz", true), ("uz", false), ("uz,reg", false)] {
        assert_eq!(kz.sees(Tier::Restricted, desks(of), NAME), sees, "{of}");
        assert!(kz.sees(Tier::Public, desks(of), NAME), "{of}");
    }
    assert!(kz.sees(Tier::Confidential, Desks::NONE, NAME));
    assert!(!Clearance::public().sees(Tier::Restricted, Desks::NONE, NAME));
    // A set that holds a desk of which nothing is known here is not an empty one.
    assert!(!kz.sees(Tier::Restricted, Desks::from_bits(64), NAME));
    assert!(!kz.sees(Tier::Restricted, Desks::from_bits(-64), NAME));
}

#[test]
fn several_grants_add_up_and_never_mix() {
    let clearance = caller(vec![
        grant(Role::Partner, "kz,uz", Tier::Secret),
        grant(Role::Analyst, "uz", Tier::Confidential),
        grant(Role::Analyst, "tj", Tier::Public),
    ])
    .clearance(NOW);

    let level = |of: &str| clearance.level(desks(of), NAME);
    assert_eq!(level("kz"), Tier::Restricted);
    assert_eq!(level("uz"), Tier::Confidential);
    assert_eq!(level("tj"), Tier::Public);
    assert_eq!(level("kz,uz"), Tier::Confidential);
    assert_eq!(clearance.level(Desks::NONE, NAME), Tier::Confidential);
    assert_eq!(clearance.floor(), Tier::Public);
    assert!(!clearance.covers(Tier::Restricted));
}

#[test]
fn no_role_reads_above_its_ceiling() {
    let ceilings = [
        (Role::Partner, Tier::Restricted),
        (Role::Analyst, Tier::Secret),
        (Role::Monitor, Tier::Secret),
        (Role::Editor, Tier::Secret),
        (Role::Publisher, Tier::Secret),
        (Role::Custodian, Tier::Secret),
        (Role::Auditor, Tier::Public),
        (Role::Operator, Tier::Public),
        (Role::Unread, Tier::Public),
    ];

    assert_eq!(ceilings.len(), Role::ALL.len() + 1);
    for (role, ceiling) in ceilings {
        assert_eq!(named(role, "all", Tier::Secret).reach(), ceiling, "{role:?}");
        let of_desk = grant(role, "all", Tier::Secret).reach();
        assert_eq!(of_desk, ceiling.min(Tier::Confidential), "{role:?}");
    }
}

#[test]
fn a_grant_that_says_no_tier_or_no_desk_gives_what_is_public() {
    let no_tier = caller(vec![grant(Role::Editor, "all", Tier::Unread)]);
    let no_desk = Grant { desks: Desks::NONE, ..grant(Role::Editor, "kz", Tier::Confidential) };
    let editors = rule(&[Role::Editor], false);

    for caller in [no_tier, caller(vec![no_desk])] {
        assert_eq!(caller.clearance(NOW), Clearance::public());
        assert!(!caller.write(&editors, Tier::Restricted, desks("kz"), NAME, NOW));
    }
}

#[test]
fn a_writer_writes_what_the_same_grant_covers() {
    let editors = rule(&[Role::Editor], false);
    // Reads everything of UZ, but edits KZ alone.
    let editor = caller(vec![
        grant(Role::Editor, "kz", Tier::Restricted),
        grant(Role::Analyst, "uz", Tier::Confidential),
    ]);
    let may = |tier, desks| editor.write(&editors, tier, desks, NAME, NOW);

    assert!(may(Tier::Restricted, desks("kz")) && may(Tier::Public, desks("kz,uz")));
    assert!(may(Tier::Public, Desks::NONE));
    assert!(!may(Tier::Confidential, desks("kz")));
    assert!(!may(Tier::Public, desks("uz")) && !may(Tier::Restricted, desks("uz")));
    assert!(!may(Tier::Unread, desks("kz")));
    let of_one = caller(vec![named(Role::Editor, "kz", Tier::Secret)]);
    assert!(of_one.write(&editors, Tier::Secret, desks("kz"), NAME, NOW));
    assert!(!of_one.write(&editors, Tier::Public, desks("kz"), "activities/b", NOW));
    assert!(!of_one.write(&editors, Tier::Public, desks("uz"), NAME, NOW));
}

#[test]
fn a_publisher_lowers_what_the_grant_covers() {
    let of_desk = caller(vec![grant(Role::Publisher, "kz", Tier::Restricted)]);
    let of_one = caller(vec![named(Role::Publisher, "kz", Tier::Secret)]);
    let editor = caller(vec![grant(Role::Editor, "kz", Tier::Confidential)]);
    let may = |caller: &Caller, tier, of: &str, name| caller.publish(tier, desks(of), name, NOW);

    assert!(may(&of_desk, Tier::Restricted, "kz,uz", NAME));
    assert!(!may(&of_desk, Tier::Confidential, "kz", NAME));
    assert!(!may(&of_desk, Tier::Restricted, "uz", NAME));
    assert!(may(&of_one, Tier::Secret, "kz", NAME));
    assert!(!may(&of_one, Tier::Restricted, "kz", "activities/b"));
    assert!(!may(&editor, Tier::Restricted, "kz", NAME));
    let with_one_proof = Caller { strong: false, ..of_one };
    assert!(!may(&with_one_proof, Tier::Confidential, "kz", NAME));
}

#[test]
fn a_clearance_covers_a_tier_when_every_desk_does() {
    let all = caller(vec![grant(Role::Analyst, "all", Tier::Confidential)]).clearance(NOW);

    assert!(all.covers(Tier::Confidential) && !all.covers(Tier::Secret));
    assert_eq!((all.floor(), all.top()), (Tier::Confidential, Tier::Confidential));
    assert!(Clearance::whole().covers(Tier::Secret) && Clearance::whole().is_whole());
    assert!(Clearance::public().covers(Tier::Public) && !Clearance::public().is_whole());
}

#[test]
fn desks_are_read_from_words_countries_and_parties() {
    assert_eq!(Desks::parse("KZ, reg"), Some(Desks::from_bits(0b10_0001)));
    assert_eq!(Desks::parse("all"), Some(Desks::ALL));
    assert_eq!(Desks::parse("kz,"), None);
    assert_eq!(Desks::parse(""), None);
    assert_eq!(Desks::of_parties(["parties/tm", "parties/eu"]), desks("tm"));
    assert_eq!(Desks::of_parties(["parties/kz", "parties/uz"]), desks("kz,uz,reg"));
    assert_eq!(Desks::of_parties(["parties/eu", "parties/reg"]), Desks::NONE);
    assert_eq!(desks("kg,tm").names(), ["desks/kg", "desks/tm"]);
    for bits in 0..64 {
        assert_eq!(Desks::from_bits(bits).bits(), bits);
    }
}
