//! Every target over the files of its corpus and over changes of them, on stable: nothing panics,
//! nothing takes a second.
//!
//! `FUZZING_INPUTS` says how many changed inputs a target gets, `FUZZING_SEED` which ones. A
//! failure prints the input.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use fuzzing::{TARGETS, Target};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// No input may take longer, on a machine as busy as one that runs tests.
const MOST: Duration = Duration::from_secs(1);
/// The maximum size of a changed input: no field of a request may be longer, and a message hardly.
const MOST_BYTES: usize = 16 * 1024;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(target);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Changes an input as a fuzzer does, without looking at the code.
struct Changes<'a> {
    random: TestRng,
    corpus: &'a [Vec<u8>],
}

impl Changes<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.next_u64() % end.max(1) as u64).unwrap()
    }

    /// Some bytes from within `bytes`.
    fn part(&mut self, bytes: &[u8]) -> Vec<u8> {
        let from = self.below(bytes.len());
        let count = self.below(bytes.len() - from) + 1;
        bytes[from..].iter().take(count).copied().collect()
    }

    fn input(&mut self) -> Vec<u8> {
        let seed = self.below(self.corpus.len());
        let mut bytes = self.corpus[seed].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        bytes.truncate(MOST_BYTES);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len() + 1);
        let other = self.below(self.corpus.len());
        match self.below(7) {
            0 if place < bytes.len() => bytes[place] ^= 1 << self.below(8),
            0 | 1 => bytes.truncate(place),
            2 => {
                let end = place + self.below(bytes.len() - place + 1);
                bytes.drain(place..end);
            }
            3 => {
                let random = self.random.next_u64().to_le_bytes();
                let count = self.below(8) + 1;
                bytes.splice(place..place, random.into_iter().take(count));
            }
            4 => {
                let part = self.part(&self.corpus[other]);
                bytes.splice(place..place, part);
            }
            5 => {
                let part = self.part(&bytes.clone());
                bytes.splice(place..place, part);
            }
            // Deep nesting and long runs.
            _ => {
                let part: Vec<_> = self.part(&bytes.clone()).into_iter().take(16).collect();
                let often = 1 << self.below(12);
                bytes.splice(place..place, part.repeat(often));
            }
        }
    }
}

/// How long `target` takes for `input`; nothing if it panics. A busy machine can hold up a test for
/// a second, so a slow input is tried again: it is slow again.
fn time(target: Target, input: &[u8]) -> Option<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        catch_unwind(|| target(input)).ok()?;
        fastest = fastest.min(started.elapsed());
        if fastest < MOST {
            break;
        }
    }
    Some(fastest)
}

/// Runs `target` on all `inputs`; the longest that any took.
fn run(name: &str, target: Target, inputs: impl Iterator<Item = Vec<u8>> + Send) -> Duration {
    let mut longest = Duration::ZERO;
    std::thread::scope(|threads| {
        let (begun, begins) = channel();
        let (ended, ends) = channel();
        threads.spawn(move || {
            for input in inputs {
                begun.send(Some(input.clone())).unwrap();
                ended.send(time(target, &input)).unwrap();
            }
            begun.send(None).unwrap();
        });
        while let Ok(Some(input)) = begins.recv() {
            let told = || input.escape_ascii().to_string();
            // A target that never ends would never be joined.
            let Ok(took) = ends.recv_timeout(10 * MOST) else {
                eprintln!("{name} does not end: {}", told());
                std::process::abort();
            };
            let took = took.unwrap_or_else(|| panic!("{name} panics: {}", told()));
            assert!(took < MOST, "{name} takes {took:?}: {}", told());
            longest = longest.max(took);
        }
    });
    longest
}

#[test]
fn no_input_panics_or_takes_a_second() {
    let (count, seed) = (number("FUZZING_INPUTS", 1_000), number("FUZZING_SEED", 1));
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        // The first call opens the record.
        target(b"");
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut changes = Changes { random, corpus: &corpus };
        let inputs = corpus.iter().cloned().chain((0..count).map(|_| changes.input()));

        let longest = run(name, target, inputs);

        let files = corpus.len();
        println!(
            "{name}: {files} files and {count} changed inputs, seed {seed}; longest {longest:?}"
        );
    }
}

#[test]
fn every_target_has_a_corpus_and_is_known_to_the_fuzzer() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.map(|name| name.trim_end_matches(".rs").to_owned()).collect()
    };

    assert_eq!(found("corpus"), names);
    assert_eq!(found("fuzz_targets"), names);
    for (name, _) in TARGETS {
        assert!(corpus(name).len() >= 5, "{name}");
        let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
