//! The import of participations: status tables and lists, by hand and as published.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use api::registan::agreements::v1::agreement_service_client::AgreementServiceClient;
use api::registan::agreements::v1::import_finding::Severity;
use api::registan::agreements::v1::import_participations_request::Part;
use api::registan::agreements::v1::participation::Kind;
use api::registan::agreements::v1::party::Kind as PartyKind;
use api::registan::agreements::v1::{
    GetAgreementRequest, ImportParticipationsOptions, ImportParticipationsRequest,
    ImportParticipationsResponse, Participation, agreement,
};
use api::registan::r#type::v1::{Confidence, Date, PartialDate};
use chassis::client::Connection;
use futures::{StreamExt, stream};
use reference::COLLECTIONS;
use tonic::{Code, Status};

use crate::support::{Running, fields, on_both, party, serve};

/// The published tables.
const FOLDER: &str = "../shared/data/hr-ratification";

fn options(file_name: &str, dry: bool) -> ImportParticipationsOptions {
    let stated = Some(Date { year: 2022, month: 8, day: 0 });
    ImportParticipationsOptions {
        file_name: file_name.to_owned(),
        stated: Some(PartialDate { date: stated, ..PartialDate::default() }),
        validate_only: dry,
        ..ImportParticipationsOptions::default()
    }
}

async fn import(
    connection: &Connection,
    options: ImportParticipationsOptions,
    file: &[u8],
) -> Result<ImportParticipationsResponse, Status> {
    let parts = [Part::Options(options), Part::Data(file.to_vec())];
    let messages = parts.map(|part| ImportParticipationsRequest { part: Some(part) });
    let mut client = AgreementServiceClient::new(connection.clone());
    let answer = client.import_participations(stream::iter(messages)).await;
    answer.map(tonic::Response::into_inner)
}

/// Agreements updated, unchanged and skipped; rows, and rows that are kept.
fn counts(it: &ImportParticipationsResponse) -> [i64; 5] {
    [it.updated, it.unchanged, it.skipped, it.rows, it.rows_kept]
}

fn found(it: &ImportParticipationsResponse) -> Vec<(&str, i64)> {
    it.findings.iter().map(|one| (one.rule.as_str(), one.line)).collect()
}

/// The parts of a party in a convention.
async fn parts(running: &mut Running, convention: &str, of: &str) -> Vec<Participation> {
    let name = format!("agreements/{convention}");
    let request = GetAgreementRequest { name, ..GetAgreementRequest::default() };
    let agreement = running.agreements.get_agreement(request).await.unwrap().into_inner();
    let own = agreement.participations.into_iter();
    own.filter(|one| one.party == format!("parties/{of}")).collect()
}

/// Each with its kind, year and confidence.
fn said(parts: &[Participation]) -> Vec<(Kind, i32, Confidence)> {
    let year =
        |date: &Option<PartialDate>| date.as_ref().and_then(|it| it.date).map_or(0, |it| it.year);
    parts.iter().map(|one| (one.kind(), year(&one.date), one.confidence())).collect()
}

/// Some parties and two conventions.
async fn recorded(url: &str) -> Running {
    let mut running = serve(url).await;
    for id in ["kz", "kg", "fr"] {
        running.parties.create_party(party(id, PartyKind::State)).await.unwrap();
    }
    // The code of Ecuador is EC, too.
    for id in ["eu", "ec"] {
        running.parties.create_party(party(id, PartyKind::Union)).await.unwrap();
    }
    for id in ["iccpr-op1", "cat"] {
        let kind = agreement::Kind::Convention;
        let mut request = crate::agreements::agreement(id, kind, Vec::new());
        request.agreement.as_mut().unwrap().parties = Vec::new();
        running.agreements.create_agreement(request).await.unwrap();
    }
    running
}

