//! `registan import reference --check`: whether the files of a record are as the contract and the
//! rules of the services say, without a server.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use chassis::clock::{SystemClock, today};
use facts::Day;
use prost::Message as _;
use reference::{Collection, Data, Loaded, Problem, Record, load};
use standard::{Judged, New, Resources};

use super::dates::impossible;
use super::unread::name_unread;
use super::{crosswalks, lives};

/// Checks the files of a folder, or the reference record, and prints each problem.
pub fn run(folder: Option<&Path>) -> anyhow::Result<()> {
    let data = folder.map_or_else(|| Ok(Data::embedded()), Data::read)?;
    let loaded = load(&data);
    let beside = (!data.is_whole()).then(|| load(&Data::embedded()));
    let problems = problems(&loaded, beside.as_ref(), today(&SystemClock).into());
    let mut out = std::io::stdout().lock();
    if let Some(folder) = folder {
        name_unread(&mut out, folder, &data)?;
    }
    for problem in &problems {
        let file = folder.map_or_else(|| problem.file.clone().into(), |it| it.join(&problem.file));
        let problem = Problem { file: file.display().to_string(), ..problem.clone() };
        writeln!(out, "{problem}")?;
    }
    let (files, records) = (data.files.len(), loaded.all().count());
    anyhow::ensure!(
        problems.is_empty(),
        "{} problems in {files} files with {records} records",
        problems.len()
    );
    let with = if beside.is_some() { ", with the reference record," } else { "" };
    writeln!(out, "{records} records in {files} files{with} are as they must be.")?;
    Ok(())
}

/// Returns everything that is wrong with some records; what they name may also be among the records
/// `beside` them.
fn problems(loaded: &Loaded, beside: Option<&Loaded>, today: Day) -> Vec<Problem> {
    let services = [agreements::resources(), projects::resources(), rights_reporting::resources()];
    let judge = |(collection, record): (&Collection, &Record)| {
        let encoded = record.resource.encode_to_vec();
        let new = New { parent: &record.parent, id: &record.id, encoded: &encoded };
        let of = |service: &Resources| service.judge(collection.message, new, today);
        services.iter().find_map(of).unwrap_or_default()
    };
    let others = beside.into_iter().flat_map(Loaded::all).flat_map(|one| judge(one).names);
    let mut known: HashSet<String> = others.collect();
    let judged: Vec<Judged> = loaded.all().map(judge).collect();
    let all: HashSet<&String> = judged.iter().flat_map(|it| &it.names).collect();

    let mut problems = loaded.problems.clone();
    let mut first: HashMap<String, &Record> = HashMap::new();
    for ((collection, record), judged) in loaded.all().zip(&judged) {
        let name = collection.name_of(record);
        let mut found = wrong(judged, &known, &all);
        if let Some(other) = first.insert(name.clone(), record) {
            let (file, line) = (&other.place.file, other.place.line);
            found.push((String::new(), format!("it is there twice: also in {file}:{line}")));
        }
        let found = found.into_iter();
        problems.extend(found.map(|(field, message)| record.problem(&name, &field, message)));
        known.extend(judged.names.iter().cloned());
    }
    problems.extend(impossible(loaded, today));
    problems.extend(crosswalks::unknown(loaded, beside));
    problems.extend(lives::impossible(loaded, beside));
    problems.sort();
    problems.dedup();
    problems
}

