//! The wire as it is pinned in `docs/wire.txt`: what is stored and sent is read by it for ever.
//!
//! One line for each field, enum value, method and reserved number or name. A line may be added.
//! One that goes is a break, but for a field or value whose number and name are reserved from then
//! on.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use anyhow::{Result, ensure};
use protox::prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ServiceDescriptor,
};

/// Options of the contract are read when it is compiled: they are on no wire.
const OPTIONS: &str = "registan.options.";
/// A longer range of reserved numbers is one line.
const SHORT: i32 = 64;

/// Returns the wire of the contract, one line for each thing that may not change.
pub fn describe(pool: &DescriptorPool) -> String {
    let is_ours = |name: &str| name.starts_with("registan.") && !name.starts_with(OPTIONS);
    let mut lines = BTreeSet::new();
    for message in pool.all_messages().filter(|message| !message.is_map_entry()) {
        lines.extend(of_message(&message));
    }
    lines.extend(pool.all_enums().flat_map(|one| of_enum(&one)));
    lines.extend(pool.services().flat_map(|one| of_service(&one)));
    let lines = lines.into_iter().filter(|line| is_ours(&line.owner));
    lines.map(|line| line.text() + "\n").collect()
}

/// Fails if something of the pinned wire is gone or differs, and names it.
pub fn check(pinned: &str, now: &str) -> Result<()> {
    let lines: BTreeSet<&str> = now.lines().collect();
    let gone = pinned.lines().filter(|line| !lines.contains(line));
    let breaks: Vec<String> = gone.filter_map(|line| is_break(line, &lines)).collect();
    ensure!(
        breaks.is_empty(),
        "the wire breaks: what is stored could not be read any more, and callers fail:\n{}\n\
         Keep it and add beside it, or reserve number and name of what goes. Only what was never released may \
         break: cargo xtask proto --accept-break",
        breaks.join("\n")
    );
    Ok(())
}

/// Returns what is broken where a pinned line is gone.
fn is_break(line: &str, now: &BTreeSet<&str>) -> Option<String> {
    let mut words = line.split(' ');
    let (owner, number, name) = (words.next()?, words.next()?, words.next()?);
    let is_numbered = number.parse::<i32>().is_ok() && name != "reserved";
    let number_is_reserved = now.contains(&*format!("{owner} {number} reserved"));
    let name_is_reserved =
        now.contains(&*format!("{owner} {} reserved", name.trim_end_matches(':')));
    if is_numbered && number_is_reserved && name_is_reserved {
        return None;
    }
    let same_place = format!("{owner} {number} ");
    let instead = now.iter().find(|line| line.starts_with(&same_place));
    let instead = instead.map_or_else(|| "gone".to_owned(), |line| format!("now {line}"));
    Some(format!("  {line}: {instead}"))
}

/// A line, ordered by its owner and its number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    owner: String,
    number: Option<i32>,
    rest: String,
}

impl Line {
    fn text(&self) -> String {
        let number = self.number.map(|number| format!("{number} ")).unwrap_or_default();
        format!("{} {number}{}", self.owner, self.rest)
    }
}

fn of_message(message: &MessageDescriptor) -> Vec<Line> {
    let owner = message.full_name();
    let mut lines = reserved(
        owner,
        message.reserved_ranges().filter_map(|range| {
            let last = range.end.checked_sub(1)?;
            Some(range.start.try_into().ok()?..=last.try_into().ok()?)
        }),
        message.reserved_names(),
    );
    lines.extend(message.fields().map(|field| Line {
        owner: owner.to_owned(),
        number: i32::try_from(field.number()).ok(),
        rest: format!("{}: {}", field.name(), kind(&field)),
    }));
    lines
}

/// The type of a field: `repeated string`, `map<string, int64>`, `string in oneof value`.
fn kind(field: &FieldDescriptor) -> String {
    if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("map<{}, {}>", kind(&key), kind(&value));
    }
    let kind = match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(one) => one.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
    match (field.cardinality(), oneof) {
        (Cardinality::Repeated, _) => format!("repeated {kind}"),
        (_, Some(oneof)) => format!("{kind} in oneof {}", oneof.name()),
        _ => kind,
    }
}