const STATUS: &str = "\u{feff}iso2,member,state party,year ratification or accession,signatory,no action,status,note\r
KZ,\"Kazakhstan, Republic of\",0,2009,0,0,state party,a remark\r
KG,Kyrgyzstan,1,1994,0,0,state party,\r
FR,France,0,,1,0,signatory state,\r
ZZ,Nowhere,1,1990,0,0,state party,\r
XX,Elsewhere,1,1990,0,0,perhaps,\r
EC,Ecuador,1,1969,0,0,state party,\r
";

#[tokio::test]
async fn a_table_is_recorded_once_and_a_row_that_contradicts_itself_is_kept_and_found() {
    Box::pin(on_both(|url| async move {
        let mut running = recorded(&url).await;
        let editor = running.connection.clone();
        let name = "hr_status_iccpr_op1.csv";

        let dry = import(&editor, options(name, true), STATUS.as_bytes()).await.unwrap();
        assert_eq!(parts(&mut running, "iccpr-op1", "kg").await, []);
        let first = import(&editor, options(name, false), STATUS.as_bytes()).await.unwrap();
        let again = import(&editor, options(name, false), STATUS.as_bytes()).await.unwrap();

        assert_eq!(counts(&dry), [1, 0, 0, 6, 3]);
        assert_eq!(counts(&first), counts(&dry));
        assert_eq!(counts(&again), [0, 1, 0, 6, 3]);
        let rules = [("row-contradicts-itself", 2), ("row-unreadable", 6)];
        assert_eq!((found(&first), found(&again)), (rules.to_vec(), rules.to_vec()));
        let unknown: Vec<_> =
            first.unknown_parties.iter().map(|it| (it.party.as_str(), it.rows)).collect();
        assert_eq!(unknown, [("parties/ec", 1), ("parties/zz", 1)]);

        let of_kz = parts(&mut running, "iccpr-op1", "kz").await;
        assert_eq!(said(&of_kz), [(Kind::Party, 2009, Confidence::Unsure)]);
        let wanted = "The row contradicts itself: the status is `state party`, but `state party` is \
                      0. a remark";
        assert_eq!(of_kz[0].note, wanted);
        assert_eq!(of_kz[0].source.as_ref().unwrap().citation, name);
        let of_fr = parts(&mut running, "iccpr-op1", "fr").await;
        assert_eq!(said(&of_fr), [(Kind::Signed, 0, Confidence::Likely)]);
        assert_eq!(parts(&mut running, "iccpr-op1", "ec").await, []);
    }))
    .await;
}

#[tokio::test]
async fn a_list_speaks_of_several_agreements_and_adds_what_is_new() {
    Box::pin(on_both(|url| async move {
        let mut running = recorded(&url).await;
        let editor = running.connection.clone();
        let list = "Convention,party,kind,date,stated,source,confidence\n\
                    cat,kz,acceded,1998-08-26,,UN Treaty Collection IV-9,certain\n\
                    iccpr-op1,parties/ec,PARTY,1994-10-07,,,\n\
                    cat,kz,party,1998,,,\n\
                    agreements/absent,kz,RATIFIED,1999,,,\n";

        let first = import(&editor, options("list.csv", false), list.as_bytes()).await.unwrap();
        let again = import(&editor, options("list.csv", false), list.as_bytes()).await.unwrap();

        assert_eq!(counts(&first), [2, 0, 1, 4, 3]);
        assert_eq!(counts(&again), [0, 2, 1, 4, 3]);
        assert_eq!(found(&first), [("not-recorded", 5)]);
        // That it is a party since 1998 the row before says, and more.
        let of_kz = parts(&mut running, "cat", "kz").await;
        assert_eq!(said(&of_kz), [(Kind::Acceded, 1998, Confidence::Certain)]);
        assert_eq!(of_kz[0].source.as_ref().unwrap().citation, "UN Treaty Collection IV-9");
        // A list names a party as the record does, so that it may be a union.
        assert_eq!(parts(&mut running, "iccpr-op1", "ec").await.len(), 1);
        // What another file does not say stays.
        let other = "agreement,party,kind\ncat,kg,not party\n";
        import(&editor, options("list.csv", false), other.as_bytes()).await.unwrap();
        assert_eq!(parts(&mut running, "cat", "kz").await.len(), 1);
        let other = parts(&mut running, "cat", "kg").await;
        assert_eq!(said(&other), [(Kind::NotParty, 0, Confidence::Likely)]);
    }))
    .await;
}