/// Returns what is wrong with a resource, by its fields: `known` are the names of what comes before
/// it, `all` those of all that is read.
fn wrong(
    judged: &Judged,
    known: &HashSet<String>,
    all: &HashSet<&String>,
) -> Vec<(String, String)> {
    let violations = judged.violations.iter().map(|one| {
        let reason = one.reason.as_str_name();
        (one.field.clone(), format!("{} ({reason})", one.description))
    });
    let nowhere = judged.references.iter().filter(|one| !known.contains(&one.name)).map(|one| {
        let name = &one.name;
        let message = if all.contains(name) {
            format!("{name} comes only after this in the record, so that it cannot be named here")
        } else {
            format!("{name} does not exist")
        };
        (one.field.clone(), message)
    });
    violations.chain(nowhere).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use reference::File;

    use super::*;

    const TODAY: Day = Day(20_261_129);

    static RECORD: LazyLock<Loaded> = LazyLock::new(|| load(&Data::embedded()));

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned().into(),
        };
        let data = Data { files: files.iter().map(file).collect() };
        let problems = problems(&load(&data), Some(&RECORD), TODAY);
        problems.iter().map(ToString::to_string).collect()
    }

    /// An agreement, with a participation on a day and what else lies in its file.
    fn agreement(year: i32, rest: &str) -> String {
        format!(
            r#"{{
 "id": "draft",
 "resource": {{
  "kind": "KIND_CONVENTION",
  "title": "A draft",
  "milestones": [
   {{
    "kind": "KIND_ADOPTED",
    "date": {{"date": {{"year": 1990, "month": 5, "day": 3}}}},
    "source": {{"citation": "a paper"}}
   }}
  ],
  "participations": [
   {{
    "party": "parties/kz",
    "kind": "KIND_ACCEDED",
    "date": {{"date": {{"year": {year}}}}},
    "source": {{"citation": "a paper"}}
   }}
  ],
  "source": {{"citation": "a paper"}}
 }}{rest}
}}"#
        )
    }

    #[test]
    fn the_reference_record_is_as_it_must_be() {
        assert_eq!(problems(&RECORD, None, TODAY), []);
    }

    #[test]
    fn a_sound_file_may_name_what_the_reference_record_has() {
        assert_eq!(found(&[("agreements/draft.json", &agreement(1995, ""))]), [""; 0]);
    }

    #[test]
    fn a_date_that_cannot_be_is_found_with_its_line() {
        let early = found(&[("agreements/draft.json", &agreement(1989, ""))]);
        let late = found(&[("agreements/draft.json", &agreement(2999, ""))]);
        let none = agreement(1995, "").replace("\"day\": 3", "\"day\": 43");

        let at = "agreements/draft.json:17: agreements/draft.participations[0].date: ";
        assert_eq!(early, [format!("{at}1989 is before the agreement was made: 1990-05-03")]);
        assert_eq!(late, [format!("{at}2999 is in the future")]);
        let none = found(&[("agreements/draft.json", &none)]);
        let at = "agreements/draft.json:9: agreements/draft.milestones[0].date";
        assert_eq!(none.len(), 1, "{none:?}");
        assert!(none[0].starts_with(at) && none[0].ends_with("(DATE_INVALID)"), "{none:?}");
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_found_in_what_lies_within_an_agreement() {
        let rest = r#",
 "provisions": [
  {
   "id": "art-2",
   "resource": {
    "article": "Article 2",
    "codes": ["codebooks/registan-1/codes/absent"],
    "source": {"citation": "a paper", "source": "sources/absent"}
   }
  }
 ]"#;
        let file = agreement(1995, rest).replace("parties/kz", "parties/zz");

        let at = "agreements/draft.json";
        let within = "agreements/draft/provisions/art-2";
        let wanted = [
            format!("{at}:15: agreements/draft.participations[0].party: parties/zz does not exist"),
            format!("{at}:28: {within}.codes[0]: codebooks/registan-1/codes/absent does not exist"),
            format!("{at}:29: {within}.source.source: sources/absent does not exist"),
        ];
        assert_eq!(found(&[("agreements/draft.json", &file)]), wanted);
    }

    #[test]
    fn what_is_not_as_the_contract_says_is_found_with_its_line() {
        let of = |from: &str, to: &str| {
            let file = agreement(1995, "").replace(from, to);
            found(&[("agreements/draft.json", &file)])
        };

        for (from, to, line, problem) in [
            ("\"title\":", "\"titel\":", 5, "titel"),
            ("KIND_ACCEDED", "KIND_ASCENDED", 16, "KIND_ASCENDED"),
            ("\"title\": \"A draft\",", "\"title\": \"A draft\"", 6, "expected `,` or `}`"),
            ("\"id\": \"draft\",", "\"id\": \"draft\", \"note\": 1,", 2, "unknown field `note`"),
            ("\"id\": \"draft\"", "\"id\": \"other\"", 1, "agreements/other.json"),
            ("\"title\": \"A draft\",", "", 3, "agreements/draft.title"),
        ] {
            let found = of(from, to);
            let at = format!("agreements/draft.json:{line}: ");
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert!(found[0].starts_with(&at) && found[0].contains(problem), "{to}: {found:?}");
        }
    }

    #[test]
    fn a_name_is_there_once_and_every_file_is_read() {
        let other = agreement(1995, "").replace("\"draft\"", "\"copy\"");
        let list = format!("[\n{}\n]", agreement(1995, ""));

        let twice = found(&[
            ("agreements.json", &list),
            ("agreements/copy.json", &other),
            ("agreements/draft.json", &agreement(1995, "")),
        ]);
        let unknown = found(&[("treaties.json", "[]"), ("agreements/copy.json", &other)]);

        let wanted = "agreements/draft.json:3: agreements/draft: it is there twice: also in \
                      agreements.json:4";
        assert_eq!(twice, [wanted]);
        assert_eq!(unknown.len(), 1);
        assert!(
            unknown[0].starts_with("treaties.json:1: no record is read from a file of this name")
        );
    }

    #[test]
    fn of_two_that_name_each_other_one_comes_too_late() {
        let naming = |id: &str, other: &str| {
            let relation = format!(
                r#""relations": [{{"kind": "KIND_BASED_ON", "agreement": "agreements/{other}"}}],"#
            );
            let file = agreement(1995, "").replace("\"draft\"", &format!("\"{id}\""));
            file.replace(
                "\"title\": \"A draft\",",
                &format!("\"title\": \"A draft\",\n  {relation}"),
            )
        };

        let one_way = found(&[
            ("agreements/draft.json", &naming("draft", "eu-kz-pca-1995")),
            ("agreements/copy.json", &naming("copy", "draft")),
        ]);
        let both = found(&[
            ("agreements/draft.json", &naming("draft", "copy")),
            ("agreements/copy.json", &naming("copy", "draft")),
        ]);

        assert_eq!(one_way, [""; 0]);
        assert_eq!(both.len(), 1, "{both:?}");
        assert!(both[0].contains(":6: ") && both[0].contains("comes only after this"), "{both:?}");
    }
}