fn of_enum(one: &EnumDescriptor) -> Vec<Line> {
    let owner = one.full_name();
    let mut lines = reserved(owner, one.reserved_ranges(), one.reserved_names());
    lines.extend(one.values().map(|value| Line {
        owner: owner.to_owned(),
        number: Some(value.number()),
        rest: value.name().to_owned(),
    }));
    lines
}

fn of_service(service: &ServiceDescriptor) -> Vec<Line> {
    let stream = |is_stream| if is_stream { "stream " } else { "" };
    let methods = service.methods().map(|method| {
        let asked =
            format!("{}{}", stream(method.is_client_streaming()), method.input().full_name());
        let answer =
            format!("{}{}", stream(method.is_server_streaming()), method.output().full_name());
        let rest = format!("rpc {}({asked}) returns ({answer})", method.name());
        Line { owner: service.full_name().to_owned(), number: None, rest }
    });
    methods.collect()
}

fn reserved<'a>(
    owner: &str,
    ranges: impl Iterator<Item = RangeInclusive<i32>>,
    names: impl Iterator<Item = &'a str>,
) -> Vec<Line> {
    let line = |number, rest: String| Line { owner: owner.to_owned(), number, rest };
    let mut lines: Vec<Line> = names.map(|name| line(None, format!("{name} reserved"))).collect();
    for range in ranges {
        let (start, end) = (*range.start(), *range.end());
        if end.saturating_sub(start) < SHORT {
            lines.extend(range.map(|number| line(Some(number), "reserved".to_owned())));
        } else {
            lines.push(line(Some(start), format!("to {end} reserved")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use protox::Compiler;
    use protox::file::{File, FileResolver};

    use super::*;

    const CONTRACT: &str = r#"
        syntax = "proto3";
        package registan.test.v1;
        message Stone {
          reserved 4, 1000 to max;
          reserved "dust";
          string name = 1;
          Kind kind = 2;
          map<string, int64> weights = 3;
          oneof place { string town = 5; string river = 6; }
          message Vein { repeated string colours = 1; }
          optional Vein vein = 7;
        }
        enum Kind { KIND_UNSPECIFIED = 0; KIND_JADE = 1; KIND_LAPIS = 2; }
        service StoneService {
          rpc GetStone(Stone) returns (Stone);
          rpc Watch(Stone) returns (stream Stone);
        }
    "#;

    struct InMemory(String);

    impl FileResolver for InMemory {
        fn open_file(&self, name: &str) -> std::result::Result<File, protox::Error> {
            File::from_source(name, &self.0)
        }
    }

    /// Returns the wire of the contract above with a part of its text replaced.
    fn with(part: &str, other: &str) -> String {
        assert_eq!(CONTRACT.matches(part).count(), 1, "{part}");
        let mut compiler = Compiler::with_file_resolver(InMemory(CONTRACT.replace(part, other)));
        compiler.open_file("test.proto").unwrap();
        describe(&compiler.descriptor_pool())
    }

    fn wire() -> String {
        with("string name = 1;", "string name = 1;")
    }

    #[test]
    fn the_wire_is_one_line_for_each_thing() {
        let expected = "\
registan.test.v1.Kind 0 KIND_UNSPECIFIED
registan.test.v1.Kind 1 KIND_JADE
registan.test.v1.Kind 2 KIND_LAPIS
registan.test.v1.Stone dust reserved
registan.test.v1.Stone 1 name: string
registan.test.v1.Stone 2 kind: registan.test.v1.Kind
registan.test.v1.Stone 3 weights: map<string, int64>
registan.test.v1.Stone 4 reserved
registan.test.v1.Stone 5 town: string in oneof place
registan.test.v1.Stone 6 river: string in oneof place
registan.test.v1.Stone 7 vein: registan.test.v1.Stone.Vein
registan.test.v1.Stone 1000 to 536870911 reserved
registan.test.v1.Stone.Vein 1 colours: repeated string
registan.test.v1.StoneService rpc GetStone(registan.test.v1.Stone) returns (registan.test.v1.Stone)
registan.test.v1.StoneService rpc Watch(registan.test.v1.Stone) returns (stream registan.test.v1.Stone)
";
        assert_eq!(wire(), expected);
    }

    /// Breaks, each with the part of the contract, what stands in its place, and what is said of
    /// it.
    const BREAKS: &[(&str, &str, &str, &str)] = &[
        ("the number of a field", "string name = 1;", "string name = 8;", "1 name: string: gone"),
        (
            "its type",
            "Kind kind = 2;",
            "string kind = 2;",
            "Kind: now registan.test.v1.Stone 2 kind: string",
        ),
        ("its name", "string name = 1;", "string title = 1;", "now registan.test.v1.Stone 1 title"),
        (
            "its label",
            "repeated string colours",
            "string colours",
            "now registan.test.v1.Stone.Vein 1",
        ),
        (
            "its oneof",
            "string river = 6; }",
            "} string river = 6;",
            "now registan.test.v1.Stone 6 river: string",
        ),
        (
            "a value of a map",
            "map<string, int64>",
            "map<string, int32>",
            "weights: map<string, int64>: now",
        ),
        ("a field that goes", "string name = 1;", "", "1 name: string: gone"),
        (
            "its number alone reserved",
            "string name = 1;",
            "reserved 1;",
            "now registan.test.v1.Stone 1 reserved",
        ),
        (
            "its name alone reserved",
            "string name = 1;",
            "reserved \"name\";",
            "1 name: string: gone",
        ),
        (
            "a reserved number that comes back",
            "reserved 4, 1000",
            "reserved 1000",
            "4 reserved: gone",
        ),
        (
            "a reserved number that is used",
            "reserved 4, 1000 to max;",
            "reserved 1000 to max; string four = 4;",
            "now registan.test.v1.Stone 4 four",
        ),
        ("a reserved name that comes back", "reserved \"dust\";", "", "dust reserved: gone"),
        ("a renumbered value", "KIND_LAPIS = 2", "KIND_LAPIS = 3", "2 KIND_LAPIS: gone"),
        (
            "two values that change places",
            "KIND_JADE = 1; KIND_LAPIS = 2",
            "KIND_JADE = 2; KIND_LAPIS = 1",
            "1 KIND_JADE: now registan.test.v1.Kind 1 KIND_LAPIS",
        ),
        ("a value that goes", "KIND_LAPIS = 2;", "", "2 KIND_LAPIS: gone"),
        ("a method that goes", "rpc GetStone(Stone) returns (Stone);", "", "rpc GetStone"),
        ("the answer of a method", "returns (Stone);", "returns (Stone.Vein);", "rpc GetStone"),
        ("its stream", "(stream Stone)", "(Stone)", "rpc Watch"),
    ];

    #[test]
    fn every_kind_of_break_is_found_and_named() {
        for (what, part, other, said) in BREAKS {
            let error = check(&wire(), &with(part, other)).expect_err(what).to_string();
            assert!(error.contains(*said), "{what}: {error}");
        }
    }

    #[test]
    fn what_is_added_breaks_nothing_and_neither_does_what_is_reserved() {
        let kept = [
            ("a field", "string name = 1;", "string name = 1; string quarry = 8;"),
            ("a value", "KIND_LAPIS = 2;", "KIND_LAPIS = 2; KIND_ONYX = 3;"),
            ("a method", "rpc Watch", "rpc ListStones(Stone) returns (Stone); rpc Watch"),
            ("a field that goes", "string name = 1;", "reserved 1; reserved \"name\";"),
            ("a value that goes", "KIND_LAPIS = 2;", "reserved 2; reserved \"KIND_LAPIS\";"),
            ("presence", "optional Vein", "Vein"),
        ];
        for (what, part, other) in kept {
            let now = with(part, other);
            check(&wire(), &now).expect(what);
        }
    }
}