#[tokio::test]
async fn each_bad_row_names_its_line_and_column() {
    Box::pin(on_both(|url| async move {
        let running = recorded(&url).await;
        let editor = running.connection.clone();
        let list = "agreement,party,kind,date,source\n\
                    cat,kz,adopted,,\n\
                    cat,kz,acceded,1998-13,\n\
                    cat,kz,acceded,2999,\n\
                    cat,Kazakh Republic,acceded,,\n\
                    cat,kz,acceded\n\
                    cat,kz,acceded,1998,sources/absent\n\
                    cat,kz,acceded,\"1998\n";

        let report = import(&editor, options("list.csv", false), list.as_bytes()).await.unwrap();

        let wanted = [
            (2, "column 3: `adopted` is no kind"),
            (3, "column 4: `1998-13` is no date"),
            (4, "column 4: 2999 is in the future"),
            (5, "column 2: `Kazakh Republic` names no party"),
            (6, "the row has 3 columns, the head 5"),
            (7, "column 5: the source is not recorded"),
            (8, "column 4: a quote opens here and never closes"),
        ];
        assert_eq!((counts(&report), report.finding_count), ([0, 0, 0, 7, 0], 7));
        let broken_off = report.findings.last().map(|it| (it.rule.as_str(), it.severity()));
        assert_eq!(
            broken_off,
            Some(("file-broken-off", Severity::Critical)),
            "no row after it is read"
        );
        for (finding, (line, message)) in report.findings.iter().zip(wanted) {
            assert_eq!(finding.line, line, "{finding:?}");
            assert!(finding.message.starts_with(message), "{finding:?}");
        }
        for (file, line) in
            [(&b"a,b\n1,2\n"[..], 1), (b"party,kind\nkz,PARTY\n\xff\n", 3), (b"", 1)]
        {
            let report = import(&editor, options("x.csv", false), file).await.unwrap();
            assert_eq!(found(&report), [("file-unreadable", line)]);
        }
        let nameless = import(&editor, options("x.csv", false), b"party,kind\nkz,PARTY\n").await;
        assert!(nameless.unwrap().findings[0].message.contains("names no agreement"));
        let refused = import(&editor, options("", false), b"").await.unwrap_err();
        let wanted = (Code::InvalidArgument, vec!["options.file_name".to_owned()]);
        assert_eq!((refused.code(), fields(&refused)), wanted);
        let mut unsourced = options("x.csv", false);
        unsourced.source = "sources/absent".to_owned();
        let refused = import(&editor, unsourced, b"party,kind\n").await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        let refused = import(&running.nobody, options("x.csv", false), b"").await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }))
    .await;
}

