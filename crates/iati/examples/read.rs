//! Reads one file and prints what is in it, what was found, and how fast it went.
//!
//! `cargo run --release -p iati --example read -- FILE [--findings]`

use std::collections::BTreeMap;
use std::fs::File;
use std::process::ExitCode;
use std::time::Instant;

use iati::{Event, Finding, Reader};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("give an IATI activity file");
        return ExitCode::FAILURE;
    };
    let show = arguments.next().is_some_and(|argument| argument == "--findings");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };

    let started = Instant::now();
    let mut reader = Reader::new(file);
    let (mut activities, mut transactions) = (0, 0);
    let mut findings: Vec<Finding> = Vec::new();
    for event in &mut reader {
        match event {
            Event::Record(activity, about) => {
                activities += 1;
                transactions += activity.transactions.len();
                findings.extend(about);
            }
            Event::Finding(finding) => findings.push(finding),
            Event::Part(_) => {}
        }
    }
    let seconds = started.elapsed().as_secs_f64();

    let totals = reader.totals();
    println!("activities   {activities} of {}", totals.records);
    println!("transactions {transactions} of {}", totals.children);
    let mut counts = BTreeMap::new();
    for finding in &findings {
        *counts.entry((finding.severity, finding.rule)).or_insert(0) += 1;
        if show {
            println!("line {} {} {}", finding.line, finding.severity, finding.message);
        }
    }
    for ((severity, rule), count) in counts.iter().rev() {
        println!("{severity:<9} {rule} {count}");
    }
    let megabytes = f64::from(u32::try_from(totals.bytes).unwrap_or(u32::MAX)) / 1e6;
    println!("{megabytes:.2} MB in {seconds:.4} s, {:.1} MB/s", megabytes / seconds);
    ExitCode::SUCCESS
}
