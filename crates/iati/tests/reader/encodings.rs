//! Files in other encodings than UTF-8, said or not.

use iati::Rule;

use crate::{activity, file, read, with};

const NAME: &str = "<description><narrative>Añil – Türkmenistan “ё”</narrative></description>";

fn description(outcome: &crate::Outcome) -> &str {
    &outcome.activity().descriptions[0].text
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn utf_16_is_read_with_and_without_its_mark_in_both_orders() {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}", with(NAME));
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        for input in [format!("\u{feff}{text}"), text.clone()] {
            let outcome = read(utf_16(&input, unit));

            assert_eq!(description(&outcome), "Añil – Türkmenistan “ё”");
            assert_eq!(outcome.findings, []);
        }
    }
}

#[test]
fn a_byte_order_mark_of_utf_8_is_left_out_and_beats_the_declaration() {
    let declared = "<?xml version=\"1.0\" encoding=\"windows-1252\"?>";
    let outcome = read(format!("\u{feff}{declared}{}", with(NAME)));

    assert_eq!(description(&outcome), "Añil – Türkmenistan “ё”");
    assert_eq!(outcome.findings, []);
}

#[test]
fn declared_encodings_are_used() {
    for (label, byte, wanted) in
        [("windows-1252", 0x93, "“"), ("ISO-8859-1", 0xf1, "ñ"), ("windows-1251", 0xb8, "ё")]
    {
        let text = with("<description><narrative>[~]</narrative></description>");
        let mut input = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{text}").into_bytes();
        for place in &mut input {
            if *place == b'~' {
                *place = byte;
            }
        }

        let outcome = read(input);

        assert_eq!(description(&outcome), format!("[{wanted}]"), "{label}");
        assert_eq!(outcome.findings, [], "{label}");
    }
}

#[test]
fn undeclared_bytes_are_replaced_and_the_record_and_the_file_say_so() {
    let bad = "<description>\n<narrative>A~il</narrative></description>";
    let text = file(&format!("{}\n{}", activity("XX-1", bad), activity("XX-2", "")));
    let mut input = text.into_bytes();
    let at = input.iter().position(|byte| *byte == b'~').unwrap();
    input[at] = 0xf1;

    let outcome = read(input);

    assert_eq!(outcome.activities[0].descriptions[0].text, "A\u{fffd}il");
    let found = outcome.of(Rule::EncodingInvalid);
    let places: Vec<_> = found.iter().map(|it| (it.identifier.as_deref(), it.line)).collect();
    assert_eq!(places, [(Some("XX-1"), 3), (None, 3)]);
}

#[test]
fn a_wrong_declaration_is_read_as_utf_8_with_a_warning() {
    for label in ["utf-16", "klingon"] {
        let outcome = read(format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{}", with(NAME)));

        assert_eq!(description(&outcome), "Añil – Türkmenistan “ё”", "{label}");
        assert!(outcome.one(Rule::EncodingMisdeclared).message.contains(label));
    }
}

#[test]
fn a_character_cut_at_the_end_does_no_harm() {
    let mut input = with(NAME).into_bytes();
    let at = input.windows(2).position(|pair| pair == "ñ".as_bytes()).unwrap();
    input.truncate(at + 1);

    let outcome = read(input);

    assert_eq!(outcome.activities, []);
    outcome.one(Rule::Truncated);
}