#[tokio::test]
async fn many_imports_of_one_caller_keep_no_other_waiting() {
    Box::pin(on_both(|url| async move {
        let running = recorded(&url).await;
        let one = running.caller("one");
        let mut open = Vec::new();
        for _ in 0..4 {
            let mut client = AgreementServiceClient::new(one.clone());
            let part = Some(Part::Options(options("list.csv", false)));
            let first = stream::iter([ImportParticipationsRequest { part }]);
            let endless = first.chain(stream::pending());
            open.push(tokio::spawn(async move { client.import_participations(endless).await }));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;

        let editor = running.connection.clone();
        let list = b"agreement,party,kind\ncat,kg,PARTY\n";
        let other = import(&editor, options("list.csv", false), list);
        let report = tokio::time::timeout(Duration::from_secs(10), other).await;

        assert_eq!(report.expect("the other has a turn").unwrap().updated, 1);
        open.iter().for_each(tokio::task::JoinHandle::abort);
    }))
    .await;
}

#[tokio::test]
async fn the_published_tables_are_kept_of_the_parties_that_are_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER);
    if !folder.is_dir() {
        eprintln!("skipped: {FOLDER} is absent, with the published tables");
        return;
    }
    Box::pin(on_both(|url| {
        let folder = folder.clone();
        async move {
            let mut running = serve(&url).await;
            let editor = running.connection.clone();
            let states = law(&running).await;
            let mut files: Vec<_> =
                std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
            files.retain(|file| file.extension().is_some_and(|it| it == "csv"));
            files.sort();
            let (mut first, mut again, mut wanted) = ([0; 5], [0; 5], [0; 3]);
            for file in &files {
                let name = file.file_name().unwrap().to_str().unwrap();
                let bytes = std::fs::read(file).unwrap();
                for (sum, one) in wanted.iter_mut().zip(count(&bytes, &states)) {
                    *sum += one;
                }
                for total in [&mut first, &mut again] {
                    let report = import(&editor, options(name, false), &bytes).await.unwrap();
                    for (sum, one) in total.iter_mut().zip(counts(&report)) {
                        *sum += one;
                    }
                    wanted[2] -= report.findings.len();
                    let lost: i64 = report.unknown_parties.iter().map(|it| it.rows).sum();
                    assert_eq!(report.rows - report.rows_kept, lost, "{name}");
                }
            }
            let [rows, kept, contradictions] = wanted.map(|it| i64::try_from(it).unwrap());
            assert_eq!((files.len(), rows, contradictions), (18, 3474, 0));
            assert_eq!((first, again), ([18, 0, 0, rows, kept], [0, 18, 0, rows, kept]));
            // The row of Kazakhstan was in the record already; that of Belgium was not.
            let of_kz = parts(&mut running, "iccpr-op1", "kz").await;
            assert_eq!(said(&of_kz), [(Kind::Party, 2009, Confidence::Certain)]);
            let of_be = parts(&mut running, "op-crc-ic", "be").await;
            assert_eq!(said(&of_be), [(Kind::Party, 2014, Confidence::Unsure)]);
            // Ecuador is not the European Community.
            assert_eq!(parts(&mut running, "op-crc-ic", "ec").await, []);
        }
    }))
    .await;
}

/// Rows, rows of these states, and twice the rows of them that contradict themselves: counted by
/// commas and not by the importer. No table has commas within the cells that are read here.
fn count(bytes: &[u8], states: &BTreeSet<String>) -> [usize; 3] {
    let text = String::from_utf8_lossy(bytes);
    let mut all = [0; 3];
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let is_recorded = states.contains(&cells[0].to_lowercase());
        // A name in quotes may have a comma: the cells are found from the status.
        let words = ["state party", "signatory state", "no action"];
        let at = cells.iter().position(|cell| words.contains(cell)).unwrap();
        let flags = [cells[at - 4], cells[at - 2], cells[at - 1]];
        let own = words.iter().position(|it| *it == cells[at]).unwrap();
        let disagrees =
            |(place, flag): (usize, &&str)| !flag.is_empty() && (*flag == "1") != (place == own);
        let contradicts = flags.iter().enumerate().any(disagrees);
        let counted = [1, usize::from(is_recorded), 2 * usize::from(is_recorded && contradicts)];
        for (sum, one) in all.iter_mut().zip(counted) {
            *sum += one;
        }
    }
    all
}

/// Records sources, parties and conventions of the reference record; returns the ids of the states.
async fn law(running: &Running) -> BTreeSet<String> {
    let mut states = BTreeSet::new();
    let of_law = ["sources", "parties", "agreements"];
    // The last are sources that speak of what other services keep.
    let all = COLLECTIONS[..COLLECTIONS.len() - 1].iter();
    for collection in all.filter(|one| of_law.contains(&one.name)) {
        for one in collection.records().unwrap() {
            if one.written["kind"] == "KIND_STATE" {
                states.insert(one.id.clone());
            }
            reference::create(&one, &running.connection).await.unwrap();
        }
    }
    states
}
