//! Files of desks: what is read, and what is refused with what to do.

use policy::{Desks, Partnership};

fn file(desks: &str) -> Result<Partnership, String> {
    let text = format!(r#"{{"title": "A partnership", "desks": [{desks}]}}"#);
    Partnership::parse(&text).map_err(|error| error.to_string())
}

#[test]
fn the_six_that_are_built_in_keep_their_numbers() {
    let desks = Partnership::built_in().desks().iter();
    let desks: Vec<_> = desks.map(|desk| (desk.name(), desk.alone().bits())).collect();

    let kept = [
        ("desks/kz", 1),
        ("desks/kg", 2),
        ("desks/tj", 4),
        ("desks/tm", 8),
        ("desks/uz", 16),
        ("desks/reg", 32),
    ];
    assert_eq!(desks, kept);
    assert_eq!(Partnership::built_in().all().bits(), 63);
    let deployed = include_str!("../../../../deploy/kustomize/components/desks/desks.json");
    assert_eq!(Partnership::parse(deployed).as_ref(), Ok(Partnership::built_in()));
}

#[test]
fn a_file_of_desks_is_refused_with_the_place_and_the_remedy() {
    let kz = r#"{"id": "kz", "number": 1, "title": "Kazakhstan", "parties": ["parties/kz"]}"#;
    let with = |more: &str| file(&format!("{kz}, {more}")).unwrap_err();

    assert!(file("").unwrap_err().contains("at least one desk"));
    assert!(Partnership::parse("desks:").unwrap_err().to_string().contains("line 1"));
    for (desk, told) in [
        (r#"{"id": "KG", "number": 2, "title": "x"}"#, "desks[1].id: `KG` is not an id"),
        (r#"{"id": "all", "number": 2, "title": "x"}"#, "desks[1].id: `all` is not an id"),
        (r#"{"id": "kz", "number": 2, "title": "x"}"#, "desks[1].id: `kz` is there twice"),
        (
            r#"{"id": "kg", "number": 0, "title": "x"}"#,
            "desks[1].number: 0 is not between 1 and 62",
        ),
        (r#"{"id": "kg", "number": 63, "title": "x"}"#, "desks[1].number: 63 is not between"),
        (r#"{"id": "kg", "number": 1, "title": "x"}"#, "desks[1].number: 1 is the number of `kz`"),
        (r#"{"id": "kg", "number": 2, "title": " "}"#, "desks[1].title: is empty"),
        (
            r#"{"id": "kg", "number": 2, "title": "x", "parties": ["kg"]}"#,
            "desks[1].parties[0]: `kg` is not the name of a party",
        ),
        (
            r#"{"id": "kg", "number": 2, "title": "x", "parties": ["parties/kg", "parties/kg"]}"#,
            "desks[1].parties[1]: `parties/kg` is there twice",
        ),
        (
            r#"{"id": "kg", "number": 2, "title": "x", "parties": ["parties/kz"]}"#,
            "desks[1].parties[0]: `parties/kz` is at the desk `kz` already",
        ),
        (
            r#"{"id": "a", "number": 2, "title": "x", "region": true}, {"id": "b", "number": 3, "title": "x", "region": true}"#,
            "desks[2].region: `a` is the desk of the region already",
        ),
        (r#"{"id": "kg", "number": 2, "title": "x", "colour": 1}"#, "unknown field `colour`"),
    ] {
        let error = with(desk);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn as_many_desks_as_there_are_bits_are_read_in_the_order_of_their_numbers() {
    let desk = |number| format!(r#"{{"id": "d{number}", "number": {number}, "title": "x"}}"#);
    let desks: Vec<String> = (1..=62).rev().map(desk).collect();

    let partnership = file(&desks.join(", ")).unwrap();

    assert_eq!(partnership.all(), Desks::ALL);
    let numbers: Vec<u8> = partnership.desks().iter().map(|desk| desk.number).collect();
    assert_eq!(numbers, (1..=62).collect::<Vec<u8>>());
    assert!(partnership.region().is_none() && !Desks::ALL.meets(Desks::ELSEWHERE));
}
